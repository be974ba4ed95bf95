//! How connections are lost.

use core::fmt;

/// How a connection was lost.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Loss {
    /// The body broke off (D-04).
    Broken {
        /// Whether an unfinished event was dropped.
        in_mid_event: bool,
    },
    /// There was no connection within [`Timeouts::connect`](super::Timeouts::connect).
    ConnectTimeout,
    /// The body ended in order.
    End {
        /// Whether an unfinished event was dropped.
        in_mid_event: bool,
    },
    /// There was no response within [`Timeouts::head`](super::Timeouts::head).
    HeadTimeout,
    /// Nothing came for [`Timeouts::idle`](super::Timeouts::idle), not even a comment.
    IdleTimeout {
        /// Whether an unfinished event was dropped.
        in_mid_event: bool,
    },
    /// The response opens no stream, and the [`Policy`](super::Policy) treats this as transient.
    Refused {
        /// The status of the response.
        status: u16,
    },
    /// The caller asked for a new connection ([`EventSource::restart`](super::EventSource::restart)).
    Restarted,
    /// There was no response.
    Unreachable,
}

impl Loss {
    /// Whether a time limit was exceeded: no connection, no response or no data in time.
    pub const fn is_timeout(self) -> bool {
        matches!(self, Self::ConnectTimeout | Self::HeadTimeout | Self::IdleTimeout { .. })
    }

    /// Whether an open stream was cut off: it broke off, fell silent, or ended in the middle of an event.
    pub const fn is_cut_off(self) -> bool {
        matches!(self, Self::Broken { .. } | Self::IdleTimeout { .. } | Self::End { in_mid_event: true })
    }

    /// Whether an unfinished event was dropped with the connection.
    pub const fn in_mid_event(self) -> bool {
        matches!(
            self,
            Self::Broken { in_mid_event: true }
                | Self::End { in_mid_event: true }
                | Self::IdleTimeout { in_mid_event: true }
        )
    }

    /// Sets whether an unfinished event was dropped with the connection.
    pub(super) const fn dropping(self, in_mid_event: bool) -> Self {
        match self {
            Self::Broken { .. } => Self::Broken { in_mid_event },
            Self::End { .. } => Self::End { in_mid_event },
            Self::IdleTimeout { .. } => Self::IdleTimeout { in_mid_event },
            loss => loss,
        }
    }
}

impl fmt::Display for Loss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Broken { .. } => f.write_str("the stream broke off"),
            Self::ConnectTimeout => f.write_str("no connection in time"),
            Self::End { .. } => f.write_str("the stream ended"),
            Self::HeadTimeout => f.write_str("no response in time"),
            Self::Refused { status } => write!(f, "the server responded with status {status}"),
            Self::Restarted => f.write_str("a new connection was asked for"),
            Self::IdleTimeout { .. } => f.write_str("the stream fell silent"),
            Self::Unreachable => f.write_str("no response"),
        }?;
        f.write_str(if self.in_mid_event() { " in the middle of an event" } else { "" })
    }
}

/// How a transport classifies its error.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum NetworkError {
    /// The attempt was aborted on the caller's side: the connection fails permanently.
    Aborted,
    /// The request cannot be made and would fail again, for example because of an unknown scheme: the connection fails
    /// permanently.
    Permanent,
    /// Anything that may not occur again: no route, a reset, a broken body.
    Transient,
}

/// The standard's `readyState`, with its numbers.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum ReadyState {
    /// The connection has not been established yet, or it was lost and is being reestablished.
    Connecting = 0,
    /// The connection is open.
    Open = 1,
    /// The source was closed, or failed; it stays so.
    Closed = 2,
}
