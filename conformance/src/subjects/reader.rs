//! The readers of the adapters, over a stream in memory that gives just the pieces that were fed.

use core::{
    future::Future,
    pin::pin,
    sync::atomic::{AtomicBool, Ordering},
    task::{Context, Poll, Waker},
};
use std::{
    collections::VecDeque,
    io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::Wake,
};

use sse_driver::EventReader;
use sse_proto::Limits;

use crate::{
    Ending, Event, Harness, Stream, Subject,
    runtimes::{Duplex, Memory, UnderTest},
};

/// The reader of one runtime, without limits, because the standard knows none.
pub(crate) fn subject<R: UnderTest>() -> Subject {
    let reader = Reader { name: format!("{}: EventReader", R::NAME), open: open::<R> };
    Subject::new(R::NAME, vec![Box::new(reader)])
}

struct Reader {
    name: String,
    open: fn() -> Box<dyn Stream>,
}

impl Harness for Reader {
    fn name(&self) -> &str {
        &self.name
    }

    fn open(&self) -> Box<dyn Stream + '_> {
        (self.open)()
    }
}

fn open<R: UnderTest>() -> Box<dyn Stream> {
    let fed = Pieces::default();
    let reader = EventReader::with_limits(Memory::new(fed.clone()), Limits::UNLIMITED);
    Box::new(ReaderStream::<R> { fed, reader })
}

struct ReaderStream<R: UnderTest> {
    fed: Pieces,
    reader: EventReader<R::Io<Memory>>,
}

impl<R: UnderTest> ReaderStream<R> {
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
                    own_id: Some(event.id().is_some()),
                }),
            }
        }
    }
}

impl<R: UnderTest> Stream for ReaderStream<R> {
    fn feed(&mut self, piece: &[u8]) -> Result<Vec<Event>, String> {
        self.fed.lock().pieces.push_back(piece.to_vec());
        match self.poll_events()? {
            (events, false) => Ok(events),
            (_, true) => Err(String::from("the reader ended before its input")),
        }
    }

    fn finish(mut self: Box<Self>) -> Result<Ending, String> {
        self.fed.lock().ended = true;
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
    pieces: VecDeque<Vec<u8>>,
    ended: bool,
}

/// Both ends of what is read: one piece for each read, as far as it fits.
#[derive(Clone, Default)]
struct Pieces(Arc<Mutex<Fed>>);

impl Pieces {
    fn lock(&self) -> MutexGuard<'_, Fed> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Duplex for Pieces {
    fn poll_read(&mut self, _: &mut Context<'_>, room: usize, put: &mut dyn FnMut(&[u8])) -> Poll<io::Result<()>> {
        let mut fed = self.lock();
        // A read of no bytes would be the end of the stream.
        while fed.pieces.front().is_some_and(Vec::is_empty) {
            fed.pieces.pop_front();
        }
        let Some(piece) = fed.pieces.front_mut() else {
            // Nobody has to be woken: the stream polls again when it is fed.
            return if fed.ended { Poll::Ready(Ok(())) } else { Poll::Pending };
        };
        let rest = piece.split_off(piece.len().min(room));
        put(piece);
        *piece = rest;
        Poll::Ready(Ok(()))
    }
}
