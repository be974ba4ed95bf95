//! The service's answers.

use core::{convert::Infallible, future::poll_fn, net::IpAddr, pin::Pin};
use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response, StatusCode, header, uri::Authority};
use http_body::Body;
use hyper::body::Incoming;
use serde::de::DeserializeOwned;
use tokio::sync::mpsc;

use super::{
    CAPABILITIES, Client, Shared,
    callback::{self, QUEUE},
    order::{Command, Order},
};
use crate::server::client::Whole;

/// A request with a longer body is refused.
const MOST: usize = 16 * 1024 * 1024;

/// What went wrong with a request, in words for the harness.
struct Refusal(StatusCode, String);

type Answer = Result<Response<Whole>, Refusal>;

/// Responds to a request over a connection to the address `local`.
pub(super) async fn answer(
    shared: Arc<Shared>,
    local: IpAddr,
    request: Request<Incoming>,
) -> Result<Response<Whole>, Infallible> {
    let answer = match admit(&shared, local, request.headers()) {
        Ok(()) => route(&shared, request).await,
        Err(refusal) => Err(refusal),
    };
    Ok(answer.unwrap_or_else(|Refusal(status, problem)| {
        eprintln!("refused with {status}: {problem}");
        response(status, problem)
    }))
}

/// Refuses the requests of web pages: those of another origin, and those for a name that an attacker has resolve to this
/// machine.
fn admit(shared: &Shared, local: IpAddr, headers: &HeaderMap) -> Result<(), Refusal> {
    let foreign = |problem| Refusal(StatusCode::FORBIDDEN, problem);
    let value = |name| headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).to_ascii_lowercase());
    let host = value(header::HOST).unwrap_or_default();
    let name =
        host.parse::<Authority>().map(|host| host.host().trim_matches(['[', ']']).to_owned()).unwrap_or_default();
    let own = match name.parse::<IpAddr>() {
        Ok(address) => address.is_loopback() || address.to_canonical() == local.to_canonical(),
        Err(_) => name == "localhost",
    };
    if !own && !shared.hosts.iter().any(|allowed| allowed.eq_ignore_ascii_case(&name)) {
        return Err(foreign(format!("{host:?} is no host of this service: `--host` allows others")));
    }
    match value(header::ORIGIN) {
        Some(origin) if origin != format!("http://{host}") => {
            Err(foreign(format!("{origin:?} is another origin than this service's")))
        }
        _ => Ok(()),
    }
}

async fn route(shared: &Arc<Shared>, request: Request<Incoming>) -> Answer {
    let path = String::from(request.uri().path());
    let method = request.method().clone();
    let number = path.strip_prefix("/clients/").and_then(|number| number.parse().ok());
    match (path.as_str(), number) {
        ("/", _) => match method {
            Method::GET => Ok(about(shared)),
            Method::POST => create(shared, request).await,
            Method::DELETE => {
                shared.quit.notify_one();
                let mut last = response(StatusCode::OK, String::new());
                last.headers_mut().insert(header::CONNECTION, http::HeaderValue::from_static("close"));
                Ok(last)
            }
            method => Err(not_allowed(&method)),
        },
        (_, Some(number)) => match method {
            Method::POST => command(shared, number, request).await,
            Method::DELETE => match shared.clients().running.remove(&number) {
                Some(_) => Ok(response(StatusCode::NO_CONTENT, String::new())),
                None => Err(no_client(number)),
            },
            method => Err(not_allowed(&method)),
        },
        _ => Err(Refusal(StatusCode::NOT_FOUND, format!("there is no {path}"))),
    }
}

fn about(shared: &Shared) -> Response<Whole> {
    let about = serde_json::json!({ "name": shared.runtime.package, "capabilities": CAPABILITIES });
    let mut response = response(StatusCode::OK, about.to_string());
    response.headers_mut().insert(header::CONTENT_TYPE, http::HeaderValue::from_static("application/json"));
    response
}

async fn create(shared: &Arc<Shared>, request: Request<Incoming>) -> Answer {
    let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok()).map(String::from);
    let order: Order = json(request).await?;
    let bad = |problem| Refusal(StatusCode::BAD_REQUEST, problem);
    let config = order.config().map_err(bad)?;
    let scheme = order.callback_url.parse::<http::Uri>().ok().and_then(|url| url.scheme_str().map(String::from));
    if !matches!(scheme.as_deref(), Some("http" | "https")) {
        return Err(bad(format!("the callback URL {:?} is no URL of HTTP", order.callback_url)));
    }
    let (calls, called) = mpsc::channel(QUEUE);
    let handle = (shared.runtime.follow)(config, calls).map_err(bad)?;
    let reporter = tokio::spawn(callback::tell(order.callback_url, called));
    let number = shared.clients().add(Client { handle, reporter });
    let url = host.map(|host| format!("http://{host}")).unwrap_or_default() + &format!("/clients/{number}");
    let mut created = response(StatusCode::CREATED, String::new());
    let url = http::HeaderValue::try_from(url).map_err(|error| bad(error.to_string()))?;
    created.headers_mut().insert(header::LOCATION, url);
    Ok(created)
}

async fn command(shared: &Shared, number: u64, request: Request<Incoming>) -> Answer {
    let known = |shared: &Shared| shared.clients().running.get(&number).map(|client| client.handle.clone());
    if known(shared).is_none() {
        return Err(no_client(number));
    }
    let command = json(request).await?;
    // It may have been ended while the command came in.
    let handle = known(shared).ok_or_else(|| no_client(number))?;
    match command {
        // Events of all types are told.
        Command::Listen { .. } => {}
        Command::Restart => handle.restart(),
    }
    Ok(response(StatusCode::OK, String::new()))
}

async fn json<T: DeserializeOwned>(request: Request<Incoming>) -> Result<T, Refusal> {
    let content_type = request.headers().get(header::CONTENT_TYPE).map_or(&b""[..], |value| value.as_bytes());
    let essence = content_type.split(|byte| *byte == b';').next().unwrap_or_default().trim_ascii();
    if !essence.eq_ignore_ascii_case(b"application/json") {
        let problem = "the body must be JSON, and the Content-Type `application/json`";
        return Err(Refusal(StatusCode::UNSUPPORTED_MEDIA_TYPE, problem.into()));
    }
    let mut body = request.into_body();
    let mut bytes = Vec::new();
    while let Some(frame) = poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await {
        let frame = frame.map_err(|error| Refusal(StatusCode::BAD_REQUEST, error.to_string()))?;
        bytes.extend_from_slice(&frame.into_data().unwrap_or_default());
        if bytes.len() > MOST {
            return Err(Refusal(StatusCode::PAYLOAD_TOO_LARGE, format!("more than {MOST} bytes")));
        }
    }
    serde_json::from_slice(&bytes).map_err(|error| Refusal(StatusCode::BAD_REQUEST, error.to_string()))
}

fn response(status: StatusCode, body: String) -> Response<Whole> {
    let mut response = Response::new(Whole(Bytes::from(body)));
    *response.status_mut() = status;
    response
}

fn not_allowed(method: &Method) -> Refusal {
    Refusal(StatusCode::METHOD_NOT_ALLOWED, format!("{method} means nothing here"))
}

fn no_client(number: u64) -> Refusal {
    Refusal(StatusCode::NOT_FOUND, format!("there is no client {number}"))
}
