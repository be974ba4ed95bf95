//! One source file, three runtimes: what differs between them is the `use` lines below.

mod cut;
mod held;
mod https;
mod plain;

use std::{net::SocketAddr, thread};

mod tokio {
    use sse_tokio as sse;
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::{TcpListener, TcpStream},
    };

    fn block_on<T>(work: impl Future<Output = T>) -> T {
        tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime").block_on(work)
    }

    fn spawn(work: impl Future<Output = ()> + Send + 'static) {
        tokio::spawn(work);
    }

    include!("common.rs");
    include!("flushes.rs");
    include!("requests.rs");
    include!("typed.rs");
}

mod smol {
    use smol::{
        block_on,
        io::{AsyncReadExt, AsyncWriteExt},
        net::{TcpListener, TcpStream},
    };
    use sse_smol as sse;

    fn spawn(work: impl Future<Output = ()> + Send + 'static) {
        smol::spawn(work).detach();
    }

    include!("common.rs");
    include!("flushes.rs");
    include!("requests.rs");
    include!("typed.rs");
}

mod async_std {
    use async_std::{
        io::{ReadExt, WriteExt},
        net::{TcpListener, TcpStream},
        task::block_on,
    };
    use sse_asyncstd as sse;

    fn spawn(work: impl Future<Output = ()> + Send + 'static) {
        async_std::task::spawn(work);
    }

    include!("common.rs");
    include!("flushes.rs");
    include!("requests.rs");
    include!("typed.rs");
}

/// Each client against each server, over connections that break off wherever they may: nothing is lost, and nothing
/// comes twice.
#[test]
fn every_client_resumes_at_every_server() {
    const EVENTS: u32 = 10_000;
    type Serve = fn(u32) -> SocketAddr;
    type Receive = fn(SocketAddr, u32) -> (Vec<String>, u32);
    let servers: [(&str, Serve); 3] =
        [("tokio", tokio::serve_cut), ("smol", smol::serve_cut), ("async-std", async_std::serve_cut)];
    let clients: [(&str, Receive); 3] =
        [("tokio", tokio::receive), ("smol", smol::receive), ("async-std", async_std::receive)];
    thread::scope(|scope| {
        for (server, serve) in servers {
            for (client, receive) in clients {
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
