//! The adapters have the same names in the same modules.

use crate::listing::Listing;

const ADAPTERS: [&str; 3] = ["sse-tokio", "sse-smol", "sse-asyncstd"];

/// Names that only some of the adapters have, and which of them.
const PERMITTED: [(&str, &[&str]); 12] = [
    ("transport::AsyncStd", &["sse-asyncstd"]),
    ("LastEventId", &["sse-tokio"]),                // an extractor of axum
    ("server::EventRequest", &["sse-tokio"]),       // likewise
    ("server::LastEventIdOrQuery", &["sse-tokio"]), // likewise
    ("server::NoEvents", &["sse-tokio"]),           // likewise
    ("transport::ReqwestBody", &["sse-tokio"]),
    ("transport::ReqwestConnector", &["sse-tokio"]),
    ("transport::ReqwestError", &["sse-tokio"]),
    ("transport::Smol", &["sse-smol"]),
    ("transport::Tcp", &["sse-smol", "sse-asyncstd"]), // the parameter of the `Dialler` that these two share
    ("transport::Tokio", &["sse-tokio"]),
    ("transport::reqwest", &["sse-tokio"]),
];

/// Returns what one adapter has and another lacks, unless it is permitted, and permissions that do not fit.
pub(crate) fn differences(listings: &[(String, Listing)]) -> Vec<String> {
    let find = |adapter: &str| listings.iter().find(|(package, _)| package == adapter).map(|(_, listing)| listing);
    let adapters: Vec<_> = ADAPTERS.iter().filter_map(|adapter| Some((*adapter, find(adapter)?))).collect();
    if adapters.len() < ADAPTERS.len() {
        return Vec::new(); // not all of them were asked for
    }
    let mut names: Vec<&str> = adapters.iter().flat_map(|(_, listing)| &listing.names).map(String::as_str).collect();
    names.extend(PERMITTED.iter().map(|(name, _)| *name));
    names.sort_unstable();
    names.dedup();
    let mut differences = Vec::new();
    for name in names {
        let holders = adapters.iter().filter(|(_, listing)| listing.names.contains(name));
        let holders: Vec<&str> = holders.map(|(adapter, _)| *adapter).collect();
        let permitted = PERMITTED.iter().find(|(permitted, _)| *permitted == name);
        let expected = permitted.map_or(&ADAPTERS[..], |(_, adapters)| adapters);
        if holders != expected {
            differences.push(format!("{name}: expected in {}, found in {}", list(expected), list(&holders)));
        }
    }
    differences
}

fn list(adapters: &[&str]) -> String {
    if adapters.is_empty() { "none".to_owned() } else { adapters.join(", ") }
}
