//! The server: hyper, a log, and one session for each client.

use std::{
    convert::Infallible,
    error::Error,
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use http_body::{Body, Frame, SizeHint};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};

use crate::{
    cut::{Cut, CutAt},
    runtime::{
        TcpListener, sleep, spawn,
        sse::{
            EventLog, EventType, Message, Retry, Session, SessionConfig, bytes::Bytes, last_event_id, server::StartAt,
            transport::Io,
        },
    },
};

const PAGE: &str = include_str!("page.html");

/// Publishes an event each second, to all who listen, until it is stopped.
pub(crate) async fn run(address: &str) -> Result<bool, Box<dyn Error>> {
    let listener = TcpListener::bind(address).await.map_err(|error| format!("cannot listen on {address}: {error}"))?;
    let address = listener.local_addr()?;
    println!("open http://{address}/ in a browser, or listen to http://{address}/events");
    let log = EventLog::default();
    let ticker = log.clone();
    let tick = EventType::new("tick")?;
    spawn(async move {
        for seconds in 1_u64.. {
            sleep(Duration::from_secs(1)).await;
            let message = Message::new().event(tick.clone()).data(format!("{seconds} s since the start"));
            if ticker.publish(message).is_err() {
                break;
            }
        }
    });
    serve(listener, log, |_| None).await;
    Ok(true)
}

/// Which responses break off, and where; counted from 1.
pub(crate) type Plan = fn(u32) -> Option<CutAt>;

/// Serves the page and the events.
pub(crate) async fn serve(listener: TcpListener, log: EventLog, plan: Plan) {
    let responses = Arc::new(AtomicU32::new(0));
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            // Out of file descriptors, most likely: leave the others time to end.
            sleep(Duration::from_millis(50)).await;
            continue;
        };
        // Without this, the second of two small writes would wait for the first to be acknowledged.
        let _ = stream.set_nodelay(true);
        let (log, responses) = (log.clone(), Arc::clone(&responses));
        let service = service_fn(move |request: Request<Incoming>| {
            let answer = answer(&request, &log, || plan(responses.fetch_add(1, Ordering::Relaxed) + 1));
            async move { Ok::<_, Infallible>(answer) }
        });
        spawn(http1::Builder::new().max_buf_size(64 * 1024).serve_connection(Io::new(stream), service));
    }
}

fn answer(request: &Request<Incoming>, log: &EventLog, cut: impl FnOnce() -> Option<CutAt>) -> Response<Answer> {
    match (request.method(), request.uri().path()) {
        (&Method::GET, "/events") => {
            let id = last_event_id(request.headers());
            // A client that is new here gets all that is kept; one that comes back gets what it has missed.
            let session = log.session().start_at(StartAt::Oldest).after(id.as_ref());
            let config = SessionConfig::new().retry(Retry::from_millis(300));
            session
                .config(config)
                .open()
                .into_http_response()
                .map(|session| Answer::Events(Box::new(Cut::new(session, cut()))))
        }
        (&Method::GET, "/") => {
            let mut response = Response::new(Answer::text(PAGE));
            response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
            response
        }
        (_, "/" | "/events") => status(StatusCode::METHOD_NOT_ALLOWED),
        _ => status(StatusCode::NOT_FOUND),
    }
}

fn status(status: StatusCode) -> Response<Answer> {
    let mut response = Response::new(Answer::text(status.canonical_reason().unwrap_or_default()));
    *response.status_mut() = status;
    response
}

/// The body of an answer.
pub(crate) enum Answer {
    Events(Box<Cut<Session>>),
    Text(Option<&'static str>),
}

impl Answer {
    const fn text(text: &'static str) -> Self {
        Self::Text(Some(text))
    }
}

impl Body for Answer {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        match self.get_mut() {
            Self::Events(events) => Pin::new(events.as_mut()).poll_frame(cx),
            Self::Text(text) => Poll::Ready(text.take().map(|text| Ok(Frame::data(text.into())))),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Events(_) => SizeHint::default(),
            Self::Text(text) => SizeHint::with_exact(text.map_or(0, str::len) as u64),
        }
    }
}
