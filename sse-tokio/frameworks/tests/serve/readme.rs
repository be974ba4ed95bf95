//! The program of the README's section "Stop", with its default settings, stops beside a client that never reads.

use std::time::{Duration, Instant};

use axum::{Router, extract::State, routing::get};
use sse_tokio::{
    EventLog, LastEventId, Session, serve,
    server::{DrainConfig, Stopped},
};
use tokio::{net::TcpListener, sync::oneshot};

use crate::{client::Client, large_log, listen, publish_much};

// The README's program.
async fn events(State(log): State<EventLog>, LastEventId(id): LastEventId) -> Session {
    Session::resume(&log, id.as_ref())
}
// Its first part.

async fn run<F>(log: EventLog, listener: TcpListener, ctrl_c: impl FnOnce() -> F + Send + 'static) -> Stopped
where
    F: Future<Output = Result<(), oneshot::error::RecvError>> + Send,
{
    let app = Router::new().route("/events", get(events)).with_state(log.clone());
    // The README's program.
    let stopped = serve(listener, app)
        .with_graceful_shutdown(async { drop(ctrl_c().await) }) // no more connections
        .drain(&log, DrainConfig::new()) // the sessions end
        .await;
    // Its second part.
    stopped
}

/// Checks that the README has the lines of the program.
fn check_readme() {
    let lines = |text: &str| text.lines().map(str::trim).collect::<Vec<_>>().join("\n");
    let readme = lines(include_str!("../../../README.md"));
    let mut rest = include_str!("readme.rs");
    for end in ["// Its first part.\n", "// Its second part.\n"] {
        let (_, begun) = rest.split_once("// The README's program.\n").expect("a mark");
        let (part, after) = begun.split_once(end).expect("a mark");
        assert!(readme.contains(lines(part).trim()), "the README has another program");
        rest = after;
    }
}

#[tokio::test]
async fn the_readmes_program_stops_beside_a_client_that_does_not_read() {
    check_readme();
    // Larger than by default, so that the client can be stuck.
    let log = large_log();
    let (listener, address) = listen().await;
    let (stop, stopped) = oneshot::channel();
    let server = tokio::spawn(run(log.clone(), listener, || stopped));
    let mut client = Client::connect(address).await;
    client.request("GET /events HTTP/1.1", "").await;
    assert_eq!(client.chunk().await.as_deref(), Some(&b":\n"[..]));
    publish_much(&log);
    client.exactly(1000).await;
    let began = Instant::now();
    stop.send(()).unwrap();
    let stopped = server.await.unwrap();
    // The default of a drain.
    assert!(began.elapsed() >= Duration::from_secs(10));
    let [drained] = &stopped.drained[..] else { panic!("{stopped:?}") };
    assert_eq!((drained.sessions, drained.cut.len(), stopped.cut), (1, 1, 0));
}
