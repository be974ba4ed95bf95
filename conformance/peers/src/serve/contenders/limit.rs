//! What tokio itself costs: a task for each connection, shared bytes, and one write for a burst.

use std::{io, net::TcpListener as StdListener};

use bytes::Bytes;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::watch,
};

use super::{super::event, Publish};

const HEAD: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n";

/// No server: it answers whatever it is asked, without chunks, and keeps only the latest burst.
pub(super) fn task_per_connection(listener: StdListener) -> Result<Publish, String> {
    let listener = TcpListener::from_std(listener).map_err(|error| error.to_string())?;
    let latest = watch::Sender::new(Bytes::new());
    let subscribe = latest.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            // A reader may go when it likes.
            let latest = subscribe.subscribe();
            tokio::spawn(async move { drop(write(stream, latest).await) });
        }
    });
    Ok(Box::new(move |events| {
        let encoded: String = events.iter().flat_map(|event| ["data: ", event, "\n\n"]).collect();
        latest.send_replace(encoded.into());
    }))
}

/// How many events a request for a stream asks for.
fn streamed(request: &[u8]) -> Option<usize> {
    let count = str::from_utf8(request).ok()?.strip_prefix("GET /stream/")?;
    count.split(' ').next()?.parse().ok()
}

async fn write(mut stream: TcpStream, mut latest: watch::Receiver<Bytes>) -> io::Result<()> {
    let mut request = [0; 1024];
    let mut len = 0;
    while !request[..len].ends_with(b"\r\n\r\n") {
        match stream.read(&mut request[len..]).await? {
            0 => return Ok(()),
            count => len += count,
        }
    }
    stream.write_all(HEAD).await?;
    if let Some(count) = streamed(&request[..len]) {
        // Encoded once, and again only in the sense that the system copies it.
        let event = format!("data: {}\n\n", event::data(0));
        let block = event.repeat(64 * 1024 / event.len());
        let mut left = count * event.len();
        while left > 0 {
            let bytes = &block.as_bytes()[..block.len().min(left)];
            stream.write_all(bytes).await?;
            left -= bytes.len();
        }
        return Ok(());
    }
    while latest.changed().await.is_ok() {
        let burst = latest.borrow_and_update().clone();
        stream.write_all(&burst).await?;
    }
    Ok(())
}
