//! Connections: what a client asks for, and what it makes of answers, breaks and refusals.
//!
//! The cases are data in the format that `cases/README.md` describes. The same case is run on the bare state machine
//! under a virtual clock, where nothing sleeps, and over loopback against a server that [lies](crate::peer) as the case
//! says. To judge a client of your own over loopback, implement [`HttpSubject`] for it:
//!
#![cfg_attr(feature = "peer", doc = "```no_run")]
#![cfg_attr(not(feature = "peer"), doc = "```ignore")]
//! use std::sync::Arc;
//! use sse_conformance::http::{self, Client, HttpCase, HttpSubject, Journal, Setup, Unsupported};
//!
//! struct Mine;
//!
//! impl HttpSubject for Mine {
//!     fn name(&self) -> &str {
//!         "mine"
//!     }
//!
//!     fn follow(&self, url: &str, setup: &Setup, journal: &Journal) -> Result<(), Unsupported> {
//!         // Connect to `url`, call `journal.record` with all that happens, and return when `journal.is_stopped`.
//!         Ok(())
//!     }
//! }
//!
//! http::run(&Client::Network(Arc::new(Mine)), &HttpCase::suite()).assert_passed();
//! ```

mod case;
mod entry;
mod expect;
mod journal;
mod notes;
#[cfg(feature = "peer")]
mod over_loopback;
mod report;
mod runner;
mod setup;
mod subject;
pub mod subjects;
mod virtual_time;

pub use self::{
    case::HttpCase,
    entry::{Entry, Pattern},
    expect::{Expectation, Observed, WantedFields},
    journal::{Journal, Reaction, Stopped},
    report::{HttpReport, HttpResult, Verdict},
    runner::{run, run_all},
    setup::{Action, Do, Remember, Setup},
    subject::{Client, HttpSubject, Unsupported},
    subjects::follow,
};
