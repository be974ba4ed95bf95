//! The URLs that the settings take are those that the HTTP transport can request.

#![cfg(feature = "http")]

use core::{
    future::{Ready, ready},
    task::{Context, Poll},
};
use std::io;

use http::Uri;
use sse_driver::{
    EventSource,
    transport::{Dial, HttpConnector, Socket, Target, Timer},
};
use sse_proto::{
    Timestamp,
    client::{ClientConfig, RequestError, UrlFault},
};

/// A runtime without a network, whose clock stands still.
#[derive(Default)]
struct Nowhere;

impl Dial for Nowhere {
    type Future = Ready<io::Result<Socket>>;

    fn dial(&self, _: Target) -> Self::Future {
        ready(Err(io::Error::from(io::ErrorKind::ConnectionRefused)))
    }
}

impl Timer for Nowhere {
    fn now(&self) -> Timestamp {
        Timestamp::default()
    }

    fn poll_until(&mut self, _: &mut Context<'_>, _: Timestamp) -> Poll<()> {
        Poll::Pending
    }

    fn seed(&self) -> u64 {
        0
    }
}

#[test]
fn a_parameter_that_makes_a_url_too_long_is_named() {
    let config = |length| ClientConfig::get("http://example.com/").unwrap().query("x", &"y".repeat(length));
    let open = |config| EventSource::<HttpConnector<Nowhere>, Nowhere>::open(config).map(|_| ());
    assert_eq!(open(config(60_000)), Ok(()));
    assert_eq!(open(config(70_000)), Err(RequestError::Url { url: "…".into(), fault: UrlFault::TooLong }));
}

/// Each URL with one character of ASCII or beyond in each place.
#[test]
fn a_url_that_is_taken_can_be_requested() {
    for char in (0..=0x100).filter_map(char::from_u32) {
        for (before, after) in [
            ("http", "://example.com/"),
            ("http://exam", "ple.com/"),
            ("http://", ":80/"),
            ("http://[::", "]/"),
            ("http://[::1", ":80/"),
            ("http://example.com:8", "0/"),
            ("http://example.com", ""),
            ("http://example.com/x", "y"),
            ("http://example.com?x", "y"),
            ("http://example.com/#x", "y"),
        ] {
            let url = format!("{before}{char}{after}");
            if let Ok(config) = ClientConfig::get(url.as_str()) {
                assert!(config.url().parse::<Uri>().is_ok(), "{url:?}");
            }
        }
    }
}
