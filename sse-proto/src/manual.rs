//! The manual: prose only, no code to call.
//!
//! # How it hangs together
//!
//! ```text
//! client   socket → reader → client::EventSource (its Decoder) → your events
//! server   Message → EventLog (encoded once) → Session (a cursor) → writer → socket
//! ```
//!
//! The machines decide everything that the standard decides: what a line means, when an event is complete, what a
//! response's status and type lead to, when to connect again and what to request, when a heartbeat is due. A driver only
//! does what they return. The crate `sse-driver` has drivers for everything that can be polled; the adapter crates give them
//! the readers, writers and timers of their runtimes.
//!
//! # Driving by hand
//!
//! 1. Ask the machine: [`poll_output`](crate::client::EventSource::poll_output), with the time.
//! 2. Do what it says: connect, hand an event to the application, write bytes.
//! 3. Repeat until it says `Wait`.
//! 4. Wait for the connection, or for the moment that came with `Wait`, whichever is first.
//! 5. Tell the machine what happened, with one of the `handle_*` methods. If it was the moment that came, there is
//!    nothing to tell.
//! 6. Go back to 1.
//!
//! The rule to keep is that **every change is followed by a full drain**. Events are decoded as they are polled, and
//! from the bytes that were handed over last, so that nothing is queued: whoever stops polling stops reading, and TCP
//! tells the server.
//!
//! Time is a [`Timestamp`](crate::Timestamp): a duration since an epoch of your choice. In a test it is a number that
//! you add to, and a reconnection after three seconds takes no time at all.
//!
//! # What the client does, and what can be changed
//!
//! Without settings, [`EventSource`](crate::client::EventSource) is what the standard describes. Each line of this table
//! is a decision of the state machine; the right column is a method of [`ClientConfig`](crate::client::ClientConfig).
//!
//! | what | by default | to change it |
//! |---|---|---|
//! | the request | `GET`, no body | `post`, `method`, `query`, `header`, `bearer`, `body`, `json` |
//! | the types asked for | `text/event-stream` | `header("Accept", …)` adds, `accept` replaces |
//! | the response | status 200 and `text/event-stream`, no encoding; any other fails permanently | `policy`, `resilient`, `any_content_type` |
//! | what a refusal says | status, headers, 8 KiB of the body | `refusal_body` |
//! | redirects | 20 at most, no way from https to http, no credentials to another origin | `redirects` |
//! | where a reconnection goes | where permanent redirects led | `remember_redirects` |
//! | the wait | the reconnection time, 3 s until the server says otherwise, and a random time of up to 3 s or a quarter of it | `reconnection_time`, `backoff` |
//! | while the server is away | the random time grows, to waits of up to 30 s | `backoff`, `policy` |
//! | giving up | never | `max_reconnections`, `give_up_after`, `retry_first` |
//! | sending twice what must not be | only with an event ID to resume after | `resend` |
//! | no connection | 30 s, where the transport can report it | `connect_timeout` |
//! | no response | waited for without limit | `head_timeout` |
//! | a silent stream | waited for without limit | `idle_timeout` |
//! | the most that a stream makes it keep | a line of 4 MiB, 4 MiB of data, an ID of 1 KiB, an event type of 256 bytes; more fails permanently | `limits` |
//! | a stored ID | none | `last_event_id` |
//! | what is reported besides events | openings, losses, failures | `report` |
//! | the last bytes for diagnosis | not kept | `recent_input` |
//!
//! Each request has the number of the attempt and the cause of the last loss, so that its sender can replace what has
//! become stale, above all a token. [`handle_request`](crate::client::EventSource::handle_request) reports the change to
//! the machine; the loop of sse-driver has a hook for it, `EventSource::prepare`.
//!
//! A response that does not open the stream is a [`Failure`](crate::client::Failure) with a
//! [`Refusal`](crate::client::Refusal): [`status`](crate::client::Failure::status) and
//! [`retry_after`](crate::client::Failure::retry_after) read it. A [`Policy`](crate::client::Policy) may treat it as transient
//! instead, by its head or, once it has arrived, by its body: the cause of the reconnection is then
//! [`Loss::Refused`](crate::client::Loss::Refused), and the wait is as long as its `Retry-After` says, plus a random
//! time; [`Backoff`](crate::client::Backoff) has the rule.
//!
//! A wait that a server asks for is never cut short, but for one of more than a day: that is cut to a day, and reported
//! as [`Change::DelayCapped`](crate::client::Change::DelayCapped). The random time is added after that, so that the
//! wait can be longer than `DelayCapped::used`. It grows with each failure, to waits of up to
//! [`Backoff::ceiling`](crate::client::Backoff::ceiling).
//!
//! With the feature `tracing`, the loops of sse-driver report connections under the target `sse_driver::client` and sessions
//! under the target `sse_driver::server`, whichever adapter is used.
//!
//! # What is printed
//!
//! `Debug` and `Display` of configurations, requests, sources, sessions, logs, decoders, refusals and errors print no secret:
//!
//! | of | is printed |
//! |---|---|
//! | a URL, a `Location` | scheme, host, port and path; no user name and no password, `?…` in place of a query and `#…` in place of a fragment. Of text that cannot be parsed, no more than these parts |
//! | a header field | the name, and the value only where it is known to be harmless: of `Accept`, `Cache-Control`, `Connection`, `Content-Encoding`, `Content-Length`, `Content-Type`, `Date`, `Pragma`, `Retry-After` and `Transfer-Encoding` |
//! | a body, of a request or of a refusal | the length |
//! | the last event ID of a client | the length |
//! | an event that could not be read | the type, and the lengths of data and ID |
//!
//! The path of a URL is printed: a secret does not belong there. Topics are printed, too, in the `Debug` output of
//! `Subscribe` and of other types that have them and by `tracing`, so they should hold nothing secret. Content is
//! printed in full: an [`Event`](crate::Event), a [`Message`](crate::Message), an [`EventId`](crate::EventId), whatever
//! reports one of them to you ([`Change`](crate::client::Change)), and what a server reports as its own error
//! ([`TypedError::Reported`](crate::typed::TypedError::Reported)). The errors of a transport and of your value parsers
//! print what they print: those of `serde_json` may quote a value.
//!
//! `tracing` gets only the origin of a URL, and nothing of a redirect that cannot be followed. It gets the topics of
//! sessions.
//!
//! # A runtime of your own
//!
//! For a runtime or a transport that no adapter is for, there are the loops of the crate `sse-driver`. They ask for
//! four small traits, each with one or two functions to be polled:
//!
//! | trait | is | for |
//! |---|---|---|
//! | `sse_driver::transport::Read` | where bytes come from, as blocks of [`Bytes`](bytes::Bytes) | readers, and bodies of answers |
//! | `sse_driver::transport::Write` | where bytes go | sessions that write themselves |
//! | `sse_driver::transport::Timer` | a clock, an alarm, and a seed | waits, heartbeats, timeouts |
//! | `sse_driver::transport::Connect` | a request goes out, an answer comes back | clients |
//!
//! A client needs `Connect` with a `Read` for its body, and a `Timer`; closures are `Connect`, too. A reader needs `Read`
//! alone. A session needs a `Timer`; `Write` only if it is to write by itself, because what it sends can be polled for
//! as well, as blocks of bytes. A fifth trait, `sse_driver::transport::Runtime`, names the timer, and the wrapper that makes
//! a runtime's readers and writers ours (it may be none). A type that implements it stands for the runtime, and
//! `sse_driver::EventLog` and `sse_driver::Session` take it as a parameter. An adapter crate is no more than that, type
//! aliases, and a dialler.
//!
//! What the traits ask for, beyond their types:
//!
//! - `poll_read` gives what is there and does not wait for more, `None` only at an orderly end, and an error wherever
//!   the other side may have had more to say.
//! - `poll_until` is asked again with the same deadline each time that the task wakes up, and with another one when
//!   plans have changed: the earlier one is forgotten then. A timer that is early or late does no harm, because the
//!   clock decides; one that never wakes does.
//! - Each timer has a clock of its own, which may start anywhere, and must not run backwards.
//! - `Connect::classify` says which errors no other attempt will change.
//! - Dropping a future or a body gives up what it stands for. Nothing has to be told.
//!
//! A server (feature `serve`) needs `sse_driver::transport::Spawn`, which starts a task, and a
//! `sse_driver::server::Listener`, which accepts connections; the wrapper must make them readers and writers of hyper.
//!
//! With hyper (feature `http`) only a connection is missing: `sse_driver::transport::Dial` opens a socket, closures do, too, and
//! `sse_driver::transport::HttpConnector` makes a transport of it. For sockets with the traits of `futures_io` there is
//! `sse_driver::futures_io::FuturesIo` (feature `futures-io`), with TLS by rustls (feature `futures-tls`).
//!
//! Where the loops require `Send` of a runtime (names of `sse_driver`):
//!
//! | what | requires |
//! |---|---|
//! | the four traits; `EventReader`; `EventSource` over a `Connect` of yours; `Session::write_to` | nothing: streams and futures may belong to one thread |
//! | `EventSource::prepare` | that the hook and its futures are `Send` |
//! | `transport::Dial`, `transport::Socket`, `futures_io::ConnectTcp` | that the stream, and the future that opens it, are `Send` |
//! | `Session::run`, `stream` and `with_heartbeat`, `server::Subscribe::filter`, `EventLog::with_store` | that what the caller hands in is `Send` |
//! | `EventLog::observe` | that the observer is `Send` and `Sync` |
//! | a session as the response of HTTP (`into_http_response`, axum) | that the `Timer` is `Send` |
//! | `serve` | that the `Timer`, the streams, and the application with its futures and bodies are `Send` |
//!
//! These bounds are there so that sources and sessions can move between threads: they keep such values in boxes. hyper
//! does not ask for them over HTTP/1.1. A runtime whose sockets stay in one thread, such as monoio, can therefore have
//! readers, sessions, and clients over a `Connect` of its own, but not `transport::HttpConnector`. A `Waker` is always
//! `Send`: the wakers of every runtime may be called from the thread that publishes to a log or closes a source.
//!
//! Where they require the standard library: `client::Handle`, `EventLog`, `Session` and `Sender`
//! (they lock), HTTP, everything of `futures_io`, and TLS. Without it, as on embassy,
//! `EventReader` and `EventSource` work over traits of yours, and a server drives
//! [`server::EventLog`](crate::server::EventLog) and [`server::Session`](crate::server::Session) by hand.
//!
//! A test of a runtime needs no time: the tests of `sse-conformance` have one with pipes in memory and a clock that is a
//! number (`tests/own_runtime`), on which three hours of reconnections pass at once. `sse_conformance::Harness` and its
//! siblings judge it as they judge the adapters. A runtime with sockets implements `sse_conformance::runtimes::UnderTest`,
//! and all suites judge it: the tests have one on the sockets of the standard library (`tests/every_runtime/fourth`).
//!
//! # Receiving: lent or owned
//!
//! [`Decoder::decode`](crate::Decoder::decode) and [`EventSource::event`](crate::client::EventSource::event) lend an
//! event: its parts lie in the chunk that you handed in, or in the decoder where they were cut or had to be joined.
//! Nothing is allocated for it.
//!
//! [`Decoder::decode_owned`](crate::Decoder::decode_owned) and
//! [`EventSource::take_event`](crate::client::EventSource::take_event) give an [`Event`](crate::Event) whose parts are
//! slices of the received [`Bytes`](bytes::Bytes). Nothing is copied where a value lay there in one piece, but the
//! slice keeps the block alive; out of a [`Chunk`](crate::Chunk) of a slice, and where a short event was cut, the event is
//! copied. Where all events are kept, or each arrived in its own block, that costs little more
//! than their text. One event that is kept out of many keeps its whole block: at most 64 KiB with the readers and the
//! HTTP client of the adapters, and what the caller hands in elsewhere (`decode_owned`, `handle_data`,
//! `sse_driver::StreamReader`). Copy such an event if it is stored for long.
//!
//! # Limits
//!
//! A peer decides what is sent, you decide what is kept. [`Limits`](crate::Limits) has a bound for a line, for the data
//! of an event, for an ID and for a type, all finite by default, and each is checked while the line is still coming in.
//! What passes one is an error that names the limit, or the event is left out and the stream goes on. Lines that the
//! standard ignores are thrown away as they come.
//!
//! What a decoder keeps is at most one event's data, type and ID. In bytes of memory:
//!
//! | what | at most |
//! |---|---|
//! | the data of an event that was cut or joined | twice [`Limits::data`](crate::Limits), because a buffer doubles when it is full, and three times while it moves |
//! | the lines of an event that chunks have cut | 128 KiB, then only the values |
//! | data that is not well-formed UTF-8, while it is borrowed | three times `data` more, with U+FFFD in place of what is wrong |
//! | an unfinished line that is not data, a comment that is reported | twice [`Limits::line`](crate::Limits), and three times while it moves |
//! | an ID, an event type | twice [`Limits::id`](crate::Limits), [`Limits::event_type`](crate::Limits) |
//! | between events | buffers of up to 64 KiB; larger ones are let go |
//! | after the end, a failure or `close` | the last event ID; an `EventReader` also has the block that it reads into, until it is dropped |
//! | an HTTP connection of the adapters | blocks of 64 KiB: one that is received, one that is read, and what owned events keep; over HTTP/2 a window of 256 KiB |
//! | the head of a response | 64 KiB; a longer one breaks the connection |
//! | a redirect | a URL of less than 64 KiB; a longer one fails |
//!
//! A buffer is larger than 64 KiB only after a large value. It is let go when a chunk ends and the buffer is not in use, or
//! when the value after the next one needs less than a quarter of it.
//!
//! # Serving: a log and its readers
//!
//! An [`EventLog`](crate::server::EventLog) has one sequence of messages, whatever their topics are. Each is encoded once, after the
//! one before, into segments of at most 64 KiB whose bytes are shared. A reader holds the position of the next message:
//! what it has not read yet is a slice of a segment, so that a burst of messages is one piece, without a copy and without
//! an allocation for each reader. Only a reader of some topics whose messages do not lie next to each other needs them
//! copied together, once for all readers of the same topics at the same place.
//!
//! One sequence means one ID for all topics of a client, and one cursor for all topics of a session; a log for each topic
//! would need as many of both as there are topics. An index of each topic's positions keeps a reader of a rare topic from
//! walking over the others, and tells whether what it missed was for it.
//!
//! A gap is reported in four ways: the [`resync`](crate::server::SessionConfig::resync) event for the client, sent
//! unless it is switched off, the value of [`Resumed`](crate::server::Resumed) when a session is opened, `Output::Lagged`
//! while it runs, and the [`Observer`](crate::server::Observer) for the operator. A client that hears of a gap asks for the
//! whole state anew; one whose ID nobody knows gets everything that is kept, and may have some of it already.
//!
//! All sessions of a log, and its publishers, share one lock. A session holds it once for an event, to take a slice and to
//! register its task; a write to its socket costs the system many times as much. On a machine with two cores, with 1000
//! subscribers over loopback and single events, 0.2 % of the server's time went to waiting for the lock. Without any writes,
//! with 10 000 sessions in memory, two publishers and two threads that read as fast as they could, it was about 20 %. So the
//! lock bounds what one log can deliver, whatever the number of cores; with sockets and two cores that bound is far away.
//! Where it comes near on a larger machine, [hold messages back](crate::server::SessionConfig::coalesce), so that a session
//! holds the lock once for many events, or publish to several logs and give each a part of the subscribers.
//!
//! A client whose state is more than its events begins with a snapshot
//! ([`with_snapshot`](crate::server::Session::with_snapshot)): messages made at one position of the log, and then everything
//! from that position on. A client that can resume gets no snapshot, and one that cannot gets no `resync` event. The
//! snapshot has to be made under the same lock as each change and its publication; then nothing is lost between the two.
//!
//! A slow reader never holds up the others, nor the publisher, which does not wait unless it asks to. What becomes of a
//! reader that the log has overtaken is a setting of each session: it continues and the gap is reported, or it is ended
//! ([`OnLag`](crate::server::OnLag)). With [`latest`](crate::server::Interest::latest) a reader does not get what is out
//! of date by the time that it reads.
//!
//! When a session ends, it ends for a reason ([`CloseReason`](crate::server::CloseReason)). Nothing is sent after that.
//!
//! Some JavaScript clients deviate from the standard. The order of the lines and the missing blank line after heartbeats
//! ([`Message`](crate::Message)) keep most of that harmless; what is left is for pages to know:
//!
//! - eventsource 2 keeps the data lines of an event that was cut, and adds them to the event that it gets next. Use
//!   eventsource 3 or newer.
//! - fetch-event-source reports a message at every blank line, so also for an ID without an event: leave out messages
//!   without data.
//! - eventsource 4 and undici cannot send an ID that is not ASCII, and never reconnect after one. The IDs that a log makes
//!   are ASCII.
//!
//! # Without the standard library
//!
//! With `default-features = false` the crate needs `alloc` and nothing else; `sse-driver` builds there as well,
//! without handles, sessions and the shared log. `memchr` then chooses its instructions when it is compiled, not when it runs.
//!
//! # The house
//!
//! An arrow points at what a crate uses:
//!
//! ```text
//!                                        ┌── sse-tokio
//! sse-proto  <──────  sse-driver  <──────┼── sse-smol      <──────  your program
//! values in,          polls the          └── sse-asyncstd
//! decisions out       machines over                ^
//!     ^               small traits                 │
//!     └── sse-conformance judges all of them ──────┘  and other software as well
//! ```
//!
//! Each line below is a module of a crate's root, followed by the modules of the same crate that it uses. A module uses
//! only modules that stand above it.
//!
//! ```text
//! sse-proto
//!   ends
//!   hidden
//!   limits
//!   manual
//!   random
//!   time
//!   utf8
//!   text           utf8
//!   chunk          ends, text, utf8
//!   field          ends, text
//!   event          field, text
//!   message        ends, event, field, text
//!   report         event, field, limits
//!   data           message
//!   decode         chunk, ends, event, field, limits, report, text, utf8
//!   serde          event, field, message, text
//!   server         field, hidden, message, random, text, time
//!   json           data, event, message
//!   client         chunk, decode, event, field, hidden, json, limits, random, report, text, time
//!   typed          client, event, field, hidden, json, report, text
//! sse-driver
//!   methods
//!   report
//!   sync
//!   trace
//!   turn
//!   unwind
//!   lock           sync, unwind
//!   transport      turn
//!   alarm          transport
//!   reader         transport, turn
//!   event_log      alarm, lock, sync, transport
//!   event_source   alarm, lock, sync, trace, transport, turn
//!   write_deadline alarm, transport
//!   client         event_source
//!   futures_io     transport, write_deadline
//!   session        alarm, event_log, lock, sync, trace, transport, turn, unwind
//!   typed          event_source, reader, transport
//!   axum           session, transport
//!   models         event_log, session, transport
//!   serve          alarm, event_log, lock, session, sync, trace, transport, write_deadline
//!   stream         event_source, reader, session, transport, typed
//!   server         event_log, serve, session, write_deadline
//! sse-tokio
//!   dial
//!   io
//!   reqwest
//!   serve
//!   timer
//!   write_timeout
//! sse-smol
//!   dial
//!   serve
//!   timer
//! sse-asyncstd
//!   dial
//!   serve
//!   timer
//! ```
