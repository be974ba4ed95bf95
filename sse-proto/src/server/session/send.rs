//! Messages that are given to a session.

use core::{error::Error, fmt};

use super::Session;
use crate::Message;

impl Session {
    /// Queues a message. Several of them are transmitted in one piece.
    ///
    /// # Errors
    ///
    /// The session is closed, or too many bytes wait already; the message is not queued then.
    pub fn send(&mut self, message: &Message) -> Result<(), SendError> {
        // Mostly there is room, whatever lines the text has.
        if self.is_closed() || self.queue.len().saturating_add(message.most_len()) > self.room {
            self.make_room(message.encoded_len())?;
        }
        self.queue_message(message);
        Ok(())
    }

    /// Queues a message that [`Message::encode`] or [`Message::encode_with`] has written, as [`send`](Self::send) does. The
    /// bytes are sent unchanged.
    ///
    /// # Errors
    ///
    /// As for [`send`](Self::send).
    pub fn send_encoded(&mut self, encoded: &[u8]) -> Result<(), SendError> {
        self.make_room(encoded.len())?;
        self.queue.extend_from_slice(encoded);
        Ok(())
    }

    /// Queues a heartbeat that the caller has made ([`Output::Heartbeat`](super::Output::Heartbeat)), as
    /// [`send`](Self::send) does.
    ///
    /// # Errors
    ///
    /// As for [`send`](Self::send).
    pub fn send_heartbeat(&mut self, heartbeat: &Message) -> Result<(), SendError> {
        let queued = self.queue.len();
        self.send(heartbeat)?;
        self.beat_queued |= self.queue.len() > queued;
        Ok(())
    }

    fn make_room(&mut self, needed: usize) -> Result<(), SendError> {
        if self.is_closed() {
            return Err(SendError::Closed);
        }
        let waiting = self.queue.len();
        if waiting > 0 && waiting + needed > self.room {
            // What waits for company has enough of it.
            if let Some(coalescing) = &mut self.coalescing {
                coalescing.release();
            }
            return Err(SendError::Full { needed, waiting, bound: self.room });
        }
        Ok(())
    }
}

/// Why a message was not queued.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum SendError {
    /// The session is closed, or its peer is gone.
    Closed,
    /// Too many bytes wait to be transmitted; try again when they have been.
    Full {
        /// The number of bytes that the message needs.
        needed: usize,
        /// The number of bytes that wait.
        waiting: usize,
        /// The greatest number of bytes that may wait.
        bound: usize,
    },
}

impl fmt::Display for SendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Closed => f.write_str("the session is closed"),
            Self::Full { needed, waiting, bound } => {
                write!(
                    f,
                    "{waiting} bytes are waiting for the peer, and {needed} more would exceed the bound of {bound}"
                )
            }
        }
    }
}

impl Error for SendError {}
