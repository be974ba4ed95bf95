//! A client that sees the bytes of a chunked response.

use core::{net::SocketAddr, time::Duration};
use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
};

/// A connection. Whatever does not come within half a minute does not come.
pub(crate) struct Client(BufReader<TcpStream>);

impl Client {
    /// Sends a request without a body.
    pub(crate) fn request(address: SocketAddr, method: &str, fields: &str) -> Self {
        let mut stream = TcpStream::connect(address).expect("the server listens");
        stream.set_read_timeout(Some(Duration::from_secs(30))).expect("a time");
        write!(stream, "{method} /events HTTP/1.1\r\nHost: x\r\n{fields}\r\n").expect("the server reads");
        Self(BufReader::new(stream))
    }

    /// Reads the head of a response, in lower case.
    pub(crate) fn head(&mut self) -> String {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            assert_ne!(self.0.read_line(&mut head).expect("a head"), 0, "only {head:?}");
        }
        head.to_ascii_lowercase()
    }

    /// Reads a chunk: empty if it is the last one, `None` if the response breaks off.
    pub(crate) fn chunk(&mut self) -> Option<Vec<u8>> {
        let mut line = String::new();
        self.0.read_line(&mut line).expect("the head of a chunk");
        if line.is_empty() {
            return None;
        }
        let length = usize::from_str_radix(line.trim_end(), 16).unwrap_or_else(|_| panic!("no chunk: {line:?}"));
        let mut chunk = vec![0; length + 2];
        self.0.read_exact(&mut chunk).expect("more bytes");
        assert_eq!(chunk.split_off(length), b"\r\n");
        Some(chunk)
    }
}
