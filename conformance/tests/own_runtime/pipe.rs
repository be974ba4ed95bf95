//! A pipe in memory that holds not many bytes, and can break.

use core::{
    cell::RefCell,
    fmt,
    task::{Context, Poll, Waker},
};
use std::rc::Rc;

use bytes::Bytes;

/// How many bytes are under way at the most.
const ROOM: usize = 1024;

#[derive(Default)]
struct Shared {
    bytes: Vec<u8>,
    /// How many bytes still come through before the pipe breaks.
    left: Option<usize>,
    ended: bool,
    waiting: Vec<Waker>,
}

impl Shared {
    fn wake(&mut self) {
        self.waiting.drain(..).for_each(Waker::wake);
    }
}

/// The end that bytes go into. Dropping it is an orderly end.
pub(crate) struct Sink(Rc<RefCell<Shared>>);

/// The end that bytes come out of.
pub(crate) struct Source(Rc<RefCell<Shared>>);

/// A pipe that breaks behind so many bytes, if it does.
pub(crate) fn pipe(breaks_after: Option<usize>) -> (Sink, Source) {
    let shared = Rc::new(RefCell::new(Shared { left: breaks_after, ..Shared::default() }));
    (Sink(Rc::clone(&shared)), Source(shared))
}

/// The pipe broke.
#[derive(Debug)]
pub(crate) struct Broken;

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the pipe broke")
    }
}

/// One of the four traits: where bytes go.
impl sse_driver::transport::Write for Sink {
    type Error = Broken;

    fn poll_write(&mut self, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<Result<usize, Broken>> {
        let shared = &mut *self.0.borrow_mut();
        if shared.left == Some(0) {
            return Poll::Ready(Err(Broken));
        }
        let count = bytes.len().min(ROOM - shared.bytes.len()).min(shared.left.unwrap_or(usize::MAX));
        if count == 0 {
            shared.waiting.push(cx.waker().clone());
            return Poll::Pending;
        }
        shared.bytes.extend_from_slice(&bytes[..count]);
        shared.left = shared.left.map(|left| left - count);
        shared.wake();
        Poll::Ready(Ok(count))
    }

    fn poll_flush(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Broken>> {
        Poll::Ready(Ok(()))
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        let shared = &mut *self.0.borrow_mut();
        shared.ended = true;
        shared.wake();
    }
}

/// One of the four traits: where bytes come from.
impl sse_driver::transport::Read for Source {
    type Error = Broken;

    fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<Bytes>, Broken>> {
        let shared = &mut *self.0.borrow_mut();
        if !shared.bytes.is_empty() {
            shared.wake();
            return Poll::Ready(Ok(Some(core::mem::take(&mut shared.bytes).into())));
        }
        if shared.left == Some(0) {
            return Poll::Ready(Err(Broken));
        }
        if shared.ended {
            return Poll::Ready(Ok(None));
        }
        shared.waiting.push(cx.waker().clone());
        Poll::Pending
    }
}

impl Drop for Source {
    fn drop(&mut self) {
        let shared = &mut *self.0.borrow_mut();
        shared.left = Some(0);
        shared.wake();
    }
}
