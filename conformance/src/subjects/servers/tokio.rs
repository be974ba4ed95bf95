//! hyper on tokio.

use core::sync::atomic::Ordering;
use std::{io, net::TcpListener, sync::Arc};

use sse_driver::transport::hyper::{server::conn::http1, service::service_fn};
use sse_tokio::transport::{Io, Tokio};
use tokio::net;

use super::{Server, Stop, service::State};

pub(super) fn start() -> io::Result<Server> {
    Server::start::<Tokio>("tokio", serve)
}

fn serve(listener: TcpListener, state: Arc<State<Tokio>>, stop: Stop) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        listener.set_nonblocking(true).expect("a socket can be made non-blocking");
        let listener = net::TcpListener::from_std(listener).expect("a listener");
        while let Ok((stream, _)) = listener.accept().await {
            if stop.load(Ordering::Relaxed) {
                break;
            }
            let _ = stream.set_nodelay(true);
            let state = Arc::clone(&state);
            tokio::spawn(async move {
                let service = service_fn(|request| state.answer(request));
                drop(http1::Builder::new().max_buf_size(64 * 1024).serve_connection(Io::new(stream), service).await);
            });
        }
    });
}
