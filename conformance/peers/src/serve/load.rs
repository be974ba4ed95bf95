//! The load generator: many connections on one thread, which read all that comes and make sure of it.

use std::{
    io::{ErrorKind, Read, Write},
    net::{SocketAddr, TcpStream as StdStream},
    time::{Duration, Instant},
};

use memchr::memmem;
use mio::{Events, Interest, Poll, Token, net::TcpStream};

use super::event::{Counter, Delivered, Scanner, now};

/// So long may nothing come where something must.
const PATIENCE: Duration = Duration::from_secs(10);

pub(super) struct Load {
    poll: Poll,
    ready: Events,
    readers: Vec<Reader>,
    scanner: Scanner,
    buffer: Vec<u8>,
    /// How long each event took from its making to its reader, in nanoseconds, if that is asked for.
    pub(super) latencies: Option<Vec<u64>>,
}

struct Reader {
    stream: TcpStream,
    /// The beginning of the response until its head is complete.
    head: Option<Vec<u8>>,
    stalled: bool,
    delivered: Delivered,
    /// Everything that came, if that is asked for.
    record: Option<Vec<u8>>,
}

impl Load {
    /// Connects this number of readers and waits until each has the head of its response.
    pub(super) fn connect(address: SocketAddr, path: &str, readers: usize) -> Result<Self, String> {
        let poll = Poll::new().map_err(|error| error.to_string())?;
        let mut load = Self {
            poll,
            ready: Events::with_capacity(1024),
            readers: Vec::with_capacity(readers),
            scanner: Scanner::new(),
            buffer: vec![0; 256 * 1024],
            latencies: None,
        };
        for _ in 0..readers {
            load.add(address, path, "")?;
        }
        load.until(|reader| reader.head.is_none())?;
        Ok(load)
    }

    /// Connects one more reader, whose request has these header fields as well; each ends with CRLF.
    fn add(&mut self, address: SocketAddr, path: &str, fields: &str) -> Result<(), String> {
        let connected = || {
            let mut stream = StdStream::connect(address)?;
            stream.set_nodelay(true)?;
            stream.write_all(format!("GET {path} HTTP/1.1\r\nHost: {address}\r\n{fields}\r\n").as_bytes())?;
            stream.set_nonblocking(true)?;
            let mut stream = TcpStream::from_std(stream);
            self.poll.registry().register(&mut stream, Token(self.readers.len()), Interest::READABLE)?;
            Ok(stream)
        };
        let stream = connected().map_err(|error: std::io::Error| {
            format!("reader {} cannot connect: {error} (ulimit -n?)", self.readers.len())
        })?;
        let head = Some(Vec::new());
        self.readers.push(Reader { stream, head, stalled: false, delivered: Delivered::default(), record: None });
        Ok(())
    }

    /// Reads until each reader that is not stalled has had `events` in all, and none is missing.
    pub(super) fn receive(&mut self, events: u64) -> Result<(), String> {
        self.until(|reader| reader.delivered.next >= events)?;
        for (number, Reader { delivered, stalled, .. }) in self.readers.iter().enumerate() {
            if !stalled && (delivered.events, delivered.missed) != (events, 0) {
                return Err(format!("reader {number} has {} events of {events}", delivered.events));
            }
        }
        Ok(())
    }

    /// Connects this number of readers that read only the head of their response.
    pub(super) fn add_stalled(&mut self, address: SocketAddr, path: &str, readers: usize) -> Result<(), String> {
        let first = self.readers.len();
        for _ in 0..readers {
            self.add(address, path, "")?;
        }
        self.until(|reader| reader.head.is_none())?;
        (first..first + readers).for_each(|reader| self.stall(reader));
        Ok(())
    }

    /// Has a reader read nothing from now on.
    pub(super) fn stall(&mut self, reader: usize) {
        self.readers[reader].stalled = true;
    }

    /// Has a stalled reader read again, until the last of so many events. Returns what it was delivered in all, and the
    /// bytes that came.
    pub(super) fn wake(&mut self, reader: usize, events: u64) -> Result<(Delivered, Vec<u8>), String> {
        let woken = &mut self.readers[reader];
        woken.stalled = false;
        woken.record = Some(Vec::new());
        woken.read(&self.scanner, &mut self.buffer, None)?;
        self.until(|reader| reader.delivered.next >= events)?;
        let woken = &mut self.readers[reader];
        Ok((woken.delivered.clone(), woken.record.take().unwrap_or_default()))
    }

    /// Connects one more reader, which goes on behind an event, and reads until it has the last of so many events.
    pub(super) fn resume(
        &mut self,
        address: SocketAddr,
        id: &str,
        after: u64,
        events: u64,
    ) -> Result<Delivered, String> {
        self.add(address, "/", &format!("Last-Event-ID: {id}\r\n"))?;
        let last = self.readers.len() - 1;
        self.readers[last].delivered.next = after + 1;
        self.until(|reader| reader.head.is_none() && reader.delivered.next >= events)?;
        Ok(self.readers[last].delivered.clone())
    }

    pub(super) fn readers(&self) -> usize {
        self.readers.len()
    }

    /// Reads what comes until all readers are done that are not stalled.
    fn until(&mut self, done: impl Fn(&Reader) -> bool) -> Result<(), String> {
        let mut last = Instant::now();
        let mut pending = self.readers.iter().filter(|reader| !reader.stalled && !done(reader)).count();
        while pending > 0 {
            self.poll.poll(&mut self.ready, Some(Duration::from_secs(1))).map_err(|error| error.to_string())?;
            if !self.ready.is_empty() {
                last = Instant::now();
            } else if last.elapsed() > PATIENCE {
                return Err(format!("{pending} readers wait for what does not come"));
            }
            for event in &self.ready {
                let Some(reader) = self.readers.get_mut(event.token().0).filter(|reader| !reader.stalled) else {
                    continue;
                };
                let was_done = done(reader);
                reader.read(&self.scanner, &mut self.buffer, self.latencies.as_mut())?;
                pending -= usize::from(!was_done && done(reader));
            }
        }
        Ok(())
    }
}

/// Asks for a response with this number of events, and reads it as fast as it comes.
pub(super) fn drain(address: SocketAddr, path: &str, events: u64) -> Result<(), String> {
    let failed = |error: std::io::Error| error.to_string();
    let mut stream = StdStream::connect(address).map_err(failed)?;
    stream.set_read_timeout(Some(PATIENCE)).map_err(failed)?;
    let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\n\r\n");
    stream.write_all(request.as_bytes()).map_err(failed)?;
    let (mut counter, mut buffer) = (Counter::new(), vec![0; 256 * 1024]);
    let mut count = 0;
    while count < events {
        match stream.read(&mut buffer).map_err(failed)? {
            0 => return Err(format!("the stream ends after {count} events of {events}")),
            read => count += counter.count(&buffer[..read]),
        }
    }
    if count > events { Err(format!("{count} events instead of {events}")) } else { Ok(()) }
}

impl Reader {
    fn read(
        &mut self,
        scanner: &Scanner,
        buffer: &mut [u8],
        mut latencies: Option<&mut Vec<u64>>,
    ) -> Result<(), String> {
        loop {
            let count = match self.stream.read(buffer) {
                Ok(0) => return Err("the server has closed a connection".to_owned()),
                Ok(count) => count,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => return Err(error.to_string()),
            };
            let came = if latencies.is_some() { now() } else { 0 };
            let mut bytes = &buffer[..count];
            let joined;
            if let Some(mut head) = self.head.take() {
                head.extend_from_slice(bytes);
                let Some(end) = memmem::find(&head, b"\r\n\r\n") else {
                    self.head = Some(head);
                    continue;
                };
                if !head.starts_with(b"HTTP/1.1 200 ") {
                    return Err(format!("the server answers {:?}", String::from_utf8_lossy(&head[..end])));
                }
                joined = head.split_off(end);
                bytes = &joined;
            }
            if let Some(record) = &mut self.record {
                record.extend_from_slice(bytes);
            }
            scanner.scan(&mut self.delivered, bytes, |made| {
                if let Some(latencies) = &mut latencies {
                    latencies.push(came.saturating_sub(made));
                }
            })?;
            if count < buffer.len() {
                // There is no more for now, and a new event if there is.
                return Ok(());
            }
        }
    }
}
