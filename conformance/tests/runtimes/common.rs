// Included once for each runtime, which gives it `sse`, `TcpListener`, `TcpStream`, `block_on` and `spawn`.

use core::time::Duration;
use std::{io, time::Instant};

use sse::{
    Config, EventReader, EventSourceOver, Log, Loss, Request, Response, ResponseHead, Sender, Session, SessionConfig,
    StartAt, sse_proto::driver,
};

/// A server on a free port that writes each session it is given to the next client.
async fn serve(sessions: Vec<Session>) -> std::net::SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("an address");
    spawn(async move {
        for session in sessions {
            let (stream, _) = listener.accept().await.expect("a client");
            spawn(async move { drop(session.write_to(stream).await) });
        }
    });
    address
}

#[test]
fn events_cross_a_socket_in_order_and_in_full() {
    block_on(async {
        let (sender, session) = Session::channel(SessionConfig { queue: 256, ..SessionConfig::default() });
        let address = serve(vec![session]).await;
        spawn(async move {
            for number in 0..1000 {
                sender.send(format!("event {number}\nof 1000")).await.expect("the client is there");
            }
        });
        let mut events = EventReader::new(TcpStream::connect(address).await.expect("a connection"));
        for number in 0..1000 {
            let event = events.next().await.expect("an event").expect("no error");
            assert_eq!(event.data(), format!("event {number}\nof 1000"));
        }
        assert!(events.next().await.is_none());
    });
}

#[test]
fn a_quiet_session_is_kept_alive_by_the_runtimes_timer() {
    block_on(async {
        let heartbeat = Duration::from_millis(50);
        let (_sender, mut session): (Sender, Session) =
            Session::channel(SessionConfig { heartbeat: Some(heartbeat), ..SessionConfig::default() });
        let mut next = async || core::future::poll_fn(|cx| session.poll_bytes(cx)).await;
        assert_eq!(next().await.as_deref(), Some(&b":\n\n"[..]));
        let started = Instant::now();
        for _ in 0..3 {
            assert_eq!(next().await.as_deref(), Some(&b":\n\n"[..]));
        }
        assert!(started.elapsed() >= 3 * heartbeat);
    });
}

#[test]
fn a_client_resumes_over_a_transport_of_its_own() {
    block_on(async {
        let log = Log::default();
        for number in 1..=3 {
            log.publish(format!("{number}")).expect("room");
        }
        let first = log.subscribe(StartAt::Oldest).0;
        // A session that ends after what there is: its log is closed.
        let early = Log::default();
        early.publish("0").expect("room");
        early.close();
        let sessions = vec![
            Session::reading(&early, early.subscribe(StartAt::Oldest).0, SessionConfig::default()),
            Session::reading(&log, first, SessionConfig::default()),
        ];
        let address = serve(sessions).await;

        let transport = |_: Request| async move {
            let body = <sse::Io<TcpStream>>::new(TcpStream::connect(address).await?);
            let headers = [("Content-Type", "text/event-stream")].into_iter().collect();
            Ok::<_, io::Error>(Response { head: ResponseHead { status: 200, headers }, body })
        };
        let wait = Duration::from_millis(150);
        let config = Config::new("test://here/").expect("a URL").reconnection_time(wait);
        let mut source = EventSourceOver::new(config, transport);
        let (mut seen, mut lost) = (Vec::new(), None);
        while let Some(change) = source.next_change().await {
            match change {
                driver::Change::Event(event) => seen.push(event.data().to_owned()),
                driver::Change::Reestablishing { cause, .. } => {
                    assert_eq!(cause, Loss::End { in_mid_event: false });
                    lost = Some(Instant::now());
                }
                _ => {}
            }
            if seen.len() == 4 {
                source.close();
            }
        }
        assert_eq!(seen, ["0", "1", "2", "3"]);
        assert!(lost.expect("one loss").elapsed() >= wait);
    });
}
