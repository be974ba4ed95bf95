//! hyper on smol.

use core::sync::atomic::Ordering;
use std::{io, net::TcpListener, sync::Arc};

use ::smol::{Async, LocalExecutor, net::TcpListener as AsyncListener};
use sse_driver::transport::hyper::{server::conn::http1, service::service_fn};
use sse_smol::transport::{Io, Smol};

use super::{Server, Stop, service::State};

pub(super) fn start() -> io::Result<Server> {
    Server::start::<Smol>("smol", serve)
}

fn serve(listener: TcpListener, state: Arc<State<Smol>>, stop: Stop) {
    let executor = LocalExecutor::new();
    ::smol::block_on(executor.run(async {
        let listener = AsyncListener::from(Async::new(listener).expect("a listener"));
        while let Ok((stream, _)) = listener.accept().await {
            if stop.load(Ordering::Relaxed) {
                break;
            }
            let _ = stream.set_nodelay(true);
            let state = Arc::clone(&state);
            let task = async move {
                let service = service_fn(|request| state.answer(request));
                drop(http1::Builder::new().max_buf_size(64 * 1024).serve_connection(Io::new(stream), service).await);
            };
            executor.spawn(task).detach();
        }
    }));
}
