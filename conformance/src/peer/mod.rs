//! A server that does just what a script says, lies and breaks included: for tests of clients.
//!
//! It is a raw socket on a free port of 127.0.0.1, with a thread of its own, so it can be used with any runtime and any
//! client.
//!
#![cfg_attr(feature = "peer", doc = "```")]
#![cfg_attr(not(feature = "peer"), doc = "```ignore")]
//! use std::{io::{Read, Write}, net::TcpStream};
//! use sse_conformance::peer::{Answer, End, Peer, Script};
//!
//! // First a stream that is reset after an event, then nobody for 50 ms, then a stream that stays open.
//! let script = Script::new()
//!     .answer(Answer::events("id: 1\ndata: a\n\n").end(End::Reset))
//!     .refuse(core::time::Duration::from_millis(50))
//!     .answer(Answer::events("data: b\n\n"));
//! let peer = Peer::start(script)?;
//!
//! // Put your client here; it gets the URL `peer.url()`.
//! let mut client = TcpStream::connect(peer.address())?;
//! client.write_all(b"GET / HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\n\r\n")?;
//! let mut answer = Vec::new();
//! assert_eq!(client.read_to_end(&mut answer).unwrap_err().kind(), std::io::ErrorKind::ConnectionReset);
//! assert!(answer.starts_with(b"HTTP/1.1 200 "));
//!
//! let requests = peer.requests();
//! assert_eq!(requests[0].value("accept").as_deref(), Some(&b"text/event-stream"[..]));
//! # Ok::<(), std::io::Error>(())
//! ```

#[cfg(feature = "peer")]
mod answer;
mod names;
#[cfg(feature = "peer")]
mod receive;
mod request;
mod script;
#[cfg(feature = "peer")]
mod serve;
#[cfg(feature = "peer")]
mod shared;

pub(crate) use self::names::Names;
#[cfg(feature = "peer")]
pub use self::serve::Peer;
pub use self::{
    request::SeenRequest,
    script::{Answer, End, Framing, Script, Step},
};
