//! The sessions of the adapters: from a log and from a sender, to a writer of the runtime and as a body of HTTP.

use core::{
    fmt::Write as _,
    future::Future,
    pin::{Pin, pin},
    sync::atomic::{AtomicBool, Ordering},
    task::{Context, Poll, Waker},
    time::Duration,
};
use std::{sync::Arc, task::Wake, thread};

use futures_core::Stream;
use http_body::Body;
use sse_driver::{EventLog, Session};
use sse_proto::{
    EventId, Message,
    server::{Heartbeat, LogConfig, Publication, PublishError, SessionConfig},
};

use super::{Path, message};
use crate::{
    encoder::{Fields, Refused, Writer, Written},
    runtimes::{Memory, Sink, UnderTest},
};

/// Every way in which the sessions of one runtime write.
pub(crate) fn writer<R: UnderTest>() -> Writer {
    // Timers may want their runtime around them.
    macro_rules! within {
        ($write:ident) => {
            |fields| R::block_on(async { $write::<R>(fields) })
        };
    }
    let name = |way: &str| format!("{}: {way}", R::NAME);
    let paths = vec![
        Path::logged(name("EventLog::publish, write_to"), within!(to_all)),
        Path::logged(name("EventLog::publish, topic, write_to"), within!(published)),
        Path::any(name("Session::with_heartbeat, write_to"), within!(heartbeat)),
        Path::with_data(name("Sender::serializing, write_to"), within!(serialized)),
        Path::any(name("Sender::close_with, write_to"), within!(close_with)),
        Path::any(name("Session::stream, write_to"), within!(stream)),
        Path::any(name("Sender::send, write_to"), within!(send)),
        Path::any(name("Sender::send, body"), within!(body)),
    ];
    Writer { name: R::NAME.into(), paths }
}

fn quiet() -> SessionConfig {
    SessionConfig::new().heartbeat(None)
}

/// Enough for the largest case.
const ROOM: usize = 64 * 1024 * 1024;

fn to_all<R: UnderTest>(fields: &Fields) -> Result<Written, Refused> {
    log(fields, |log: &EventLog<R>, message| log.publish(message))
}

fn log<R: UnderTest>(
    fields: &Fields,
    publish: impl FnOnce(&EventLog<R>, Message) -> Result<Option<EventId>, PublishError>,
) -> Result<Written, Refused> {
    let message = message(fields)?;
    let log = EventLog::<R>::new(LogConfig::new().bytes(ROOM));
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

fn published<R: UnderTest>(fields: &Fields) -> Result<Written, Refused> {
    log(fields, |log: &EventLog<R>, message| {
        log.publish(Publication::new(message).to(["a topic\r\ndata: evil"]).key("a key\n\n"))
    })
}

fn send<R: UnderTest>(fields: &Fields) -> Result<Written, Refused> {
    let message = message(fields)?;
    let (sender, session) = Session::<R>::channel(quiet());
    to_writer(session, || sender.try_send(message).map_err(|error| Refused::new("data", error)))
}

/// The data is written by a serializer of the session's own, a character at a time.
fn serialized<R: UnderTest>(fields: &Fields) -> Result<Written, Refused> {
    let head = message(&Fields { data: None, ..fields.clone() })?;
    let data = fields.data.clone().unwrap_or_default();
    let (sender, session) = Session::<R>::channel(quiet());
    let sender = sender.serializing(|text: &String, data| text.chars().try_for_each(|piece| data.write_char(piece)));
    to_writer(session, || match settle(|cx| pin!(sender.send_with(&head, &data)).poll(cx)) {
        Poll::Ready(sent) => sent.map_err(|error| Refused::new("data", error)),
        Poll::Pending => Err(Refused::new("data", "it waits")),
    })
}

/// The message is the heartbeat that is due after the first one.
fn heartbeat<R: UnderTest>(fields: &Fields) -> Result<Written, Refused> {
    const PERIOD: Duration = Duration::from_millis(1);
    let message = message(fields)?;
    let go = Arc::new(AtomicBool::new(false));
    let told = Arc::clone(&go);
    let config = quiet().heartbeat(Heartbeat::quiet(PERIOD));
    // Nothing until it is told to, then the message once, and nothing again.
    let beat = move || if told.swap(false, Ordering::Relaxed) { message.clone() } else { Message::new() };
    let (_sender, session) = Session::<R>::channel(config);
    let session = session.with_heartbeat(beat);
    to_writer(session, || {
        go.store(true, Ordering::Relaxed);
        thread::sleep(2 * PERIOD);
        Ok(())
    })
}

fn close_with<R: UnderTest>(fields: &Fields) -> Result<Written, Refused> {
    let message = message(fields)?;
    let (sender, session) = Session::<R>::channel(quiet());
    to_writer(session, || {
        sender.close_with(message);
        Ok(())
    })
}

fn stream<R: UnderTest>(fields: &Fields) -> Result<Written, Refused> {
    /// A stream of one message, when it is told to give it.
    struct One(Option<Message>, Arc<AtomicBool>);

    impl Stream for One {
        type Item = Message;

        fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Message>> {
            if self.1.load(Ordering::Relaxed) { Poll::Ready(self.0.take()) } else { Poll::Pending }
        }
    }

    let go = Arc::new(AtomicBool::new(false));
    let session = Session::<R>::stream(quiet(), One(Some(message(fields)?), Arc::clone(&go)));
    to_writer(session, || {
        go.store(true, Ordering::Relaxed);
        Ok(())
    })
}

/// What a session writes before `act`, and what after it.
fn to_writer<R: UnderTest>(session: Session<R>, act: impl FnOnce() -> Result<(), Refused>) -> Result<Written, Refused> {
    let sink = Sink::default();
    let mut writing = pin!(session.write_to(Memory::new(sink.clone())));
    let _ = settle(|cx| writing.as_mut().poll(cx));
    let before = sink.take();
    act()?;
    let _ = settle(|cx| writing.as_mut().poll(cx));
    Ok(Written { before, bytes: sink.take(), made_id: None })
}

/// What a session gives as the body of a response.
fn body<R: UnderTest>(fields: &Fields) -> Result<Written, Refused> {
    fn frames<R: UnderTest>(session: &mut Session<R>) -> Vec<u8> {
        let mut bytes = Vec::new();
        while let Poll::Ready(Some(frame)) = settle(|cx| Pin::new(&mut *session).poll_frame(cx)) {
            let data = frame.expect("a session has no errors").into_data();
            bytes.extend_from_slice(&data.expect("a response with events has no trailers"));
        }
        bytes
    }

    let message = message(fields)?;
    let (sender, mut session) = Session::<R>::channel(quiet());
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
