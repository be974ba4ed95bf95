//! The sessions of the adapters: from a log and from a sender, to a writer of the runtime and as a body of HTTP.

use core::{
    fmt::Write as _,
    future::Future,
    pin::{Pin, pin},
    sync::atomic::{AtomicBool, Ordering},
    task::{Context, Poll, Waker},
    time::Duration,
};
use std::{cell::RefCell, io, mem, rc::Rc, sync::Arc, task::Wake, thread};

use futures_core::Stream;
use sse_driver::{
    EventLog, Session,
    transport::{Runtime, Write},
};
use sse_proto::{
    EventId, Message,
    server::{Heartbeat, LogConfig, Publication, PublishError, SessionConfig},
};

use super::{Path, message};
use crate::encoder::{Fields, Refused, Writer, Written};

/// Every way in which `sse-tokio` writes.
#[cfg(feature = "tokio")]
pub fn tokio() -> Writer {
    fn within(fields: &Fields, write: super::Write) -> Result<Written, Refused> {
        // tokio's timers want a runtime around them.
        let runtime = ::tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
        let _entered = runtime.enter();
        write(fields)
    }
    let paths = vec![
        Path::logged("tokio: EventLog::publish, write_to", |fields| {
            within(fields, to_all::<sse_tokio::transport::Tokio>)
        }),
        Path::logged("tokio: EventLog::publish, topic, write_to", |fields| {
            within(fields, published::<sse_tokio::transport::Tokio>)
        }),
        Path::any("tokio: Session::with_heartbeat, write_to", |fields| {
            within(fields, heartbeat::<sse_tokio::transport::Tokio>)
        }),
        Box::new(Path {
            name: "tokio: Sender::serializing, write_to",
            takes: |fields| fields.data.is_some(),
            write: |fields| within(fields, serialized::<sse_tokio::transport::Tokio>),
        }),
        Path::any("tokio: Sender::close_with, write_to", |fields| {
            within(fields, close_with::<sse_tokio::transport::Tokio>)
        }),
        Path::any("tokio: Session::stream, write_to", |fields| within(fields, stream::<sse_tokio::transport::Tokio>)),
        Path::any("tokio: Sender::send, write_to", |fields| within(fields, send::<sse_tokio::transport::Tokio>)),
        Path::any("tokio: Sender::send, body", |fields| within(fields, body::<sse_tokio::transport::Tokio>)),
    ];
    Writer { name: String::from("tokio"), paths }
}

/// Every way in which `sse-smol` writes.
#[cfg(feature = "smol")]
pub fn smol() -> Writer {
    let paths = vec![
        Path::logged("smol: EventLog::publish, write_to", to_all::<sse_smol::transport::Smol>),
        Path::logged("smol: EventLog::publish, topic, write_to", published::<sse_smol::transport::Smol>),
        Path::any("smol: Session::with_heartbeat, write_to", heartbeat::<sse_smol::transport::Smol>),
        Box::new(Path {
            name: "smol: Sender::serializing, write_to",
            takes: |fields| fields.data.is_some(),
            write: serialized::<sse_smol::transport::Smol>,
        }),
        Path::any("smol: Sender::close_with, write_to", close_with::<sse_smol::transport::Smol>),
        Path::any("smol: Session::stream, write_to", stream::<sse_smol::transport::Smol>),
        Path::any("smol: Sender::send, write_to", send::<sse_smol::transport::Smol>),
    ];
    Writer { name: String::from("smol"), paths }
}

/// Every way in which `sse-asyncstd` writes.
#[cfg(feature = "async-std")]
pub fn async_std() -> Writer {
    let paths = vec![
        Path::logged("async-std: EventLog::publish, write_to", to_all::<sse_asyncstd::transport::AsyncStd>),
        Path::logged("async-std: EventLog::publish, topic, write_to", published::<sse_asyncstd::transport::AsyncStd>),
        Path::any("async-std: Session::with_heartbeat, write_to", heartbeat::<sse_asyncstd::transport::AsyncStd>),
        Box::new(Path {
            name: "async-std: Sender::serializing, write_to",
            takes: |fields| fields.data.is_some(),
            write: serialized::<sse_asyncstd::transport::AsyncStd>,
        }),
        Path::any("async-std: Sender::close_with, write_to", close_with::<sse_asyncstd::transport::AsyncStd>),
        Path::any("async-std: Session::stream, write_to", stream::<sse_asyncstd::transport::AsyncStd>),
        Path::any("async-std: Sender::send, write_to", send::<sse_asyncstd::transport::AsyncStd>),
    ];
    Writer { name: String::from("async-std"), paths }
}

fn quiet() -> SessionConfig {
    SessionConfig::new().heartbeat(None)
}

/// Enough for the largest case.
const ROOM: usize = 64 * 1024 * 1024;

fn to_all<K: Runtime>(fields: &Fields) -> Result<Written, Refused>
where
    K::Io<Sink>: Write,
{
    log(fields, |log: &EventLog<K>, message| log.publish(message))
}

fn log<K: Runtime>(
    fields: &Fields,
    publish: impl FnOnce(&EventLog<K>, Message) -> Result<Option<EventId>, PublishError>,
) -> Result<Written, Refused>
where
    K::Io<Sink>: Write,
{
    let message = message(fields)?;
    let log = EventLog::<K>::new(LogConfig::new().bytes(ROOM));
    let session = log.session().config(quiet()).open();
    let mut made_id = None;
    let mut written = to_writer(session, || {
        let id = publish(&log, message).map_err(|error| Refused::new("data", error))?;
        made_id = id.filter(|_| fields.id.is_none()).map(|id| id.as_str().into());
        Ok(())
    })?;
    written.made_id = made_id;
    Ok(written)
}

fn published<K: Runtime>(fields: &Fields) -> Result<Written, Refused>
where
    K::Io<Sink>: Write,
{
    log(fields, |log: &EventLog<K>, message| {
        log.publish(Publication::new(message).to(["a topic\r\ndata: evil"]).key("a key\n\n"))
    })
}

fn send<K: Runtime>(fields: &Fields) -> Result<Written, Refused>
where
    K::Io<Sink>: Write,
{
    let message = message(fields)?;
    let (sender, session) = Session::<K>::channel(quiet());
    to_writer(session, || sender.try_send(message).map_err(|error| Refused::new("data", error)))
}

/// The data is written by a serializer of the session's own, a character at a time.
fn serialized<K: Runtime>(fields: &Fields) -> Result<Written, Refused>
where
    K::Io<Sink>: Write,
{
    let head = message(&Fields { data: None, ..fields.clone() })?;
    let data = fields.data.clone().unwrap_or_default();
    let (sender, session) = Session::<K>::channel(quiet());
    let sender = sender.serializing(|text: &String, data| text.chars().try_for_each(|piece| data.write_char(piece)));
    to_writer(session, || match settle(|cx| pin!(sender.send_with(&head, &data)).poll(cx)) {
        Poll::Ready(sent) => sent.map_err(|error| Refused::new("data", error)),
        Poll::Pending => Err(Refused::new("data", "it waits")),
    })
}

/// The message is the heartbeat that is due after the first one.
fn heartbeat<K: Runtime>(fields: &Fields) -> Result<Written, Refused>
where
    K::Io<Sink>: Write,
{
    const PERIOD: Duration = Duration::from_millis(1);
    let message = message(fields)?;
    let go = Arc::new(AtomicBool::new(false));
    let told = Arc::clone(&go);
    let config = quiet().heartbeat(Heartbeat::quiet(PERIOD));
    // Nothing until it is told to, then the message once, and nothing again.
    let beat = move || if told.swap(false, Ordering::Relaxed) { message.clone() } else { Message::new() };
    let (_sender, session) = Session::<K>::channel(config);
    let session = session.with_heartbeat(beat);
    to_writer(session, || {
        go.store(true, Ordering::Relaxed);
        thread::sleep(2 * PERIOD);
        Ok(())
    })
}

fn close_with<K: Runtime>(fields: &Fields) -> Result<Written, Refused>
where
    K::Io<Sink>: Write,
{
    let message = message(fields)?;
    let (sender, session) = Session::<K>::channel(quiet());
    to_writer(session, || {
        sender.close_with(message);
        Ok(())
    })
}

fn stream<K: Runtime>(fields: &Fields) -> Result<Written, Refused>
where
    K::Io<Sink>: Write,
{
    /// A stream of one message, when it is told to give it.
    struct One(Option<Message>, Arc<AtomicBool>);

    impl Stream for One {
        type Item = Message;

        fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Message>> {
            if self.1.load(Ordering::Relaxed) { Poll::Ready(self.0.take()) } else { Poll::Pending }
        }
    }

    let go = Arc::new(AtomicBool::new(false));
    let session = Session::<K>::stream(quiet(), One(Some(message(fields)?), Arc::clone(&go)));
    to_writer(session, || {
        go.store(true, Ordering::Relaxed);
        Ok(())
    })
}

/// What a session writes before `act`, and what after it.
fn to_writer<K: Runtime>(session: Session<K>, act: impl FnOnce() -> Result<(), Refused>) -> Result<Written, Refused>
where
    K::Io<Sink>: Write,
{
    let sink = Sink::default();
    let mut writing = pin!(session.write_to(sink.clone()));
    let _ = settle(|cx| writing.as_mut().poll(cx));
    let before = sink.take();
    act()?;
    let _ = settle(|cx| writing.as_mut().poll(cx));
    Ok(Written { before, bytes: sink.take(), made_id: None })
}

/// What a session gives as the body of a response.
#[cfg(feature = "tokio")]
fn body<K: Runtime>(fields: &Fields) -> Result<Written, Refused> {
    use http_body::Body;

    fn frames<K: Runtime>(session: &mut Session<K>) -> Vec<u8> {
        let mut bytes = Vec::new();
        while let Poll::Ready(Some(frame)) = settle(|cx| Pin::new(&mut *session).poll_frame(cx)) {
            let data = frame.expect("a session has no errors").into_data();
            bytes.extend_from_slice(&data.expect("a response with events has no trailers"));
        }
        bytes
    }

    let message = message(fields)?;
    let (sender, mut session) = Session::<K>::channel(quiet());
    let before = frames(&mut session);
    sender.try_send(message).map_err(|error| Refused::new("data", error))?;
    Ok(Written { before, bytes: frames(&mut session), made_id: None })
}

/// Polls until it is ready or really waits, and does not only leave others their turn.
fn settle<T>(mut poll: impl FnMut(&mut Context<'_>) -> Poll<T>) -> Poll<T> {
    struct Woken(AtomicBool);

    impl Wake for Woken {
        fn wake(self: Arc<Self>) {
            self.0.store(true, Ordering::Relaxed);
        }
    }

    let woken = Arc::new(Woken(AtomicBool::new(false)));
    let waker = Waker::from(Arc::clone(&woken));
    loop {
        match poll(&mut Context::from_waker(&waker)) {
            Poll::Pending if woken.0.swap(false, Ordering::Relaxed) => {}
            polled => return polled,
        }
    }
}

/// A writer in memory, which takes no more than [`Sink::MOST`] bytes at a time, as a socket may.
#[derive(Clone, Default)]
struct Sink(Rc<RefCell<Vec<u8>>>);

impl Sink {
    const MOST: usize = 1000;

    fn take(&self) -> Vec<u8> {
        mem::take(&mut self.0.borrow_mut())
    }

    fn write(&self, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let taken = bytes.len().min(Self::MOST);
        self.0.borrow_mut().extend_from_slice(&bytes[..taken]);
        Poll::Ready(Ok(taken))
    }
}

#[cfg(feature = "tokio")]
impl ::tokio::io::AsyncWrite for Sink {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.write(bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

#[cfg(any(feature = "smol", feature = "async-std"))]
impl futures_io::AsyncWrite for Sink {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.write(bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_close(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
