//! The events that all servers send: of one length, numbered, with the time of their making.

use std::{
    mem,
    time::{Duration, SystemTime},
};

use memchr::memmem::Finder;

/// The length of the line with an event's data, with its end.
const LINE_LEN: usize = 199;

const BEFORE_NUMBER: &str = "data: {\"seq\":";
const NUMBER_LEN: usize = 10;
const BEFORE_TIME: &str = ",\"at\":";
const TIME_LEN: usize = 19;
const TIME_AT: usize = BEFORE_NUMBER.len() + NUMBER_LEN + BEFORE_TIME.len();
const TEXT_AT: usize = TIME_AT + TIME_LEN;

/// The data of an event.
pub(super) fn data(number: u64) -> String {
    let mut data = format!("{}{number:010}{BEFORE_TIME}{:019},\"text\":\"", &BEFORE_NUMBER["data: ".len()..], now());
    let len = LINE_LEN - "data: \n".len();
    while data.len() < len - 2 {
        data.push_str("abcdefghijklmnopqrstuvwxyz ");
    }
    data.truncate(len - 2);
    data.push_str("\"}");
    data
}

/// Nanoseconds on the clock that all processes share.
pub(super) fn now() -> u64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or(Duration::ZERO).as_nanos() as u64
}

/// Finds events in what a connection delivers, and makes sure of each.
pub(super) struct Scanner {
    start: Finder<'static>,
    /// What comes after the time, to the end of the line: an ID may follow.
    rest: Vec<u8>,
}

/// What one connection has delivered so far.
#[derive(Clone, Debug, Default)]
pub(super) struct Delivered {
    pub(super) events: u64,
    /// How many were left out.
    pub(super) missed: u64,
    /// The number of the next event.
    pub(super) next: u64,
    /// The beginning of an event whose end has not come yet.
    torn: Vec<u8>,
}

impl Scanner {
    pub(super) fn new() -> Self {
        let rest = [&data(0).as_bytes()[TEXT_AT - "data: ".len()..], b"\n"].concat();
        Self { start: Finder::new(BEFORE_NUMBER), rest }
    }

    /// Takes what has come, and shows the time of making of each event whose data is complete.
    pub(super) fn scan(
        &self,
        delivered: &mut Delivered,
        bytes: &[u8],
        mut show: impl FnMut(u64),
    ) -> Result<(), String> {
        let mut joined = mem::take(&mut delivered.torn);
        let mut bytes = bytes;
        if !joined.is_empty() {
            joined.extend_from_slice(bytes);
            bytes = &joined;
        }
        while let Some(at) = self.start.find(bytes) {
            bytes = &bytes[at..];
            let Some(event) = bytes.get(..LINE_LEN) else {
                delivered.torn = bytes.to_vec();
                return Ok(());
            };
            let number = number(&event[BEFORE_NUMBER.len()..][..NUMBER_LEN])?;
            let missed = number.checked_sub(delivered.next).ok_or(format!("event {number} came again"))?;
            if event[TEXT_AT..] != *self.rest {
                return Err(format!("event {number} is not as it was sent"));
            }
            show(self::number(&event[TIME_AT..TEXT_AT])?);
            delivered.events += 1;
            delivered.missed += missed;
            delivered.next = number + 1;
            bytes = &bytes[LINE_LEN..];
        }
        delivered.torn = beginning(bytes).to_vec();
        Ok(())
    }
}

/// Counts events, and looks no closer: for streams that are faster than a [`Scanner`].
pub(super) struct Counter {
    start: Finder<'static>,
    torn: Vec<u8>,
}

impl Counter {
    pub(super) fn new() -> Self {
        Self { start: Finder::new(BEFORE_NUMBER), torn: Vec::new() }
    }

    /// How many events begin in what has come, or end their beginning in it.
    pub(super) fn count(&mut self, bytes: &[u8]) -> u64 {
        let held = self.torn.len();
        self.torn.extend_from_slice(&bytes[..bytes.len().min(BEFORE_NUMBER.len() - 1)]);
        let across = held > 0 && self.start.find(&self.torn).is_some_and(|at| at < held);
        self.torn = if bytes.len() < BEFORE_NUMBER.len() {
            if across { Vec::new() } else { beginning(&self.torn).to_vec() }
        } else {
            beginning(bytes).to_vec()
        };
        u64::from(across) + self.start.find_iter(bytes).count() as u64
    }
}

fn number(digits: &[u8]) -> Result<u64, String> {
    digits.iter().try_fold(0_u64, |number, digit| match digit {
        b'0'..=b'9' => Ok(number * 10 + u64::from(digit - b'0')),
        _ => Err(format!("{:?} is no number", String::from_utf8_lossy(digits))),
    })
}

/// The end of `bytes` that could be the beginning of an event.
fn beginning(bytes: &[u8]) -> &[u8] {
    let most = (BEFORE_NUMBER.len() - 1).min(bytes.len());
    let ends = (1..=most).rev().map(|len| &bytes[bytes.len() - len..]);
    ends.into_iter().find(|end| BEFORE_NUMBER.as_bytes().starts_with(end)).unwrap_or_default()
}
