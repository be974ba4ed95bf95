//! A client that sees the bytes.

use std::{net::SocketAddr, time::Duration};

use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

/// A connection. Whatever does not come within half a minute does not come.
pub(crate) struct Client<S>(S);

impl Client<TcpStream> {
    pub(crate) async fn connect(address: SocketAddr) -> Self {
        Self(TcpStream::connect(address).await.unwrap())
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Client<S> {
    pub(crate) fn over(stream: S) -> Self {
        Self(stream)
    }

    /// Sends a request without a body, and returns the head of the response in lower case.
    pub(crate) async fn request(&mut self, line: &str, fields: &str) -> String {
        self.send(format!("{line}\r\nHost: x\r\n{fields}\r\n").as_bytes()).await;
        self.head().await
    }

    /// Reads the head of a response, in lower case.
    pub(crate) async fn head(&mut self) -> String {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.extend(self.exactly(1).await);
        }
        String::from_utf8(head).unwrap().to_ascii_lowercase()
    }

    pub(crate) async fn send(&mut self, bytes: &[u8]) {
        self.0.write_all(bytes).await.unwrap();
        self.0.flush().await.unwrap();
    }

    /// Reads a chunk: `None` if it is the last one.
    pub(crate) async fn chunk(&mut self) -> Option<Vec<u8>> {
        let mut line = Vec::new();
        while !line.ends_with(b"\r\n") {
            line.extend(self.exactly(1).await);
        }
        let line = String::from_utf8(line).unwrap();
        let length = usize::from_str_radix(line.trim_end(), 16).unwrap_or_else(|_| panic!("no chunk: {line:?}"));
        let mut chunk = self.exactly(length + 2).await;
        assert_eq!(chunk.split_off(length), b"\r\n");
        (length > 0).then_some(chunk)
    }

    /// Reads the chunks up to the end of an event with this data.
    pub(crate) async fn event(&mut self, data: &str) {
        let line = format!("data: {data}\n");
        let mut text = String::new();
        while !(text.contains(&line) && text.ends_with("\n\n")) {
            let chunk = self.chunk().await.unwrap_or_else(|| panic!("the response ends after {text:?}"));
            text.push_str(str::from_utf8(&chunk).unwrap());
        }
    }

    /// Reads the chunks to the last one.
    pub(crate) async fn chunks(&mut self) -> Vec<u8> {
        let mut all = Vec::new();
        while let Some(chunk) = self.chunk().await {
            all.extend(chunk);
        }
        all
    }

    pub(crate) async fn exactly(&mut self, length: usize) -> Vec<u8> {
        let mut bytes = vec![0; length];
        timeout(Duration::from_secs(30), self.0.read_exact(&mut bytes)).await.expect("bytes in time").unwrap();
        bytes
    }

    /// Checks that the server has closed the connection in order, and sent nothing more.
    pub(crate) async fn end(&mut self) {
        let read = timeout(Duration::from_secs(30), self.0.read(&mut [0; 100])).await;
        assert_eq!(read.expect("an end in time").unwrap(), 0);
    }
}
