//! HTTP/1.1 as it comes: the head, and each piece of the body with the time of its arrival.

use core::{
    future::poll_fn,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};
use std::time::Instant;

use bytes::Bytes;
use http::{HeaderMap, Method, Request, Uri, header};
use http_body::{Body, Frame};
use sse_driver::transport::{
    Dial, Target as Host,
    hyper::{body::Incoming, client::conn::http1},
};
use sse_proto::{Chunk, Decoder, Limits};
use sse_tokio::transport::Dialler;
use tokio::{task::JoinHandle, time::timeout};

use crate::{Event, oracle};

/// Asks over a new connection each time.
#[derive(Default)]
pub(crate) struct Client {
    dialler: Dialler,
}

/// A response, as far as it has come.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(super) headers: HeaderMap,
    /// How long after the request bytes came, and how many had come by then. What comes within a millisecond is one
    /// arrival.
    arrivals: Vec<(Duration, usize)>,
    /// How long it took to its end, and whether that was an orderly one.
    pub(super) ended: Option<(Duration, Result<(), String>)>,
    /// How long after the request it was last read from.
    pub(super) watched: Duration,
    asked: Instant,
    bytes: Vec<u8>,
    body: Incoming,
    connection: JoinHandle<()>,
}

/// How long a connection, and the head of a response, may take.
pub(super) const PATIENCE: Duration = Duration::from_secs(20);

/// How many bytes are kept of the body of a response. No check needs as many, and nothing is read after them.
pub(super) const MOST: usize = 8 * 1024 * 1024;

impl Client {
    /// A GET for events, with these header fields beside the usual ones.
    pub(super) async fn events(&self, url: &str, fields: &[(&str, &[u8])]) -> Result<Answer, String> {
        let fields = [&[("accept", &b"text/event-stream"[..])], fields].concat();
        self.ask(Method::GET, url, &fields, Bytes::new()).await
    }

    /// Any request.
    pub(crate) async fn ask(
        &self,
        method: Method,
        url: &str,
        fields: &[(&str, &[u8])],
        body: Bytes,
    ) -> Result<Answer, String> {
        let uri: Uri = url.parse().map_err(|error| format!("{url}: {error}"))?;
        let host = uri.host().ok_or_else(|| format!("{url}: there is no host"))?;
        let tls = uri.scheme_str() == Some("https");
        let port = uri.port_u16().unwrap_or(if tls { 443 } else { 80 });
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        let path = uri.path_and_query().map_or("/", http::uri::PathAndQuery::as_str);
        let mut request = Request::builder().method(method).uri(path);
        request = request.header(header::HOST, uri.authority().map_or(host, http::uri::Authority::as_str));
        for (name, value) in fields {
            request = request.header(*name, *value);
        }
        let request = request.body(Whole(body)).map_err(|error| error.to_string())?;

        let target = Host { host: bare.into(), port, tls };
        let asked = Instant::now();
        let answer = timeout(PATIENCE, async {
            let stream = self.dialler.dial(target).await.map_err(|error| format!("cannot connect: {error}"))?;
            let (mut sender, connection) = http1::Builder::new()
                .max_buf_size(64 * 1024)
                .handshake(stream)
                .await
                .map_err(|error| format!("no HTTP: {error}"))?;
            let connection = tokio::spawn(async { drop(connection.await) });
            let answer = sender.send_request(request).await;
            answer.map(|answer| (answer, connection)).map_err(|error| format!("no response: {error}"))
        });
        let (answer, connection) = answer.await.map_err(|_| format!("no response within {PATIENCE:?}"))??;
        let (head, body) = answer.into_parts();
        let (status, headers) = (head.status.as_u16(), head.headers);
        let (arrivals, bytes, watched) = (Vec::new(), Vec::new(), Duration::ZERO);
        Ok(Answer { status, headers, arrivals, ended: None, watched, asked, bytes, body, connection })
    }

    /// A short text, read to its end.
    pub(super) async fn text(&self, url: &str) -> Result<String, String> {
        let mut answer = self.ask(Method::GET, url, &[], Bytes::new()).await?;
        answer.read(PATIENCE, |_| false).await;
        if answer.status != 200 {
            return Err(format!("{url}: status {}", answer.status));
        }
        answer.is_bounded().map_err(|error| format!("{url}: {error}"))?;
        Ok(String::from_utf8_lossy(answer.bytes()).trim().into())
    }

    /// A text that is a number.
    pub(super) async fn number(&self, url: &str) -> Result<u64, String> {
        let text = self.text(url).await?;
        text.parse().map_err(|_| format!("{url}: {text:?} is no number"))
    }
}

impl Answer {
    /// Reads on until it ends, until it is `enough`, until `until` after the request, or until [`MOST`] bytes are there.
    pub(super) async fn read(&mut self, until: Duration, mut enough: impl FnMut(&Self) -> bool) {
        while self.ended.is_none() && self.bytes.len() < MOST && !enough(self) {
            // What is there already counts, however late it is looked at: only the bound on bytes ends a flood.
            let left = until.saturating_sub(self.asked.elapsed());
            let frame = poll_fn(|cx| Pin::new(&mut self.body).poll_frame(cx));
            let Ok(frame) = timeout(left, frame).await else { break };
            let at = self.asked.elapsed();
            match frame {
                None => self.ended = Some((at, Ok(()))),
                Some(Err(error)) => self.ended = Some((at, Err(error.to_string()))),
                Some(Ok(frame)) => self.keep(at, &frame.into_data().unwrap_or_default()),
            }
        }
        self.watched = self.asked.elapsed();
    }

    /// Reads on until there are `count` events, and returns all events so far.
    pub(super) async fn read_events(&mut self, count: usize, until: Duration) -> Vec<Event> {
        // The oracle, which judges, would have to begin anew with each frame.
        let mut decoder = Decoder::new().with_limits(Limits::UNLIMITED);
        let (mut decoded, mut events) = (0, 0);
        let enough = |answer: &Self| {
            let mut more = Chunk::new(&answer.bytes[decoded..]);
            decoded = answer.bytes.len();
            while let Ok(Some(_)) = decoder.decode(&mut more) {
                events += 1;
            }
            events >= count
        };
        self.read(until, enough).await;
        oracle::read(&self.bytes).events
    }

    /// All bytes of the body so far.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// An error if the server sends more than was read.
    pub(super) fn is_bounded(&self) -> Result<(), String> {
        if self.bytes.len() < MOST {
            return Ok(());
        }
        let took = self.arrivals.last().map_or(Duration::ZERO, |(at, _)| *at);
        Err(format!("{MOST} bytes came within {took:?}, and no more are read"))
    }

    /// How long after the request the byte at this place came, `None` if it has not.
    pub(super) fn arrival(&self, at: usize) -> Option<Duration> {
        let index = self.arrivals.partition_point(|(_, end)| *end <= at);
        self.arrivals.get(index).map(|(time, _)| *time)
    }

    /// Status, `Content-Type` and `Allow`.
    pub(super) fn head(&self) -> String {
        let mut head = format!("status {}", self.status);
        for name in ["Content-Type", "Allow"] {
            if let Some(value) = self.field(name) {
                head += &format!(", {name} {value:?}");
            }
        }
        head
    }

    /// A header field, all of its values together, in lower case.
    pub(super) fn field(&self, name: &str) -> Option<String> {
        let values = self.headers.get_all(name).iter().map(|value| String::from_utf8_lossy(value.as_bytes()));
        let values: Vec<_> = values.map(|value| value.to_ascii_lowercase()).collect();
        (!values.is_empty()).then(|| values.join(", "))
    }

    /// Whether this is a stream of events: an error says what it is instead.
    pub(super) fn is_events(&self) -> Result<(), String> {
        let content_type = self.field("content-type").unwrap_or_default();
        let essence = content_type.split(';').next().unwrap_or_default().trim();
        if (self.status, essence) == (200, "text/event-stream") {
            return Ok(());
        }
        Err(self.head())
    }

    fn keep(&mut self, at: Duration, data: &[u8]) {
        const ONE: Duration = Duration::from_millis(1);
        if data.is_empty() {
            return;
        }
        self.bytes.extend_from_slice(data);
        let end = self.bytes.len();
        match self.arrivals.last_mut() {
            Some((time, last)) if at < *time + ONE => *last = end,
            _ => self.arrivals.push((at, end)),
        }
    }
}

impl Drop for Answer {
    /// Closes the connection at once.
    fn drop(&mut self) {
        self.connection.abort();
    }
}

/// A body in one piece.
pub(crate) struct Whole(pub(crate) Bytes);

impl Body for Whole {
    type Data = Bytes;
    type Error = core::convert::Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let bytes = core::mem::take(&mut self.0);
        Poll::Ready((!bytes.is_empty()).then(|| Ok(Frame::data(bytes))))
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_empty()
    }

    fn size_hint(&self) -> http_body::SizeHint {
        http_body::SizeHint::with_exact(self.0.len() as u64)
    }
}
