//! Reads requests from a socket: as much of HTTP/1.1 as clients send.

use std::io;

use tokio::{
    io::{AsyncReadExt, BufReader},
    net::TcpStream,
};

use super::SeenRequest;

/// A request that is longer than this is not answered.
const MOST: usize = 16 * 1024 * 1024;

/// Reads a request with its body.
pub(super) async fn read_request(stream: &mut TcpStream) -> io::Result<SeenRequest> {
    let mut stream = BufReader::new(stream);
    let first = read_line(&mut stream).await?;
    let mut parts = first.split(|byte| *byte == b' ').map(|part| String::from_utf8_lossy(part).into_owned());
    let mut request = SeenRequest {
        method: parts.next().unwrap_or_default(),
        path: parts.next().unwrap_or_default(),
        ..SeenRequest::default()
    };
    let mut length = first.len();
    loop {
        let line = read_line(&mut stream).await?;
        length += line.len();
        if length > MOST {
            return Err(io::ErrorKind::InvalidData.into());
        }
        if line.is_empty() {
            break;
        }
        let colon = line.iter().position(|byte| *byte == b':').ok_or(io::ErrorKind::InvalidData)?;
        let name = String::from_utf8_lossy(&line[..colon]).into_owned();
        request.headers.push((name, line[colon + 1..].trim_ascii().to_vec()));
    }
    request.body = read_body(&mut stream, &request).await?;
    Ok(request)
}

async fn read_body(stream: &mut BufReader<&mut TcpStream>, request: &SeenRequest) -> io::Result<Vec<u8>> {
    let mut body = Vec::new();
    if request.value("transfer-encoding").is_some_and(|coding| coding.eq_ignore_ascii_case(b"chunked")) {
        loop {
            let line = read_line(stream).await?;
            let size = number(&line, 16)?;
            read_into(stream, &mut body, size).await?;
            read_line(stream).await?;
            if size == 0 {
                return Ok(body);
            }
        }
    }
    if let Some(length) = request.value("content-length") {
        read_into(stream, &mut body, number(&length, 10)?).await?;
    }
    Ok(body)
}

async fn read_into(stream: &mut BufReader<&mut TcpStream>, body: &mut Vec<u8>, count: usize) -> io::Result<()> {
    let start = body.len();
    if start.saturating_add(count) > MOST {
        return Err(io::ErrorKind::InvalidData.into());
    }
    body.resize(start + count, 0);
    stream.read_exact(&mut body[start..]).await?;
    Ok(())
}

fn number(digits: &[u8], radix: u32) -> io::Result<usize> {
    let digits = str::from_utf8(digits).map_err(|_| io::ErrorKind::InvalidData)?;
    usize::from_str_radix(digits.trim(), radix).map_err(|_| io::ErrorKind::InvalidData.into())
}

/// Reads a line, without its end.
async fn read_line(stream: &mut BufReader<&mut TcpStream>) -> io::Result<Vec<u8>> {
    let mut line = Vec::new();
    loop {
        match stream.read_u8().await? {
            b'\n' => break,
            byte => line.push(byte),
        }
        if line.len() > MOST {
            return Err(io::ErrorKind::InvalidData.into());
        }
    }
    if line.last() == Some(&b'\r') {
        line.pop();
    }
    Ok(line)
}
