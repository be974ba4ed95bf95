//! The clients of a service.

use std::thread;

use sse_driver::client::Handle;
use sse_proto::client::ClientConfig;

use super::callback::{Calls, read};
use crate::runtimes::{EventSource, UnderTest};

/// Starts a client on its runtime, in a thread of its own: it ends with the client.
pub(crate) fn follow<R: UnderTest>(config: ClientConfig, calls: Calls) -> Result<Handle, String> {
    let mut source = EventSource::<R>::open(config).map_err(|error| error.to_string())?;
    let handle = source.handle();
    let work = move || R::block_on(read(source, calls));
    let thread = thread::Builder::new().name(R::PACKAGE.into()).spawn(work);
    thread.map_err(|error| error.to_string())?;
    Ok(handle)
}
