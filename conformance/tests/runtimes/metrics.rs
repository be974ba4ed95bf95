//! What an observer counts.

use core::{
    future::{Future, pending, poll_fn},
    pin::{Pin, pin},
    task::{Context, Poll},
    time::Duration,
};
use std::sync::{Arc, Mutex};

use futures_core::Stream;
use sse_conformance::runtimes::{Memory, Sink, UnderTest};
use sse_driver::{
    EventLog, Message, Session,
    server::{Heartbeat, Sessions},
};
use sse_proto::server::{CloseReason, Observer, SessionConfig, SessionInfo, SessionTotals, Transmitted};

on_every_runtime!(an_observer_counts_messages_bytes_and_heartbeats_of_every_kind);

/// What was transmitted, and how the session ended.
type Counted = (Transmitted, Option<(CloseReason, Transmitted)>);

#[derive(Clone, Default)]
struct Counts(Arc<Mutex<Counted>>);

impl Observer for Counts {
    fn transmitted(&self, _: &SessionInfo<'_>, transmitted: Transmitted) {
        self.0.lock().unwrap().0 += transmitted;
    }

    fn closed(&self, _: &SessionInfo<'_>, reason: CloseReason, totals: SessionTotals) {
        self.0.lock().unwrap().1 = Some((reason, totals.transmitted));
    }
}

/// Three messages, and then silence.
struct Three(u32);

impl Stream for Three {
    type Item = String;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<String>> {
        self.0 += 1;
        if self.0 > 3 { Poll::Pending } else { Poll::Ready(Some(format!("{}", self.0))) }
    }
}

fn an_observer_counts_messages_bytes_and_heartbeats_of_every_kind<R: UnderTest>() {
    R::block_on(async {
        for kind in ["log", "channel", "handler", "stream", "made heartbeats"] {
            let (log, counts) = (EventLog::<R>::default(), Counts::default());
            let config = SessionConfig::new().heartbeat(Heartbeat::quiet(Duration::from_millis(20)));
            log.observe(counts.clone());
            let (sender, fed) = Session::<R>::channel(config.clone());
            let mut session = match kind {
                "log" => {
                    let session = log.session().config(config).open();
                    log.publish_all(["1", "2", "3"]).expect("room");
                    session
                }
                "channel" => fed,
                "handler" => Session::run(config, async |sender| {
                    for data in ["1", "2", "3"] {
                        sender.send(data).await.expect("the client is there");
                    }
                    pending::<()>().await;
                }),
                "stream" => Session::stream(config, Three(0)),
                _ => fed.with_heartbeat(|| Message::new().comment("beat")),
            };
            for data in ["1", "2", "3"] {
                let _ = sender.try_send(data);
            }
            session = session.join(&log.group());
            let sink = Sink::default();
            let mut written = Vec::new();
            let mut writing = pin!(session.write_to(Memory::new(sink.clone())));
            poll_fn(|cx| {
                assert!(writing.as_mut().poll(cx).is_pending());
                written.extend(sink.take());
                let beats = written.split(|byte| *byte == b'\n').filter(|line| matches!(line, [b':', ..])).count();
                // The first line is no heartbeat.
                let first = usize::from(written.starts_with(b":\n"));
                if beats > first + 1 { Poll::Ready(()) } else { Poll::Pending }
            })
            .await;
            assert_eq!(log.lag(), 0);
            let (counted, closed) = *counts.0.lock().unwrap();
            assert_eq!((counted.events, counted.bytes), (3, written.len() as u64), "{kind}");
            assert!(counted.heartbeats >= 2, "{kind}: {counted:?}");
            assert_eq!(closed, None);
            let sessions: Sessions<R> = log.group();
            assert_eq!(sessions.len(), 1);
            let drain = sessions.drain(sse_proto::server::DrainConfig::new());
            let mut drain = pin!(drain);
            let mut ended = false;
            poll_fn(|cx| {
                ended = ended || writing.as_mut().poll(cx).is_ready();
                drain.as_mut().poll(cx).map(drop)
            })
            .await;
            let (counted, closed) = *counts.0.lock().unwrap();
            assert_eq!(closed, Some((CloseReason::Drained, counted)), "{kind}");
        }
    });
}
