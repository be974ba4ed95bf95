//! All of the server.

use std::{convert::Infallible, io, time::Duration};

use hyper::{Request, body::Incoming, service::service_fn};

use crate::runtime::{
    TcpListener, sleep, spawn,
    sse::{EventLog, Session, last_event_id, serve},
};

pub(crate) async fn run(address: &str) -> io::Result<()> {
    let log = EventLog::default();
    let listener = TcpListener::bind(address).await?;
    println!("listen with: curl -N http://{}/", listener.local_addr()?);
    spawn(publish(log.clone()));
    // One session for each request: live, or after the event that the client has seen last.
    let app = service_fn(move |request: Request<Incoming>| {
        let session = Session::resume(&log, last_event_id(request.headers()).as_ref());
        async { Ok::<_, Infallible>(session.into_http_response()) }
    });
    serve(listener, app).await;
    Ok(())
}

/// Publishes an event each second. It is encoded once, however many listen.
async fn publish(log: EventLog) {
    for seconds in 1_u64.. {
        sleep(Duration::from_secs(1)).await;
        if log.publish(format!("{seconds} s since the start")).is_err() {
            break;
        }
    }
}
