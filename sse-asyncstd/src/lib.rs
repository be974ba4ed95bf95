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
pub type EventReader<R> = driver::EventReader<AsyncStd, R>;

/// A log of events that sessions read from, shared by cloning.
pub type Log = driver::Log<AsyncStd>;

/// One response with events, to be written to any `AsyncWrite`.
pub type Session = driver::Session<AsyncStd>;

/// async-std, as [`sse_proto::driver`] sees it.
#[derive(Clone, Copy, Debug)]
pub struct AsyncStd;

impl driver::Runtime for AsyncStd {
    type Timer = Timer;
    type Io<S> = Io<S>;

    fn io<S>(stream: S) -> Io<S> {
        Io::new(stream)
    }
}
