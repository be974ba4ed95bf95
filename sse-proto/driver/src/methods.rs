//! The methods of the main types, as text for the documentation of the adapters: their types are aliases, and the page of
//! an alias shows methods to browsers with scripts only.

/// Expands to the table of the methods of a type.
#[doc(hidden)]
#[macro_export]
macro_rules! methods {
    (EventSource) => {
        "# Methods

They are described in full on the page of [`sse_driver::EventSource`].

| to make one | |
|---|---|
| [`get(url)`](sse_driver::EventSource::get) | a source of the events at this URL |
| [`open(config)`](sse_driver::EventSource::open) | with these settings |
| [`new(config, transport)`](sse_driver::EventSource::new), [`with_timer`](sse_driver::EventSource::with_timer) | over this transport; with this timer |
| [`prepare(hook)`](sse_driver::EventSource::prepare) | lets a hook change each request, for example to add a fresh token |

| to receive | |
|---|---|
| [`next().await`](sse_driver::EventSource::next) | the next event; `None` when there will be none |
| [`next_ref().await`](sse_driver::EventSource::next_ref) | the same, borrowed: nothing is allocated for it |
| [`next_change().await`](sse_driver::EventSource::next_change) | the next [`Change`](sse_driver::Change): opened, lost and why, an event, the end |
| [`next_of(event_type).await`](sse_driver::EventSource::next_of) | the next event of this type |
| [`typed::<T>()`](sse_driver::EventSource::typed), [`json::<T>()`](sse_driver::EventSource::json) | the events as values |
| [`poll_next_event`](sse_driver::EventSource::poll_next_event), [`poll_next_change`](sse_driver::EventSource::poll_next_change) | for hand-written futures; it is a `Stream`, too |

| to control | |
|---|---|
| [`close()`](sse_driver::EventSource::close) | drops the connection; no event comes any more |
| [`restart()`](sse_driver::EventSource::restart) | connects again at once |
| [`handle()`](sse_driver::EventSource::handle) | closes or restarts the source from another task |

| to look at | |
|---|---|
| [`ready_state()`](sse_driver::EventSource::ready_state) | connecting, open or closed |
| [`last_event_id()`](sse_driver::EventSource::last_event_id) | the ID that a reconnection resumes after |
| [`reconnection_time()`](sse_driver::EventSource::reconnection_time) | how long it waits before it reconnects |
| [`url()`](sse_driver::EventSource::url), [`origin()`](sse_driver::EventSource::origin) | where the events come from |
| [`response()`](sse_driver::EventSource::response) | status and header fields of the open stream |
| [`recent_input()`](sse_driver::EventSource::recent_input) | the last bytes received, for a bug report |
"
    };
    (Session) => {
        "# Methods

They are described in full on the page of [`sse_driver::Session`].

| to make one | |
|---|---|
| [`resume(log, last_event_id)`](sse_driver::Session::resume) | reads a log from where the client was; [`EventLog::session`](sse_driver::EventLog::session) has the other ways |
| [`channel(config)`](sse_driver::Session::channel) | is fed by a [`Sender`](sse_driver::Sender) |
| [`run(config, handler)`](sse_driver::Session::run) | is fed by an async function, which is dropped when the client leaves |
| [`stream(config, stream)`](sse_driver::Session::stream) | sends what a stream yields |
| [`try_run(config, handler)`](sse_driver::Session::try_run), [`try_stream(config, stream)`](sse_driver::Session::try_stream) | break the response off at an error |
| [`with_heartbeat(make)`](sse_driver::Session::with_heartbeat), [`with_async_heartbeat(make)`](sse_driver::Session::with_async_heartbeat) | makes each heartbeat when it is due |
| [`join(sessions)`](sse_driver::Session::join), [`join_as(sessions, key)`](sse_driver::Session::join_as) | is ended, counted and observed with a group |

| to send the response | |
|---|---|
| [`into_http_response()`](sse_driver::Session::into_http_response) | the response, with its header fields and the session as its body |
| [`compress(coding)`](sse_driver::Session::compress) | compresses the response (features `gzip` and `zstd`) |
| [`write_to(writer).await`](sse_driver::Session::write_to) | writes the body to any writer |
| [`poll_bytes`](sse_driver::Session::poll_bytes) | for everything else; it is a `Stream`, too |

| to look at | |
|---|---|
| [`handle()`](sse_driver::Session::handle) | ends this session from elsewhere |
| [`resumed()`](sse_driver::Session::resumed) | whether the client gets all that it missed |
| [`missed()`](sse_driver::Session::missed) | how many messages it did not get because it was too slow |
"
    };
    (EventLog) => {
        "# Methods

They are described in full on the page of [`sse_driver::EventLog`].

| to make one | |
|---|---|
| [`new(config)`](sse_driver::EventLog::new) | an empty log; `default()` has the default settings |
| [`with_store(store)`](sse_driver::EventLog::with_store) | over a custom store |
| [`observe(observer)`](sse_driver::EventLog::observe) | reports what becomes of sessions |

| to publish | |
|---|---|
| [`publish(message)`](sse_driver::EventLog::publish) | to all sessions, or to the topics of a [`Publication`](sse_driver::Publication) |
| [`publish_all(messages)`](sse_driver::EventLog::publish_all) | many at once |
| [`publish_awaiting(message, patience).await`](sse_driver::EventLog::publish_awaiting) | when certain sessions have caught up |
| [`publish_acknowledged(message, patience).await`](sse_driver::EventLog::publish_acknowledged) | and waits until all sessions have it |
| [`notify(topics)`](sse_driver::EventLog::notify) | wakes sessions for what a custom store has got from elsewhere |

| to serve | |
|---|---|
| [`session()`](sse_driver::EventLog::session) | opens a session: topics, filter, where it starts, whose it is |
| [`sessions()`](sse_driver::EventLog::sessions), [`sessions_in(topic)`](sse_driver::EventLog::sessions_in), [`sessions_of(key)`](sse_driver::EventLog::sessions_of) | how many there are |
| [`lag()`](sse_driver::EventLog::lag) | how many messages the slowest one is late |
| [`keys()`](sse_driver::EventLog::keys), [`keys_in(topic)`](sse_driver::EventLog::keys_in) | who is there |
| [`announce(make)`](sse_driver::EventLog::announce) | publishes who joins and leaves a topic |
| [`topics_of(id)`](sse_driver::EventLog::topics_of) | the stream that an ID is of |
| [`finish(key, farewell)`](sse_driver::EventLog::finish) | ends the sessions with this key gently |
| [`disconnect(key)`](sse_driver::EventLog::disconnect) | breaks them off at once |
| [`group()`](sse_driver::EventLog::group) | the log's sessions as a group that sessions of other kinds join |

| to stop | |
|---|---|
| [`drain(config).await`](sse_driver::EventLog::drain) | ends all sessions after what was published, and waits for them |
| [`close()`](sse_driver::EventLog::close), [`is_closed()`](sse_driver::EventLog::is_closed) | ends the log: nothing more is published |
"
    };
    (EventReader) => {
        "# Methods

They are described in full on the page of [`sse_driver::EventReader`].

| | |
|---|---|
| [`new(stream)`](sse_driver::EventReader::new), [`with_limits`](sse_driver::EventReader::with_limits), [`resumed`](sse_driver::EventReader::resumed) | reads this stream: with other limits; after an event |
| [`next().await`](sse_driver::EventReader::next) | the next event; `None` at the end |
| [`next_ref().await`](sse_driver::EventReader::next_ref) | the same, borrowed: nothing is allocated for it |
| [`next_of(event_type).await`](sse_driver::EventReader::next_of) | the next event of this type |
| [`typed::<T>()`](sse_driver::EventReader::typed), [`json::<T>()`](sse_driver::EventReader::json) | the events as values |
| [`poll_next_event`](sse_driver::EventReader::poll_next_event) | for hand-written futures; it is a `Stream`, too |
| [`last_event_id()`](sse_driver::EventReader::last_event_id), [`retry()`](sse_driver::EventReader::retry) | the last ID, and the last reconnection time |
| [`end()`](sse_driver::EventReader::end) | how the stream ended |
"
    };
    (Failure) => {
        "# Methods

They are described in full on the page of [`sse_driver::Failure`].

| | |
|---|---|
| [`status()`](sse_driver::Failure::status), [`retry_after()`](sse_driver::Failure::retry_after) | of the response that refused; `refusal` has its header fields and body |
| [`is_timeout()`](sse_driver::Failure::is_timeout) | no connection, no response or no byte in time |
| [`is_cut_off()`](sse_driver::Failure::is_cut_off) | the stream broke off, fell silent, or ended in the middle of an event |
"
    };
}
