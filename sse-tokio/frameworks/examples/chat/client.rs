//! The client: what a program writes that talks to a language model.

use std::{collections::BTreeMap, fmt, time::Duration};

use serde::{Deserialize, Serialize};
use sse_tokio::{
    ClientConfig, EventSource, Failure,
    client::RequestError,
    typed::{Convention, JsonError, TypedError},
};

#[derive(Serialize)]
struct Request<'a> {
    prompt: &'a str,
    stream: bool,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Chunk {
    text: String,
    calls: Vec<Call>,
}

/// A tool that the model wants to use, or the next part of its name and arguments.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Call {
    index: u32,
    pub(crate) name: String,
    pub(crate) arguments: String,
}

/// What the server sends in place of a chunk, and in the body of a refusal.
#[derive(Deserialize)]
struct Problem {
    error: Fault,
}

#[derive(Deserialize)]
struct Fault {
    code: String,
    message: String,
}

#[derive(Debug)]
pub(crate) enum ChatError {
    CutOff,
    Failed(Box<TypedError<Failure, JsonError>>),
    NoRequest(RequestError),
    QuotaSpent,
    Reported(String),
    SlowDown(Option<Duration>),
}

/// Shows the text as it comes, and returns the tools that the model calls. Dropping the future cancels the request.
pub(crate) async fn complete(url: &str, key: &str, prompt: &str, show: impl Fn(&str)) -> Result<Vec<Call>, ChatError> {
    let config = ClientConfig::post(url)?
        .bearer(key)?
        .json(&Request { prompt, stream: true })?
        .idle_timeout(Duration::from_secs(30))
        .max_reconnections(0);
    let mut chunks = EventSource::open(config)?.json::<Chunk>().with_convention(Convention::completion());
    let mut calls = BTreeMap::<u32, Call>::new();
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk?.value;
        show(&chunk.text);
        for part in chunk.calls {
            let call = calls.entry(part.index).or_default();
            call.name += &part.name;
            call.arguments += &part.arguments;
        }
    }
    Ok(calls.into_values().collect())
}

impl From<TypedError<Failure, JsonError>> for ChatError {
    fn from(error: TypedError<Failure, JsonError>) -> Self {
        let problem = match (&error, error.refusal()) {
            (TypedError::Reported(event), _) => event.json::<Problem>().ok(),
            (_, refusal) => refusal.and_then(|refusal| refusal.json().ok()),
        };
        match (error.status(), problem) {
            (None, Some(problem)) => Self::Reported(problem.error.message),
            // Two reasons share this status, and only the body tells them apart.
            (Some(429), Some(problem)) if problem.error.code == "insufficient_quota" => Self::QuotaSpent,
            (Some(429), _) => Self::SlowDown(error.retry_after()),
            _ if error.is_cut_off() => Self::CutOff,
            _ => Self::Failed(Box::new(error)),
        }
    }
}

impl From<RequestError> for ChatError {
    fn from(error: RequestError) -> Self {
        Self::NoRequest(error)
    }
}

impl fmt::Display for ChatError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CutOff => f.write_str("cut off"),
            Self::Failed(error) => error.fmt(f),
            Self::NoRequest(error) => error.fmt(f),
            Self::QuotaSpent => f.write_str("the quota is spent"),
            Self::Reported(message) => write!(f, "the server reports: {message}"),
            Self::SlowDown(Some(wait)) => write!(f, "too many requests, again in {} s", wait.as_secs()),
            Self::SlowDown(None) => f.write_str("too many requests"),
        }
    }
}

impl std::error::Error for ChatError {}
