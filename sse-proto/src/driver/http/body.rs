//! The body of an answer, as its client reads it.

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
use crate::driver::Read;

/// The body of an answer, and the connection that it comes over.
///
/// A server that sends each event as a chunk of its own makes many small frames. Those that are there are joined, because
/// a copy of a small one costs less than all that is done for a read.
pub struct HttpBody {
    body: BodyReader<Incoming>,
    connection: Option<Connection>,
    /// Where small frames are joined.
    block: BytesMut,
    /// What came behind the frames that were joined, and is no small frame.
    ahead: Option<Frame>,
}

type Frame = Result<Option<Bytes>, HttpError>;

/// A frame of more bytes is passed on as it is.
const SMALL: usize = 1024;

/// The most frames that are joined: more of them would save nothing, and keep others from their turn.
const FRAMES: usize = 16;

/// The room that is made for joined frames. It is filled by one lot of them after the other.
const BLOCK: usize = FRAMES * SMALL;

impl HttpBody {
    pub(super) fn new(body: Incoming, connection: Option<Connection>) -> Self {
        Self { body: BodyReader::new(body), connection, block: BytesMut::new(), ahead: None }
    }

    /// The next frame, if it is there. Whoever is to wait for it has to [ask again](Self::poll_frame): nobody is woken.
    ///
    /// hyper's connection wakes its task for each frame that is taken from it. The task that takes them is the same one,
    /// and has no use for that.
    fn take_frame(&mut self) -> Poll<Frame> {
        self.poll_frame(&mut Context::from_waker(Waker::noop()))
    }

    fn poll_frame(&mut self, cx: &mut Context<'_>) -> Poll<Frame> {
        poll_connection(&mut self.connection, cx);
        // Nobody has to be woken for the body: only the connection above puts anything there.
        self.body.poll_read(&mut Context::from_waker(Waker::noop())).map_err(HttpError::Http)
    }

    fn append(&mut self, frame: &[u8]) {
        if self.block.capacity() - self.block.len() < frame.len() {
            self.block.reserve(BLOCK);
        }
        self.block.extend_from_slice(frame);
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
        let first = match first {
            Ok(Some(frame)) if frame.len() <= SMALL => frame,
            other => return Poll::Ready(other),
        };
        for _ in 1..FRAMES {
            match self.take_frame() {
                Poll::Pending => break,
                Poll::Ready(Ok(Some(frame))) if frame.len() <= SMALL => {
                    if self.block.is_empty() {
                        self.append(&first);
                    }
                    self.append(&frame);
                }
                Poll::Ready(other) => {
                    self.ahead = Some(other);
                    break;
                }
            }
        }
        let joined = if self.block.is_empty() { first } else { self.block.split().freeze() };
        Poll::Ready(Ok(Some(joined)))
    }
}

impl fmt::Debug for HttpBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpBody").field("body", &self.body).finish_non_exhaustive()
    }
}
