#![doc = include_str!("../README.md")]
#![warn(clippy::unwrap_used)]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod timer;

use sse_proto::driver;
pub use sse_proto::{
    self,
    driver::{Change, futures_io::FuturesIo as Io, prelude::*},
};

pub use crate::timer::Timer;

/// A client over a transport of your own.
pub type EventSourceOver<C> = driver::EventSource<C, Timer>;

/// Reads events from any `AsyncRead`.
pub type EventReader<R> = driver::EventReader<Smol, R>;

/// A log of events that sessions read from, shared by cloning.
pub type Log = driver::Log<Smol>;

/// One response with events, to be written to any `AsyncWrite`.
pub type Session = driver::Session<Smol>;

/// smol, as [`sse_proto::driver`] sees it.
#[derive(Clone, Copy, Debug)]
pub struct Smol;

impl driver::Runtime for Smol {
    type Timer = Timer;
    type Io<S> = Io<S>;

    fn io<S>(stream: S) -> Io<S> {
        Io::new(stream)
    }
}
