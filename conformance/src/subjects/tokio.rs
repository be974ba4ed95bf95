//! The reader of `sse-tokio`, over a stream in memory that gives just the pieces that were fed.

use core::{
    future::Future,
    pin::{Pin, pin},
    sync::atomic::{AtomicBool, Ordering},
    task::{Context, Poll, Waker},
};
use std::{cell::RefCell, collections::VecDeque, io, rc::Rc, sync::Arc, task::Wake};

use bytes::Bytes;
use sse_proto::Limits;
use sse_tokio::EventReader;
use tokio::io::{AsyncRead, ReadBuf};

use crate::{Ending, Event, Harness, Stream, Subject};

/// The reader, without limits, because the standard knows none.
pub fn subject() -> Subject {
    Subject::new("tokio", vec![Box::new(Reader)])
}

struct Reader;

impl Harness for Reader {
    fn name(&self) -> &str {
        "tokio: EventReader"
    }

    fn open(&self) -> Box<dyn Stream + '_> {
        let fed = Rc::new(RefCell::new(Fed::default()));
        let reader = EventReader::with_limits(Pieces(Rc::clone(&fed)), Limits::UNLIMITED);
        Box::new(ReaderStream { fed, reader })
    }
}

struct ReaderStream {
    fed: Rc<RefCell<Fed>>,
    reader: EventReader<Pieces>,
}

impl ReaderStream {
    /// The events that are there now, and whether the reader has seen the end. The call to `next` is given up whenever
    /// it waits, as `select!` does, so that a reader which loses bytes by that is found out.
    fn poll_events(&mut self) -> Result<(Vec<Event>, bool), String> {
        let mut events = Vec::new();
        let woken = Arc::new(Woken::default());
        let waker = Waker::from(Arc::clone(&woken));
        let mut context = Context::from_waker(&waker);
        loop {
            match pin!(self.reader.next()).poll(&mut context) {
                // It only left others their turn.
                Poll::Pending if woken.0.swap(false, Ordering::Relaxed) => {}
                Poll::Pending => return Ok((events, false)),
                Poll::Ready(None) => return Ok((events, true)),
                Poll::Ready(Some(Err(error))) => return Err(error.to_string()),
                Poll::Ready(Some(Ok(event))) => events.push(Event {
                    event_type: event.event_type().into(),
                    data: event.data().into(),
                    last_event_id: event.last_event_id().into(),
                }),
            }
        }
    }
}

impl Stream for ReaderStream {
    fn feed(&mut self, piece: &[u8]) -> Result<Vec<Event>, String> {
        self.fed.borrow_mut().pieces.push_back(Bytes::copy_from_slice(piece));
        match self.poll_events()? {
            (events, false) => Ok(events),
            (_, true) => Err(String::from("the reader ended before its input")),
        }
    }

    fn finish(mut self: Box<Self>) -> Result<Ending, String> {
        self.fed.borrow_mut().ended = true;
        match self.poll_events()? {
            (events, true) => Ok(Ending {
                events,
                retry: self.reader.retry().map(sse_proto::Retry::as_millis),
                last_event_id: self.reader.last_event_id().into(),
            }),
            (_, false) => Err(String::from("the reader waits for more after the end")),
        }
    }
}

/// Whether the reader asked to be polled again.
#[derive(Default)]
struct Woken(AtomicBool);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// What has been fed and not been read.
#[derive(Default)]
struct Fed {
    pieces: VecDeque<Bytes>,
    ended: bool,
}

/// The reading end: one piece for each read, as far as it fits.
struct Pieces(Rc<RefCell<Fed>>);

impl AsyncRead for Pieces {
    fn poll_read(self: Pin<&mut Self>, _: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let fed = &mut *self.0.borrow_mut();
        // A read of no bytes would be the end of the stream.
        while fed.pieces.front().is_some_and(Bytes::is_empty) {
            fed.pieces.pop_front();
        }
        match fed.pieces.front_mut() {
            // Nobody has to be woken: the stream polls again when it is fed.
            None if !fed.ended => return Poll::Pending,
            None => {}
            Some(piece) => {
                let length = piece.len().min(buffer.remaining());
                buffer.put_slice(&piece.split_to(length));
            }
        }
        Poll::Ready(Ok(()))
    }
}
