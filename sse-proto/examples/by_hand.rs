//! Both state machines driven by hand, over blocking sockets of the standard library and nothing else.
//!
//! ```sh
//! cargo run -p sse-proto --example by_hand
//! ```
//!
//! What a driver has to do is in `listen` (the client) and in `respond` (the server): call `poll_output`, do what it
//! returns, report the result to the machine, and repeat. The HTTP here is just enough for these two to understand each
//! other; a real program leaves it to an HTTP library.

use std::{
    error::Error,
    io::{self, BufRead, BufReader, ErrorKind, Read, Write},
    net::{TcpListener, TcpStream},
    thread,
    time::{Duration, Instant},
};

use sse_proto::{
    Retry, Timestamp,
    client::{Change, ClientConfig, EventSource, Headers, NetworkError, Output, Request, ResponseHead},
    server::{self, EventLog, LogConfig, RESPONSE_HEADERS, Session, SessionConfig, StartAt},
};

fn main() -> Result<(), Box<dyn Error>> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let url = format!("http://{}/events", listener.local_addr()?);
    let server = thread::spawn(move || serve(&listener));
    listen(&url, 6)?;
    server.join().map_err(|_| "the server panicked")??;
    Ok(())
}

/// The clock is the caller's: here, the time since the program asked first.
struct Clock(Instant);

impl Clock {
    fn now(&self) -> Timestamp {
        Timestamp::new(self.0.elapsed())
    }

    fn until(&self, moment: Timestamp) -> Duration {
        moment.since(self.now())
    }
}

/// The client: prints events until there were `count`.
fn listen(url: &str, count: usize) -> Result<(), Box<dyn Error>> {
    let clock = Clock(Instant::now());
    let mut source = EventSource::new(ClientConfig::get(url)?);
    let mut connection: Option<BufReader<TcpStream>> = None;
    let mut received = 0;
    loop {
        match source.poll_output(clock.now()) {
            Output::Connect(request) => match ask(&request) {
                Ok((head, body)) => {
                    connection = Some(body);
                    source.handle_response(&head);
                }
                Err(_) => source.handle_error(NetworkError::Transient),
            },
            Output::Change(Change::Open(_)) => println!("open"),
            Output::Event => {
                let event = source.event().ok_or("an event was announced")?;
                println!("{} {:?}: {}", event.event_type(), event.last_event_id(), event.data());
                received += 1;
                if received == count {
                    source.close();
                }
            }
            Output::Change(Change::Reestablishing { cause, delay, .. }) => {
                connection = None;
                println!("{cause}, back in {} ms", delay.as_millis());
            }
            Output::Wait { until } => match (&mut connection, until) {
                (Some(body), _) => match receive(body) {
                    Ok(data) if data.is_empty() => source.handle_end(),
                    Ok(data) => source.handle_data(data.into()),
                    Err(_) => source.handle_error(NetworkError::Transient),
                },
                (None, Some(until)) => thread::sleep(clock.until(until)),
                (None, None) => return Err("nothing will ever happen".into()),
            },
            Output::Change(Change::Failed(failure)) => return Err(failure.into()),
            Output::Change(Change::Closed) => return Ok(()),
            // Comments and the like, which the configuration does not ask for.
            Output::Change(other) => println!("{other:?}"),
        }
    }
}

/// Sends a request and reads the head of the answer.
fn ask(request: &Request) -> io::Result<(ResponseHead, BufReader<TcpStream>)> {
    let bad = || io::Error::from(ErrorKind::InvalidData);
    let (host, path) = request.url.strip_prefix("http://").and_then(|rest| rest.split_once('/')).ok_or_else(bad)?;
    let mut stream = TcpStream::connect(host)?;
    let mut head = format!("GET /{path} HTTP/1.0\r\nHost: {host}\r\n").into_bytes();
    for (name, value) in request.headers.iter() {
        head.extend_from_slice(name.as_bytes());
        head.extend_from_slice(b": ");
        head.extend_from_slice(value);
        head.extend_from_slice(b"\r\n");
    }
    head.extend_from_slice(b"\r\n");
    stream.write_all(&head)?;

    let mut body = BufReader::new(stream);
    let (first, headers) = read_head(&mut body)?;
    let status = first.split(' ').nth(1).and_then(|status| status.parse().ok()).ok_or_else(bad)?;
    Ok((ResponseHead { status, headers }, body))
}

/// Waits for some bytes; none at the end.
fn receive(body: &mut BufReader<TcpStream>) -> io::Result<Vec<u8>> {
    let data = body.fill_buf()?.to_vec();
    body.consume(data.len());
    Ok(data)
}

/// The server: one client after the other, from the same log. The first response ends too early.
fn serve(listener: &TcpListener) -> io::Result<()> {
    let clock = Clock(Instant::now());
    let mut log = EventLog::new(LogConfig::new());
    for responses in 0.. {
        for number in 1..=3 {
            log.publish(format!("event {} of 6", 3 * responses + number), clock.now()).map_err(io::Error::other)?;
        }
        let mut stream = listener.accept()?.0;
        let (_, headers) = read_head(&mut BufReader::new(&mut stream))?;
        let id = headers.value("last-event-id").and_then(server::last_event_id_in_header);
        let (cursor, resumed) = log.subscribe(id.as_ref().map_or(StartAt::Oldest, StartAt::After), clock.now());
        println!("  (a client asks for what came after {id:?}: {resumed:?})");
        let retry = Some(Retry::from_millis(200));
        let session = Session::reading(SessionConfig::new().retry(retry), cursor);
        if responses == 0 {
            respond(stream, session, &mut log)?;
        } else {
            log.close();
            return respond(stream, session, &mut log);
        }
    }
    Ok(())
}

/// Writes a response until the session has nothing more to say.
fn respond(mut stream: TcpStream, mut session: Session, log: &mut EventLog) -> io::Result<()> {
    let clock = Clock(Instant::now());
    write!(stream, "HTTP/1.0 200 OK\r\n")?;
    for (name, value) in RESPONSE_HEADERS {
        write!(stream, "{name}: {value}\r\n")?;
    }
    write!(stream, "\r\n")?;
    loop {
        session.handle_log(log, clock.now());
        match session.poll_output(clock.now()) {
            server::Output::Transmit(bytes) => stream.write_all(&bytes)?,
            server::Output::Lagged { missed } => println!("  (the log has overtaken this client by {missed} events)"),
            // Only sessions whose heartbeats are made by the application are asked for them.
            server::Output::Heartbeat => {}
            // A server that has more than one client would wait here for the log or for `until`. This one hangs up.
            server::Output::Wait { .. } | server::Output::Aborted | server::Output::Closed => return Ok(()),
        }
    }
}

/// The first line and the header fields of a request or an answer.
fn read_head(stream: &mut impl BufRead) -> io::Result<(String, Headers)> {
    let mut text = String::new();
    while !text.ends_with("\r\n\r\n") {
        if stream.by_ref().take(8192).read_line(&mut text)? == 0 || text.len() > 8192 {
            return Err(ErrorKind::InvalidData.into());
        }
    }
    let mut lines = text.lines();
    let first = lines.next().unwrap_or_default().to_owned();
    let fields = lines.filter_map(|line| line.split_once(": "));
    Ok((first, fields.map(|(name, value)| (name, value.as_bytes().to_vec())).collect()))
}
