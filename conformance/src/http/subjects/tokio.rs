//! The client of sse-tokio.

use ::tokio::runtime;
use sse_tokio::EventSource;

use super::follow;
use crate::http::{HttpSubject, Journal, Setup, Unsupported};

/// `sse_tokio::EventSource`, on a runtime with one thread.
#[derive(Clone, Copy, Debug)]
pub struct Tokio;

impl HttpSubject for Tokio {
    fn name(&self) -> &str {
        "tokio"
    }

    fn follow(&self, url: &str, setup: &Setup, journal: &Journal) -> Result<(), Unsupported> {
        let unfit = |error: &dyn core::fmt::Display| Unsupported(error.to_string());
        let mut source = EventSource::open(setup.config(url)?).map_err(|error| unfit(&error))?;
        let runtime = runtime::Builder::new_current_thread().enable_all().build().map_err(|error| unfit(&error))?;
        runtime.block_on(follow(&mut source, journal));
        Ok(())
    }
}
