//! A server that speaks TLS, and just what it is told: HTTP/1.1 as text, HTTP/2 frame by frame.

use std::{
    io::{self, Read, Write},
    net::{SocketAddr, TcpListener},
    sync::Arc,
    thread,
};

use rustls::{
    ClientConfig, RootCertStore, ServerConfig, ServerConnection, StreamOwned, crypto::ring, pki_types::CertificateDer,
};

/// What is done with one connection.
#[derive(Clone, Copy)]
pub(crate) enum Answer {
    /// It is closed before there is TLS.
    Close,
    /// HTTP/1.1: these bytes.
    Text(&'static str),
    /// HTTP/2: these frames.
    Frames(&'static [Frame]),
}

/// What is sent on the first stream of an HTTP/2 connection.
#[derive(Clone, Copy)]
pub(crate) enum Frame {
    /// The head of an answer.
    Head(Status),
    Data(&'static str),
    /// The last data.
    End(&'static str),
    Reset,
    /// No stream but the ones up to this number will be answered.
    GoAway(u8),
}

#[derive(Clone, Copy)]
pub(crate) enum Status {
    /// With the type of an event stream.
    Ok,
    /// And no body.
    NoContent,
}

pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    certificate: CertificateDer<'static>,
}

impl Server {
    /// Answers one connection after the other.
    pub(crate) fn new(protocols: &[&str], answers: &'static [Answer]) -> Self {
        let key = rcgen::generate_simple_self_signed([String::from("localhost")]).expect("a certificate");
        let certificate = key.cert.der().clone();
        let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_no_client_auth()
            .with_single_cert(vec![certificate.clone()], key.signing_key.serialize_der().try_into().expect("a key"))
            .expect("a certificate for the key");
        config.alpn_protocols = protocols.iter().map(|name| name.as_bytes().to_vec()).collect();
        let config = Arc::new(config);
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("an address");
        thread::spawn(move || {
            for answer in answers {
                // The client is free to go when it likes.
                let _ = serve(&listener, &config, *answer);
            }
        });
        Self { address, certificate }
    }

    /// Settings of a client that trusts the server, and speaks these protocols.
    pub(crate) fn trusted(&self, protocols: &[&str]) -> Arc<ClientConfig> {
        let mut roots = RootCertStore::empty();
        roots.add(self.certificate.clone()).expect("a root");
        let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = protocols.iter().map(|name| name.as_bytes().to_vec()).collect();
        Arc::new(config)
    }
}

fn serve(listener: &TcpListener, config: &Arc<ServerConfig>, answer: Answer) -> io::Result<()> {
    let (tcp, _) = listener.accept()?;
    let connection = ServerConnection::new(Arc::clone(config)).map_err(io::Error::other)?;
    let mut tls = StreamOwned::new(connection, tcp);
    match answer {
        Answer::Close => return Ok(()),
        Answer::Text(text) => {
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                head.push(read::<1>(&mut tls)?[0]);
            }
            tls.write_all(text.as_bytes())?;
        }
        Answer::Frames(frames) => {
            assert_eq!(read::<24>(&mut tls)?, *b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
            // Our settings, none; and that we have seen the client's.
            send(&mut tls, 4, 0, 0, &[])?;
            send(&mut tls, 4, 1, 0, &[])?;
            // The request is the first frame of the type HEADERS.
            while read_frame(&mut tls)? != 1 {}
            for frame in frames {
                frame.send(&mut tls)?;
            }
            // Until the client goes: what is behind the frames is not the end of the connection.
            while read_frame(&mut tls).is_ok() {}
        }
    }
    tls.conn.send_close_notify();
    tls.flush()
}

impl Frame {
    /// See sections 6.1 to 6.8 of RFC 9113.
    fn send(self, to: &mut impl Write) -> io::Result<()> {
        const INTERNAL_ERROR: u8 = 2;
        match self {
            // RFC 7541: fields 8 and 9 of the static table are these statuses, and field 31 has the name content-type.
            Self::Head(Status::Ok) => send(to, 1, 4, 1, b"\x88\x0f\x10\x11text/event-stream"),
            Self::Head(Status::NoContent) => send(to, 1, 5, 1, b"\x89"),
            Self::Data(text) => send(to, 0, 0, 1, text.as_bytes()),
            Self::End(text) => send(to, 0, 1, 1, text.as_bytes()),
            Self::Reset => send(to, 3, 0, 1, &[0, 0, 0, INTERNAL_ERROR]),
            Self::GoAway(last) => {
                send(to, 7, 0, 0, &[0, 0, 0, last, 0, 0, 0, if last == 0 { INTERNAL_ERROR } else { 0 }])
            }
        }
    }
}

fn send(to: &mut impl Write, kind: u8, flags: u8, stream: u8, payload: &[u8]) -> io::Result<()> {
    let length = u8::try_from(payload.len()).map_err(io::Error::other)?;
    to.write_all(&[0, 0, length, kind, flags, 0, 0, 0, stream])?;
    to.write_all(payload)?;
    to.flush()
}

/// The type of the next frame.
fn read_frame(from: &mut impl Read) -> io::Result<u8> {
    let [a, b, c, kind, ..] = read::<9>(from)?;
    let length = u64::from(u32::from_be_bytes([0, a, b, c]));
    io::copy(&mut from.take(length), &mut io::sink())?;
    Ok(kind)
}

fn read<const LENGTH: usize>(from: &mut impl Read) -> io::Result<[u8; LENGTH]> {
    let mut bytes = [0; LENGTH];
    from.read_exact(&mut bytes)?;
    Ok(bytes)
}
