//! What is asked of the server.

use bytes::Bytes;

use super::{Headers, headers::CREDENTIALS, url::Url};
use crate::{EventId, Text};

/// A request that the driver has to send: `GET`, without a body, with just these header fields.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Request {
    /// The URL, with its host; never relative.
    pub url: Text,
    /// The header fields, `Accept` and `Last-Event-ID` among them. `Host` is left to the driver.
    pub headers: Headers,
}

/// The name of the header that carries the last event ID.
pub(crate) const LAST_EVENT_ID: &str = "Last-Event-ID";

impl Request {
    /// The request for `url`, where `home` is the URL that the caller asked for with `own` headers.
    pub(super) fn new(url: &Text, home: &str, own: &Headers, last_event_id: Option<&EventId>) -> Self {
        let mut headers = own.clone();
        let same_origin = match (Url::parse(url), Url::parse(home)) {
            (Some(url), Some(home)) => url.origin() == home.origin(),
            _ => false,
        };
        if !same_origin {
            CREDENTIALS.iter().for_each(|name| headers.remove(name));
        }
        // R-011; and R-012, where Fetch turns the cache mode no-store into these two fields.
        for (name, value) in [("Accept", "text/event-stream"), ("Cache-Control", "no-cache"), ("Pragma", "no-cache")] {
            if headers.value(name).is_none() {
                headers.push(Text::from_static(name), Bytes::from_static(value.as_bytes()));
            }
        }
        // and D-02: made anew for each attempt, the bytes as they are.
        headers.remove(LAST_EVENT_ID);
        if let Some(id) = last_event_id {
            headers.push(Text::from_static(LAST_EVENT_ID), id.clone().into_text().into_bytes());
        }
        Self { url: url.clone(), headers }
    }
}
