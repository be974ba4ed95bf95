//! The suites for readers and writers, run on pipes: bytes go in at one end, and events come out at the other.

use core::{future::Future, pin::pin, task::Poll};

use sse_conformance::{
    Case, Ending, Event, Harness, Stream, Subject,
    encoder::{self, EncoderCase, Fields, Refused, WritePath, Writer, Written},
    runner,
};
use sse_driver::{
    EventReader,
    transport::{Read, Write},
};
use sse_proto::{EventId, EventType, Limits, Message, Retry, server::SessionConfig};

use crate::{
    Session,
    clock::settle,
    pipe::{Sink, Source, pipe},
};

#[test]
fn the_reader_passes_the_parser_suite() {
    let mut cases = Case::parser_suite();
    // The few that are larger take most of the time, byte by byte, and are about limits more than about pipes.
    cases.retain(|case| case.input.len() < 16 * 1024);
    assert!(cases.len() > 400, "{}", cases.len());
    let report = runner::run(&Subject::from(Pipes), &cases);
    report.assert_passed();
    assert_eq!(report.passed(), cases.len());
}

#[test]
fn the_session_passes_the_encoder_suite() {
    let cases = EncoderCase::suite();
    let writer = Writer { name: String::from("pipes"), paths: vec![Box::new(Pipes)] };
    let report = encoder::run(&writer, &cases);
    report.assert_passed();
    assert_eq!(report.passed(), cases.len());
}

struct Pipes;

impl Harness for Pipes {
    fn name(&self) -> &str {
        "pipes: EventReader"
    }

    fn open(&self) -> Box<dyn Stream + '_> {
        let (sink, source) = pipe(None);
        Box::new(Piped { sink, reader: EventReader::with_limits(source, Limits::UNLIMITED) })
    }
}

struct Piped {
    sink: Sink,
    reader: EventReader<Source>,
}

impl Stream for Piped {
    fn feed(&mut self, mut piece: &[u8]) -> Result<Vec<Event>, String> {
        let mut events = Vec::new();
        loop {
            if !piece.is_empty()
                && let Poll::Ready(written) = settle(|cx| self.sink.poll_write(cx, piece))
            {
                piece = &piece[written.map_err(|error| error.to_string())?..];
            }
            let ended = read(&mut self.reader, &mut events)?;
            if ended {
                return Err(String::from("the reader ended before its input"));
            }
            if piece.is_empty() {
                return Ok(events);
            }
        }
    }

    fn finish(self: Box<Self>) -> Result<Ending, String> {
        let Self { sink, mut reader } = *self;
        drop(sink);
        let mut events = Vec::new();
        if !read(&mut reader, &mut events)? {
            return Err(String::from("the reader waits for more after the end"));
        }
        let retry = reader.retry().map(Retry::as_millis);
        Ok(Ending { events, retry, last_event_id: reader.last_event_id().into() })
    }
}

/// Reads all events that are there, and says whether the stream is at its end.
fn read(reader: &mut EventReader<Source>, events: &mut Vec<Event>) -> Result<bool, String> {
    loop {
        match settle(|cx| reader.poll_next_event(cx)) {
            Poll::Pending => return Ok(false),
            Poll::Ready(None) => return Ok(true),
            Poll::Ready(Some(Err(error))) => return Err(error.to_string()),
            Poll::Ready(Some(Ok(event))) => events.push(Event {
                event_type: event.event_type().into(),
                data: event.data().into(),
                last_event_id: event.last_event_id().into(),
                own_id: Some(event.id().is_some()),
            }),
        }
    }
}

impl WritePath for Pipes {
    fn name(&self) -> &str {
        "pipes: Sender::try_send"
    }

    fn takes(&self, _: &Fields) -> bool {
        true
    }

    fn write(&self, fields: &Fields) -> Result<Written, Refused> {
        let message = message(fields)?;
        let (sender, session) = Session::channel(SessionConfig::new().heartbeat(None));
        let (sink, mut source) = pipe(None);
        let mut writing = pin!(session.write_to(sink));
        let mut transfer = || {
            let mut bytes = Vec::new();
            loop {
                let _ = settle(|cx| writing.as_mut().poll(cx));
                match settle(|cx| source.poll_read(cx)) {
                    Poll::Ready(Ok(Some(block))) => bytes.extend_from_slice(&block),
                    _ => return bytes,
                }
            }
        };
        let before = transfer();
        sender.try_send(message).map_err(|error| Refused::new("data", error))?;
        Ok(Written { before, bytes: transfer(), made_id: None })
    }
}

fn message(fields: &Fields) -> Result<Message, Refused> {
    let mut message = Message::new();
    if let Some(comment) = &fields.comment {
        message = message.comment(comment.as_str());
    }
    if let Some(event_type) = &fields.event {
        message = message.event(EventType::new(event_type).map_err(|error| Refused::new("event", error))?);
    }
    if let Some(id) = &fields.id {
        message = message.id(EventId::new(id).map_err(|error| Refused::new("id", error))?);
    }
    if let Some(retry) = fields.retry {
        message = message.retry(Retry::try_from(retry).map_err(|error| Refused::new("retry", error))?);
    }
    if let Some(data) = &fields.data {
        message = message.data(data.as_str());
    }
    Ok(message)
}
