//! Why there will be no more events.

use core::{error::Error, fmt};

use bytes::Bytes;

use super::{Loss, ResponseHead};
use crate::{DecodeError, StreamEnd, Text, hidden::Hidden};

/// Why the connection failed for good: nothing is tried again after any of these.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum FailReason {
    /// The caller's side gave the attempt up.
    Aborted,
    /// The body is compressed, or otherwise encoded, which was not asked for.
    ContentEncoding {
        /// The encoding.
        found: Text,
    },
    /// The type of the answer is not `text/event-stream`.
    ContentType {
        /// The type that was understood, `None` if there was none.
        found: Option<Text>,
    },
    /// A limit was passed.
    Decode(DecodeError),
    /// The request cannot be made at all, so that trying again would be futile: no such scheme, say.
    Permanent,
    /// The connection was lost, and is not reestablished any more: reconnection is off, or has come to the limit that
    /// the caller has set to attempts or time, or the [`Policy`](super::Policy) wants no more.
    GaveUp {
        /// What happened last.
        cause: Loss,
        /// How many reconnections were tried since the connection was last healthy.
        attempts: u32,
    },
    /// The connection was lost, and the request is of a kind that must not be sent twice: its method is not safe (`POST`,
    /// say), and there is no event ID to go on from. [`ClientConfig::resend`](super::ClientConfig::resend) allows it (D-11).
    NotResent {
        /// What happened.
        cause: Loss,
    },
    /// The caller's own [`Policy`](super::Policy) refused an answer that the standard accepts.
    Policy,
    /// A redirect that cannot be followed: to text that is not a URL, a URL of 64 KiB or more, one with credentials,
    /// another scheme, or from https to http (D-10).
    Redirect {
        /// Where it pointed, without user name, password, query and fragment; `…` if it is too long.
        /// [`Refusal::head`] has the whole `Location`.
        location: Text,
    },
    /// A status other than 200; 204 is how a server tells a client to stop.
    Status(u16),
    /// More redirects in a row than are followed.
    TooManyRedirects {
        /// How many are followed.
        limit: u32,
    },
}

impl FailReason {
    /// How the stream ended, if the connection failed because it did so in order, and was not reestablished.
    pub const fn stream_end(&self) -> Option<StreamEnd> {
        match self {
            Self::GaveUp { cause: Loss::End { in_mid_event }, .. }
            | Self::NotResent { cause: Loss::End { in_mid_event } } => {
                Some(if *in_mid_event { StreamEnd::InMidEvent } else { StreamEnd::Complete })
            }
            _ => None,
        }
    }
}

impl fmt::Display for FailReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Aborted => f.write_str("the request was given up"),
            Self::ContentEncoding { found } => {
                write!(f, "the server sent the body in the encoding {found:?}, which was not asked for")
            }
            Self::ContentType { found: Some(found) } => {
                write!(f, "the server sent the type {found:?} instead of text/event-stream")
            }
            Self::ContentType { found: None } => {
                f.write_str("the server sent no content type instead of text/event-stream")
            }
            Self::Decode(error) => error.fmt(f),
            Self::Permanent => f.write_str("the request cannot be made"),
            Self::GaveUp { cause, attempts: 0 } => write!(f, "{cause}, given up without a reconnection"),
            Self::GaveUp { cause, attempts: 1 } => write!(f, "{cause}, given up after 1 reconnection"),
            Self::GaveUp { cause, attempts } => write!(f, "{cause}, given up after {attempts} reconnections"),
            Self::NotResent { cause } => {
                write!(f, "{cause}, and the request must not be sent twice without an event ID to go on from")
            }
            Self::Policy => f.write_str("the caller's policy refused the answer"),
            Self::Redirect { location } => write!(f, "the redirect to {location:?} cannot be followed"),
            Self::Status(204) => f.write_str("the server has no more events (status 204)"),
            Self::Status(status) => write!(f, "the server answered with status {status} instead of 200"),
            Self::TooManyRedirects { limit } => write!(f, "more than {limit} redirects in a row"),
        }
    }
}

impl Error for FailReason {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Decode(error) => Some(error),
            _ => None,
        }
    }
}

/// An answer that opened no stream: what a server has to say about it is often in the body.
///
/// `Debug` shows the length of the body in place of the body.
#[derive(Clone, Default, Eq, PartialEq)]
pub struct Refusal {
    /// Status and header fields.
    pub head: ResponseHead,
    /// The beginning of the body, as received: no more than [`ClientConfig::refusal_body`](super::ClientConfig::refusal_body)
    /// bytes, and no more than what arrives within one second.
    pub body: Bytes,
    /// Whether the body is as much as the server sent.
    pub complete: bool,
}

impl fmt::Debug for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { head, body, complete } = self;
        let mut shown = f.debug_struct("Refusal");
        shown.field("head", head).field("body", &Hidden(body.len())).field("complete", complete).finish()
    }
}
