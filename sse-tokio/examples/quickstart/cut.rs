//! A response that breaks off, as if a cable had been pulled.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use http_body::{Body, Frame};

use crate::runtime::sse::bytes::Bytes;

/// Where a response breaks off.
#[derive(Clone, Copy)]
pub(crate) enum CutAt {
    /// Behind this event.
    After(u32),
    /// In the middle of this event.
    InMidst(u32),
}

/// Passes a body on until it breaks off.
pub(crate) struct Cut<B> {
    body: B,
    at: Option<CutAt>,
    state: State,
}

enum State {
    Whole,
    /// The last bytes have been given out, and are still to be written.
    Last,
    Broken,
}

impl<B> Cut<B> {
    pub(crate) const fn new(body: B, at: Option<CutAt>) -> Self {
        Self { body, at, state: State::Whole }
    }
}

impl<B: Body<Data = Bytes, Error = io::Error> + Unpin> Body for Cut<B> {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let this = self.get_mut();
        match this.state {
            State::Whole => {}
            State::Last => {
                this.state = State::Broken;
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
            State::Broken => return Poll::Ready(Some(Err(io::ErrorKind::ConnectionReset.into()))),
        }
        let frame = match ready!(Pin::new(&mut this.body).poll_frame(cx)) {
            None => return Poll::Ready(None),
            Some(Err(error)) => return Poll::Ready(Some(Err(error))),
            Some(Ok(frame)) => frame.into_data().unwrap_or_default(),
        };
        let Some((kept, at)) = this.at.and_then(|at| Some((at.find(&frame)?, at))) else {
            return Poll::Ready(Some(Ok(Frame::data(frame))));
        };
        match at {
            CutAt::After(event) => println!("server  cuts the connection behind event {event}"),
            CutAt::InMidst(event) => println!("server  cuts the connection in the middle of event {event}"),
        }
        this.state = State::Last;
        Poll::Ready(Some(Ok(Frame::data(frame.slice(..kept)))))
    }
}

impl CutAt {
    /// How many bytes of the frame come before the cut, if the event is in it.
    fn find(self, frame: &[u8]) -> Option<usize> {
        let (Self::After(event) | Self::InMidst(event)) = self;
        let text = std::str::from_utf8(frame).ok()?;
        let end = text.find(&format!("\nid: {event}\n\n"))? + format!("\nid: {event}\n\n").len();
        let start = text[..end - 2].rfind("\n\n").map_or(0, |before| before + 2);
        Some(match self {
            Self::After(_) => end,
            Self::InMidst(_) => start + (end - start) / 2,
        })
    }
}
