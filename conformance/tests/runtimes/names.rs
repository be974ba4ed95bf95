//! Moving from one adapter to another is one `use` line: all have the same names, which stand for the same types.

macro_rules! names {
    ($module:ident $package:ident :: $runtime:ident, ()) => {
        mod $module {
            #[expect(unused_imports, reason = "only that they are there counts")]
            use $package::{
                Change, Config, Connect, Dial, Dialler, EventId, EventReader, EventSource, EventSourceOver, FailReason,
                Failure, Handle, HttpConnector, HttpError, Io, Log, LogConfig, Loss, Message, NoMoreEvents,
                Publication, Request, Response, ResponseHead, Retry, Sender, Session, SessionConfig, StartAt, Target,
                Timer, bytes, events, last_event_id, rustls, sse_proto,
            };
            use $package::{sse_proto::driver, $runtime};

            #[expect(dead_code, reason = "that it compiles is the test")]
            fn names_stand_for_the_same_types<C: Connect>(
                timer: Timer,
                source: EventSource,
                over: EventSourceOver<C>,
                reader: EventReader<&[u8]>,
                log: Log,
                session: Session,
                io: Io<()>,
            ) {
                let _: <$runtime as driver::Runtime>::Timer = timer;
                let _: sse_conformance::runtimes::EventSource<$runtime> = source;
                let _: driver::EventSource<C, Timer> = over;
                let _: driver::EventReader<$runtime, &[u8]> = reader;
                let _: driver::Log<$runtime> = log;
                let _: driver::Session<$runtime> = session;
                let _: <$runtime as driver::Streams>::Io<()> = io;
            }
        }
    };
}

sse_conformance::for_each_runtime!(names!());
