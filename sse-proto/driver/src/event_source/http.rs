//! A client over HTTP.

use http::Uri;
use sse_proto::{
    Text,
    client::{ClientConfig, RequestError, UrlFault},
};

use super::EventSource;
use crate::transport::{Dial, HttpConnector, Timer};

impl<D: Dial + Default, T: Timer + Default> EventSource<HttpConnector<D>, T> {
    /// A source that gets its events from this URL, with everything else as the standard has it.
    ///
    /// # Errors
    ///
    /// The text is no absolute URL with a host.
    pub fn get(url: impl Into<Text>) -> Result<Self, RequestError> {
        ClientConfig::get(url).and_then(Self::open)
    }

    /// A source with these settings.
    ///
    /// # Errors
    ///
    /// The URL is no URL of HTTP, or a parameter of its query has made it too long. A scheme other than `http` and `https` is a failure of the connection instead.
    pub fn open(config: ClientConfig) -> Result<Self, RequestError> {
        // A parameter may have made it too long.
        let config = config.with_url(config.url())?;
        match config.url().parse::<Uri>() {
            Ok(_) => Ok(Self::new(config, HttpConnector::default())),
            Err(_) => Err(RequestError::url(config.url(), UrlFault::NotAbsolute)),
        }
    }
}
