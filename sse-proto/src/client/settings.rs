//! The timeouts of a request, and which redirects are remembered.

use core::time::Duration;

/// How long the client waits for each step of a request. `None` is without limit. There is no limit to the whole of a
/// request, as a stream has none. [`ClientConfig`](super::ClientConfig) sets them; a [`Request`](super::Request) carries
/// them.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Timeouts {
    /// For a connection, where the transport can tell when it has one: 30 s.
    pub connect: Option<Duration>,
    /// For the head of the response, from the moment of the connection; or of the request, if the transport cannot tell when
    /// it is connected. Without limit by default.
    pub head: Option<Duration>,
    /// For the next byte of an open stream. Without limit by default.
    pub idle: Option<Duration>,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self { connect: Some(Duration::from_secs(30)), head: None, idle: None }
    }
}

/// Which redirects hold for reconnections as well (D-05). With any other, a reconnection starts from the URL that was
/// given.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub enum RememberRedirects {
    /// All.
    All,
    /// None.
    Never,
    /// Those that say that they are permanent (301 and 308), as long as no other came before.
    #[default]
    Permanent,
}
