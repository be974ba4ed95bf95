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

#[derive(Deserialize)]
struct Chunk {
    #[serde(default)]
    text: String,
    #[serde(default)]
    calls: Vec<CallPart>,
}

#[derive(Deserialize)]
struct CallPart {
    index: u32,
    #[serde(flatten)]
    call: Call,
}

/// A tool that the model wants to use.
#[derive(Debug, Default, Deserialize, PartialEq)]
#[serde(default)]
pub(crate) struct Call {
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
            call.name += &part.call.name;
            call.arguments += &part.call.arguments;
        }
    }
    Ok(calls.into_values().collect())
}

impl From<TypedError<Failure, JsonError>> for ChatError {
    fn from(error: TypedError<Failure, JsonError>) -> Self {
        match &error {
            TypedError::Reported(event) => match event.json::<Problem>() {
                Ok(Problem { error }) => Self::Reported(error.message),
                Err(_) => Self::Reported(event.data().to_owned()),
            },
            // Two reasons share this status, and only the body tells them apart.
            TypedError::Source(failure) if failure.status() == Some(429) => {
                let spent = failure.refusal.as_ref().and_then(|refusal| refusal.json::<Problem>().ok());
                match spent.is_some_and(|problem| problem.error.code == "insufficient_quota") {
                    true => Self::QuotaSpent,
                    false => Self::SlowDown(failure.retry_after()),
                }
            }
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
