//! Nothing that may be secret is printed by `Debug` or `Display` of the HTTP transport; what finds a fault is.

#![cfg(feature = "http")]

use core::{error::Error, fmt::Debug};
use core::{
    future::{Future, ready},
    pin::pin,
    task::{Context, Poll, Waker},
};
use std::{
    io,
    sync::{Arc, Mutex},
};

use sse_driver::transport::{Connect, HttpConnector, HttpError, Socket, Target};
use sse_proto::client::Request;

/// Part of all that must not be printed.
const SECRET: &str = "s3cr3t";

/// What `Debug` prints, without a secret in it.
#[track_caller]
fn debug(value: &impl Debug) -> String {
    let shown = format!("{value:?}");
    for shown in [&shown, &format!("{value:#?}")] {
        assert!(!shown.contains(SECRET), "{shown}");
    }
    // Bytes may be shown as numbers.
    assert!(!shown.contains("115, 51, 99, 114, 51, 116"), "{shown}");
    shown
}

/// What `Debug` and `Display` print of an error and its sources, without a secret in it.
#[track_caller]
fn error(error: &(impl Error + 'static)) -> String {
    let mut shown = debug(error);
    let mut source: Option<&dyn Error> = Some(error);
    while let Some(error) = source {
        shown += &format!("\n{error:?}\n{error}\n{error:#}");
        source = error.source();
    }
    assert!(!shown.contains(SECRET), "{shown}");
    shown
}

#[track_caller]
fn assert_shows(shown: &str, parts: &[&str]) {
    for part in parts {
        assert!(shown.contains(part), "{part} is missing: {shown}");
    }
}

/// Why this request got no response, and where it was sent.
fn fault(request: Request) -> (HttpError, Option<Target>) {
    let dialled = Arc::new(Mutex::new(None));
    let target = Arc::clone(&dialled);
    let mut connector = HttpConnector::new(move |to: Target| {
        *target.lock().unwrap() = Some(to);
        ready(Err::<Socket, _>(io::Error::from(io::ErrorKind::ConnectionRefused)))
    });
    let exchange = connector.connect(request);
    debug(&exchange);
    match pin!(exchange).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(Err(error)) => (error, dialled.lock().unwrap().take()),
        _ => panic!("there is no connection"),
    }
}

#[test]
fn a_transport_shows_where_it_connects_to() {
    let (fault, target) = fault(Request::get("http://s3cr3t:s3cr3t@host.example/the/path?s3cr3t"));
    assert_shows(&error(&fault), &["cannot connect"]);
    assert_shows(&debug(&target.unwrap()), &["host.example", "80"]);
}

#[test]
fn a_request_that_cannot_be_sent_shows_what_is_wrong_with_it() {
    for (url, part) in [
        ("http://host.example:99999/?s3cr3t", "99999"),
        ("ftp://s3cr3t:s3cr3t@host.example/?s3cr3t", "ftp"),
        ("http://host.example/ ?s3cr3t", "cannot be sent"),
        ("s3cr3t s3cr3t", "cannot be sent"),
    ] {
        assert_shows(&error(&fault(Request::get(url)).0), &[part]);
    }
    let mut request = Request::get("http://host.example/");
    request.headers = [("X-Own", "s3cr3t\n")].into_iter().collect();
    assert_shows(&error(&fault(request).0), &["cannot be sent"]);
}
