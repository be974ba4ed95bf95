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

use crate::tally::Tally;

/// The length of an event on the wire, and of its data.
pub(crate) const EVENT_LEN: usize = 200;
const PREFIX: &str = "data: ";
const DATA_LEN: usize = EVENT_LEN - PREFIX.len() - 2;

/// The data of the event after the last: how a client knows that it has everything.
pub(crate) const END: &str = "end";
const END_EVENT: &[u8] = b"data: end\n\n";

/// How the body is delimited.
#[derive(Clone, Copy, Debug, Eq, PartialEq, clap::ValueEnum)]
pub(crate) enum Framing {
    /// `Transfer-Encoding: chunked`: each write is a chunk.
    Chunked,
    /// `Connection: close`: the body ends with the connection.
    Close,
}

/// What is asked of the server: it is the path of the request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Order {
    pub(crate) events: u64,
    pub(crate) write: usize,
    pub(crate) framing: Framing,
}

impl Order {
    pub(crate) fn path(self) -> String {
        let framing = if self.framing == Framing::Chunked { "chunked" } else { "close" };
        format!("/{}/{}/{framing}", self.events, self.write)
    }

    fn parse(path: &str) -> Option<Self> {
        let mut parts = path.split('/').skip(1);
        Some(Self {
            events: parts.next()?.parse().ok()?,
            write: parts.next()?.parse().ok().filter(|write| *write > 0)?,
            framing: if parts.next()? == "chunked" { Framing::Chunked } else { Framing::Close },
        })
    }

    /// What a client must find before the end.
    pub(crate) fn expected(self) -> Tally {
        Tally { events: self.events, data_bytes: self.events * DATA_LEN as u64 }
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
        let command = command.arg("serve").stdin(Stdio::piped()).stdout(Stdio::piped());
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
    let framing = match order.framing {
        Framing::Chunked => "Transfer-Encoding: chunked",
        Framing::Close => "Connection: close",
    };
    let head =
        format!("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-store\r\n{framing}\r\n\r\n");
    stream.write_all(head.as_bytes())?;

    let block = block();
    let mut left = order.events as usize * EVENT_LEN;
    // The writes come round again when the events and the writes end together.
    let round: Vec<_> = (0..EVENT_LEN / gcd(EVENT_LEN, order.write))
        .map(|number| framed(&block, number * order.write, order.write, order.framing))
        .collect();
    let mut at = 0;
    for write in round.iter().cycle() {
        if left < order.write {
            break;
        }
        stream.write_all(write)?;
        left -= order.write;
        at += order.write;
    }
    if left > 0 {
        stream.write_all(&framed(&block, at, left, order.framing))?;
    }
    stream.write_all(&framed(END_EVENT, 0, END_EVENT.len(), order.framing))?;
    if order.framing == Framing::Chunked {
        stream.write_all(b"0\r\n\r\n")?;
    }
    Ok(())
}

/// One event, of which the stream consists.
fn block() -> Vec<u8> {
    let mut data = String::from(r#"{"id":"evt-01J9ZK","object":"update","created":1740000000,"text":""#);
    while data.len() < DATA_LEN - 2 {
        let _ = write!(data, "{} ", data.len() % 7);
    }
    data.truncate(DATA_LEN - 2);
    data.push_str("\"}");
    format!("{PREFIX}{data}\n\n").into_bytes()
}

/// A write of `len` bytes of the endless stream from `at` on, as it goes over the wire.
fn framed(block: &[u8], at: usize, len: usize, framing: Framing) -> Vec<u8> {
    let payload = (at..at + len).map(|at| block[at % block.len()]);
    match framing {
        Framing::Close => payload.collect(),
        Framing::Chunked => {
            let mut bytes = format!("{len:x}\r\n").into_bytes();
            bytes.extend(payload);
            bytes.extend_from_slice(b"\r\n");
            bytes
        }
    }
}

fn gcd(left: usize, right: usize) -> usize {
    if right == 0 { left } else { gcd(right, left % right) }
}
