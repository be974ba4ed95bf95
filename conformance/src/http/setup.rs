//! How a case sets its client up, and what it has it do.

use core::{fmt::Display, time::Duration};

use serde::Deserialize;
use serde_json::{Map, Value};
use sse_proto::{
    EventId,
    client::{ClientConfig, RememberRedirects},
};

use super::Unsupported;

/// How a client is set up. What is not set is as the standard has it.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct Setup {
    /// Whether a 200 of any type is accepted.
    pub any_content_type: bool,
    /// The body of each request.
    pub body: String,
    /// Gives up when there was no healthy connection for so long, in milliseconds.
    pub give_up_after_ms: Option<u64>,
    /// Header fields of the caller's own.
    pub headers: Vec<(String, String)>,
    /// How long to wait for the head of an answer, in milliseconds.
    pub head_timeout_ms: Option<u64>,
    /// How long an open stream may be silent, in milliseconds.
    pub idle_timeout_ms: Option<u64>,
    /// The last event ID to start with.
    pub last_event_id: Option<String>,
    /// How many reconnections in a row may lead to nothing.
    pub max_reconnections: Option<u32>,
    /// The method, if it is another one than `GET`.
    pub method: Option<String>,
    /// The reconnection time at first, in milliseconds. Cases leave it short so that they are quick: 100 if not set.
    pub reconnection_time_ms: Option<u64>,
    /// How many redirects in a row are followed.
    pub redirects: Option<u32>,
    /// Which redirects hold for reconnections as well.
    pub remember_redirects: Remember,
    /// Whether a request that is not safe may be sent again without an ID.
    pub resend: bool,
    /// Whether 408, 425, 429 and 5xx are taken as passing, and `Retry-After` is heeded.
    pub resilient: bool,
    /// Whether the first connection is tried again as well, if that is not as the client has it of itself.
    pub retry_first: Option<bool>,
    /// Settings that this crate does not know.
    #[serde(flatten)]
    pub unknown: Map<String, Value>,
}

/// Which redirects hold for reconnections as well (D-05).
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "lowercase")]
pub enum Remember {
    /// All of them.
    All,
    /// None.
    Never,
    /// 301 and 308.
    #[default]
    Permanent,
}

impl Setup {
    /// The reconnection time at first.
    pub fn reconnection_time(&self) -> Duration {
        Duration::from_millis(self.reconnection_time_ms.unwrap_or(100))
    }

    /// The same for the clients of this project.
    ///
    /// # Errors
    ///
    /// A value cannot be set.
    pub fn config(&self, url: &str) -> Result<ClientConfig, Unsupported> {
        let mut config = ClientConfig::get(url)
            .map_err(unfit)?
            .any_content_type(self.any_content_type)
            .body(self.body.clone())
            .head_timeout(self.head_timeout_ms.map(Duration::from_millis))
            .idle_timeout(self.idle_timeout_ms.map(Duration::from_millis))
            .reconnection_time(self.reconnection_time())
            .remember_redirects(match self.remember_redirects {
                Remember::All => RememberRedirects::All,
                Remember::Never => RememberRedirects::Never,
                Remember::Permanent => RememberRedirects::Permanent,
            })
            .resend(self.resend)
            .retry_first(self.retry_first.unwrap_or(true));
        for (name, value) in &self.headers {
            config = config.header(name.as_str(), value.as_str()).map_err(unfit)?;
        }
        if let Some(method) = &self.method {
            config = config.method(method.as_str()).map_err(unfit)?;
        }
        if let Some(id) = &self.last_event_id {
            config = config.last_event_id(EventId::new(id.as_str()).map_err(unfit)?);
        }
        if let Some(most) = self.max_reconnections {
            config = config.max_reconnections(most);
        }
        if let Some(millis) = self.give_up_after_ms {
            config = config.give_up_after(Duration::from_millis(millis));
        }
        if let Some(most) = self.redirects {
            config = config.redirects(most);
        }
        Ok(if self.resilient { config.resilient() } else { config })
    }
}

fn unfit(error: impl Display) -> Unsupported {
    Unsupported(error.to_string())
}

/// What a client is told to do on the way.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Action {
    /// The entry of the log at which it does so, as it is written.
    pub on: String,
    /// What it does.
    #[serde(rename = "do")]
    pub what: Do,
}

/// What a client can be told to do.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Do {
    /// To call `close()` in the handler.
    Close,
    /// To give the connection up and connect again at once.
    Restart,
}
