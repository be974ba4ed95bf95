//! Writes answers to a socket, and ends connections in all the ways there are.

use core::{future::pending, time::Duration};
use std::io;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::{sleep, timeout},
};

use super::{Answer, End, Framing, shared::Shared};

/// So many bytes more are promised than come.
const MISSING: usize = 16;
/// A reset may take away what has not been read yet: the client gets this time to read.
const BEFORE_RESET: Duration = Duration::from_millis(50);
/// So long the server waits for the client to close its side.
const LINGER: Duration = Duration::from_secs(2);

/// Writes an answer and ends the connection; does not return if it is to be held.
pub(super) async fn write_answer(shared: &Shared, index: usize, mut stream: TcpStream, answer: &Answer) {
    // What cannot be written is not read by anybody: the client has gone.
    let _ = write(shared, index, &mut stream, answer).await;
    match answer.end {
        End::Hold => pending().await,
        End::Reset => {
            sleep(BEFORE_RESET).await;
            shared.mark_end(index);
            // Where it cannot be set, the connection ends in order, and the case fails if that matters.
            let _ = stream.set_zero_linger();
        }
        End::Cut | End::Eof | End::Short => {
            let _ = stream.shutdown().await;
            let mut rest = [0; 1024];
            let drained = async { while stream.read(&mut rest).await.is_ok_and(|count| count > 0) {} };
            let _ = timeout(LINGER, drained).await;
        }
    }
}

async fn write(shared: &Shared, index: usize, stream: &mut TcpStream, answer: &Answer) -> io::Result<()> {
    let has_body = !matches!(answer.status, 100..=199 | 204 | 304);
    let pieces: Vec<&[u8]> = if has_body { answer.pieces.iter().map(Vec::as_slice).collect() } else { Vec::new() };
    let ends_by_count = answer.framing == Framing::Length || !has_body;
    let mut end_told = false;
    // To be called before anything that may be the last thing that the client has to see.
    let mut mark_end = |last: bool| {
        if last && !end_told && !matches!(answer.end, End::Hold | End::Reset) {
            shared.mark_end(index);
            end_told = true;
        }
    };
    mark_end(ends_by_count && pieces.is_empty());
    stream.write_all(&head(shared, answer, has_body)).await?;
    for (place, piece) in pieces.iter().enumerate() {
        if place > 0 {
            sleep(answer.delay).await;
        }
        mark_end(ends_by_count && place + 1 == pieces.len());
        if answer.framing != Framing::Chunked {
            stream.write_all(piece).await?;
        } else if !piece.is_empty() {
            // An empty chunk would be the last one.
            let size = format!("{:x}\r\n", piece.len());
            stream.write_all(&[size.as_bytes(), piece, b"\r\n"].concat()).await?;
        }
    }
    mark_end(true);
    match (answer.framing, answer.end) {
        (Framing::Chunked, End::Eof) if has_body => stream.write_all(b"0\r\n\r\n").await?,
        (Framing::Chunked, End::Cut) => stream.write_all(format!("{MISSING:x}\r\n").as_bytes()).await?,
        _ => {}
    }
    stream.flush().await
}

fn head(shared: &Shared, answer: &Answer, has_body: bool) -> Vec<u8> {
    let mut head = format!("HTTP/1.1 {} Scripted\r\n", answer.status).into_bytes();
    for (name, value) in &answer.headers {
        head.extend_from_slice(&[name.as_bytes(), b": ", &shared.names().fill(value), b"\r\n"].concat());
    }
    let length: usize = answer.pieces.iter().map(Vec::len).sum();
    let framing = match (answer.framing, answer.end) {
        _ if !has_body => String::new(),
        (Framing::Chunked, _) => String::from("Transfer-Encoding: chunked\r\n"),
        (Framing::Close, _) => String::new(),
        (Framing::Length, End::Eof) => format!("Content-Length: {length}\r\n"),
        (Framing::Length, _) => format!("Content-Length: {}\r\n", length.saturating_add(MISSING)),
    };
    head.extend_from_slice(framing.as_bytes());
    if answer.end != End::Hold {
        head.extend_from_slice(b"Connection: close\r\n");
    }
    head.extend_from_slice(b"\r\n");
    head
}
