//! The application, and what hyper gets of its responses.

use alloc::{boxed::Box, sync::Arc};
use core::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use http::{
    HeaderValue, Method, Request, Response, StatusCode, Version,
    header::{CONNECTION, CONTENT_LENGTH, TRANSFER_ENCODING},
};
use http_body::{Body, Frame, SizeHint};
use hyper::{body::Incoming, service::Service};
use sse_proto::server::Reply;

use super::{
    framing::Framing,
    handover::{Handover, Parked},
    listener::PeerAddress,
    request::RequestBody,
};
use crate::session::{WeakSession, reply_with};

/// What a server can serve: a [service of hyper](Service), such as `service_fn` makes of a function, and with the feature
/// `axum` a service of tower, such as axum's `Router`. The parameter `M` only keeps the kinds apart, and is inferred.
///
/// The body of the request is a [`RequestBody`], or for services of hyper [`Incoming`]. Then, the server does not know
/// whether a body was read to its end, and leaves the session of a request with a body to hyper.
pub trait IntoService<M> {
    /// The service of hyper.
    type Service;

    /// Returns the service of hyper.
    fn into_service(self) -> Self::Service;
}

/// Marks a service of hyper.
#[derive(Clone, Copy, Debug)]
pub enum OfHyper {}

impl<S: Service<Request<RequestBody>>> IntoService<OfHyper> for S {
    type Service = S;

    fn into_service(self) -> S {
        self
    }
}

/// Marks a service of hyper that takes hyper's own body.
#[derive(Clone, Copy, Debug)]
pub enum OfIncoming {}

/// A service of hyper that takes hyper's own body.
#[derive(Clone, Debug)]
pub struct IncomingService<S>(S);

impl<S: Service<Request<Incoming>>> IntoService<OfIncoming> for S {
    type Service = IncomingService<S>;

    fn into_service(self) -> IncomingService<S> {
        IncomingService(self)
    }
}

impl<S: Service<Request<Incoming>>> Service<Request<RequestBody>> for IncomingService<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn call(&self, request: Request<RequestBody>) -> S::Future {
        self.0.call(request.map(RequestBody::into_incoming))
    }
}

/// The application on one connection.
#[derive(Clone)]
pub(super) struct Application<S, B, A> {
    service: S,
    address: A,
    /// `None` where no response is taken over.
    handover: Option<Arc<Handover<B>>>,
}

impl<S, B, A> Application<S, B, A> {
    pub(super) fn new(service: S, address: A, handover: Option<Arc<Handover<B>>>) -> Self {
        Self { service, address, handover }
    }
}

impl<S, B, A> Service<Request<Incoming>> for Application<S, B, A>
where
    A: Clone + Send + Sync + 'static,
    S: Service<Request<RequestBody>, Response = Response<B>>,
    S::Future: Send + 'static,
    B: Body<Data = Bytes> + Send + 'static,
{
    type Response = Response<ServedBody<B>>;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, S::Error>> + Send>>;

    fn call(&self, request: Request<Incoming>) -> Self::Future {
        let (method, version) = (request.method().clone(), request.version());
        let (mut head, body) = request.into_parts();
        head.extensions.insert(PeerAddress(self.address.clone()));
        let (body, is_read) = RequestBody::new(body);
        let response = self.service.call(Request::from_parts(head, body));
        let handover = self.handover.clone();
        Box::pin(async move {
            let response = response.await?;
            // Whoever still reads the request gets it from hyper.
            let handover = handover.filter(|_| is_read.get());
            Ok(prepare(response, &method, version, handover))
        })
    }
}

/// Makes a response ready for hyper: one with a session is taken over after its head, if that is possible.
fn prepare<B: Body<Data = Bytes>>(
    mut response: Response<B>,
    method: &Method,
    version: Version,
    handover: Option<Arc<Handover<B>>>,
) -> Response<ServedBody<B>> {
    let session = response.extensions_mut().remove::<WeakSession>().filter(WeakSession::is_alive);
    let Some(session) = session else { return response.map(ServedBody::whole) };
    match Reply::to(method.as_str()) {
        Some(Reply::Head) => return response.map(|_| ServedBody::Empty),
        Some(Reply::Options) => return reply_with(Reply::Options, ServedBody::Empty),
        // An application may have events for any other method.
        None | Some(Reply::NotAllowed) => {}
    }
    let Some((handover, framing)) = handover.zip(framing(&response, method, version)) else {
        return response.map(ServedBody::whole);
    };
    // What the client sends from now on is not answered: this tells it (RFC 9112, 9.6).
    response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    // hyper would offer a client of HTTP/1.0 to keep the connection if the response were of a later version.
    *response.version_mut() = version;
    response.map(|body| {
        handover.park(Parked { body: Box::pin(body), session, framing });
        ServedBody::Parked(handover)
    })
}

/// Returns how hyper delimits the body of this response, if it can be taken over: HTTP/1 with a body of unknown length.
fn framing<B: Body>(response: &Response<B>, method: &Method, version: Version) -> Option<Framing> {
    let status = response.status();
    let has_body = *method != Method::CONNECT
        && !status.is_informational()
        && status != StatusCode::NO_CONTENT
        && status != StatusCode::NOT_MODIFIED
        && !response.body().is_end_stream();
    let headers = response.headers();
    let is_unknown = response.body().size_hint().exact().is_none()
        && !headers.contains_key(CONTENT_LENGTH)
        && !headers.contains_key(TRANSFER_ENCODING);
    if !has_body || !is_unknown {
        return None;
    }
    match (version, response.version()) {
        (Version::HTTP_11, Version::HTTP_11) => Some(Framing::Chunked),
        (Version::HTTP_10, _) => Some(Framing::UntilClose),
        _ => None,
    }
}

/// The body that hyper gets.
pub(super) enum ServedBody<B> {
    Empty,
    /// It goes on when hyper has written the head, without hyper.
    Parked(Arc<Handover<B>>),
    Whole(Pin<Box<B>>),
}

impl<B> ServedBody<B> {
    fn whole(body: B) -> Self {
        Self::Whole(Box::pin(body))
    }
}

impl<B: Body> Body for ServedBody<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        match self.get_mut() {
            Self::Empty => Poll::Ready(None),
            Self::Parked(handover) => {
                handover.handle_body_polled();
                Poll::Pending
            }
            Self::Whole(body) => body.as_mut().poll_frame(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Empty => true,
            Self::Parked(_) => false,
            Self::Whole(body) => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Empty => SizeHint::with_exact(0),
            Self::Parked(_) => SizeHint::default(),
            Self::Whole(body) => body.size_hint(),
        }
    }
}

#[cfg(feature = "axum")]
pub use self::tower::{OfTower, TowerService};

#[cfg(feature = "axum")]
mod tower {
    use alloc::boxed::Box;
    use core::{
        future::{Future, poll_fn},
        pin::Pin,
    };

    use http::Request;
    use hyper::service::Service;

    use super::{IntoService, RequestBody};

    /// Marks a service of tower.
    #[derive(Clone, Copy, Debug)]
    pub enum OfTower {}

    /// A service of tower as one of hyper.
    #[derive(Clone, Debug)]
    pub struct TowerService<S>(S);

    impl<S: tower_service::Service<Request<RequestBody>>> IntoService<OfTower> for S {
        type Service = TowerService<S>;

        fn into_service(self) -> TowerService<S> {
            TowerService(self)
        }
    }

    impl<S> Service<Request<RequestBody>> for TowerService<S>
    where
        S: tower_service::Service<Request<RequestBody>, Future: Send> + Clone + Send + 'static,
    {
        type Response = S::Response;
        type Error = S::Error;
        type Future = Pin<Box<dyn Future<Output = Result<S::Response, S::Error>> + Send>>;

        fn call(&self, request: Request<RequestBody>) -> Self::Future {
            let mut service = self.0.clone();
            Box::pin(async move {
                poll_fn(|cx| service.poll_ready(cx)).await?;
                service.call(request).await
            })
        }
    }
}
