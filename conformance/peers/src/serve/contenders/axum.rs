//! Servers over axum: its own events, and bytes that were encoded once.

use std::{convert::Infallible, net::TcpListener as StdListener, sync::Arc};

use axum::{
    Router,
    body::Body,
    extract::Path,
    http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName},
    response::{
        Sse,
        sse::{Event, KeepAlive},
    },
    routing::{MethodRouter, get},
};
use bytes::Bytes;
use futures_util::stream::{iter, pending, unfold};
use tokio::{
    net::TcpListener,
    sync::broadcast::{self, Receiver, error::RecvError},
};

use super::{super::event, KEPT, Publish};

const HEADERS: [(HeaderName, &str); 2] = [(CONTENT_TYPE, "text/event-stream"), (CACHE_CONTROL, "no-cache")];

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
    let data: Arc<str> = event::data(0).into();
    let stream = move |Path(count): Path<usize>| {
        let data = data.clone();
        let events = iter((0..count).map(move |_| Ok::<_, Infallible>(Event::default().data(&*data))));
        async move { Sse::new(events).keep_alive(KeepAlive::default()) }
    };
    serve(listener, answer_with(get(answer), get(stream)))?;
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
        async move { (HEADERS, Body::from_stream(events)) }
    };
    let data: Arc<str> = event::data(0).into();
    let stream = move |Path(count): Path<usize>| {
        let data = data.clone();
        let events = iter((0..count).map(move |_| Ok::<_, Infallible>(format!("data: {data}\n\n"))));
        async move { (HEADERS, Body::from_stream(events)) }
    };
    serve(listener, answer_with(get(answer), get(stream)))?;
    Ok(Box::new(move |events| {
        for event in events {
            // Without receivers there is nothing to do.
            let _ = sender.send(format!("data: {event}\n\n").into());
        }
    }))
}

/// Responses without an end and without content.
pub(super) fn silent(listener: StdListener) -> Result<Publish, String> {
    let answer = || async { (HEADERS, Body::from_stream(pending::<Result<Bytes, Infallible>>())) };
    serve(listener, answer_with(get(answer), get(answer)))?;
    Ok(Box::new(drop))
}

/// The next message; those that the channel has dropped are left out, as in most examples.
pub(in super::super) async fn next<T: Clone>(receiver: &mut Receiver<T>) -> Option<T> {
    loop {
        match receiver.recv().await {
            Ok(message) => return Some(message),
            Err(RecvError::Lagged(_)) => {}
            Err(RecvError::Closed) => return None,
        }
    }
}

fn answer_with(published: MethodRouter, stream: MethodRouter) -> Router {
    Router::new().route("/", published).route("/stream/{count}", stream)
}

pub(super) fn serve(listener: StdListener, app: Router) -> Result<(), String> {
    let listener = TcpListener::from_std(listener).map_err(|error| error.to_string())?;
    tokio::spawn(async move { axum::serve(listener, app).await });
    Ok(())
}
