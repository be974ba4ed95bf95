//! The clients, each as its documentation shows it.

use std::{
    error::Error,
    future::poll_fn,
    net::SocketAddr,
    pin::{Pin, pin},
    task::{Context, Poll, Waker},
};

use eventsource_client::Client;
use eventsource_stream::Eventsource;
use futures_util::{FutureExt, StreamExt};
use http_body::Body;
use http_body_util::Empty;
use hyper_util::rt::TokioIo;
use memchr::memmem;
use sse_driver::{
    EventSource,
    transport::{Connect, Timer},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use super::server::{END, Framing, Order};
use crate::{peers::Role, tally::Tally};

/// What a client found before the end.
pub(super) type Answer = Result<Tally, Box<dyn Error + Send + Sync>>;

/// A client at work.
pub(super) type Reading = Pin<Box<dyn Future<Output = Answer> + Send>>;

/// A client under test.
pub(super) struct Contender {
    /// The same for the same client on another runtime.
    pub(super) name: &'static str,
    pub(super) role: Role,
    /// The runtime that it needs.
    pub(super) on: On,
    pub(super) read: fn(SocketAddr, Order) -> Reading,
}

/// A runtime.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum On {
    AsyncStd,
    Smol,
    Tokio,
}

macro_rules! contender {
    ($name:literal, $role:ident, $on:ident, $read:expr) => {
        Contender {
            name: $name,
            role: Role::$role,
            on: On::$on,
            read: |address, order| Box::pin($read(address, order)),
        }
    };
}

macro_rules! ours {
    ($name:literal, $on:ident, $read:ident, $crate_name:ident) => {
        contender!($name, Ours, $on, async |address, order| $read($crate_name::EventSource::get(url(address, order))?)
            .await)
    };
}

pub(super) const LENT: usize = 0;
pub(super) const OWNED: usize = 1;
pub(super) const RAW: usize = 2;
pub(super) const BARE: usize = 3;

pub(super) const ALL: [Contender; 12] = [
    ours!("ours-lent", Tokio, lent, sse_tokio),
    ours!("ours-owned", Tokio, owned, sse_tokio),
    contender!("raw-memchr", Limit, Tokio, raw),
    contender!("bare-hyper", Limit, Tokio, bare_hyper),
    ours!("ours-lent", Smol, lent, sse_smol),
    ours!("ours-owned", Smol, owned, sse_smol),
    ours!("ours-lent", AsyncStd, lent, sse_asyncstd),
    ours!("ours-owned", AsyncStd, owned, sse_asyncstd),
    contender!("sse-stream", Peer, Tokio, sse_stream),
    contender!("reqwest+eventsource-stream", Peer, Tokio, reqwest_eventsource_stream),
    contender!("reqwest-eventsource", Peer, Tokio, reqwest_eventsource),
    contender!("eventsource-client", Peer, Tokio, launchdarkly),
];

/// Counts an event; false at the end.
fn counted(tally: &mut Tally, data: &str) -> bool {
    let more = data != END;
    if more {
        tally.add(data.len());
    }
    more
}

fn url(address: SocketAddr, order: Order) -> String {
    format!("http://{address}{}", order.path())
}

async fn lent<C, T>(mut source: EventSource<C, T>) -> Answer
where
    C: Connect<Error: Error + Send + Sync + 'static>,
    T: Timer,
{
    let mut tally = Tally::default();
    while let Some(event) = source.next_ref().await {
        if !counted(&mut tally, event?.data()) {
            break;
        }
    }
    Ok(tally)
}

async fn owned<C, T>(mut source: EventSource<C, T>) -> Answer
where
    C: Connect<Error: Error + Send + Sync + 'static>,
    T: Timer,
{
    let mut tally = Tally::default();
    while let Some(event) = source.next().await {
        if !counted(&mut tally, event?.data()) {
            break;
        }
    }
    Ok(tally)
}

/// No client: reads the socket and looks for ends of events. Chunk frames would tear some of them apart, so that it
/// asks for a body without them.
async fn raw(address: SocketAddr, order: Order) -> Answer {
    let mut stream = TcpStream::connect(address).await?;
    let path = Order { framing: Framing::Close, ..order }.path();
    stream.write_all(format!("GET {path} HTTP/1.1\r\nHost: {address}\r\n\r\n").as_bytes()).await?;
    let mut buffer = vec![0; 64 * 1024];
    let ends = memmem::Finder::new("\n\n");
    let mut events = 0;
    let mut torn = false;
    loop {
        let count = stream.read(&mut buffer).await?;
        let bytes = &buffer[..count];
        let Some(last) = bytes.last() else { break };
        events += u64::from(torn && bytes[0] == b'\n') + ends.find_iter(bytes).count() as u64;
        torn = *last == b'\n' && !bytes.ends_with(b"\n\n");
    }
    let expected = order.expected();
    // The end is an event, too.
    Ok(if events == expected.events + 1 { expected } else { Tally { events, data_bytes: 0 } })
}

/// No client, either: hyper, polled in the task that takes its frames, which counts their bytes and looks at none.
async fn bare_hyper(address: SocketAddr, order: Order) -> Answer {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    let mut connection = pin!(connection.fuse());
    let request = http::Request::get(order.path()).header("host", address.to_string());
    let mut answer = pin!(sender.send_request(request.body(Empty::<bytes::Bytes>::new())?));
    let response = poll_fn(|cx| {
        let _ = connection.as_mut().poll(cx);
        answer.as_mut().poll(cx)
    });
    let mut body = response.await?.into_body();
    let mut bytes = 0;
    let frames = poll_fn(|cx| {
        // Whoever takes a frame need not be woken for it, and whoever waits polls once more.
        let mut quiet = Context::from_waker(Waker::noop());
        let mut waits = false;
        loop {
            let _ = connection.as_mut().poll(if waits { &mut *cx } else { &mut quiet });
            match Pin::new(&mut body).poll_frame(&mut Context::from_waker(Waker::noop())) {
                Poll::Ready(None) => return Poll::Ready(Ok(())),
                Poll::Ready(Some(Err(error))) => return Poll::Ready(Err(error)),
                Poll::Ready(Some(Ok(frame))) => {
                    waits = false;
                    bytes += frame.data_ref().map_or(0, bytes::Bytes::len) as u64;
                }
                Poll::Pending if waits => return Poll::Pending,
                Poll::Pending => waits = true,
            }
        }
    });
    frames.await?;
    Ok(if bytes == order.body_len() { order.expected() } else { Tally { events: 0, data_bytes: bytes } })
}

/// sse-stream over hyper, whose connection runs in a task of its own.
async fn sse_stream(address: SocketAddr, order: Order) -> Answer {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    let request = http::Request::get(order.path()).header("host", address.to_string());
    let response = sender.send_request(request.body(Empty::<bytes::Bytes>::new())?).await?;
    let mut events = sse_stream::SseStream::new(response.into_body());
    let mut tally = Tally::default();
    while let Some(event) = events.next().await {
        if !counted(&mut tally, event?.data.as_deref().unwrap_or_default()) {
            break;
        }
    }
    Ok(tally)
}

async fn reqwest_eventsource_stream(address: SocketAddr, order: Order) -> Answer {
    let client = reqwest::Client::builder().no_proxy().build()?;
    let response = client.get(url(address, order)).send().await?;
    let mut events = response.bytes_stream().eventsource();
    let mut tally = Tally::default();
    while let Some(event) = events.next().await {
        if !counted(&mut tally, &event?.data) {
            break;
        }
    }
    Ok(tally)
}

async fn reqwest_eventsource(address: SocketAddr, order: Order) -> Answer {
    let mut events = reqwest_eventsource::EventSource::get(url(address, order));
    let mut tally = Tally::default();
    while let Some(event) = events.next().await {
        if let reqwest_eventsource::Event::Message(message) = event?
            && !counted(&mut tally, &message.data)
        {
            events.close();
        }
    }
    Ok(tally)
}

/// LaunchDarkly's client.
async fn launchdarkly(address: SocketAddr, order: Order) -> Answer {
    let transport = launchdarkly_sdk_transport::HyperTransport::builder().disable_proxy().build_http()?;
    let client = eventsource_client::ClientBuilder::for_url(&url(address, order))
        .map_err(|error| error.to_string())?
        .build_with_transport(transport);
    let mut events = client.stream();
    let mut tally = Tally::default();
    while let Some(event) = events.next().await {
        if let eventsource_client::SSE::Event(event) = event.map_err(|error| error.to_string())?
            && !counted(&mut tally, &event.data)
        {
            break;
        }
    }
    Ok(tally)
}
