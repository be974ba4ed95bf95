//! The servers under test.

use std::{convert::Infallible, net::TcpListener as StdListener, thread, time::Duration};

use actix_web::{App, HttpResponse, HttpServer, rt::System, web};
use axum::{Router, routing::get};
use hyper::service::service_fn;
use sse_tokio::{
    EventLog, Session, SessionConfig, serve,
    server::{DrainConfig, Heartbeat},
    transport::{Io, WriteTimeout},
};
use tokio::{net::TcpListener, sync::watch};

use super::DRAIN;

/// A server under test.
pub(super) struct Server {
    pub(super) name: &'static str,
    pub(super) http2: bool,
    /// Serves until it has stopped. It is called within a tokio runtime.
    pub(super) run: fn(StdListener, Setup),
}

/// What a server is given.
pub(super) struct Setup {
    pub(super) log: EventLog,
    pub(super) write_timeout: Duration,
    pub(super) stop: watch::Receiver<bool>,
    pub(super) has_stopped: watch::Sender<bool>,
}

pub(super) static ALL: [Server; 6] = [
    Server { name: "takeover", http2: false, run: takeover },
    Server { name: "axum::serve, WriteTimeout", http2: false, run: axum_with_timeout },
    Server { name: "axum::serve", http2: false, run: axum_alone },
    Server { name: "hyper, WriteTimeout", http2: false, run: hyper_with_timeout },
    Server { name: "actix-web", http2: false, run: actix },
    Server { name: "serve, HTTP/2", http2: true, run: takeover },
];

pub(super) fn named(name: &str) -> Result<&'static Server, String> {
    let names = || ALL.iter().map(|server| server.name).collect::<Vec<_>>().join("; ");
    ALL.iter().find(|server| server.name == name).ok_or_else(|| format!("{name} is none of {}", names()))
}

impl Setup {
    /// Opens a session, whose heartbeats are so frequent that they count here.
    fn session(log: &EventLog, write_timeout: Duration) -> Session {
        let heartbeat = Heartbeat::quiet(Duration::from_millis(500));
        log.session().config(SessionConfig::new().heartbeat(heartbeat).write_timeout(write_timeout)).open()
    }

    fn router(&self) -> Router {
        let (log, write_timeout) = (self.log.clone(), self.write_timeout);
        Router::new().route("/", get(move || async move { Self::session(&log, write_timeout) }))
    }

    /// Waits until the server should stop.
    async fn stopping(mut stop: watch::Receiver<bool>) {
        // An error is the end of the process.
        let _ = stop.wait_for(|stop| *stop).await;
    }

    /// Drains the log when the server should stop.
    fn drain(&self) {
        let (log, stop) = (self.log.clone(), self.stop.clone());
        tokio::spawn(async move {
            Self::stopping(stop).await;
            log.drain(DrainConfig::new().timeout(DRAIN)).await;
        });
    }
}

fn listener(listener: StdListener) -> TcpListener {
    TcpListener::from_std(listener).expect("the listener does not block")
}

/// Our server, which writes sessions itself over HTTP/1, and leaves them to hyper over HTTP/2.
fn takeover(socket: StdListener, setup: Setup) {
    let serving = serve(listener(socket), setup.router())
        .with_graceful_shutdown(Setup::stopping(setup.stop))
        .drain(&setup.log, DrainConfig::new().timeout(DRAIN))
        .shutdown_timeout(Duration::from_secs(5))
        .write_timeout(setup.write_timeout);
    tokio::spawn(async move {
        serving.await;
        setup.has_stopped.send_replace(true);
    });
}

fn axum_with_timeout(socket: StdListener, setup: Setup) {
    setup.drain();
    let serving = axum::serve(WriteTimeout::new(listener(socket), setup.write_timeout), setup.router());
    tokio::spawn(async move {
        let _ = serving.with_graceful_shutdown(Setup::stopping(setup.stop)).await;
        setup.has_stopped.send_replace(true);
    });
}

fn axum_alone(socket: StdListener, setup: Setup) {
    setup.drain();
    let serving = axum::serve(listener(socket), setup.router());
    tokio::spawn(async move {
        let _ = serving.with_graceful_shutdown(Setup::stopping(setup.stop)).await;
        setup.has_stopped.send_replace(true);
    });
}

/// hyper's connections with our sockets, each stopped gracefully.
fn hyper_with_timeout(socket: StdListener, setup: Setup) {
    setup.drain();
    let Setup { log, write_timeout, stop, has_stopped } = setup;
    tokio::spawn(async move {
        let listener = listener(socket);
        // Closed when the last connection has ended.
        let (running, ended) = watch::channel(());
        loop {
            let socket = tokio::select! {
                accepted = listener.accept() => accepted,
                () = Setup::stopping(stop.clone()) => break,
            };
            let Ok((socket, _)) = socket else { continue };
            let (log, stop, ended) = (log.clone(), stop.clone(), ended.clone());
            tokio::spawn(async move {
                let _ended = ended;
                let service = service_fn(move |_| {
                    let session = Setup::session(&log, write_timeout);
                    async { Ok::<_, Infallible>(session.into_http_response()) }
                });
                let socket = Io::new(WriteTimeout::new(socket, write_timeout));
                let connection = hyper::server::conn::http1::Builder::new().serve_connection(socket, service);
                let mut connection = std::pin::pin!(connection);
                tokio::select! {
                    _ = connection.as_mut() => return,
                    () = Setup::stopping(stop) => connection.as_mut().graceful_shutdown(),
                }
                let _ = connection.await;
            });
        }
        drop((listener, ended));
        running.closed().await;
        has_stopped.send_replace(true);
    });
}

fn actix(socket: StdListener, setup: Setup) {
    setup.drain();
    let Setup { log, write_timeout, stop, has_stopped } = setup;
    let app = move || {
        let log = log.clone();
        let respond = move || {
            let session = Setup::session(&log, write_timeout);
            async { HttpResponse::Ok().content_type("text/event-stream").streaming(session) }
        };
        App::new().route("/", web::get().to(respond))
    };
    let server = HttpServer::new(app).workers(2).disable_signals().shutdown_timeout(5).listen(socket);
    let server = server.expect("the listener does not block").run();
    let handle = server.handle();
    tokio::spawn(async move {
        Setup::stopping(stop).await;
        handle.stop(true).await;
    });
    thread::spawn(move || {
        let _ = System::new().block_on(server);
        has_stopped.send_replace(true);
    });
}
