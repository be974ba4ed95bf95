//! Who is woken, when, and what is kept of those who have gone away.

use std::{
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
        mpsc,
    },
    task::{Context, Poll, Wake, Waker},
    thread,
    time::Duration,
};

use sse_tokio::{
    ClientConfig, EventLog, EventReader, EventSourceOver, Message, Sender, Session, SessionConfig,
    bytes::Bytes,
    client::{Request, ResponseHead},
    transport::Response,
};

/// Counts how often it is woken.
#[derive(Default)]
struct Count(AtomicUsize);

impl Wake for Count {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

fn counted() -> (Arc<Count>, Waker) {
    let count = Arc::new(Count::default());
    (Arc::clone(&count), Waker::from(count))
}

fn channel(queue: usize) -> (Sender, Session) {
    let (sender, mut session) = Session::channel(SessionConfig::new().queue(queue).heartbeat(None));
    // The first bytes are out of the way.
    while session.poll_bytes(&mut Context::from_waker(Waker::noop())).is_ready() {}
    (sender, session)
}

/// Whether the work ends at all.
fn ends(work: impl FnOnce() + Send + 'static) -> bool {
    let (done, waiting) = mpsc::channel();
    thread::spawn(move || {
        work();
        let _ = done.send(());
    });
    waiting.recv_timeout(Duration::from_secs(20)).is_ok()
}

#[test]
fn close_wakes_those_who_wait_for_room() {
    let (sender, _session) = channel(10);
    sender.try_send("a long message").unwrap();
    let other = sender.clone();
    let (count, waker) = counted();
    let mut send = pin!(other.send("another long message"));
    assert!(send.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
    sender.close();
    assert_eq!(count.0.load(Ordering::SeqCst), 1);
    assert!(matches!(send.as_mut().poll(&mut Context::from_waker(&waker)), Poll::Ready(Err(_))));
}

#[test]
fn closed_is_ready_when_everything_is_transmitted_and_wakes_only_then() {
    let (sender, mut session) = channel(1024);
    let (count, waker) = counted();
    let mut closed = pin!(sender.closed());
    let mut cx = Context::from_waker(&waker);
    assert!(closed.as_mut().poll(&mut cx).is_pending());
    for _ in 0..10 {
        sender.try_send("x").unwrap();
        assert!(session.poll_bytes(&mut Context::from_waker(Waker::noop())).is_ready());
    }
    sender.try_send("last").unwrap();
    sender.close();
    assert_eq!(count.0.load(Ordering::SeqCst), 0);
    assert!(closed.as_mut().poll(&mut cx).is_pending());
    while let Poll::Ready(Some(_)) = session.poll_bytes(&mut Context::from_waker(Waker::noop())) {}
    assert_eq!(count.0.load(Ordering::SeqCst), 1);
    assert!(closed.as_mut().poll(&mut cx).is_ready());
}

#[test]
fn nothing_is_kept_of_futures_that_were_dropped() {
    let (sender, session) = channel(10);
    sender.try_send("a long message").unwrap();
    let kept: Vec<_> = (0..100)
        .map(|_| {
            let (count, waker) = counted();
            let mut cx = Context::from_waker(&waker);
            assert!(pin!(sender.closed()).poll(&mut cx).is_pending());
            assert!(pin!(sender.send("another long message")).poll(&mut cx).is_pending());
            Arc::downgrade(&count)
        })
        .collect();
    assert_eq!(kept.iter().filter(|count| count.strong_count() > 0).count(), 0);
    drop(session);
}

#[test]
fn what_a_message_is_made_from_may_use_the_sender() {
    struct Asks(Sender);

    impl From<Asks> for Message {
        fn from(asks: Asks) -> Self {
            Self::from(format!("closed: {}", asks.0.is_closed()))
        }
    }

    assert!(ends(|| {
        let (sender, _session) = channel(1024);
        sender.try_send(Asks(sender.clone())).unwrap();
    }));
}

#[test]
fn a_waker_may_use_the_log_when_it_is_dropped() {
    struct Publishes(EventLog);

    impl Wake for Publishes {
        fn wake(self: Arc<Self>) {}
    }

    impl Drop for Publishes {
        fn drop(&mut self) {
            self.0.publish("bye").unwrap();
        }
    }

    assert!(ends(|| {
        let log = EventLog::default();
        let config = SessionConfig::new().heartbeat(None);
        let mut session = log.session().config(config).open();
        for _ in 0..2 {
            let waker = Waker::from(Arc::new(Publishes(log.clone())));
            while session.poll_bytes(&mut Context::from_waker(&waker)).is_ready() {}
        }
        drop(session);
    }));
}

/// A stream that never ends and never waits, and has no event in it.
struct Endless(&'static str);

impl sse_driver::transport::Read for Endless {
    type Error = &'static str;

    fn poll_read(&mut self, _: &mut Context<'_>) -> Poll<Result<Option<Bytes>, &'static str>> {
        Poll::Ready(Ok(Some(Bytes::from_static(self.0.as_bytes()))))
    }
}

impl tokio::io::AsyncRead for Endless {
    fn poll_read(
        self: std::pin::Pin<&mut Self>,
        _: &mut Context<'_>,
        buffer: &mut tokio::io::ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        buffer.put_slice(self.0.as_bytes());
        Poll::Ready(Ok(()))
    }
}

#[test]
fn a_stream_without_events_leaves_others_their_turn() {
    for data in [":\n", "\n", ": still here\n\n"] {
        let (count, waker) = counted();
        let mut cx = Context::from_waker(&waker);
        let transport = |_: Request| async move {
            let headers = [("Content-Type", "text/event-stream")].into_iter().collect();
            Ok::<_, &'static str>(Response { head: ResponseHead { status: 200, headers }, body: Endless(data) })
        };
        let mut source = EventSourceOver::new(ClientConfig::get("test://nowhere/").unwrap(), transport);
        assert!(pin!(source.next()).poll(&mut cx).is_pending());
        assert_eq!(count.0.load(Ordering::SeqCst), 1, "woken to go on");
        let mut events = EventReader::new(Endless(data));
        assert!(pin!(events.next()).poll(&mut cx).is_pending());
        assert_eq!(count.0.load(Ordering::SeqCst), 2, "woken to go on");
    }
}

/// hyper's connection and the consumer are one task: it need not wake itself.
#[cfg(feature = "client")]
#[tokio::test]
async fn a_client_is_woken_by_what_comes_and_not_by_what_it_takes() {
    use std::{io, sync::Mutex};

    use sse_tokio::{
        EventSourceOver,
        transport::{HttpConnector, Io, Socket, Target},
    };
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    const HEAD: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";
    const EVENT: &[u8] = b"9\r\ndata: x\n\n\r\n";

    let (client, mut server) = tokio::io::duplex(4096);
    let client = Mutex::new(Some(client));
    let dial = move |_: Target| {
        let stream = client.lock().unwrap().take().ok_or_else(|| io::Error::from(io::ErrorKind::ConnectionRefused));
        async { stream.map(|stream| Socket::new(Io::new(stream))) }
    };
    let config = ClientConfig::get("http://nowhere/").unwrap();
    let mut source = EventSourceOver::new(config, HttpConnector::new(dial));
    let (count, waker) = counted();
    let mut next = || pin!(source.next_ref()).poll(&mut Context::from_waker(&waker)).is_ready();

    assert!(!next());
    assert!(server.read(&mut [0; 1024]).await.unwrap() > 0, "a request");
    server.write_all(&[HEAD, EVENT].concat()).await.unwrap();
    assert!(next());
    for _ in 0..3 {
        assert!(!next());
        let before = count.0.load(Ordering::SeqCst);
        server.write_all(&EVENT.repeat(2)).await.unwrap();
        assert_eq!(count.0.load(Ordering::SeqCst), before + 1);
        assert!(next());
        assert!(next());
        assert!(!next());
        assert_eq!(count.0.load(Ordering::SeqCst), before + 1, "woken for nothing");
    }
}
