//! Sessions and their log where the application's code panics, calls back or has nothing to send, polled by hand.

mod calls;
mod heartbeats;
#[cfg(feature = "tracing")]
mod panicking_subscriber;
mod panics;
mod runtime;
mod writes;
