//! What differs between the runtimes: the rest of the examples is the same on each of them.

use std::time::Duration;

pub(crate) use smol::{block_on, net::TcpListener};
pub(crate) use sse_smol as sse;

pub(crate) fn spawn(work: impl Future<Output: Send> + Send + 'static) {
    smol::spawn(async { drop(work.await) }).detach();
}

pub(crate) async fn sleep(time: Duration) {
    smol::Timer::after(time).await;
}
