//! Ours: sessions by takeover, and the same sessions as bodies in axum.

use std::{iter::repeat_n, net::TcpListener as StdListener, time::Duration};

use axum::{Router, extract::Path, routing::get};
use futures_util::stream::iter;
use sse_tokio::{EventLog, LastEventId, Session, SessionConfig, Text};
use tokio::net::TcpListener;

use super::{
    super::{event, write_timeout::TIMEOUT},
    Publish,
    axum::serve,
};

/// Our server: axum's router returns the sessions, and the server writes them itself.
pub(super) fn takeover(listener: StdListener) -> Result<Publish, String> {
    let (app, publish) = app();
    let listener = TcpListener::from_std(listener).map_err(|error| error.to_string())?;
    tokio::spawn(sse_tokio::serve(listener, app).into_future());
    Ok(publish)
}

/// The same sessions as bodies of responses that axum's server writes.
pub(super) fn body(listener: StdListener) -> Result<Publish, String> {
    let (app, publish) = app();
    serve(listener, app)?;
    Ok(publish)
}

/// Sessions over a log, which makes IDs; and sessions over a stream and over a channel of messages that are at hand.
fn app() -> (Router, Publish) {
    let log = EventLog::default();
    let read = log.clone();
    let published = move |LastEventId(id): LastEventId| {
        let log = read.clone();
        async move { Session::resume(&log, id.as_ref()) }
    };
    let read = log.clone();
    let impatient = move || {
        let config = SessionConfig::new().write_timeout(TIMEOUT);
        let session = read.session().config(config).open();
        async move { session }
    };
    let read = log.clone();
    let coalesced = move |Path(millis): Path<u64>| {
        let config = SessionConfig::new().coalesce(Duration::from_millis(millis));
        let session = read.session().config(config).open();
        async move { session }
    };
    let data = Text::from(event::data(0));
    let same = data.clone();
    let stream = move |Path(count): Path<usize>| {
        let data = data.clone();
        async move { Session::stream(SessionConfig::new(), iter(repeat_n(data, count))) }
    };
    let channel = move |Path(count): Path<usize>| {
        let (sender, session) = Session::channel(SessionConfig::new());
        let data = same.clone();
        tokio::spawn(async move {
            for data in repeat_n(data, count) {
                if sender.send(data).await.is_err() {
                    break;
                }
            }
        });
        async move { session }
    };
    let app = Router::new().route("/", get(published)).route("/impatient", get(impatient));
    let app = app.route("/coalesce/{millis}", get(coalesced));
    let app = app.route("/stream/{count}", get(stream)).route("/channel/{count}", get(channel));
    let publish = move |events| {
        log.publish_all::<String>(events).expect("the log is open, and the events are small");
    };
    (app, Box::new(publish))
}
