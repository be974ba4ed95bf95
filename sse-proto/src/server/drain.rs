//! How a server stops.

use alloc::vec::Vec;
use core::time::Duration;

use super::Subscribers;
use crate::{Message, Retry, Text, Timestamp, random::Random};

/// How the sessions of a log are brought to their ends when the server stops.
///
/// Each session transmits what the log has, then the farewell, then it ends. The clients come back, each after another
/// time, so that the server which takes over does not get all of them at once.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct DrainConfig {
    /// A last event: none by default.
    pub farewell: Option<Message>,
    /// The shortest reconnection time that clients are told: 1 s.
    pub retry: Duration,
    /// How much longer it is for some than for others, at random: up to 9 s.
    pub spread: Duration,
    /// How long the sessions have: 10 s. Those that are not at their ends by then are cut.
    pub timeout: Duration,
}

impl Default for DrainConfig {
    fn default() -> Self {
        Self {
            farewell: None,
            retry: Duration::from_secs(1),
            spread: Duration::from_secs(9),
            timeout: Duration::from_secs(10),
        }
    }
}

/// A drain that has begun.
#[derive(Debug)]
pub struct Draining {
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
