//! A server that answers with just these bytes, and gives what it was asked.

use std::{
    io::{self, BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::mpsc::{Receiver, channel},
    thread,
};

/// Answers one connection after the other, and closes it. The requests are in lower case.
pub(crate) fn serve(answers: &'static [&'static str]) -> (SocketAddr, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("an address");
    let (requests, received) = channel();
    thread::spawn(move || {
        for answer in answers {
            let (mut stream, _) = listener.accept()?;
            let _ = requests.send(request(&stream)?.to_ascii_lowercase());
            stream.write_all(answer.as_bytes())?;
        }
        Ok::<_, io::Error>(())
    });
    (address, received)
}

/// The head of a request, and as much of a body as it announces.
fn request(stream: &TcpStream) -> io::Result<String> {
    let mut stream = BufReader::new(stream);
    let mut text = String::new();
    while !text.ends_with("\r\n\r\n") && stream.read_line(&mut text)? > 0 {}
    let mut fields = text.lines().filter_map(|line| line.split_once(": "));
    let length = fields.find(|(name, _)| name.eq_ignore_ascii_case("content-length"));
    let length = length.map_or(Ok(0), |(_, length)| length.parse()).map_err(io::Error::other)?;
    stream.take(length).read_to_string(&mut text)?;
    Ok(text)
}
