//! Sessions and their log where the application's code panics or calls back, on a runtime with a clock that stands still.

mod calls;
#[cfg(feature = "tracing")]
mod panicking_subscriber;
mod panics;
mod runtime;
