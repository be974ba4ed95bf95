//! The server that all clients read from: blocking sockets, a thread per connection, a process of its own, so that only
//! the client's CPU time is counted.

use std::{
    env,
    fmt::Write as _,
    io::{self, BufRead, BufReader, Read, Write},
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    process::{Child, Command, Stdio},
    thread,
};

use clap::ValueEnum;

use crate::tally::Tally;

/// The length of an event, without what HTTP puts around it.
const EVENT_LEN: usize = 200;
/// How many events there are before the first comes again.
const DIFFERENT: u64 = 16;

/// The data of the event after the last: how a client knows that it has everything.
pub(crate) const END: &str = "end";
const END_EVENT: &[u8] = b"data: end\n\n";

/// How the body is delimited.
#[derive(Clone, Copy, Debug, Eq, PartialEq, clap::ValueEnum)]
pub(crate) enum Framing {
    /// `Transfer-Encoding: chunked`, each event a chunk, as servers that know events have it.
    Event,
    /// `Transfer-Encoding: chunked`, each write a chunk, as proxies have it.
    Write,
    /// `Connection: close`: the body ends with the connection.
    Close,
}

impl Framing {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Event => "a chunk per event",
            Self::Write => "a chunk per write",
            Self::Close => "until close",
        }
    }
}

/// Which fields an event has.
#[derive(Clone, Copy, Debug, Eq, PartialEq, clap::ValueEnum)]
pub(crate) enum Shape {
    /// One line of data.
    Data,
    /// `id`, `event` and one line of data.
    Full,
}

impl Shape {
    const fn prefix_len(self) -> usize {
        match self {
            Self::Data => "data: ".len(),
            Self::Full => "id: 1000000\nevent: update\ndata: ".len(),
        }
    }

    fn event(self, number: u64) -> Vec<u8> {
        let mut text = match self {
            Self::Data => String::from("data: "),
            Self::Full => format!("id: {}\nevent: update\ndata: ", 1_000_000 + number),
        };
        debug_assert_eq!(text.len(), self.prefix_len(), "all events are of one length");
        text.push_str(r#"{"id":"evt-01J9ZK","object":"update","created":1740000000,"text":""#);
        while text.len() < EVENT_LEN {
            let _ = write!(text, "{} ", (text.len() as u64 + number) % 7);
        }
        text.truncate(EVENT_LEN - 4);
        text.push_str("\"}\n\n");
        text.into_bytes()
    }
}

/// What is asked of the server: it is the path of the request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Order {
    pub(crate) events: u64,
    pub(crate) write: usize,
    pub(crate) framing: Framing,
    pub(crate) shape: Shape,
}

impl Order {
    pub(crate) fn path(self) -> String {
        let Self { events, write, framing, shape } = self;
        format!("/{events}/{write}/{framing:?}/{shape:?}")
    }

    fn parse(path: &str) -> Option<Self> {
        let mut parts = path.split('/').skip(1);
        Some(Self {
            events: parts.next()?.parse().ok()?,
            write: parts.next()?.parse().ok().filter(|write| *write > 0)?,
            framing: Framing::from_str(parts.next()?, true).ok()?,
            shape: Shape::from_str(parts.next()?, true).ok()?,
        })
    }

    /// The length of the body, without the frames of chunks.
    pub(crate) const fn body_len(self) -> u64 {
        self.events * EVENT_LEN as u64 + END_EVENT.len() as u64
    }

    /// What a client must find before the end.
    pub(crate) fn expected(self) -> Tally {
        Tally { events: self.events, data_bytes: self.events * (EVENT_LEN - 2 - self.shape.prefix_len()) as u64 }
    }
}

/// A server in another process. It ends with this one.
pub(crate) struct Server {
    child: Child,
    pub(crate) address: SocketAddr,
}

impl Server {
    pub(crate) fn start() -> Result<Self, String> {
        let program = env::current_exe().map_err(|error| error.to_string())?;
        let mut command = Command::new(program);
        let command = command.arg("source").stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().map_err(|error| format!("no server: {error}"))?;
        let mut line = String::new();
        let said = child.stdout.take().ok_or("the server has no output")?;
        BufReader::new(said).read_line(&mut line).map_err(|error| error.to_string())?;
        let port = line.trim().parse::<u16>().map_err(|error| format!("the server says {line:?}: {error}"))?;
        Ok(Self { child, address: (Ipv4Addr::LOCALHOST, port).into() })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}

/// Serves until standard input ends.
pub(crate) fn serve() -> Result<(), String> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(|error| error.to_string())?;
    println!("{}", listener.local_addr().map_err(|error| error.to_string())?.port());
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            // A client that has seen the end may be gone before it was sent everything.
            thread::spawn(move || drop(answer(stream)));
        }
    });
    let mut ignored = Vec::new();
    io::stdin().read_to_end(&mut ignored).map_err(|error| error.to_string())?;
    Ok(())
}

fn answer(mut stream: TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut request = String::new();
    reader.read_line(&mut request)?;
    let mut line = String::from("-");
    while !line.trim().is_empty() {
        line.clear();
        reader.read_line(&mut line)?;
    }
    let Some(order) = request.split(' ').nth(1).and_then(Order::parse) else {
        return stream.write_all(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    };
    let Order { events, write, framing, shape } = order;
    let delimited = if framing == Framing::Close { "Connection: close" } else { "Transfer-Encoding: chunked" };
    let head = format!("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n{delimited}\r\n\r\n");
    stream.write_all(head.as_bytes())?;

    let different = (0..DIFFERENT).map(|number| shape.event(number));
    let round: Vec<_> =
        different.flat_map(|event| if framing == Framing::Event { chunk(&event) } else { event }).collect();
    let mut left = round.len() / DIFFERENT as usize * events as usize;
    let body = round.repeat(1 + write.div_ceil(round.len()));
    let mut at = 0;
    while left > 0 {
        let bytes = &body[at..at + write.min(left)];
        if framing == Framing::Write {
            stream.write_all(&chunk(bytes))?;
        } else {
            stream.write_all(bytes)?;
        }
        left -= bytes.len();
        at = (at + bytes.len()) % round.len();
    }
    if framing == Framing::Close {
        return stream.write_all(END_EVENT);
    }
    stream.write_all(&[&*chunk(END_EVENT), b"0\r\n\r\n"].concat())
}

/// A chunk of HTTP.
fn chunk(payload: &[u8]) -> Vec<u8> {
    [format!("{:x}\r\n", payload.len()).as_bytes(), payload, b"\r\n"].concat()
}
