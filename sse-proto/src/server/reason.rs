//! Why sessions end.

use core::fmt;

/// Why a session has ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum CloseReason {
    /// The application broke the response off, for example because the stream that feeds it failed.
    Aborted,
    /// The server drains, and its deadline came before this session had transmitted everything.
    Cut,
    /// The peer is gone, or the driver dropped the session.
    Disconnected,
    /// The server drains.
    Drained,
    /// The application or the log closed it, or its last sender was dropped.
    Finished,
    /// The log has overtaken the reader, and [`OnLag::Disconnect`](super::OnLag::Disconnect) is set.
    Lagged,
    /// It reached its [`max_age`](super::SessionConfig::max_age).
    MaxAge,
    /// The peer took nothing within the [`write_timeout`](super::SessionConfig::write_timeout).
    WriteTimeout,
}

impl CloseReason {
    /// Returns a short name, for a label of a metric: `write_timeout`, for example.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Aborted => "aborted",
            Self::Cut => "cut",
            Self::Disconnected => "disconnected",
            Self::Drained => "drained",
            Self::Finished => "finished",
            Self::Lagged => "lagged",
            Self::MaxAge => "max_age",
            Self::WriteTimeout => "write_timeout",
        }
    }
}

impl fmt::Display for CloseReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Aborted => "aborted by the application",
            Self::Cut => "cut at the end of the drain",
            Self::Disconnected => "the peer is gone",
            Self::Drained => "drained",
            Self::Finished => "finished",
            Self::Lagged => "too slow for the log",
            Self::MaxAge => "it reached its greatest age",
            Self::WriteTimeout => "the peer took nothing for too long",
        })
    }
}
