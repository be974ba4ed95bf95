//! How a server stops.

use alloc::vec::Vec;
use core::time::Duration;

use super::Subscribers;
use crate::{Message, Retry, Text, Timestamp, random::Random};

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

/// What came of a drain.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct Drained {
    /// How many sessions there were when it began.
    pub sessions: usize,
    /// The sessions that did not come to their ends in time: the key of each, where it has one.
    pub cut: Vec<Option<Text>>,
}

impl Subscribers {
    /// Begins to bring all sessions to their ends; wake them all then. Sessions that join later start where they asked
    /// to, read to the end, and get a farewell. The seed is for the spread of the reconnection times. A second drain
    /// changes nothing.
    pub fn drain(&mut self, config: DrainConfig, seed: u64, now: Timestamp) {
        let (deadline, sessions) = (now + config.timeout, self.len());
        self.draining.get_or_insert(Draining { config, random: Random::new(seed), deadline, sessions, cut: None });
    }

    /// Whether all are at their ends, and who was cut; or when to ask again at the latest. After the deadline those who
    /// are left are cut: wake them all then.
    ///
    /// # Errors
    ///
    /// The deadline, while there is something to wait for; `None` if no drain has begun.
    pub fn poll_drained(&mut self, now: Timestamp) -> Result<Drained, Option<Timestamp>> {
        let left = self.len();
        let cut = match &self.draining {
            None => return Err(None),
            Some(Draining { cut: Some(cut), .. }) => cut.clone(),
            Some(draining) if left > 0 && now < draining.deadline => return Err(Some(draining.deadline)),
            Some(_) => self.cut_all(),
        };
        let Some(draining) = &mut self.draining else { return Err(None) };
        draining.cut = Some(cut.clone());
        Ok(Drained { sessions: draining.sessions, cut })
    }

    /// What a session ends with; `None` if there is no drain. Each call draws a new reconnection time; call it once per
    /// session.
    pub fn farewell(&mut self) -> Option<Message> {
        let Draining { config, random, .. } = self.draining.as_mut()?;
        let retry = config.retry.saturating_add(random.up_to(config.spread));
        let millis = u64::try_from(retry.as_millis()).unwrap_or(u64::MAX);
        Some(config.farewell.clone().unwrap_or_default().retry(Retry::from_millis(millis)))
    }

    /// Whether a drain has begun.
    pub fn is_draining(&self) -> bool {
        self.draining.is_some()
    }
}
