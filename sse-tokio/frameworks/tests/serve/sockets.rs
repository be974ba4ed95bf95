//! Sockets of all kinds.

use std::{
    future::{Ready, ready},
    io,
    net::SocketAddr,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::{Duration, Instant},
};

use axum::Router;
use sse_tokio::{
    EventLog, Session, SessionConfig, serve,
    server::Listener,
    transport::{Tokio, rustls},
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpListener, TcpStream},
};
use tokio_rustls::{Accept, TlsAcceptor, TlsConnector, client, server};

use crate::{client::Client, large_log, listen, publish_much, router, wait_for_the_end};

/// A socket that takes 7 bytes a write at most.
struct Narrow(TcpStream);

impl AsyncRead for Narrow {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Narrow {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let most = bytes.len().min(7);
        Pin::new(&mut self.0).poll_write(cx, &bytes[..most])
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}

struct NarrowListener(TcpListener);

impl Listener<Tokio> for NarrowListener {
    type Stream = Narrow;
    type Address = ();
    type Opening = Ready<io::Result<Narrow>>;

    async fn accept(&mut self) -> io::Result<(Self::Opening, ())> {
        Ok((ready(Ok(Narrow(self.0.accept().await?.0))), ()))
    }
}

#[tokio::test]
async fn a_socket_that_takes_7_bytes_a_write_gets_all_of_them() {
    let log = EventLog::default();
    let (listener, address) = listen().await;
    tokio::spawn(serve(NarrowListener(listener), router(&log)).into_future());
    let mut client = Client::connect(address).await;
    assert!(client.request("GET /plain HTTP/1.1", "").await.contains("\r\ncontent-length: 5\r\n"));
    assert_eq!(client.exactly(5).await, b"plain");
    assert!(client.request("GET / HTTP/1.1", "").await.contains("\r\nconnection: close\r\n"));
    for length in [1, 6, 7, 8, 10_000] {
        let data = "x".repeat(length);
        log.publish(data.as_str()).unwrap();
        client.event(&data).await;
    }
    log.close();
    assert_eq!(client.chunk().await, None);
    client.end().await;
}

/// TLS: the handshake is in the task of the connection.
struct TlsListener {
    tcp: TcpListener,
    acceptor: TlsAcceptor,
}

impl Listener<Tokio> for TlsListener {
    type Stream = server::TlsStream<TcpStream>;
    type Address = SocketAddr;
    type Opening = Accept<TcpStream>;

    async fn accept(&mut self) -> io::Result<(Self::Opening, SocketAddr)> {
        let (tcp, address) = self.tcp.accept().await?;
        tcp.set_nodelay(true)?;
        Ok((self.acceptor.accept(tcp), address))
    }
}

/// A listener, and the settings of a client that trusts it. Both prefer these protocols.
pub(crate) fn tls(
    tcp: TcpListener,
    protocols: &[&str],
) -> (impl Listener<Tokio, Stream = server::TlsStream<TcpStream>>, Arc<rustls::ClientConfig>) {
    let key = rcgen::generate_simple_self_signed([String::from("localhost")]).unwrap();
    let certificate = key.cert.der().clone();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut server = rustls::ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.clone()], key.signing_key.serialize_der().try_into().unwrap())
        .unwrap();
    let mut roots = rustls::RootCertStore::empty();
    roots.add(certificate).unwrap();
    let mut client = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let protocols: Vec<_> = protocols.iter().map(|name| name.as_bytes().to_vec()).collect();
    server.alpn_protocols.clone_from(&protocols);
    client.alpn_protocols = protocols;
    (TlsListener { tcp, acceptor: TlsAcceptor::from(Arc::new(server)) }, Arc::new(client))
}

async fn connect(address: SocketAddr, config: &Arc<rustls::ClientConfig>) -> Client<client::TlsStream<TcpStream>> {
    let tcp = TcpStream::connect(address).await.unwrap();
    let name = rustls::pki_types::ServerName::try_from("localhost").unwrap();
    Client::over(TlsConnector::from(Arc::clone(config)).connect(name, tcp).await.unwrap())
}

#[tokio::test]
async fn a_session_over_tls_is_taken_over_and_no_client_waits_for_the_handshake_of_another() {
    let log = EventLog::default();
    let (listener, address) = listen().await;
    let (listener, config) = tls(listener, &[]);
    tokio::spawn(serve(listener, router(&log)).into_future());
    // Has no handshake.
    let _silent = TcpStream::connect(address).await.unwrap();
    let mut client = connect(address, &config).await;
    assert!(client.request("GET /plain HTTP/1.1", "").await.contains("\r\ncontent-length: 5\r\n"));
    assert_eq!(client.exactly(5).await, b"plain");
    assert!(client.request("GET / HTTP/1.1", "").await.contains("\r\nconnection: close\r\n"));
    let large = "x".repeat(1_000_000);
    for data in ["a", "b", large.as_str(), "c"] {
        log.publish(data).unwrap();
        client.event(data).await;
    }
    log.close();
    assert_eq!(client.chunk().await, None);
    // TLS reports an end that is not in order.
    client.end().await;
}

#[tokio::test]
async fn a_client_that_does_not_read_over_tls_is_gone_after_the_write_timeout() {
    const TIMEOUT: Duration = Duration::from_millis(200);
    let log = large_log();
    let events = log.clone();
    let session =
        async move || -> Session { events.session().config(SessionConfig::new().write_timeout(TIMEOUT)).open() };
    let (listener, address) = listen().await;
    let (listener, config) = tls(listener, &[]);
    tokio::spawn(serve(listener, Router::new().route("/", axum::routing::get(session))).into_future());
    let mut client = connect(address, &config).await;
    client.request("GET / HTTP/1.1", "").await;
    let began = Instant::now();
    publish_much(&log);
    wait_for_the_end(&log).await;
    assert!(began.elapsed() >= TIMEOUT);
}

#[cfg(unix)]
#[tokio::test]
async fn a_unix_socket_is_served() {
    let log = EventLog::default();
    let path = std::env::temp_dir().join(format!("sse-serve-{}.sock", std::process::id()));
    let _ = std::fs::remove_file(&path);
    let listener = tokio::net::UnixListener::bind(&path).unwrap();
    tokio::spawn(serve(listener, router(&log)).into_future());
    let mut client = Client::over(tokio::net::UnixStream::connect(&path).await.unwrap());
    std::fs::remove_file(&path).unwrap();
    assert!(client.request("GET / HTTP/1.1", "").await.contains("\r\nconnection: close\r\n"));
    log.publish("a").unwrap();
    client.event("a").await;
}
