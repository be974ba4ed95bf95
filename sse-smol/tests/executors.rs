//! Clients on smol's executors: one that many threads run, and one for what must stay on its thread.
#![cfg(all(feature = "client", feature = "server"))]

use std::{
    cell::Cell,
    convert::Infallible,
    future::pending,
    io::{self, Read, Write},
    net,
    rc::Rc,
    thread,
    time::{Duration, Instant},
};

use hyper::{Request, body::Incoming, server::conn::http1, service::service_fn};
use smol::{Executor, LocalExecutor, Timer, io::Cursor, net::TcpListener};
use sse_smol::{
    Change, ClientConfig, EventLog, EventSource, EventSourceOver,
    client::ResponseHead,
    server::StartAt,
    transport::{Io, Response},
};

/// Clients and sessions that many threads run, and that move between them.
#[test]
fn clients_run_on_an_executor_of_many_threads() {
    const EVENTS: u32 = 500;
    const CLIENTS: usize = 8;
    static EXECUTOR: Executor<'_> = Executor::new();

    for _ in 0..4 {
        thread::spawn(|| smol::block_on(EXECUTOR.run(pending::<()>())));
    }
    smol::block_on(async {
        let log = EventLog::default();
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}/", listener.local_addr().expect("an address"));
        let served = log.clone();
        let server = EXECUTOR.spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let log = served.clone();
                let service = service_fn(move |_: Request<Incoming>| {
                    let session = log.session().start_at(StartAt::Oldest).open();
                    async { Ok::<_, Infallible>(session.into_http_response()) }
                });
                EXECUTOR
                    .spawn(http1::Builder::new().max_buf_size(64 * 1024).serve_connection(Io::new(stream), service))
                    .detach();
            }
        });
        let clients: Vec<_> = (0..CLIENTS)
            .map(|_| {
                let mut source = EventSource::get(url.as_str()).expect("a URL");
                EXECUTOR.spawn(async move {
                    for number in 0..EVENTS {
                        let event = source.next().await.expect("an event").expect("no error");
                        assert_eq!(event.data(), format!("event {number}").as_str());
                    }
                })
            })
            .collect();
        for number in 0..EVENTS {
            log.publish(format!("event {number}")).expect("room");
            smol::future::yield_now().await;
        }
        for client in clients {
            client.await;
        }
        server.cancel().await;
    });
}

/// A client that cannot be sent to another thread: its transport counts in an `Rc`.
#[test]
fn a_client_that_is_not_send_runs_on_a_local_executor() {
    let executor = LocalExecutor::new();
    let attempts = Rc::new(Cell::new(0));
    let counter = Rc::clone(&attempts);
    // Each connection brings one event, and ends.
    let transport = move |_| {
        counter.set(counter.get() + 1);
        let body = Io::new(Cursor::new(format!("data: {}\n\n", counter.get())));
        let headers = [("Content-Type", "text/event-stream")].into_iter().collect();
        async { Ok::<_, io::Error>(Response { head: ResponseHead { status: 200, headers }, body }) }
    };
    let config = ClientConfig::get("test://here/").expect("a URL").reconnection_time(Duration::ZERO);
    let mut source = EventSourceOver::new(config, transport);
    let client = executor.spawn(async move {
        for number in 1..=3 {
            let event = source.next().await.expect("an event").expect("no error");
            assert_eq!(event.data(), number.to_string().as_str());
        }
    });
    smol::block_on(executor.run(client));
    assert_eq!(attempts.get(), 3);
}

/// Interim answers without end, as fast as they can be read, keep neither the timeout for the answer nor the other tasks
/// of the thread from their turn.
#[test]
fn a_server_that_never_comes_to_its_answer_does_not_hold_the_thread() {
    let listener = net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let url = format!("http://{}/", listener.local_addr().expect("an address"));
    let server = thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("a client");
        assert!(stream.read(&mut [0; 4096]).expect("a request") > 0);
        let block = b"HTTP/1.1 100 Continue\r\n\r\n".repeat(2000);
        let started = Instant::now();
        while started.elapsed() < Duration::from_secs(3) {
            if stream.write_all(&block).is_err() {
                return true;
            }
        }
        false
    });
    let executor = LocalExecutor::new();
    let other = executor.spawn(Timer::after(Duration::from_millis(100)));
    let config = ClientConfig::get(url).expect("a URL").head_timeout(Duration::from_millis(300)).max_reconnections(0);
    let mut source = EventSource::open(config).expect("a URL");
    let client = async {
        let change = source.next_change().await;
        (change, other.is_finished())
    };
    let (change, other_ran) = smol::block_on(executor.run(client));
    drop(source);
    assert!(matches!(change, Some(Change::Reestablishing { .. } | Change::Failed(_))), "{change:?}");
    assert!(other_ran);
    assert!(server.join().expect("no panic"), "the client stayed until the server gave up");
}
