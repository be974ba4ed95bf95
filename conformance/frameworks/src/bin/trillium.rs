//! trillium, on smol: with the crate sse-smol.

use std::{env, error::Error, future::pending, net::SocketAddr, time::Duration};

use futures_util::TryStreamExt;
use smol::Timer;
use sse_smol::{
    EventLog, Session,
    server::{DrainConfig, Request, respond},
};
use trillium::{Body, Conn};

fn events(log: &EventLog, mut conn: Conn) -> Conn {
    let open = |request: Request| Session::resume(log, request.last_event_id()).into_http_response();
    // glue
    let fields = conn.request_headers().iter().filter_map(|(name, values)| Some((name, values.one()?)));
    let (head, body) = respond(conn.method(), fields, open).into_parts();
    let fields = head.headers.iter().map(|(name, value)| (name.to_string(), value.as_bytes().to_vec()));
    conn.response_headers_mut().extend(fields);
    conn.with_status(head.status.as_u16()).with_body(Body::new_streaming(body.into_async_read(), None)).halt()
    // end of glue
}

async fn publish(log: EventLog) {
    for number in 0.. {
        let _ = log.publish(format!("event {number}"));
        Timer::after(Duration::from_millis(10)).await;
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let log = EventLog::default();
    smol::spawn(publish(log.clone())).detach();
    let address: SocketAddr = env::args().nth(1).unwrap_or("127.0.0.1:8080".into()).parse()?;
    let opened = log.clone();
    let handler = move |conn: Conn| {
        let log = opened.clone();
        async move { if conn.path() == "/events" { events(&log, conn) } else { conn } }
    };
    let server = trillium_smol::config().with_socketaddr(address).with_nodelay().spawn(handler);
    smol::block_on(async {
        // trillium waits for the signal, stops listening, and lets the responses end.
        server.swansong().interrupt(pending::<()>()).await;
        log.drain(DrainConfig::new()).await;
        server.await;
    });
    Ok(())
}
