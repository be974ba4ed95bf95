//! The client of sse-smol.

use sse_smol::EventSource;

use super::{follow, wait::block_on};
use crate::http::{HttpSubject, Journal, Setup, Unsupported};

/// `sse_smol::EventSource`.
#[derive(Clone, Copy, Debug)]
pub struct Smol;

impl HttpSubject for Smol {
    fn name(&self) -> &str {
        "smol"
    }

    fn follow(&self, url: &str, setup: &Setup, journal: &Journal) -> Result<(), Unsupported> {
        let source = EventSource::open(setup.config(url)?);
        let mut source = source.map_err(|error| Unsupported(error.to_string()))?;
        block_on(follow(&mut source, journal));
        Ok(())
    }
}
