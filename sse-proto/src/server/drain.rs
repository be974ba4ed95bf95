//! How a server stops.

use alloc::vec::Vec;
use core::{fmt, time::Duration};

use super::Subscribers;
use crate::{Message, Retry, Text, Timestamp, hidden::Hidden, random::Random};

/// How the sessions of a log are brought to their ends when the server stops.
///
/// Each session transmits what the log has, then the farewell, then it ends. Each client gets a different reconnection
/// time, so that the server which takes over does not get all of them at once.
///
/// ```
/// use core::time::Duration;
/// use sse_proto::server::DrainConfig;
///
/// let config = DrainConfig::new().spread(Duration::from_secs(60)).timeout(Duration::from_secs(5));
/// # let _ = config;
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct DrainConfig {
    farewell: Option<Message>,
    retry: Duration,
    spread: Duration,
    timeout: Duration,
}

impl DrainConfig {
    /// Returns the default settings.
    pub const fn new() -> Self {
        Self {
            farewell: None,
            retry: Duration::from_secs(1),
            spread: Duration::from_secs(9),
            timeout: Duration::from_secs(10),
        }
    }

    /// Sets the last event of each session: none by default.
    #[must_use]
    pub fn farewell(mut self, farewell: impl Into<Option<Message>>) -> Self {
        self.farewell = farewell.into();
        self
    }

    /// Sets the shortest reconnection time that clients get: 1 s by default.
    #[must_use]
    pub fn retry(mut self, retry: Duration) -> Self {
        self.retry = retry;
        self
    }

    /// Sets how much may be added to the reconnection time of a client, at random: up to 9 s by default.
    #[must_use]
    pub fn spread(mut self, spread: Duration) -> Self {
        self.spread = spread;
        self
    }

    /// Sets how long the sessions have: 10 s by default. Those that have not ended by then are cut.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }
}

impl Default for DrainConfig {
    fn default() -> Self {
        Self::new()
    }
}

/// A drain that has begun.
#[derive(Debug)]
pub(super) struct Draining {
    config: DrainConfig,
    /// For the reconnection times of the farewells.
    random: Random,
    deadline: Timestamp,
    sessions: usize,
    cut: Option<Vec<Option<Text>>>,
}

/// The result of a drain. `Debug` shows the lengths of the keys in place of the keys.
#[derive(Clone, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct Drained {
    /// The number of sessions when the drain began.
    pub sessions: usize,
    /// The sessions that did not end in time: the key of each, where it has one.
    pub cut: Vec<Option<Text>>,
}

impl fmt::Debug for Drained {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let cut: Vec<_> = self.cut.iter().map(|key| key.as_ref().map(|key| Hidden(key.len()))).collect();
        f.debug_struct("Drained").field("sessions", &self.sessions).field("cut", &cut).finish()
    }
}

/// How far a drain has come: what [`Subscribers::poll_drained`] returns.
///
/// The enum is exhaustive on purpose: a driver has to deal with all of it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum DrainProgress {
    /// All sessions have ended or were cut. Wake all that are left.
    Done(Drained),
    /// No drain has begun.
    NotBegun,
    /// Some sessions have not ended.
    Waiting {
        /// When to ask again at the latest.
        until: Timestamp,
    },
}

impl Subscribers {
    /// Begins to bring all sessions to their ends; wake them all then. Sessions that join later start where they asked
    /// to, read to the end, and get a farewell. The seed is for the spread of the reconnection times. A second drain
    /// changes nothing.
    pub fn drain(&mut self, config: DrainConfig, seed: u64, now: Timestamp) {
        let (deadline, sessions) = (now + config.timeout, self.len());
        self.draining.get_or_insert(Draining { config, random: Random::new(seed), deadline, sessions, cut: None });
    }

    /// Returns how far the drain has come. Sessions that have not ended by its deadline are cut
    /// ([`is_cut`](Self::is_cut)).
    pub fn poll_drained(&mut self, now: Timestamp) -> DrainProgress {
        let left = self.len();
        let cut = match &self.draining {
            None => return DrainProgress::NotBegun,
            Some(Draining { cut: Some(cut), .. }) => cut.clone(),
            Some(draining) if left > 0 && now < draining.deadline => {
                return DrainProgress::Waiting { until: draining.deadline };
            }
            Some(_) => self.cut_all(),
        };
        let Some(draining) = &mut self.draining else { return DrainProgress::NotBegun };
        draining.cut = Some(cut.clone());
        DrainProgress::Done(Drained { sessions: draining.sessions, cut })
    }

    /// Returns the last message of a session; `None` if there is no drain. Each call draws a new reconnection time; call
    /// it once per session.
    pub fn farewell(&mut self) -> Option<Message> {
        let Draining { config, random, .. } = self.draining.as_mut()?;
        let retry = config.retry.saturating_add(random.up_to(config.spread));
        let millis = u64::try_from(retry.as_millis()).unwrap_or(u64::MAX);
        Some(config.farewell.clone().unwrap_or_default().retry(Retry::from_millis(millis)))
    }

    /// Returns whether a drain has begun.
    pub fn is_draining(&self) -> bool {
        self.draining.is_some()
    }
}
