//! What differs between the runtimes: the rest of the examples is the same on each of them.

pub(crate) use async_std::{
    net::TcpListener,
    task::{block_on, sleep},
};
pub(crate) use sse_asyncstd as sse;

pub(crate) fn spawn(work: impl Future<Output: Send> + Send + 'static) {
    async_std::task::spawn(async { drop(work.await) });
}
