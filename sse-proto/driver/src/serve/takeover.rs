//! The task that writes a session, after hyper has written the head of its response.

use alloc::boxed::Box;
use core::{
    future::{Future, poll_fn},
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::Bytes;
use http_body::Body;
use hyper::rt;

use super::{framing::BodyWriter, handover::Parked};
use crate::{
    session::{ByteSource, WeakSession, write},
    transport::Timer,
    write_deadline::WriteDeadline,
};

/// A socket, and the response that goes on there.
pub(super) struct Takeover<I, B> {
    io: I,
    parked: Parked<B>,
    write_timeout: Option<Duration>,
}

impl<I, B> Takeover<I, B>
where
    I: rt::Read + rt::Write + Unpin,
    B: Body<Data = Bytes>,
{
    pub(super) fn new(io: I, parked: Parked<B>, write_timeout: Option<Duration>) -> Self {
        Self { io, parked, write_timeout }
    }

    /// Writes the rest of the response, and closes the connection.
    pub(super) fn run<T: Timer + Default>(self) -> impl Future<Output = ()> {
        let Self { io, parked: Parked { body, session, framing }, write_timeout } = self;
        let mut writer = BodyWriter::new(io, framing);
        let mut rest = Rest::<B, T> { body, session, stall: Stall::None, write_timeout };
        // Not an `async fn`, whose future would keep room for the arguments as well.
        async move {
            let written = write(&mut rest, &mut writer).await;
            // A response that broke off gets no last chunk, so that the client knows.
            if written.is_err() {
                return;
            }
            writer.end();
            let mut deadline = WriteDeadline::<T>::new(write_timeout);
            let _ = poll_fn(|cx| {
                let closed = writer.poll_close(cx);
                deadline.check(cx, closed)
            })
            .await;
        }
    }
}

/// The rest of a body, and the session that it is made of. It may be the session itself, or what middleware made of it.
struct Rest<B, T> {
    body: Pin<Box<B>>,
    session: WeakSession,
    stall: Stall<T>,
    write_timeout: Option<Duration>,
}

/// What ends a wait for the peer.
enum Stall<T> {
    /// There is none.
    None,
    /// The session.
    BySession,
    /// A deadline: the session had ended before, and what waits is the end of what middleware made of it.
    ByDeadline(Box<WriteDeadline<T>>),
}

impl<B: Body<Data = Bytes>, T: Timer + Default> ByteSource for Rest<B, T> {
    type Error = B::Error;

    fn poll_bytes(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, B::Error>>> {
        self.stall = Stall::None;
        loop {
            let Some(frame) = ready!(self.body.as_mut().poll_frame(cx)) else { return Poll::Ready(None) };
            match frame.map(http_body::Frame::into_data) {
                Ok(Ok(bytes)) => return Poll::Ready(Some(Ok(bytes))),
                // Trailers, which a client has to ask for.
                Ok(Err(_)) => {}
                Err(error) => return Poll::Ready(Some(Err(error))),
            }
        }
    }

    fn handle_progress(&mut self) {
        self.stall = Stall::None;
        self.session.handle_progress();
    }

    fn poll_stalled(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if matches!(self.stall, Stall::None) {
            self.stall = if self.session.has_ended() {
                Stall::ByDeadline(Box::new(WriteDeadline::new(self.write_timeout)))
            } else {
                Stall::BySession
            };
        }
        match &mut self.stall {
            Stall::ByDeadline(deadline) => deadline.check::<()>(cx, Poll::Pending).map(drop),
            Stall::BySession | Stall::None => self.session.poll_stalled(cx),
        }
    }
}
