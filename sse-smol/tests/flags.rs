//! The example `flags`: over real sockets, and without a wait over a scripted transport, with a clock that jumps.
#![cfg(all(feature = "client", feature = "json", feature = "server"))]

#[allow(dead_code, reason = "the example's own main is not called")]
#[path = "../examples/flags/main.rs"]
mod flags;

use std::{
    cell::{Cell, RefCell},
    future::ready,
    io,
    rc::Rc,
    task::{Context, Poll},
    time::Duration,
};

use sse_smol::{
    client::{Request, ResponseHead},
    server::Timestamp,
    sse_driver::{EventSource, transport::Timer},
    transport::{Io, Response},
};

use self::flags::sdk::{Flags, config};

#[test]
fn flags_follow_their_server() {
    smol::block_on(flags::run()).unwrap();
}

/// A clock that is at once where it is waited for.
#[derive(Clone, Default)]
struct Clock(Rc<Cell<Timestamp>>);

impl Timer for Clock {
    fn now(&self) -> Timestamp {
        self.0.get()
    }

    fn poll_until(&mut self, _: &mut Context<'_>, deadline: Timestamp) -> Poll<()> {
        self.0.set(self.0.get().max(deadline));
        Poll::Ready(())
    }

    fn seed(&self) -> u64 {
        7
    }
}

#[test]
fn flags_keep_their_values_while_the_server_is_away() {
    const PUT: &str = "event: put\nid: 1\ndata: {\"dark\":true,\"beta\":false}\n\n";
    const PATCH: &str = "event: patch\nid: 2\ndata: [\"beta\",true]\n\nevent: new\ndata: ?\n\n";
    let (clock, flags) = (Clock::default(), Flags::default());
    let seen = RefCell::new(Vec::new());
    let transport = |request: Request| {
        let id = request.headers.value("Last-Event-ID").map(<[u8]>::to_vec);
        seen.borrow_mut().push((id, flags.is_live(), flags.is_on("dark"), flags.is_on("beta")));
        let stream =
            |body: &'static str| Response { head: ResponseHead::event_stream(), body: Io::new(body.as_bytes()) };
        let refusal =
            |status| Response { head: ResponseHead { status, ..ResponseHead::default() }, body: Io::new(&b""[..]) };
        ready(match seen.borrow().len() {
            1 => Ok(stream(PUT)),
            2 => Err(io::ErrorKind::HostUnreachable.into()),
            3 => Ok(refusal(503)),
            4 => Ok(stream(PATCH)),
            _ => Ok(refusal(204)),
        })
    };
    let source = EventSource::with_timer(config("https://flags.test/", "key").unwrap(), transport, clock.clone());
    smol::block_on(flags.clone().follow(source));

    let id = |id: &str| Some(id.as_bytes().to_vec());
    let expected = [
        (None, false, false, false),
        (id("1"), false, true, false),
        (id("1"), false, true, false),
        (id("1"), false, true, false),
        (id("2"), false, true, true),
    ];
    assert_eq!(*seen.borrow(), expected);
    assert!(clock.now().since_epoch() >= Duration::from_secs(4 * 3), "{:?}", clock.now());
}
