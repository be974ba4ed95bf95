//! The body of a request.

use alloc::sync::Arc;
use core::{
    pin::Pin,
    sync::atomic::{AtomicBool, Ordering},
    task::{Context, Poll},
};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;

/// The body of a request to a server. It is hyper's, and reports when it has been read: what reads a request while its
/// response is being written needs hyper's connection, so that such a response is not taken over.
#[derive(Debug)]
pub struct RequestBody {
    incoming: Incoming,
    reading: Reading,
}

impl RequestBody {
    pub(super) fn new(incoming: Incoming) -> (Self, IsRead) {
        let is_read = Arc::new(AtomicBool::new(incoming.is_end_stream()));
        let reading = Reading(Some(Arc::clone(&is_read)));
        (Self { incoming, reading }, IsRead(is_read))
    }

    /// Returns hyper's body, whose end is not reported.
    pub(super) fn into_incoming(mut self) -> Incoming {
        self.reading.0 = None;
        self.incoming
    }
}

impl Body for RequestBody {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<hyper::Result<Frame<Bytes>>>> {
        let frame = Pin::new(&mut self.incoming).poll_frame(cx);
        if matches!(frame, Poll::Ready(None | Some(Err(_)))) || self.incoming.is_end_stream() {
            self.reading.end();
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.incoming.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.incoming.size_hint()
    }
}

/// Whether the body of a request has been read to its end, or was dropped.
pub(super) struct IsRead(Arc<AtomicBool>);

impl IsRead {
    pub(super) fn get(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}

/// Reports the end of a body, at the latest when it is dropped.
#[derive(Debug)]
struct Reading(Option<Arc<AtomicBool>>);

impl Reading {
    fn end(&mut self) {
        if let Some(is_read) = self.0.take() {
            is_read.store(true, Ordering::Release);
        }
    }
}

impl Drop for Reading {
    fn drop(&mut self) {
        self.end();
    }
}
