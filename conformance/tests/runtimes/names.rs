//! Moving from one adapter to another is one `use` line: all have the same names, which stand for the same types.

macro_rules! names {
    ($module:ident $package:ident :: transport :: $runtime:ident, ()) => {
        mod $module {
            #[expect(unused_imports, reason = "only that they are there counts")]
            use $package::{
                Change, ClientConfig, Event, EventId, EventLog, EventReader, EventRef, EventSource, EventSourceOver,
                EventType, Failure, FieldError, Limits, Message, NoMoreEvents, Publication, ReadError, Retry, Sender,
                Session, SessionConfig, StreamReader, Text, bytes, client, events, guide, last_event_id, report,
                server, sse_proto,
                transport::{Connect, Dialler, Io, Timer, rustls, $runtime},
                typed,
            };

            #[expect(dead_code, reason = "that it compiles is the test")]
            fn names_stand_for_the_same_types<C: Connect>(
                timer: Timer,
                source: EventSource,
                over: EventSourceOver<C>,
                reader: EventReader<&[u8]>,
                log: EventLog,
                session: Session,
                io: Io<()>,
            ) {
                let _: <$runtime as sse_driver::transport::Runtime>::Timer = timer;
                let _: sse_conformance::runtimes::EventSource<$runtime> = source;
                let _: sse_driver::EventSource<C, Timer> = over;
                let _: sse_driver::EventReader<Io<&[u8]>> = reader;
                let _: sse_driver::EventLog<$runtime> = log;
                let _: sse_driver::Session<$runtime> = session;
                let _: <$runtime as sse_driver::transport::Runtime>::Io<()> = io;
            }
        }
    };
}

sse_conformance::for_each_runtime!(names!());
