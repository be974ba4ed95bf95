//! A session that a stream feeds.

use alloc::boxed::Box;
use core::{
    pin::Pin,
    task::{Context, Poll},
};

use futures_core::Stream;
use sse_proto::{
    Message, Timestamp,
    server::{Output, SendError, Session},
};

use super::Failure;

/// The number of messages that are taken before other tasks have their turn. Empty ones need no room, and would be taken
/// without end.
const TURN: usize = 1024;

type Item = Result<Message, Failure>;

/// A session that a stream feeds.
pub(crate) struct Streaming {
    pub(super) machine: Session,
    stream: Option<Pin<Box<dyn Stream<Item = Item> + Send>>>,
    /// The message that the stream yielded when there was no room for it.
    held: Option<Message>,
    /// The error of the stream, after which the response breaks off.
    pub(super) failure: Option<Failure>,
}

/// A stream whose items become messages, or the error that ends it.
struct Messages<S: Stream> {
    stream: Pin<Box<S>>,
    message: fn(S::Item) -> Item,
}

impl<S: Stream> Stream for Messages<S> {
    type Item = Item;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Item>> {
        let message = self.message;
        self.stream.as_mut().poll_next(cx).map(|item| item.map(message))
    }
}

impl Streaming {
    pub(crate) fn new<S>(machine: Session, stream: S, message: fn(S::Item) -> Item) -> Self
    where
        S: Stream + Send + 'static,
    {
        let stream = Messages { stream: Box::pin(stream), message };
        Self { machine, stream: Some(Box::pin(stream)), held: None, failure: None }
    }

    pub(super) fn poll(&mut self, cx: &mut Context<'_>, now: Timestamp) -> Output {
        self.fill(cx);
        self.machine.poll_output(now)
    }

    /// Takes the ready messages of the stream, as far as there is room: they are sent in one piece.
    fn fill(&mut self, cx: &mut Context<'_>) {
        for _ in 0..TURN {
            let Some(stream) = &mut self.stream else { return };
            let message = match self.held.take() {
                Some(held) => held,
                None => match stream.as_mut().poll_next(cx) {
                    Poll::Pending => return,
                    Poll::Ready(Some(Ok(message))) => message,
                    Poll::Ready(Some(Err(failure))) => {
                        self.machine.abort();
                        (self.stream, self.failure) = (None, Some(failure));
                        return;
                    }
                    Poll::Ready(None) => {
                        self.machine.close(None);
                        self.stream = None;
                        return;
                    }
                },
            };
            match self.machine.send(&message) {
                Ok(()) => {}
                Err(SendError::Full { .. }) => {
                    self.held = Some(message);
                    return;
                }
                Err(_) => self.stream = None,
            }
        }
        cx.waker().wake_by_ref();
    }
}
