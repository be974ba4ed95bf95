//! The readers of the adapters, over a stream in memory that gives just the pieces that were fed.

use core::{
    fmt::Display,
    future::Future,
    marker::PhantomData,
    pin::{Pin, pin},
    sync::atomic::{AtomicBool, Ordering},
    task::{Context, Poll, Waker},
};
use std::{cell::RefCell, collections::VecDeque, io, rc::Rc, sync::Arc, task::Wake};

use bytes::Bytes;
use sse_driver::{
    EventReader,
    transport::{Read, Runtime},
};
use sse_proto::Limits;

use crate::{Ending, Event, Harness, Stream, Subject};

/// The reader of one runtime, without limits, because the standard knows none.
pub(super) fn subject<K>(name: &str) -> Subject
where
    K: Runtime<Io<Pieces>: Read<Error: Display> + From<Pieces>> + 'static,
{
    let reader = Reader::<K> { name: format!("{name}: EventReader"), runtime: PhantomData };
    Subject::new(name, vec![Box::new(reader)])
}

struct Reader<K> {
    name: String,
    runtime: PhantomData<K>,
}

impl<K> Harness for Reader<K>
where
    K: Runtime<Io<Pieces>: Read<Error: Display> + From<Pieces>>,
{
    fn name(&self) -> &str {
        &self.name
    }

    fn open(&self) -> Box<dyn Stream + '_> {
        let fed = Rc::new(RefCell::new(Fed::default()));
        let reader = EventReader::with_limits(Pieces(Rc::clone(&fed)), Limits::UNLIMITED);
        Box::new(ReaderStream::<K> { fed, reader })
    }
}

struct ReaderStream<K: Runtime> {
    fed: Rc<RefCell<Fed>>,
    reader: EventReader<K::Io<Pieces>>,
}

impl<K> ReaderStream<K>
where
    K: Runtime<Io<Pieces>: Read<Error: Display> + From<Pieces>>,
{
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

impl<K> Stream for ReaderStream<K>
where
    K: Runtime<Io<Pieces>: Read<Error: Display> + From<Pieces>>,
{
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
pub(super) struct Pieces(Rc<RefCell<Fed>>);

impl Pieces {
    /// The next piece, or as much of it as there is room for; empty at the end.
    fn poll_take(&self, room: usize) -> Poll<Bytes> {
        let fed = &mut *self.0.borrow_mut();
        // A read of no bytes would be the end of the stream.
        while fed.pieces.front().is_some_and(Bytes::is_empty) {
            fed.pieces.pop_front();
        }
        match fed.pieces.front_mut() {
            // Nobody has to be woken: the stream polls again when it is fed.
            None if !fed.ended => Poll::Pending,
            None => Poll::Ready(Bytes::new()),
            Some(piece) => Poll::Ready(piece.split_to(piece.len().min(room))),
        }
    }
}

#[cfg(feature = "tokio")]
impl tokio::io::AsyncRead for Pieces {
    fn poll_read(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buffer: &mut tokio::io::ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.poll_take(buffer.remaining()).map(|bytes| {
            buffer.put_slice(&bytes);
            Ok(())
        })
    }
}

#[cfg(any(feature = "async-std", feature = "smol"))]
impl futures_io::AsyncRead for Pieces {
    fn poll_read(self: Pin<&mut Self>, _: &mut Context<'_>, buffer: &mut [u8]) -> Poll<io::Result<usize>> {
        self.poll_take(buffer.len()).map(|bytes| {
            buffer[..bytes.len()].copy_from_slice(&bytes);
            Ok(bytes.len())
        })
    }
}
