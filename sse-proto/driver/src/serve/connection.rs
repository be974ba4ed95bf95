//! One connection, as long as hyper has it.

use alloc::{boxed::Box, sync::Arc};
use core::{
    error::Error,
    future::{Future, poll_fn},
    marker::PhantomData,
    pin::{Pin, pin},
    task::Poll,
    time::Duration,
};
use std::io;

use bytes::Bytes;
use http::{Request, Response};
use http_body::Body;
use hyper::{rt, server::conn::http1, service::Service};
use sse_proto::Timestamp;

use super::{
    handover::Handover, request::RequestBody, service::Application, socket::Socket, stop::Stop, takeover::Takeover,
    timer::HyperTimer,
};
use crate::{
    Alarm,
    transport::{Spawn, Timer},
};

/// The most bytes that hyper receives at once, and the longest head of a request.
const READ_BUFFER: usize = 64 * 1024;

/// The settings that a connection needs.
#[derive(Clone, Copy, Debug)]
pub(super) struct ConnectionConfig {
    pub(super) head_timeout: Option<Duration>,
    pub(super) keep_alive: bool,
    pub(super) write_timeout: Option<Duration>,
}

/// A connection that hyper is to have.
pub(super) struct Connection<K, S, A> {
    service: S,
    /// The client's.
    address: A,
    config: ConnectionConfig,
    stop: Arc<Stop>,
    runtime: PhantomData<fn() -> K>,
}

impl<K, S, B, A> Connection<K, S, A>
where
    A: Clone + Send + Sync + 'static,
    K: Spawn + 'static,
    K::Timer: Send + 'static,
    S: Service<Request<RequestBody>, Response = Response<B>> + Send + 'static,
    S::Future: Send + 'static,
    S::Error: Into<Box<dyn Error + Send + Sync>>,
    B: Body<Data = Bytes> + Send + 'static,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    pub(super) fn new(service: S, address: A, config: ConnectionConfig, stop: Arc<Stop>) -> Self {
        Self { service, address, config, stop, runtime: PhantomData }
    }

    /// Has hyper read requests and write responses, until the connection ends, or until the head of a session's response
    /// is written: returns what is left to do then.
    pub(super) async fn run<T>(self, opening: impl Future<Output = io::Result<T>>) -> Option<Takeover<K::Io<T>, B>>
    where
        K::Io<T>: rt::Read + rt::Write + Send + Unpin + 'static,
    {
        let mut alarm = Alarm::new(K::Timer::default());
        let deadline = self.config.head_timeout.map(|timeout| alarm.now() + timeout);
        let io = in_time(&self.stop, &mut alarm, deadline, opening).await?;
        #[cfg(feature = "http2")]
        {
            let mut io = K::io(io);
            let preface = in_time(&self.stop, &mut alarm, deadline, http2::read_preface(&mut io)).await?;
            drop(alarm);
            match preface {
                http2::Preface::Http2(read) => {
                    self.run_http2(io, read).await;
                    None
                }
                http2::Preface::Http1(read) => self.run_http1(io, read).await,
            }
        }
        #[cfg(not(feature = "http2"))]
        {
            drop(alarm);
            self.run_http1(K::io(io), Bytes::new()).await
        }
    }

    async fn run_http1<I>(self, io: I, read: Bytes) -> Option<Takeover<I, B>>
    where
        I: rt::Read + rt::Write + Send + Unpin + 'static,
    {
        let ConnectionConfig { head_timeout, keep_alive, write_timeout } = self.config;
        let handover = Handover::new();
        let socket = Socket::<_, K::Timer, _>::new(io, read, write_timeout).with_handover(Arc::clone(&handover));
        let mut connection = http1::Builder::new()
            .timer(HyperTimer::<K::Timer>::new())
            .header_read_timeout(head_timeout)
            .keep_alive(keep_alive)
            .max_buf_size(READ_BUFFER)
            .serve_connection(socket, Application::new(self.service, self.address, Some(Arc::clone(&handover))))
            .with_upgrades();
        let mut is_told = false;
        let parked = poll_fn(|cx| {
            let mut connection = Pin::new(&mut connection);
            if self.stop.is_stopping() && !is_told {
                is_told = true;
                connection.as_mut().graceful_shutdown();
            }
            match connection.poll(cx) {
                Poll::Ready(_) => Poll::Ready(None),
                Poll::Pending => handover.take().map_or(Poll::Pending, |parked| Poll::Ready(Some(parked))),
            }
        })
        .await?;
        // What was read beyond the request is not answered, as the head of the response says.
        let io = connection.into_parts()?.io.into_inner();
        Some(Takeover::new(io, parked, write_timeout))
    }
}

/// Waits for what comes before HTTP, unless it fails or takes too long, or the server stops.
async fn in_time<T: Timer, O>(
    stop: &Stop,
    alarm: &mut Alarm<T>,
    deadline: Option<Timestamp>,
    work: impl Future<Output = io::Result<O>>,
) -> Option<O> {
    let mut work = pin!(work);
    poll_fn(|cx| {
        if let Poll::Ready(done) = work.as_mut().poll(cx) {
            return Poll::Ready(done.ok());
        }
        let is_late = deadline.is_some_and(|deadline| alarm.poll(cx, deadline).is_ready());
        if is_late || stop.is_stopping() { Poll::Ready(None) } else { Poll::Pending }
    })
    .await
}

#[cfg(feature = "http2")]
mod http2 {
    //! HTTP/2, for clients that begin with its preface: with prior knowledge, or because TLS agreed on it.

    use alloc::boxed::Box;
    use core::{error::Error, future::Future, future::poll_fn, marker::PhantomData, pin::Pin, task::ready};
    use std::io;

    use bytes::Bytes;
    use http::{Request, Response};
    use http_body::Body;
    use hyper::{
        rt::{self, ReadBuf},
        server::conn::http2,
        service::Service,
    };

    use super::Connection;
    use crate::{
        serve::{request::RequestBody, service::Application, socket::Socket, timer::HyperTimer},
        transport::Spawn,
    };

    const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

    /// What a client begins with, and the bytes that were read to learn it.
    pub(super) enum Preface {
        Http1(Bytes),
        Http2(Bytes),
    }

    /// Reads until it is clear which version of HTTP the client speaks.
    pub(super) async fn read_preface<I: rt::Read + Unpin>(io: &mut I) -> io::Result<Preface> {
        let mut bytes = [0; PREFACE.len()];
        let mut read = 0;
        while bytes[..read] == PREFACE[..read] {
            if read == PREFACE.len() {
                return Ok(Preface::Http2(Bytes::from_static(PREFACE)));
            }
            let more = poll_fn(|cx| {
                let mut buffer = ReadBuf::new(&mut bytes[read..]);
                ready!(Pin::new(&mut *io).poll_read(cx, buffer.unfilled()))?;
                core::task::Poll::Ready(io::Result::Ok(buffer.filled().len()))
            })
            .await?;
            if more == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            read += more;
        }
        Ok(Preface::Http1(Bytes::copy_from_slice(&bytes[..read])))
    }

    /// Runs the tasks of the streams.
    struct Tasks<K>(PhantomData<fn() -> K>);

    impl<K> Clone for Tasks<K> {
        fn clone(&self) -> Self {
            Self(PhantomData)
        }
    }

    impl<K: Spawn, F: Future<Output = ()> + Send + 'static> rt::Executor<F> for Tasks<K> {
        fn execute(&self, stream: F) {
            K::spawn(stream);
        }
    }

    impl<K, S, B, A> Connection<K, S, A>
    where
        A: Clone + Send + Sync + 'static,
        K: Spawn + 'static,
        K::Timer: Send + 'static,
        S: Service<Request<RequestBody>, Response = Response<B>> + Send + 'static,
        S::Future: Send + 'static,
        S::Error: Into<Box<dyn Error + Send + Sync>>,
        B: Body<Data = Bytes> + Send + 'static,
        B::Error: Into<Box<dyn Error + Send + Sync>>,
    {
        /// Has hyper serve all of the connection: its streams share the socket.
        pub(super) async fn run_http2<I>(self, io: I, read: Bytes)
        where
            I: rt::Read + rt::Write + Send + Unpin + 'static,
        {
            let socket = Socket::<_, K::Timer, B>::new(io, read, self.config.write_timeout);
            let mut connection = http2::Builder::new(Tasks::<K>(PhantomData))
                .timer(HyperTimer::<K::Timer>::new())
                .serve_connection(socket, Application::new(self.service, self.address, None));
            let mut is_told = false;
            poll_fn(|cx| {
                let mut connection = Pin::new(&mut connection);
                if self.stop.is_stopping() && !is_told {
                    is_told = true;
                    connection.as_mut().graceful_shutdown();
                }
                connection.poll(cx).map(drop)
            })
            .await;
        }
    }
}
