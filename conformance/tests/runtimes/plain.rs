//! A server that answers with just these bytes, and gives what it was asked.

use std::{
    io::{self, BufRead, BufReader, Read, Write},
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
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

/// A proxy for one connection to this server: it gives what it was asked, and lets everything through.
pub(crate) fn tunnel(server: SocketAddr) -> (SocketAddr, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("an address");
    let (requests, received) = channel();
    thread::spawn(move || {
        let (mut client, _) = listener.accept()?;
        let _ = requests.send(request(&client)?.to_ascii_lowercase());
        let mut server = TcpStream::connect(server)?;
        client.write_all(b"HTTP/1.1 200 OK\r\n\r\n")?;
        let (mut from_client, mut to_server) = (client.try_clone()?, server.try_clone()?);
        thread::spawn(move || io::copy(&mut from_client, &mut to_server));
        io::copy(&mut server, &mut client)?;
        client.shutdown(Shutdown::Write)
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
