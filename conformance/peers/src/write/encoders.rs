//! The encoders, each with its own kind of event.

use std::{
    hint::black_box,
    time::{Duration, Instant},
};

use axum::response::IntoResponse;
use bytes::BytesMut;
use bytestring::ByteString;
use http_body::Body;
use sse_proto::{Chunk, Decoder, EventId, EventType, Message, Retry, Text};
use tokio_util::codec::Encoder as _;

use crate::{
    chunks::{Ready, drain},
    sampling::Task,
};

/// A buffer that is used again is emptied when it holds so many bytes.
const FULL: usize = 64 * 1024;

/// What is to be written.
#[derive(Clone, Copy, Debug)]
pub(super) struct Item {
    pub(super) event: Option<&'static str>,
    pub(super) id: Option<&'static str>,
    pub(super) retry: Option<u64>,
    pub(super) data: &'static str,
}

/// One column of the writing table.
pub(super) struct Encoder {
    pub(super) name: &'static str,
    pub(super) prepare: fn(&[Item]) -> Prepared,
}

pub(super) struct Prepared {
    /// All events written once.
    pub(super) written: BytesMut,
    /// Millions of events a pass.
    pub(super) task: Task<'static>,
}

pub(super) const ALL: [Encoder; 6] = [
    Encoder { name: "ours", prepare: ours },
    Encoder { name: "ours, owned", prepare: ours_owned },
    Encoder { name: "ours, built", prepare: ours_built },
    Encoder { name: "russe", prepare: russe },
    Encoder { name: "russe, owned", prepare: russe_owned },
    Encoder { name: "axum body", prepare: axum },
];

/// Whether a reader finds the events in what was written.
pub(super) fn check(items: &[Item], written: &[u8]) -> Result<(), String> {
    let mut decoder = Decoder::new();
    let mut chunk = Chunk::new(written);
    for (number, item) in items.iter().enumerate() {
        match decoder.decode(&mut chunk) {
            Ok(Some(event))
                if event.data() == item.data
                    && event.event_type() == item.event.unwrap_or("message")
                    && event.last_event_id() == item.id.unwrap_or_default() => {}
            other => return Err(format!("event {number} reads as {other:?}")),
        }
    }
    match chunk.rest().len() {
        0 => Ok(()),
        more => Err(format!("{more} bytes too many")),
    }
}

fn prepared(items: &[Item], written: BytesMut, pass: impl FnMut() -> Duration + 'static) -> Prepared {
    Prepared { written, task: Task { amount: items.len() as f64 / 1e6, pass: Box::new(pass) } }
}

/// The message is there, the buffer is used again.
fn ours(items: &[Item]) -> Prepared {
    let messages: Vec<_> = items.iter().map(message).collect();
    let mut written = BytesMut::new();
    for message in &messages {
        message.encode(&mut written).expect("it grows");
    }
    let mut buffer = BytesMut::new();
    prepared(items, written, move || {
        let start = Instant::now();
        for message in &messages {
            let encoded = message.encode(&mut buffer);
            debug_assert!(encoded.is_ok(), "it grows");
            if buffer.len() > FULL {
                black_box(&buffer);
                buffer.clear();
            }
        }
        start.elapsed()
    })
}

/// What is to be written, in strings that are to be used up.
#[derive(Clone, Debug)]
struct OwnedItem {
    event: Option<String>,
    id: Option<String>,
    retry: Option<u64>,
    data: String,
}

impl OwnedItem {
    fn new(item: &Item) -> Self {
        let Item { event, id, retry, data } = *item;
        Self { event: event.map(str::to_owned), id: id.map(str::to_owned), retry, data: data.to_owned() }
    }
}

/// Makes each event from strings, encodes it and drops it. The strings are copied before the clock starts.
fn owned(items: &[Item], mut write: impl FnMut(OwnedItem, &mut BytesMut) + 'static) -> Prepared {
    let owned: Vec<_> = items.iter().map(OwnedItem::new).collect();
    let mut written = BytesMut::new();
    for item in owned.clone() {
        write(item, &mut written);
    }
    let mut buffer = BytesMut::new();
    prepared(items, written, move || {
        let owned = owned.clone();
        let start = Instant::now();
        for item in owned {
            write(item, &mut buffer);
            if buffer.len() > FULL {
                black_box(&buffer);
                buffer.clear();
            }
        }
        start.elapsed()
    })
}

fn ours_owned(items: &[Item]) -> Prepared {
    owned(items, |item, buffer| {
        let mut message = Message::new();
        if let Some(event) = item.event {
            message = message.event(EventType::new(event).expect("a good type"));
        }
        if let Some(id) = item.id {
            message = message.id(EventId::new(id).expect("a good ID"));
        }
        if let Some(retry) = item.retry {
            message = message.retry(Retry::from_millis(retry));
        }
        message.data(item.data).encode(buffer).expect("it grows");
    })
}

fn russe_owned(items: &[Item]) -> Prepared {
    let mut encoder = russe::Encoder::default();
    owned(items, move |item, buffer| {
        let event = russe::Event::Message(russe::Message {
            data: item.data.into(),
            event: item.event.map(ByteString::from),
            retry: item.retry.map(Duration::from_millis),
            id: item.id.map(ByteString::from),
        });
        encoder.encode(event, buffer).expect("a good event");
    })
}

/// The message is made, and its bytes are to be shared.
fn ours_built(items: &[Item]) -> Prepared {
    let written = items.iter().flat_map(|item| message(item).to_bytes()).collect();
    let items: Vec<_> = items.to_vec();
    prepared(&items.clone(), written, move || {
        let start = Instant::now();
        for item in &items {
            black_box(message(item).to_bytes());
        }
        start.elapsed()
    })
}

fn message(item: &Item) -> Message {
    let mut message = Message::new().data(Text::from_static(item.data));
    if let Some(event) = item.event {
        message = message.event(EventType::new(Text::from_static(event)).expect("a good type"));
    }
    if let Some(id) = item.id {
        message = message.id(EventId::new(Text::from_static(id)).expect("a good ID"));
    }
    if let Some(retry) = item.retry {
        message = message.retry(Retry::from_millis(retry));
    }
    message
}

/// Its encoder uses events up: copies are made for it before the clock starts.
fn russe(items: &[Item]) -> Prepared {
    let event = |item: &Item| {
        russe::Event::Message(russe::Message {
            data: ByteString::from_static(item.data),
            event: item.event.map(ByteString::from_static),
            retry: item.retry.map(Duration::from_millis),
            id: item.id.map(ByteString::from_static),
        })
    };
    let events: Vec<_> = items.iter().map(event).collect();
    let mut encoder = russe::Encoder::default();
    let mut written = BytesMut::new();
    for event in events.clone() {
        encoder.encode(event, &mut written).expect("a good event");
    }
    let mut buffer = BytesMut::new();
    prepared(items, written, move || {
        let events = events.clone();
        let start = Instant::now();
        for event in events {
            let encoded = encoder.encode(event, &mut buffer);
            debug_assert!(encoded.is_ok(), "a good event");
            if buffer.len() > FULL {
                black_box(&buffer);
                buffer.clear();
            }
        }
        start.elapsed()
    })
}

/// Its events encode themselves while they are made; the body gives a frame for each.
fn axum(items: &[Item]) -> Prepared {
    let mut written = BytesMut::new();
    axum_frames(items.to_vec(), |frame| written.extend_from_slice(frame));
    let items = items.to_vec();
    prepared(&items.clone(), written, move || {
        let items = items.clone();
        let start = Instant::now();
        axum_frames(items, |frame| {
            black_box(frame);
        });
        start.elapsed()
    })
}

fn axum_frames(items: Vec<Item>, mut each: impl FnMut(&[u8])) {
    let events = items.into_iter().map(|item| {
        let mut event = axum::response::sse::Event::default();
        if let Some(id) = item.id {
            event = event.id(id);
        }
        if let Some(name) = item.event {
            event = event.event(name);
        }
        if let Some(retry) = item.retry {
            event = event.retry(Duration::from_millis(retry));
        }
        event.data(item.data)
    });
    let body = axum::response::Sse::new(Ready(events)).into_response().into_body();
    let frames = Frames(body);
    let drained = drain(frames, |frame: http_body::Frame<bytes::Bytes>| {
        if let Some(data) = frame.data_ref() {
            each(data);
        }
    });
    debug_assert!(drained.is_ok(), "its stream gives no errors");
}

/// A body as a stream of its frames.
struct Frames(axum::body::Body);

impl futures_core::Stream for Frames {
    type Item = Result<http_body::Frame<bytes::Bytes>, axum::Error>;

    fn poll_next(
        mut self: std::pin::Pin<&mut Self>,
        context: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Self::Item>> {
        std::pin::Pin::new(&mut self.0).poll_frame(context)
    }
}
