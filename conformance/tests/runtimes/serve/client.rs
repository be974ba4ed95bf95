//! A client that sees the bytes.

use core::{net::SocketAddr, time::Duration};
use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{Shutdown, TcpStream},
    thread,
};

/// A connection. Whatever does not come within half a minute does not come.
pub(super) struct Client(BufReader<TcpStream>);

impl Client {
    pub(super) fn connect(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).expect("the server listens");
        stream.set_read_timeout(Some(Duration::from_secs(30))).expect("a time");
        stream.set_nodelay(true).expect("a socket");
        Self(BufReader::new(stream))
    }

    /// Sends a request without a body.
    pub(super) fn request(address: SocketAddr, line: &str, fields: &str) -> Self {
        let mut client = Self::connect(address);
        client.send(&format!("{line}\r\nHost: x\r\n{fields}\r\n"));
        client
    }

    pub(super) fn send(&mut self, text: &str) {
        self.0.get_mut().write_all(text.as_bytes()).expect("the server reads");
    }

    /// Closes the direction to the server.
    pub(super) fn finish(&mut self) {
        self.0.get_mut().shutdown(Shutdown::Write).expect("a socket");
    }

    /// Is gone without a word: what arrives from now on is dropped before it is acknowledged. The socket stays open.
    #[cfg(target_os = "linux")]
    pub(super) fn vanish(&self) {
        // "Return 0": of each packet, no byte is taken.
        const RETURN: u16 = 6;
        let filter = [socket2::SockFilter::new(RETURN, 0, 0, 0)];
        socket2::SockRef::from(self.0.get_ref()).attach_filter(&filter).expect("a filter");
    }

    /// Reads a byte now and then, until the connection is over.
    pub(super) fn read_slowly(&mut self) {
        while matches!(self.0.get_mut().read(&mut [0; 1]), Ok(1)) {
            thread::sleep(Duration::from_millis(10));
        }
    }

    /// Reads the head of a response, in lower case.
    pub(super) fn head(&mut self) -> String {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            assert_ne!(self.0.read_line(&mut head).expect("a head"), 0, "only {head:?}");
        }
        head.to_ascii_lowercase()
    }

    /// Reads a chunk: `None` if it is the last one.
    pub(super) fn chunk(&mut self) -> Option<String> {
        let mut line = String::new();
        self.0.read_line(&mut line).expect("the head of a chunk");
        let length = usize::from_str_radix(line.trim_end(), 16).unwrap_or_else(|_| panic!("no chunk: {line:?}"));
        let chunk = self.exactly(length + 2);
        let chunk = chunk.strip_suffix("\r\n").expect("the end of a chunk");
        (length > 0).then(|| chunk.to_owned())
    }

    /// Reads the chunks up to the end of an event with this data.
    pub(super) fn event(&mut self, data: &str) {
        let line = format!("data: {data}\n");
        let mut text = String::new();
        while !(text.contains(&line) && text.ends_with("\n\n")) {
            text += &self.chunk().unwrap_or_else(|| panic!("the response ends after {text:?}"));
        }
    }

    pub(super) fn exactly(&mut self, length: usize) -> String {
        let mut text = vec![0; length];
        self.0.read_exact(&mut text).expect("more bytes");
        String::from_utf8(text).expect("text")
    }

    /// Reads until the server closes the connection.
    pub(super) fn rest(&mut self) -> String {
        let mut text = String::new();
        self.0.read_to_string(&mut text).expect("the end of the connection");
        text
    }

    /// Returns whether the connection has ended or broken off.
    pub(super) fn is_over(&mut self) -> bool {
        loop {
            match self.0.get_mut().read(&mut [0; 65536]) {
                Ok(0) => return true,
                Ok(_) => {}
                Err(error) => return error.kind() == std::io::ErrorKind::ConnectionReset,
            }
        }
    }
}
