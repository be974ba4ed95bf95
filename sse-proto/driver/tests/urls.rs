//! The URLs that the settings take are those that the HTTP transport can request.

#![cfg(feature = "http")]

use http::Uri;
use sse_proto::client::ClientConfig;

/// Each URL with one character of ASCII or beyond in each place.
#[test]
fn a_url_that_is_taken_can_be_requested() {
    for char in (0..=0x100).filter_map(char::from_u32) {
        for (before, after) in [
            ("http", "://example.com/"),
            ("http://exam", "ple.com/"),
            ("http://", ":80/"),
            ("http://[::", "]/"),
            ("http://[::1", ":80/"),
            ("http://example.com:8", "0/"),
            ("http://example.com", ""),
            ("http://example.com/x", "y"),
            ("http://example.com?x", "y"),
            ("http://example.com/#x", "y"),
        ] {
            let url = format!("{before}{char}{after}");
            if let Ok(config) = ClientConfig::get(url.as_str()) {
                assert!(config.url().parse::<Uri>().is_ok(), "{url:?}");
            }
        }
    }
}
