//! A client of reqwest as the transport.

use std::{
    error::Error,
    fmt,
    future::Future,
    iter,
    pin::Pin,
    task::{Context, Poll},
};

use reqwest::{Body, Client, ClientBuilder, redirect};
use sse_driver::{
    bytes::Bytes,
    client::{NetworkError, Request},
    transport::{BodyReader, Connect, Read, Response, http_request, response_head},
};

/// Sends requests with a client of reqwest: its pool, its proxies, its cookies, its TLS.
///
/// The client should **leave redirects alone**, as [`build`](Self::build) has it: the state machine follows them, drops
/// credentials where they lead elsewhere, and remembers the permanent ones. A client that follows redirects itself works
/// as well, but they are not seen then, and the standard's rules about them do not hold. A total timeout
/// ([`ClientBuilder::timeout`]) ends every stream that lives longer; use `connect_timeout` and `read_timeout`.
///
/// ```no_run
/// use sse_tokio::{ClientConfig, EventSourceOver, transport::{ReqwestConnector, reqwest}};
///
/// # async fn read() -> Result<(), Box<dyn std::error::Error>> {
/// let connector = ReqwestConnector::build(reqwest::Client::builder().user_agent("example/1.0"))?;
/// let mut source = EventSourceOver::new(ClientConfig::get("http://example.com/events")?, connector);
/// while let Some(event) = source.next().await {
///     println!("{}", event?.data());
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct ReqwestConnector {
    client: Client,
}

impl ReqwestConnector {
    /// Sends requests with this client.
    pub const fn new(client: Client) -> Self {
        Self { client }
    }

    /// Builds a client that leaves redirects alone.
    ///
    /// # Errors
    ///
    /// TLS or the resolver cannot be set up.
    pub fn build(builder: ClientBuilder) -> Result<Self, reqwest::Error> {
        builder.redirect(redirect::Policy::none()).build().map(Self::new)
    }
}

impl Connect for ReqwestConnector {
    type Body = ReqwestBody;
    type Error = ReqwestError;
    type Future = Pin<Box<dyn Future<Output = Result<Response<ReqwestBody>, ReqwestError>> + Send>>;

    fn connect(&mut self, request: Request) -> Self::Future {
        let client = self.client.clone();
        Box::pin(async move {
            let request = http_request(request).map_err(ReqwestError::Request)?;
            let request = request.try_into().map_err(ReqwestError::client)?;
            let answer = client.execute(request).await.map_err(ReqwestError::client)?;
            let (head, body) = http::Response::<Body>::from(answer).into_parts();
            Ok(Response { head: response_head(&head), body: ReqwestBody(BodyReader::new(body)) })
        })
    }

    fn classify(&self, error: &ReqwestError) -> NetworkError {
        match error {
            ReqwestError::Client(error) if error.is_builder() || error.is_redirect() => NetworkError::Permanent,
            #[cfg(feature = "tls")]
            ReqwestError::Client(error) if sse_driver::transport::is_refusal(error) => NetworkError::Permanent,
            ReqwestError::Client(_) => NetworkError::Transient,
            ReqwestError::Request(_) => NetworkError::Permanent,
        }
    }

    fn display_error<'a>(&self, error: &'a ReqwestError) -> Option<&'a dyn fmt::Display> {
        Some(error)
    }
}

/// The body of a response of reqwest.
#[derive(Debug)]
pub struct ReqwestBody(BodyReader<Body>);

impl Read for ReqwestBody {
    type Error = ReqwestError;

    fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<Bytes>, ReqwestError>> {
        self.0.poll_read(cx).map_err(ReqwestError::client)
    }
}

/// Why a request got no response, or why the body of the response broke off.
#[derive(Debug)]
#[non_exhaustive]
pub enum ReqwestError {
    /// The error of reqwest, without the URL, which may hold credentials.
    Client(reqwest::Error),
    /// The URL or a header field cannot be sent. Permanent.
    Request(http::Error),
}

impl ReqwestError {
    fn client(error: reqwest::Error) -> Self {
        Self::Client(error.without_url())
    }
}

impl fmt::Display for ReqwestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            // The cause is in the sources of the error of reqwest.
            Self::Client(error) => {
                error.fmt(f)?;
                iter::successors(error.source(), |&cause| cause.source()).try_for_each(|cause| write!(f, ": {cause}"))
            }
            Self::Request(error) => write!(f, "the request cannot be sent: {error}"),
        }
    }
}

/// The errors within are part of what is displayed.
impl Error for ReqwestError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Client(_) => None,
            Self::Request(error) => error.source(),
        }
    }
}
