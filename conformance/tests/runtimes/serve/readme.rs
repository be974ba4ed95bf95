//! The programs of the READMEs' sections "Stop", with their default settings, stop beside a client that never reads. That of
//! sse-tokio, which needs axum, is tested in `sse-tokio-frameworks`.

#[cfg(any(feature = "async-std", feature = "smol"))]
macro_rules! stops {
    ($module:ident, $crate_name:ident, $runtime:path, $readme:literal) => {
        mod $module {
            use core::{
                convert::Infallible,
                future::Future,
                sync::atomic::{AtomicBool, Ordering},
                time::Duration,
            };
            use std::{
                io,
                sync::{Arc, mpsc},
                thread,
                time::Instant,
            };

            use hyper::{Request, body::Incoming, service::service_fn};
            use sse_conformance::runtimes::{Sockets, UnderTest};
            use $crate_name::{
                EventLog, Session, last_event_id, serve,
                server::{DrainConfig, LogConfig, Stopped},
            };

            use crate::{
                common::listen,
                serve::{client::Client, publish_much, raised, wait_for_sessions},
            };

            async fn run<F>(
                log: EventLog,
                listener: <$runtime as Sockets>::Listener,
                stop: impl FnOnce() -> F + Send + 'static,
            ) -> Stopped
            where
                F: Future<Output = io::Result<usize>> + Send,
            {
                // The README's program.
                let events = log.clone();
                let app = service_fn(move |request: Request<Incoming>| {
                    let session = Session::resume(&events, last_event_id(request.headers()).as_ref());
                    async { Ok::<_, Infallible>(session.into_http_response()) }
                });
                let stopped = serve(listener, app)
                    .with_graceful_shutdown(async move { drop(stop().await) }) // no more connections
                    .drain(&log, DrainConfig::new()) // the sessions end
                    .await;
                // Its end.
                stopped
            }

            #[test]
            fn the_readmes_program_stops_beside_a_client_that_does_not_read() {
                super::check_readme(include_str!($readme));
                let (started, received) = mpsc::channel();
                let stop = Arc::new(AtomicBool::new(false));
                let stopping = Arc::clone(&stop);
                let server = thread::spawn(move || {
                    <$runtime>::block_on(async {
                        let (listener, address) = listen::<$runtime>();
                        // Larger than by default, so that the client can be stuck.
                        let log = EventLog::new(LogConfig::new().bytes(64 * 1024 * 1024));
                        started.send((address, log.clone())).expect("the test waits for it");
                        let stop = || async {
                            raised::<$runtime>(stopping).await;
                            Ok(0)
                        };
                        run(log, listener, stop).await
                    })
                });
                let (address, log) = received.recv().expect("the server starts");
                let mut client = Client::request(address, "GET / HTTP/1.1", "");
                client.head();
                wait_for_sessions(&log, 1);
                publish_much(&log);
                client.exactly(1000);
                let began = Instant::now();
                stop.store(true, Ordering::Relaxed);
                let stopped = server.join().expect("the server does not panic");
                // The default of a drain.
                assert!(began.elapsed() >= Duration::from_secs(10));
                let [drained] = &stopped.drained[..] else { panic!("{stopped:?}") };
                assert_eq!((drained.sessions, drained.cut.len(), stopped.cut), (1, 1, 0));
                assert!(client.is_over());
            }
        }
    };
}

/// Checks that the README has the lines of the program.
#[cfg(any(feature = "async-std", feature = "smol"))]
fn check_readme(readme: &str) {
    let lines = |text: &str| text.lines().map(str::trim).collect::<Vec<_>>().join("\n");
    let program = include_str!("readme.rs").split_once("// The README's program.\n");
    let (program, _) = program.and_then(|(_, rest)| rest.split_once("// Its end.")).expect("the marks");
    assert!(lines(readme).contains(lines(program).trim()), "the README has another program");
}

#[cfg(feature = "async-std")]
stops!(async_std, sse_asyncstd, sse_asyncstd::transport::AsyncStd, "../../../../sse-asyncstd/README.md");
#[cfg(feature = "smol")]
stops!(smol, sse_smol, sse_smol::transport::Smol, "../../../../sse-smol/README.md");
