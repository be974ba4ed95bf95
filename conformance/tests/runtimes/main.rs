//! What adapters do over sockets, with HTTP and TLS: the same functions on every runtime.

#[path = "../every_runtime/mod.rs"]
#[macro_use]
mod every_runtime;

mod broken;
mod common;
mod cut;
mod flushes;
mod groups;
mod held;
mod https;
mod local;
mod metrics;
mod names;
mod plain;
mod requests;
mod serve;
mod snapshot;
mod topics;
mod typed;

use core::net::SocketAddr;
use std::thread;

use sse_conformance::runtimes::UnderTest;

type Serve = fn(u32) -> SocketAddr;
type Receive = fn(SocketAddr, u32) -> (Vec<String>, u32);

/// Each client against each server, over connections that break off wherever they may: nothing is lost, and nothing
/// comes twice.
#[test]
fn every_client_resumes_at_every_server() {
    const EVENTS: u32 = 10_000;
    macro_rules! add {
        ($module:ident $runtime:path, ($list:ident)) => {
            $list.extend([(
                <$runtime>::NAME,
                common::serve_cut::<$runtime> as Serve,
                common::receive::<$runtime> as Receive,
            )]);
        };
    }
    let mut runtimes = Vec::new();
    for_every_runtime!(add!(runtimes));
    thread::scope(|scope| {
        for (server, serve, _) in &runtimes {
            for (client, _, receive) in &runtimes {
                scope.spawn(move || {
                    let (received, losses) = receive(serve(EVENTS), EVENTS);
                    let wrong = received.iter().enumerate().find(|(number, data)| **data != format!("event {number}"));
                    assert_eq!(wrong, None, "{client} from {server}: the first event that is not the next one");
                    assert_eq!(received.len(), EVENTS as usize, "{client} from {server}");
                    assert!(losses >= cut::RESPONSES, "{client} from {server}: only {losses} losses");
                });
            }
        }
    });
}
