//! Servers over axum: ours, its own events, and bytes that were encoded once.

use std::{convert::Infallible, net::TcpListener as StdListener, sync::Arc};

use axum::{
    Router,
    body::Body,
    http::header::{CACHE_CONTROL, CONTENT_TYPE},
    response::{
        IntoResponse, Sse,
        sse::{Event, KeepAlive},
    },
    routing::get,
};
use bytes::Bytes;
use futures_util::stream::unfold;
use sse_tokio::{LastEventId, Log, Session};
use tokio::{
    net::TcpListener,
    sync::broadcast::{self, Receiver, error::RecvError},
};

use super::{KEPT, Publish};

/// Sessions over a log, which makes IDs.
pub(super) fn ours(listener: StdListener) -> Result<Publish, String> {
    let log = Log::default();
    let read = log.clone();
    let answer = move |LastEventId(id): LastEventId| {
        let log = read.clone();
        async move { Session::resume(&log, id.as_ref()) }
    };
    serve(listener, Router::new().route("/", get(answer)))?;
    Ok(Box::new(move |events| {
        log.publish_all(events).expect("the log is open, and the events are small");
    }))
}

/// axum's own events over a broadcast channel of their data, with its keep-alive.
pub(super) fn sse(listener: StdListener) -> Result<Publish, String> {
    let sender = broadcast::Sender::<Arc<str>>::new(KEPT);
    let subscribe = sender.clone();
    let answer = move || {
        let events = unfold(subscribe.subscribe(), |mut receiver| async move {
            let data = next(&mut receiver).await?;
            Some((Ok::<_, Infallible>(Event::default().data(data)), receiver))
        });
        async move { Sse::new(events).keep_alive(KeepAlive::default()) }
    };
    serve(listener, Router::new().route("/", get(answer)))?;
    Ok(Box::new(move |events| {
        for event in events {
            // Without receivers there is nothing to do.
            let _ = sender.send(event.into());
        }
    }))
}

/// A stream of bytes over a broadcast channel of encoded events, without IDs and without a heartbeat.
pub(super) fn bytes(listener: StdListener) -> Result<Publish, String> {
    let sender = broadcast::Sender::<Bytes>::new(KEPT);
    let subscribe = sender.clone();
    let answer = move || {
        let events = unfold(subscribe.subscribe(), |mut receiver| async move {
            Some((Ok::<_, Infallible>(next(&mut receiver).await?), receiver))
        });
        async move {
            ([(CONTENT_TYPE, "text/event-stream"), (CACHE_CONTROL, "no-cache")], Body::from_stream(events))
                .into_response()
        }
    };
    serve(listener, Router::new().route("/", get(answer)))?;
    Ok(Box::new(move |events| {
        for event in events {
            // Without receivers there is nothing to do.
            let _ = sender.send(format!("data: {event}\n\n").into());
        }
    }))
}

/// The next message; those that the channel has dropped are left out, as in most examples.
pub(super) async fn next<T: Clone>(receiver: &mut Receiver<T>) -> Option<T> {
    loop {
        match receiver.recv().await {
            Ok(message) => return Some(message),
            Err(RecvError::Lagged(_)) => {}
            Err(RecvError::Closed) => return None,
        }
    }
}

fn serve(listener: StdListener, app: Router) -> Result<(), String> {
    let listener = TcpListener::from_std(listener).map_err(|error| error.to_string())?;
    tokio::spawn(async move { axum::serve(listener, app).await });
    Ok(())
}
