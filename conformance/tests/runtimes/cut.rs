//! Responses that break off.

use core::{
    pin::Pin,
    task::{Context, Poll, ready},
};
use std::io;

use bytes::Bytes;
use http_body::{Body, Frame};

/// How many responses of a server break off.
pub(crate) const RESPONSES: u32 = 5;

/// A body that breaks off behind so many bytes, if it is one of the first.
pub(crate) struct Cut<B> {
    body: B,
    left: usize,
    broken: bool,
}

impl<B> Cut<B> {
    /// The body of the response with this number, counted from 0.
    pub(crate) fn new(body: B, response: u32) -> Self {
        // Somewhere within an event, and elsewhere in it each time.
        let left = if response < RESPONSES { 41_003 + 7_919 * response as usize } else { usize::MAX };
        Self { body, left, broken: false }
    }
}

impl<B: Body<Data = Bytes> + Unpin> Body for Cut<B>
where
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        if self.left == 0 {
            if self.broken {
                return Poll::Ready(Some(Err(io::ErrorKind::ConnectionReset.into())));
            }
            // Time for what was given out to be written.
            self.broken = true;
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        let frame = match ready!(Pin::new(&mut self.body).poll_frame(cx)) {
            None => return Poll::Ready(None),
            Some(frame) => frame.map_err(io::Error::other)?,
        };
        let mut bytes = frame.into_data().unwrap_or_default();
        bytes.truncate(self.left);
        self.left -= bytes.len();
        Poll::Ready(Some(Ok(Frame::data(bytes))))
    }
}
