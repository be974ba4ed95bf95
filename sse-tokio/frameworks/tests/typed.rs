//! Values instead of events: over a reader, and over a source with a scripted transport.

use std::{
    cell::Cell,
    convert::Infallible,
    future::{Ready, ready},
    rc::Rc,
    task::{Context, Poll},
    time::Duration,
};

use futures_core::Stream;
use serde::Deserialize;
use sse_tokio::{
    ClientConfig, Event, EventReader, EventSourceOver,
    bytes::Bytes,
    client::{FailReason, Request, ResponseHead},
    transport::{Read, Response},
    typed::{Convention, Json, Mark, TypedError},
};
use tokio::io::AsyncWriteExt;

#[derive(Debug, Deserialize, PartialEq)]
struct Chunk {
    text: String,
}

#[derive(Debug, Deserialize, PartialEq)]
struct Problem {
    error: Fault,
}

#[derive(Debug, Deserialize, PartialEq)]
struct Fault {
    message: String,
}

sse_tokio::events! {
    #[derive(Debug, PartialEq)]
    enum Feed {
        "chunk" => Chunk(Chunk),
        "ping" => Ping,
        _ => Unknown(Event),
    }
}

/// A body that has these pieces and then hangs, or ends; it counts itself as long as it is there.
struct Body {
    pieces: Vec<&'static str>,
    hangs: bool,
    alive: Rc<Cell<i32>>,
}

impl Read for Body {
    type Error = Infallible;

    fn poll_read(&mut self, _: &mut Context<'_>) -> Poll<Result<Option<Bytes>, Infallible>> {
        match self.pieces.pop() {
            Some(piece) => Poll::Ready(Ok(Some(Bytes::from_static(piece.as_bytes())))),
            None if self.hangs => Poll::Pending,
            None => Poll::Ready(Ok(None)),
        }
    }
}

impl Drop for Body {
    fn drop(&mut self) {
        self.alive.set(self.alive.get() - 1);
    }
}

struct Script {
    bodies: Vec<(Vec<&'static str>, bool)>,
    connects: Rc<Cell<u32>>,
    alive: Rc<Cell<i32>>,
}

impl sse_tokio::transport::Connect for Script {
    type Body = Body;
    type Error = Infallible;
    type Future = Ready<Result<Response<Body>, Infallible>>;

    fn connect(&mut self, _: Request) -> Self::Future {
        self.connects.set(self.connects.get() + 1);
        self.alive.set(self.alive.get() + 1);
        let (mut pieces, hangs) = self.bodies.remove(0);
        pieces.reverse();
        let headers = [("Content-Type", "text/event-stream")].into_iter().collect();
        let head = ResponseHead { status: 200, headers };
        ready(Ok(Response { head, body: Body { pieces, hangs, alive: Rc::clone(&self.alive) } }))
    }
}

/// A source over these bodies, and the counts of connections that were made and that are there.
fn scripted(bodies: &[(&[&'static str], bool)]) -> (EventSourceOver<Script>, Rc<Cell<u32>>, Rc<Cell<i32>>) {
    scripted_with(bodies, &|config| config)
}

fn scripted_with(
    bodies: &[(&[&'static str], bool)],
    configure: &dyn Fn(ClientConfig) -> ClientConfig,
) -> (EventSourceOver<Script>, Rc<Cell<u32>>, Rc<Cell<i32>>) {
    let (connects, alive) = <(Rc<Cell<u32>>, Rc<Cell<i32>>)>::default();
    let bodies = bodies.iter().map(|(pieces, hangs)| (pieces.to_vec(), *hangs)).collect();
    let script = Script { bodies, connects: Rc::clone(&connects), alive: Rc::clone(&alive) };
    let config = ClientConfig::get("http://events.test/").unwrap().reconnection_time(Duration::from_millis(1));
    (EventSourceOver::new(configure(config), script), connects, alive)
}

fn text(item: Option<Result<sse_tokio::typed::Typed<Chunk>, impl std::fmt::Debug>>) -> String {
    item.unwrap().unwrap().value.text
}

#[tokio::test]
async fn the_end_marker_ends_a_source_and_its_connection() {
    let pieces: &[&str] = &["data: {\"text\":\"a\"}\n\ndata: [DONE]\n\ndata: {\"text\":\"b\"}\n\n"];
    let (source, connects, alive) = scripted(&[(pieces, true)]);
    let mut chunks = source.json::<Chunk>().with_convention(Convention::completion());
    assert_eq!(text(chunks.next().await), "a");
    assert_eq!(alive.get(), 1);
    assert!(chunks.next().await.is_none());
    assert_eq!((connects.get(), alive.get()), (1, 0), "the connection is dropped at once, and none is made");
    assert!(chunks.next().await.is_none());
    assert_eq!(chunks.into_source().next().await, None);
    assert_eq!(connects.get(), 1);
}

#[tokio::test]
async fn a_source_that_is_resumed_is_not_cut_off() {
    let (source, connects, _) = scripted(&[
        (&["id: 1\ndata: {\"text\":\"a\"}\n\ndata: {\"te"], false),
        (&["data: {\"text\":\"b\"}\n\ndata: [DONE]\n\n"], false),
    ]);
    let mut chunks = source.json::<Chunk>().with_convention(Convention::completion());
    assert_eq!(text(chunks.next().await), "a");
    assert_eq!(text(chunks.next().await), "b");
    assert!(chunks.next().await.is_none());
    assert_eq!(connects.get(), 2);
}

#[tokio::test]
async fn a_reported_error_is_typed_and_closes_the_source() {
    let (source, connects, alive) = scripted(&[(&["data: {\"error\":{\"message\":\"overloaded\"}}\n\n"], true)]);
    let mut chunks = source.json::<Chunk>().with_convention(Convention::completion());
    let fault = Fault { message: "overloaded".into() };
    let Some(Err(TypedError::Reported(event))) = chunks.next().await else { panic!() };
    assert_eq!(event.json::<Problem>().unwrap(), Problem { error: fault });
    assert!(chunks.next().await.is_none());
    assert_eq!((connects.get(), alive.get()), (1, 0));
}

#[tokio::test]
async fn a_source_that_does_not_come_back_is_cut_off_without_its_end() {
    let once = |config: ClientConfig| config.max_reconnections(0);
    let post = |config: ClientConfig| config.method("POST").unwrap();
    let complete = "data: {\"text\":\"a\"}\n\n";
    let cut = "data: {\"text\":\"a\"}\n\ndata: {\"te";
    for (piece, in_mid_event) in [(complete, false), (cut, true)] {
        for config in [&once as &dyn Fn(ClientConfig) -> ClientConfig, &post] {
            let (source, connects, _) = scripted_with(&[(&[piece], false)], config);
            let mut chunks = source.json::<Chunk>().with_convention(Convention::completion());
            assert_eq!(text(chunks.next().await), "a");
            let Some(Err(TypedError::Truncated { in_mid_event: found })) = chunks.next().await else { panic!() };
            assert_eq!(found, in_mid_event);
            assert!(chunks.next().await.is_none());
            assert_eq!(connects.get(), 1);
        }
    }
    // Without a convention, the end of a source that is one connection is none to complain of; a request that cannot be
    // sent again is, as it is without types.
    let (source, ..) = scripted_with(&[(&[complete], false)], &once);
    let mut chunks = source.json::<Chunk>();
    assert_eq!(text(chunks.next().await), "a");
    assert!(chunks.next().await.is_none());
    let (source, ..) = scripted_with(&[(&[complete], false)], &post);
    let mut chunks = source.json::<Chunk>();
    assert_eq!(text(chunks.next().await), "a");
    let Some(Err(TypedError::Source(failure))) = chunks.next().await else { panic!() };
    assert!(matches!(failure.reason, FailReason::NotResent { .. }), "{failure:?}");
}

#[tokio::test]
async fn a_reader_tells_an_end_from_a_cut() {
    async fn ending(bytes: &'static str, convention: Convention) -> Vec<String> {
        let mut chunks = EventReader::new(bytes.as_bytes()).json::<Chunk>().with_convention(convention);
        let mut items = Vec::new();
        while let Some(item) = chunks.next().await {
            items.push(match item {
                Ok(chunk) => chunk.value.text,
                Err(TypedError::Truncated { in_mid_event }) => format!("truncated, in mid event: {in_mid_event}"),
                Err(error) => panic!("{error:?}"),
            });
        }
        items
    }

    let complete = "data: {\"text\":\"a\"}\n\n";
    assert_eq!(ending(complete, Convention::new()).await, ["a"]);
    assert_eq!(
        ending("data: {\"text\":\"a\"}\n\ndata: x", Convention::new()).await[1],
        "truncated, in mid event: true"
    );
    assert_eq!(ending(complete, Convention::completion()).await, ["a", "truncated, in mid event: false"]);
    assert_eq!(ending("data: {\"text\":\"a\"}\n\ndata: [DONE]\n\n", Convention::completion()).await, ["a"]);
    // The marker counts when it is dispatched, not before.
    let undispatched = "data: {\"text\":\"a\"}\n\ndata: [DONE]\n";
    assert_eq!(ending(undispatched, Convention::completion()).await[1], "truncated, in mid event: true");
}

#[tokio::test]
async fn an_event_that_cannot_be_read_does_not_end_the_stream() {
    let bytes = "event: chunk\nid: 5\ndata: {\n\nevent: chunk\ndata: {\"text\":\"b\"}\n\n: comment\n\nevent: ping\ndata\n\n\
                 event: news\ndata: no JSON\n\n";
    let mut feed = EventReader::new(bytes.as_bytes()).typed::<Feed>();
    let Some(Err(TypedError::Unreadable { event, error })) = feed.next().await else { panic!() };
    assert_eq!(event.data(), "{");
    assert!(error.is_eof());
    let chunk = feed.next().await.unwrap().unwrap();
    assert_eq!(chunk.value, Feed::Chunk(Chunk { text: "b".into() }));
    assert_eq!((&*chunk.event_type, &*chunk.last_event_id), ("chunk", "5"));
    assert_eq!(feed.next().await.unwrap().unwrap().value, Feed::Ping);
    let Feed::Unknown(event) = feed.next().await.unwrap().unwrap().value else { panic!() };
    assert_eq!(event.data(), "no JSON");
    assert!(feed.next().await.is_none());
}

#[tokio::test]
async fn a_failed_source_is_the_last_item() {
    let limits = sse_tokio::Limits::default();
    let reader = EventReader::with_limits(&b"data: 0123456789\n\n"[..], limits.line(sse_tokio::report::Limit::fail(4)));
    let mut values = reader.json::<u64>();
    let Some(Err(error)) = values.next().await else { panic!() };
    assert!(matches!(error, TypedError::Source(_)) && !error.is_cut_off());
    assert!(values.next().await.is_none());
}

#[tokio::test]
async fn a_dropped_future_has_taken_nothing() {
    let (mut server, client) = tokio::io::duplex(64);
    let mut chunks = EventReader::new(client).json::<Chunk>();
    server.write_all(b"data: {\"text\":\"a\"}\n").await.unwrap();
    assert!(tokio::time::timeout(Duration::from_millis(5), chunks.next()).await.is_err());
    server.write_all(b"\ndata: {\"text\":\"b\"}\n\n").await.unwrap();
    assert_eq!(text(chunks.next().await), "a");
    assert_eq!(text(chunks.next().await), "b");
}

#[tokio::test]
async fn a_listener_gets_the_events_of_its_type_only() {
    let bytes = "event: a\ndata: 1\n\ndata: 2\n\nevent: b\ndata: 3\n\nevent: a\ndata: 4\n\n".repeat(500);
    let mut reader = EventReader::new(bytes.as_bytes());
    for _ in 0..500 {
        assert_eq!(reader.next_of("b").await.unwrap().unwrap().data(), "3");
    }
    assert!(reader.next_of("b").await.is_none());

    let (mut source, ..) = scripted(&[(&["data: 1\n\nevent: b\ndata: 2\n\n"], true)]);
    assert_eq!(source.next_of("b").await.unwrap().unwrap().data(), "2");
}

#[tokio::test]
async fn values_come_as_a_stream_and_the_source_can_be_lent() {
    let mut reader = EventReader::new(&b"data: 1\n\ndata: 2\n\n"[..]);
    let mut values = sse_tokio::typed::TypedSource::<_, Json<u64>>::new(&mut reader);
    let mut stream = std::pin::pin!(&mut values);
    let first = std::future::poll_fn(|cx| stream.as_mut().poll_next(cx)).await;
    assert_eq!(first.unwrap().unwrap().value, 1);
    assert_eq!(reader.next().await.unwrap().unwrap().data(), "2");
}

#[tokio::test]
async fn a_closed_source_gives_no_values_and_no_error() {
    let (source, connects, alive) = scripted(&[(&["data: {\"text\":\"a\"}\n\ndata: {\"text\":\"b\"}\n\n"], true)]);
    let mut chunks = source.json::<Chunk>().with_convention(Convention::new().end_at(Mark::data("end")));
    assert_eq!(text(chunks.next().await), "a");
    chunks.close();
    assert!(chunks.next().await.is_none());
    assert_eq!((connects.get(), alive.get()), (1, 0));

    // By its handle as well.
    let (mut source, ..) = scripted(&[(&["data: {\"text\":\"a\"}\n\n"], true)]);
    let handle = source.handle();
    let mut chunks = source.json::<Chunk>().with_convention(Convention::completion());
    assert_eq!(text(chunks.next().await), "a");
    handle.close();
    assert!(chunks.next().await.is_none());
}
