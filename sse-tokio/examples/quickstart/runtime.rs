//! What differs between the runtimes: the rest of the examples is the same on each of them.

pub(crate) use sse_tokio as sse;
pub(crate) use tokio::{net::TcpListener, time::sleep};

pub(crate) fn block_on<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Runtime::new().expect("tokio can start").block_on(work)
}

pub(crate) fn spawn(work: impl Future<Output: Send> + Send + 'static) {
    tokio::spawn(work);
}
