//! Why there will be no more events.

use alloc::boxed::Box;
use core::{convert::Infallible, error::Error, fmt, time::Duration};

use super::{Loss, Refusal};
use crate::{DecodeError, StreamEnd, Text};

/// Why there will be no more events, with everything that is known about it.
///
/// ```
/// use core::time::Duration;
/// use sse_proto::{Timestamp, client::{Change, ClientConfig, EventSource, Output, ResponseHead}};
///
/// let mut source = EventSource::new(ClientConfig::get("https://example.com/events")?);
/// source.poll_output(Timestamp::default());
/// let headers = [("Retry-After", "30"), ("Content-Length", "0")].into_iter().collect();
/// source.handle_response(&ResponseHead { status: 429, headers });
/// let Output::Change(Change::Failed(failure)) = source.poll_output(Timestamp::default()) else { panic!() };
/// assert_eq!(failure.status(), Some(429));
/// assert_eq!(failure.retry_after(), Some(Duration::from_secs(30)));
/// assert!(!failure.is_timeout() && !failure.is_cut_off());
/// # Ok::<(), Box<dyn core::error::Error>>(())
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Failure<E = Infallible> {
    /// Why.
    pub reason: FailReason,
    /// The transport's error, if there was one.
    pub error: Option<E>,
    /// The response, if it opened no stream: status, header fields, and the beginning of the body.
    pub refusal: Option<Box<Refusal>>,
}

impl<E> Failure<E> {
    pub(super) const fn new(reason: FailReason) -> Self {
        Self { reason, error: None, refusal: None }
    }

    /// The status of the response, if it opened no stream.
    pub fn status(&self) -> Option<u16> {
        self.refusal.as_ref().map(|refusal| refusal.status())
    }

    /// How long the server asks to wait before the next request, if its response opened no stream and has a
    /// `Retry-After`: see [`ResponseHead::retry_after`](super::ResponseHead::retry_after).
    pub fn retry_after(&self) -> Option<Duration> {
        self.refusal.as_ref()?.retry_after()
    }

    /// Whether the last connection was lost because a time limit was exceeded: no connection, no response or no data in
    /// time.
    pub const fn is_timeout(&self) -> bool {
        matches!(self.reason.cause(), Some(cause) if cause.is_timeout())
    }

    /// Whether an open stream was cut off: it broke off, fell silent, or ended in the middle of an event. Then some of
    /// it may be missing.
    pub const fn is_cut_off(&self) -> bool {
        matches!(self.reason.cause(), Some(cause) if cause.is_cut_off())
    }

    /// Sets the transport's error. This is for drivers.
    #[must_use]
    pub fn with_error<T>(self, error: Option<T>) -> Failure<T> {
        Failure { reason: self.reason, error, refusal: self.refusal }
    }
}

impl<E: fmt::Display> fmt::Display for Failure<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.reason.fmt(f)?;
        match &self.error {
            Some(error) => write!(f, ": {error}"),
            None => Ok(()),
        }
    }
}

/// The transport's error is part of what is displayed, so the source is the source of that error.
impl<E: Error + 'static> Error for Failure<E> {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match &self.error {
            Some(error) => error.source(),
            None => self.reason.source(),
        }
    }
}

/// Why the connection failed permanently (R-038): it is not reestablished after any of these.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum FailReason {
    /// The attempt was aborted on the caller's side (R-024).
    Aborted,
    /// The body is compressed, or otherwise encoded, which was not asked for.
    ContentEncoding {
        /// The encoding.
        found: Text,
    },
    /// The type of the response is not `text/event-stream` (R-021).
    ContentType {
        /// The type that was found; `None` if there was none, or none that is valid.
        found: Option<Text>,
    },
    /// A limit was exceeded.
    Decode(DecodeError),
    /// The connection was lost, and is not reestablished again: reconnection is off, or has reached the caller's limit
    /// of attempts or time, or the [`Policy`](super::Policy) gave up.
    GaveUp {
        /// What happened last.
        cause: Loss,
        /// How many reconnections were tried since the connection was last healthy.
        attempts: u32,
    },
    /// The connection was lost, and the request must not be sent twice: its method is not safe (for example `POST`),
    /// and there is no event ID to resume after. [`ClientConfig::resend`](super::ClientConfig::resend) allows it (D-11).
    NotResent {
        /// What happened.
        cause: Loss,
    },
    /// The transport reports that the request cannot be made
    /// ([`NetworkError::Permanent`](super::NetworkError::Permanent), R-031), for example because the URL's scheme is not
    /// supported or a hook failed to prepare the request.
    Permanent,
    /// The caller's [`Policy`](super::Policy) refused a response that the standard accepts.
    Policy,
    /// A redirect that cannot be followed: to text that is not a URL, a URL of 64 KiB or more, one with credentials,
    /// another scheme, or from https to http (D-10).
    Redirect {
        /// Where it pointed, without user name, password, query and fragment; `…` if it is too long.
        /// [`Refusal::head`] has the whole `Location`.
        location: Text,
    },
    /// A status other than 200 (R-022); a server sends 204 to make a client stop (R-032).
    Status(u16),
    /// More redirects in a row than are followed.
    TooManyRedirects {
        /// How many are followed.
        limit: u32,
    },
}

impl FailReason {
    /// How the last connection was lost, if the source failed because it was not reestablished.
    pub const fn cause(&self) -> Option<Loss> {
        match self {
            Self::GaveUp { cause, .. } | Self::NotResent { cause } => Some(*cause),
            _ => None,
        }
    }

    /// How the stream ended, if the connection failed because it did so in order, and was not reestablished.
    pub const fn stream_end(&self) -> Option<StreamEnd> {
        match self.cause() {
            Some(Loss::End { in_mid_event: true }) => Some(StreamEnd::InMidEvent),
            Some(Loss::End { in_mid_event: false }) => Some(StreamEnd::Complete),
            _ => None,
        }
    }
}

impl fmt::Display for FailReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Aborted => f.write_str("the request was aborted"),
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
                write!(f, "{cause}, and the request must not be sent twice without an event ID to resume after")
            }
            Self::Policy => f.write_str("the caller's policy refused the response"),
            Self::Redirect { location } => write!(f, "the redirect to {location:?} cannot be followed"),
            Self::Status(204) => f.write_str("the server has no more events (status 204)"),
            Self::Status(status) => write!(f, "the server responded with status {status} instead of 200"),
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
