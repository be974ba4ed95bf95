//! The client of sse-asyncstd.

use sse_asyncstd::EventSource;

use super::{follow, wait::block_on};
use crate::http::{HttpSubject, Journal, Setup, Unsupported};

/// `sse_asyncstd::EventSource`.
#[derive(Clone, Copy, Debug)]
pub struct AsyncStd;

impl HttpSubject for AsyncStd {
    fn name(&self) -> &str {
        "async-std"
    }

    fn follow(&self, url: &str, setup: &Setup, journal: &Journal) -> Result<(), Unsupported> {
        let source = EventSource::open(setup.config(url)?);
        let mut source = source.map_err(|error| Unsupported(error.to_string()))?;
        block_on(follow(&mut source, journal));
        Ok(())
    }
}
