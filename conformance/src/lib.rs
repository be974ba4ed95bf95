//! Judges readers of Server-Sent Events: cases with their outcomes, an oracle for all other streams, and a runner that
//! cuts every stream in many ways.
//!
//! The command `sse-conformance run` judges the readers of this project. To judge your own, say how it is fed:
//!
//! ```
//! use sse_conformance::{Case, Ending, Event, Harness, Stream, Subject, runner};
//!
//! struct Mine;
//!
//! impl Harness for Mine {
//!     fn name(&self) -> &str {
//!         "mine"
//!     }
//!
//!     fn open(&self) -> Box<dyn Stream + '_> {
//!         Box::new(MyStream(sse_proto::Decoder::new()))
//!     }
//! }
//!
//! /// Put your own reader where the decoder is.
//! struct MyStream(sse_proto::Decoder);
//!
//! impl Stream for MyStream {
//!     fn feed(&mut self, piece: &[u8]) -> Result<Vec<Event>, String> {
//!         let mut chunk = sse_proto::Chunk::new(piece);
//!         let mut events = Vec::new();
//!         while let Some(event) = self.0.decode(&mut chunk).map_err(|error| error.to_string())? {
//!             events.push(Event {
//!                 event_type: event.event_type().into(),
//!                 data: event.data().into(),
//!                 last_event_id: event.last_event_id().into(),
//!                 own_id: Some(event.id().is_some()), // `None` if your reader does not say
//!             });
//!         }
//!         Ok(events)
//!     }
//!
//!     fn finish(self: Box<Self>) -> Result<Ending, String> {
//!         Ok(Ending {
//!             events: Vec::new(),
//!             retry: self.0.retry().map(|retry| retry.as_millis()),
//!             last_event_id: self.0.last_event_id().into(),
//!         })
//!     }
//! }
//!
//! let mut cases = Case::parser_suite();
//! cases.retain(|case| case.input.len() < 1024); // all of them in a test of yours
//! runner::run(&Subject::from(Mine), &cases).assert_passed();
//! ```
//!
//! # The types to know
//!
//! | type | what it is |
//! |---|---|
//! | [`Case`] | a stream and its outcome |
//! | [`Harness`], [`Stream`] | a reader to judge, and one stream that it reads |
//! | [`Subject`] | the ways to read of one implementation |
//! | [`runner`] | cuts every stream in many ways, and compares |
//! | [`oracle`] | the outcome of any stream |
//! | [`generate`] | streams for property tests |
//! | [`encoder`] | cases for writers |
//! | [`http`] | cases for clients, over scripted connections |
//! | [`server`] | checks of a server from outside |
//! | [`peer`] | the scripted server |
//!
//! Numbers such as R-056 and D-03 are those of `REQUIREMENTS.md` in this crate.
//!
//! Features, all on by default: `cli` is the command, `generate` the generators for property tests, `peer` the scripted
//! server and the connection-level cases over loopback, and `tokio`, `smol` and `async-std` have the adapters among the
//! subjects; `tokio` also judges servers. Each of these three turns on `runtimes`, which is what a custom runtime needs to
//! be [judged](runtimes). For a custom reader, `default-features = false` suffices.

#![forbid(unsafe_code)]

mod case;
mod cutting;
pub mod encoder;
#[cfg(feature = "generate")]
pub mod generate;
pub mod grammar;
mod harness;
pub mod http;
pub mod oracle;
mod outcome;
pub mod pair;
pub mod peer;
pub mod runner;
pub mod runtimes;
#[cfg(feature = "tokio")]
pub mod server;
#[cfg(feature = "tokio")]
pub mod service;
pub mod subjects;

pub use crate::{
    case::{Case, CaseError, Level, Problem},
    cutting::{Cutting, Pieces},
    harness::{Ending, Harness, Stream, Subject},
    outcome::{Event, Outcome},
};
