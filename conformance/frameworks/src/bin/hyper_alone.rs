//! hyper without `serve`.

use std::{convert::Infallible, env, io, pin::pin, time::Duration};

use hyper::{Request, Response, StatusCode, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::{rt::TokioIo, server::graceful::GracefulShutdown};
use sse_tokio::{
    EventLog, Session,
    server::{DrainConfig, OptionalBody, respond},
    transport::WriteTimeout,
};
use tokio::{net::TcpListener, signal::ctrl_c, time::sleep};

async fn handle(log: EventLog, request: Request<Incoming>) -> Result<Response<OptionalBody<Session>>, Infallible> {
    if request.uri().path() == "/events" {
        // glue
        return Ok(respond(request.method(), request.headers(), |request| {
            Session::resume(&log, request.last_event_id()).into_http_response()
        }));
        // end of glue
    }
    let mut response = Response::new(OptionalBody::default());
    *response.status_mut() = StatusCode::NOT_FOUND;
    Ok(response)
}

async fn publish(log: EventLog) {
    for number in 0.. {
        let _ = log.publish(format!("event {number}"));
        sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::main]
async fn main() -> io::Result<()> {
    let log = EventLog::default();
    tokio::spawn(publish(log.clone()));
    let address = env::args().nth(1).unwrap_or("127.0.0.1:8080".into());
    let listener = TcpListener::bind(address).await?;
    let connections = GracefulShutdown::new();
    let mut stop = pin!(ctrl_c());
    loop {
        let (socket, _) = tokio::select! {
            accepted = listener.accept() => accepted?,
            _ = &mut stop => break,
        };
        socket.set_nodelay(true)?;
        let log = log.clone();
        let service = service_fn(move |request| handle(log.clone(), request));
        // Without the write timeout, one client that does not read would keep the server from stopping.
        let socket = TokioIo::new(Box::pin(WriteTimeout::new(socket, Duration::from_secs(60))));
        let connection = connections.watch(http1::Builder::new().serve_connection(socket, service));
        tokio::spawn(async move { drop(connection.await) });
    }
    drop(listener);
    log.drain(DrainConfig::new()).await;
    connections.shutdown().await;
    Ok(())
}
