//! What a connection of hyper shares with its service, its socket and the body of its response, until the head of a
//! session's response is written.

use alloc::{boxed::Box, sync::Arc};
use core::pin::Pin;

use super::framing::Framing;
use crate::sync::Mutex;
use crate::sync::atomic::{AtomicU8, Ordering};
use crate::{lock::hold, session::WeakSession};

/// How far the head of a session's response is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[repr(u8)]
enum Stage {
    /// There is no such response.
    None,
    /// hyper has asked for the body: the head is in its buffer.
    Encoded,
    /// hyper has flushed its buffer: the head is in the socket, and nothing else is.
    Flushed,
}

/// Shared by the parts of one connection. It holds back the body of a session's response: hyper gets none of it.
pub(super) struct Handover<B> {
    stage: AtomicU8,
    parked: Mutex<Option<Parked<B>>>,
}

/// The body of a session's response.
pub(super) struct Parked<B> {
    pub(super) body: Pin<Box<B>>,
    pub(super) session: WeakSession,
    pub(super) framing: Framing,
}

impl<B> Handover<B> {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self { stage: AtomicU8::new(Stage::None as u8), parked: Mutex::new(None) })
    }

    /// Takes the body of a response that hyper is about to get.
    pub(super) fn park(&self, parked: Parked<B>) {
        *hold(&self.parked) = Some(parked);
    }

    /// hyper asks for the body that is parked, as it does when it has encoded the head.
    pub(super) fn handle_body_polled(&self) {
        self.advance(Stage::None, Stage::Encoded);
    }

    /// The socket has been flushed, as hyper does when its buffer is empty.
    pub(super) fn handle_flushed(&self) {
        self.advance(Stage::Encoded, Stage::Flushed);
    }

    /// Takes the body if the head has been written.
    pub(super) fn take(&self) -> Option<Parked<B>> {
        if self.stage.load(Ordering::Acquire) != Stage::Flushed as u8 {
            return None;
        }
        hold(&self.parked).take()
    }

    fn advance(&self, from: Stage, to: Stage) {
        let _ = self.stage.compare_exchange(from as u8, to as u8, Ordering::AcqRel, Ordering::Relaxed);
    }
}
