//! Servers of a runtime, each in a thread of its own.

use core::{convert::Infallible, net::SocketAddr};
use std::{error::Error, net, sync::mpsc, thread};

use http::{Request, Response};
use http_body::Body;
use hyper::{body::Incoming, server::conn::http1, service::Service};
use sse_conformance::runtimes::UnderTest;
use sse_driver::{serve, server::OfIncoming};
use sse_proto::bytes::Bytes;

/// The two ways to serve.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Engine {
    /// `serve`, which takes sessions over.
    Serve,
    /// hyper alone.
    Hyper,
}

impl Engine {
    pub(crate) const BOTH: [Self; 2] = [Self::Serve, Self::Hyper];

    /// Starts a server. It stops with the process.
    pub(crate) fn start<R, S, B>(self, service: S) -> SocketAddr
    where
        R: UnderTest,
        S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible> + Clone + Send + 'static,
        S::Future: Send,
        B: Body<Data = Bytes> + Send + 'static,
        B::Error: Into<Box<dyn Error + Send + Sync>>,
    {
        let (started, address) = mpsc::channel();
        thread::spawn(move || {
            R::block_on(async {
                let listener = net::TcpListener::bind("127.0.0.1:0").expect("a free port");
                started.send(listener.local_addr().expect("an address")).expect("the test waits for it");
                let listener = R::listener(listener).expect("a listener");
                if self == Self::Serve {
                    serve::<R, _, _, OfIncoming>(listener, service).await;
                    return;
                }
                while let Ok(tcp) = R::accept(&listener).await {
                    let connection = http1::Builder::new().serve_connection(R::io(tcp), service.clone());
                    R::spawn(async move { drop(connection.await) });
                }
            });
        });
        address.recv().expect("the server starts")
    }
}
