//! The body of a response, as its client reads it.

use core::{
    fmt,
    task::{Context, Poll, Waker, ready},
};

use bytes::{Bytes, BytesMut};
use hyper::body::Incoming;

use super::{
    BodyReader, HttpError,
    connection::{Connection, poll_connection},
};
use crate::transport::Read;

/// The body of a response, and the connection that it comes over.
///
/// Small frames are copied into a block, and those that have arrived together are joined there: a copy costs less than
/// all that is done for a read. HTTP's receive buffer can be reused, because no event holds a part of a small frame: an
/// event that is kept costs little more than its text, even if it came alone.
pub struct HttpBody {
    body: BodyReader<Incoming>,
    connection: Option<Connection>,
    /// Where small frames are joined.
    block: BytesMut,
    /// The frame after those that were joined.
    ahead: Option<Frame>,
}

type Frame = Result<Option<Bytes>, HttpError>;

/// A frame of more bytes is passed on as received.
const SMALL: usize = 4 * 1024;

/// The most frames that are joined: more of them would save nothing, and delay other tasks.
const FRAMES: usize = 16;

/// The capacity of the block for small frames.
const BLOCK: usize = 16 * 1024;

impl HttpBody {
    pub(super) fn new(body: Incoming, connection: Option<Connection>) -> Self {
        Self { body: BodyReader::new(body), connection, block: BytesMut::new(), ahead: None }
    }

    /// Polls for the next frame. It wakes nobody: to wait for a frame, use [`poll_frame`](Self::poll_frame).
    ///
    /// hyper's connection wakes its task for each frame that is taken from it. The task that takes them is the same one,
    /// and has no use for that.
    fn take_frame(&mut self) -> Poll<Frame> {
        self.poll_frame(&mut Context::from_waker(Waker::noop()))
    }

    fn poll_frame(&mut self, cx: &mut Context<'_>) -> Poll<Frame> {
        poll_connection(&mut self.connection, cx);
        // No wake-up is needed for the body: only the connection above fills it.
        self.body.poll_read(&mut Context::from_waker(Waker::noop())).map_err(HttpError::Http)
    }

    /// Whether the block has room for this number of bytes.
    fn has_room(&self, bytes: usize) -> bool {
        self.block.capacity() - self.block.len() >= bytes
    }
}

impl Read for HttpBody {
    type Error = HttpError;

    fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<Frame> {
        let first = match self.ahead.take() {
            Some(ahead) => ahead,
            None => match self.take_frame() {
                Poll::Ready(frame) => frame,
                Poll::Pending => ready!(self.poll_frame(cx)),
            },
        };
        match first {
            Ok(Some(frame)) if frame.len() <= SMALL => {
                if !self.has_room(frame.len()) {
                    self.block.reserve(BLOCK);
                }
                self.block.extend_from_slice(&frame);
                // hyper uses the memory of the frame again if it is free by the time that hyper reads on.
                drop(frame);
            }
            other => return Poll::Ready(other),
        }
        for _ in 1..FRAMES {
            match self.take_frame() {
                Poll::Pending => break,
                Poll::Ready(Ok(Some(frame))) if frame.len() <= SMALL && self.has_room(frame.len()) => {
                    self.block.extend_from_slice(&frame);
                }
                Poll::Ready(other) => {
                    self.ahead = Some(other);
                    break;
                }
            }
        }
        Poll::Ready(Ok(Some(self.block.split().freeze())))
    }
}

impl fmt::Debug for HttpBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpBody").field("body", &self.body).finish_non_exhaustive()
    }
}
