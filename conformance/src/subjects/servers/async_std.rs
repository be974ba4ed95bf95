//! hyper on async-std.

use core::sync::atomic::Ordering;
use std::{io, net::TcpListener, sync::Arc};

use ::async_std::{net::TcpListener as AsyncListener, task};
use sse_asyncstd::transport::{AsyncStd, Io};
use sse_driver::transport::hyper::{server::conn::http1, service::service_fn};

use super::{Server, Stop, service::State};

pub(super) fn start() -> io::Result<Server> {
    Server::start::<AsyncStd>("async-std", serve)
}

fn serve(listener: TcpListener, state: Arc<State<AsyncStd>>, stop: Stop) {
    task::block_on(async {
        let listener = AsyncListener::from(listener);
        while let Ok((stream, _)) = listener.accept().await {
            if stop.load(Ordering::Relaxed) {
                break;
            }
            let _ = stream.set_nodelay(true);
            let state = Arc::clone(&state);
            task::spawn(async move {
                let service = service_fn(|request| state.answer(request));
                drop(http1::Builder::new().max_buf_size(64 * 1024).serve_connection(Io::new(stream), service).await);
            });
        }
    });
}
