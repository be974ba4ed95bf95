//! Takeover over TLS, on the runtimes of `futures_io`: hyper and the driver write to the same stream of rustls. On tokio it
//! is tested in `sse-tokio-frameworks`.

use core::{future::Future, net::SocketAddr, pin::Pin, time::Duration};
use std::{
    io::{self, Read, Write},
    net::TcpStream,
    sync::{Arc, mpsc},
    thread,
    time::Instant,
};

use futures_io::{AsyncRead, AsyncWrite};
use futures_rustls::{Accept, TlsAcceptor, server::TlsStream};
use rustls::{ClientConfig, ClientConnection, RootCertStore, ServerConfig, StreamOwned, crypto::ring};
use sse_conformance::runtimes::{EventSource, UnderTest};
use sse_driver::{
    Change, EventLog, serve,
    server::Listener,
    transport::{HttpConnector, hyper::rt},
};
use sse_proto::{
    client,
    server::{LogConfig, SessionConfig},
};

use super::{App, publish_much, wait_for_sessions};
use crate::common::listen;

/// A listener whose connections speak TLS. The handshake is in the task of the connection.
struct TlsListener<R: UnderTest> {
    tcp: R::Listener,
    acceptor: TlsAcceptor,
}

impl<R> Listener<R> for TlsListener<R>
where
    R: UnderTest<Tcp: AsyncRead + AsyncWrite>,
{
    type Stream = TlsStream<R::Tcp>;
    type Address = ();
    type Opening = Pin<Box<dyn Future<Output = io::Result<Self::Stream>> + Send>>;

    async fn accept(&mut self) -> io::Result<(Self::Opening, ())> {
        let tcp = R::accept(&self.tcp).await?;
        let handshake: Accept<R::Tcp> = self.acceptor.accept(tcp);
        Ok((Box::pin(handshake), ()))
    }
}

/// A server of `App`, in a thread of its own. It runs until the test ends.
struct Server<R: UnderTest> {
    address: SocketAddr,
    log: EventLog<R>,
    client: Arc<ClientConfig>,
}

impl<R> Server<R>
where
    R: UnderTest<Tcp: AsyncRead + AsyncWrite>,
    R::Io<TlsStream<R::Tcp>>: rt::Read + rt::Write + Send + Unpin,
{
    fn start(config: SessionConfig) -> Self {
        let key = rcgen::generate_simple_self_signed([String::from("localhost")]).expect("a certificate");
        let certificate = key.cert.der().clone();
        let provider = Arc::new(ring::default_provider());
        let mut server = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_no_client_auth()
            .with_single_cert(vec![certificate.clone()], key.signing_key.serialize_der().try_into().expect("a key"))
            .expect("a certificate for the key");
        server.alpn_protocols.push(b"http/1.1".to_vec());
        let mut roots = RootCertStore::empty();
        roots.add(certificate).expect("a root");
        let mut client = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_root_certificates(roots)
            .with_no_client_auth();
        client.alpn_protocols = [&b"h2"[..], b"http/1.1"].map(<[u8]>::to_vec).into();
        let acceptor = TlsAcceptor::from(Arc::new(server));
        let (started, received) = mpsc::channel();
        thread::spawn(move || {
            R::block_on(async {
                let log = EventLog::<R>::new(LogConfig::new().bytes(64 * 1024 * 1024));
                let (tcp, address) = listen::<R>();
                let app = App { log: log.clone(), config, senders: mpsc::sync_channel(1).0 };
                started.send((address, log)).expect("the test waits for it");
                // What ends a session is not the server's deadline.
                serve(TlsListener::<R> { tcp, acceptor }, app).write_timeout(None).await;
            });
        });
        let (address, log) = received.recv().expect("the server starts");
        Self { address, log, client: Arc::new(client) }
    }
}

fn a_session_over_tls_is_taken_over_cut_and_resumed<R>()
where
    R: UnderTest<Tcp: AsyncRead + AsyncWrite>,
    R::Io<TlsStream<R::Tcp>>: rt::Read + rt::Write + Send + Unpin,
{
    let server = Server::<R>::start(SessionConfig::new());
    R::block_on(async {
        // A client without a handshake keeps no other waiting.
        let _silent = R::connect(server.address).await.expect("a connection");
        let config = client::ClientConfig::get(format!("https://localhost:{}/events", server.address.port()));
        let config = config.expect("a URL").reconnection_time(Duration::ZERO);
        let transport = HttpConnector::new(R::dialler(Arc::clone(&server.client)));
        let mut source: EventSource<R> = sse_driver::EventSource::new(config, transport);
        let mut losses = Vec::new();
        for number in 0..10 {
            server.log.publish(format!("{number} {}", "x".repeat(100_000))).expect("room");
            let event = loop {
                match source.next_change().await.expect("a change") {
                    Change::Event(event) => break event,
                    Change::Reestablishing { cause, .. } => losses.push(cause),
                    Change::Failed(failure) => panic!("{failure}"),
                    _ => {}
                }
            };
            assert!(event.data().starts_with(&format!("{number} ")));
            if number % 3 == 0 {
                assert_eq!(server.log.disconnect("reader"), 1);
            }
        }
        assert_eq!(losses, [client::Loss::Broken { in_mid_event: false }; 3]);
    });
}

fn a_client_over_tls_that_does_not_read_is_gone_after_the_write_timeout<R>()
where
    R: UnderTest<Tcp: AsyncRead + AsyncWrite>,
    R::Io<TlsStream<R::Tcp>>: rt::Read + rt::Write + Send + Unpin,
{
    const TIMEOUT: Duration = Duration::from_millis(200);
    let server = Server::<R>::start(SessionConfig::new().write_timeout(TIMEOUT));
    let name = "localhost".try_into().expect("a name");
    let connection = ClientConnection::new(Arc::clone(&server.client), name).expect("a client");
    let mut client = StreamOwned::new(connection, TcpStream::connect(server.address).expect("the server listens"));
    client.write_all(b"GET /events HTTP/1.1\r\nHost: x\r\n\r\n").expect("the server reads");
    let mut head = [0; 200];
    client.read_exact(&mut head).expect("a head");
    assert_eq!(client.conn.alpn_protocol(), Some(&b"http/1.1"[..]));
    // The connection is not hyper's any more.
    assert!(String::from_utf8_lossy(&head).to_ascii_lowercase().contains("\r\nconnection: close\r\n"));
    let began = Instant::now();
    publish_much(&server.log);
    wait_for_sessions(&server.log, 0);
    assert!(began.elapsed() >= TIMEOUT);
}

macro_rules! tests {
    ($module:ident $runtime:path) => {
        mod $module {
            #[test]
            fn a_session_over_tls_is_taken_over_cut_and_resumed() {
                super::a_session_over_tls_is_taken_over_cut_and_resumed::<$runtime>();
            }

            #[test]
            fn a_client_over_tls_that_does_not_read_is_gone_after_the_write_timeout() {
                super::a_client_over_tls_that_does_not_read_is_gone_after_the_write_timeout::<$runtime>();
            }
        }
    };
}

#[cfg(feature = "async-std")]
tests!(async_std sse_asyncstd::transport::AsyncStd);
#[cfg(feature = "smol")]
tests!(smol sse_smol::transport::Smol);
tests!(fourth crate::every_runtime::Fourth);
