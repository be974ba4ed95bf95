//! What a harness asks for.

use core::{fmt::Display, time::Duration};
use std::collections::BTreeMap;

use serde::Deserialize;
use sse_proto::{
    EventId, Limits, Report,
    client::{Backoff, ClientConfig},
};

/// A client to be made.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Order {
    stream_url: String,
    pub(super) callback_url: String,
    initial_delay_ms: Option<u64>,
    read_timeout_ms: Option<u64>,
    last_event_id: Option<String>,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    method: Option<String>,
    #[serde(default)]
    body: String,
}

/// Something that a client is to do.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase", tag = "command")]
pub(super) enum Command {
    /// To be ready for events of a type, as it is for all.
    Listen {
        #[serde(rename = "listen")]
        _listen: Listen,
    },
    /// To connect again at once.
    Restart,
}

#[derive(Debug, Deserialize)]
pub(super) struct Listen {
    #[serde(rename = "type")]
    _event_type: String,
}

impl Order {
    /// The client's settings: comments are reported, requests with a body are sent again, waits have no random part, because
    /// harnesses measure them, and there are no limits, because harnesses send what they like.
    pub(super) fn config(&self) -> Result<ClientConfig, String> {
        let mut config = ClientConfig::get(self.stream_url.as_str())
            .map_err(text)?
            .body(self.body.clone())
            .backoff(Backoff::new().jitter(Duration::ZERO))
            .resend(true)
            .limits(Limits::UNLIMITED)
            .report(Report::new().comments(true))
            .idle_timeout(self.read_timeout_ms.map(Duration::from_millis));
        for (name, value) in &self.headers {
            config = config.header(name.as_str(), value.as_str()).map_err(text)?;
        }
        if let Some(method) = &self.method {
            config = config.method(method.as_str()).map_err(text)?;
        }
        if let Some(millis) = self.initial_delay_ms {
            config = config.reconnection_time(Duration::from_millis(millis));
        }
        match &self.last_event_id {
            None => Ok(config),
            Some(id) => Ok(config.last_event_id(EventId::new(id.as_str()).map_err(text)?)),
        }
    }
}

fn text(error: impl Display) -> String {
    error.to_string()
}
