//! The parts of URLs that redirects and origins need (RFC 3986, sections 3 and 5).

use alloc::{format, string::String, vec::Vec};
use core::{
    fmt::{self, Write},
    net::Ipv6Addr,
};

use super::{RequestError, UrlFault};
use crate::Text;

/// The length of the longest URL that is requested, in bytes: HTTP clients take none of 64 KiB.
pub(super) const LONGEST: usize = 64 * 1024 - 2;

/// The parts of an absolute URL with an authority; the fragment is left out.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Url<'a> {
    scheme: &'a str,
    authority: &'a str,
    path: &'a str,
    query: Option<&'a str>,
}

impl<'a> Url<'a> {
    pub(super) fn parse(url: &'a str) -> Option<Self> {
        if space(url).is_some() {
            return None;
        }
        let (scheme, rest) = split_scheme(url)?;
        let rest = rest.strip_prefix("//")?;
        let rest = rest.split_once('#').map_or(rest, |(before, _)| before);
        let (authority, rest) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
        let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
        if !authority.bytes().all(is_authority) || !is_host(host) {
            return None;
        }
        let (path, query) = split_query(rest);
        Some(Self { scheme, authority, path, query })
    }

    /// The URL that `reference` names relative to this one. Invalid characters in a path or a query are corrected as
    /// browsers do; nothing that determines the host is.
    pub(super) fn resolve(&self, reference: &str) -> Option<String> {
        let mut reference = reference.split_once('#').map_or(reference, |(before, _)| before);
        if split_query(reference).0.contains('\\') {
            // A slash to browsers, and a part of a name to others.
            return None;
        }
        let Self { scheme, authority, .. } = self;
        if let Some((other, rest)) = split_scheme(reference) {
            if rest.starts_with("//") || !other.eq_ignore_ascii_case(scheme) {
                return checked(String::from(reference));
            }
            // The URL Standard, section 4.4, "special relative or authority state".
            reference = rest;
        }
        if reference.starts_with("//") {
            return checked(format!("{scheme}:{reference}"));
        }
        let (path, mut query) = split_query(reference);
        let path = if path.is_empty() {
            query = query.or(self.query);
            String::from(self.path)
        } else if path.starts_with('/') {
            remove_dots(path)
        } else {
            let base = self.path.rfind('/').map_or("/", |at| &self.path[..=at]);
            remove_dots(&format!("{base}{path}"))
        };
        let query = query.map(|query| format!("?{query}")).unwrap_or_default();
        checked(format!("{scheme}://{authority}{path}{query}"))
    }

    /// Whether there is a user name or a password before the host.
    pub(super) fn has_credentials(&self) -> bool {
        self.authority.contains('@')
    }

    pub(super) fn is_https(&self) -> bool {
        self.scheme.eq_ignore_ascii_case("https")
    }

    pub(super) fn is_http(&self) -> bool {
        self.scheme.eq_ignore_ascii_case("http")
    }

    /// Scheme, host and port in a form that can be compared.
    pub(super) fn origin(&self) -> String {
        let host = self.authority.rsplit_once('@').map_or(self.authority, |(_, host)| host);
        let default = if self.is_https() { ":443" } else { ":80" };
        let host = host.strip_suffix(default).or_else(|| host.strip_suffix(':')).unwrap_or(host);
        format!("{}://{}", self.scheme, host).to_ascii_lowercase()
    }
}

/// Shows a URL, or text that was meant as one, without what may be secret in it: omits user name and password, and
/// writes `?…` in place of a query, `#…` in place of a fragment, and `…` in place of a text that is too long for a URL.
pub(super) struct ShownUrl<'a>(pub(super) &'a str);

impl fmt::Display for ShownUrl<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.len() > LONGEST {
            return f.write_str("…");
        }
        let rest = match split_scheme(self.0) {
            Some((scheme, rest)) if rest.starts_with("//") => {
                write!(f, "{scheme}://")?;
                &rest[2..]
            }
            _ => self.0,
        };
        let (before, hidden) = rest.split_at(rest.find(['?', '#']).unwrap_or(rest.len()));
        let user_end = match Url::parse(self.0) {
            // The `/`, `?` or `#` that ends the authority may be one of a password.
            Some(url) if url.has_credentials() && rest[url.authority.len()..].contains('@') => return f.write_str("…"),
            Some(url) => url.authority.rfind('@'),
            // The `?` may be one of a password.
            None if hidden.contains('@') => return f.write_str("…"),
            None => before.rfind('@'),
        };
        f.write_str(&before[user_end.map_or(0, |at| at + 1)..])?;
        match hidden.chars().next() {
            Some(mark) => write!(f, "{mark}…"),
            None => Ok(()),
        }
    }
}

/// In quotes, with control characters escaped.
impl fmt::Debug for ShownUrl<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&*format!("{self}"), f)
    }
}

/// The characters that an authority may have (RFC 3986, section 3.2). Others, a backslash above all, mean different hosts
/// to different readers.
fn is_authority(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~%!$&'()*+,;=:[]@".contains(&byte)
}

/// Whether this is a name, an IPv4 address, or an IPv6 address in brackets, with a valid port or none.
fn is_host(host: &str) -> bool {
    let (name, port) = match host.rsplit_once(':') {
        Some((name, port)) if !port.contains(']') => (name, port),
        _ => (host, ""),
    };
    let digits = port.bytes().all(|byte| byte.is_ascii_digit());
    is_host_alone(name) && digits && (port.is_empty() || port.parse::<u16>().is_ok())
}

/// Joins these parts to a URL, of which the path is not checked.
pub(super) fn from_parts(scheme: &str, host: &str, port: Option<u16>, path: &str) -> Result<String, RequestError> {
    let port = port.map(|port| format!(":{port}")).unwrap_or_default();
    let slash = if path.is_empty() || path.starts_with(['/', '?']) { "" } else { "/" };
    let (open, close) = if is_ipv6(host) { ("[", "]") } else { ("", "") };
    let url = format!("{scheme}://{open}{host}{close}{port}{slash}{path}");
    if !is_scheme(scheme) {
        return Err(RequestError::url(&url, UrlFault::Scheme));
    }
    if open.is_empty() && !is_host_alone(host) {
        return Err(RequestError::url(&url, UrlFault::Host));
    }
    Ok(url)
}

/// Whether this is a name, an IPv4 address, or an IPv6 address in brackets, and nothing else.
fn is_host_alone(host: &str) -> bool {
    match host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        Some(address) => is_ipv6(address),
        None => is_name(host) && !host.contains('%'),
    }
}

/// Whether this is an IPv6 address, with the name of a network interface or without.
fn is_ipv6(address: &str) -> bool {
    let (address, zone) = address.split_once('%').map_or((address, None), |(address, zone)| (address, Some(zone)));
    address.parse::<Ipv6Addr>().is_ok() && zone.is_none_or(is_name)
}

/// Whether this can be a part of an authority that ends none of its other parts.
fn is_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| is_authority(byte) && !b":@[]".contains(&byte))
}

/// Percent-encodes the path and the query, and returns the result if it is a URL.
fn checked(url: String) -> Option<String> {
    let start = url.find("://")? + "://".len();
    let path = url[start..].find(['/', '?']).map_or(url.len(), |at| start + at);
    let query = url[path..].find('?').map_or(url.len(), |at| path + at);
    let mut encoded = String::from(&url[..path]);
    percent_encode(&mut encoded, &url[path..query], b" \"<>^`{}");
    percent_encode(&mut encoded, &url[query..], b" \"<>'");
    Url::parse(&encoded).is_some().then_some(encoded)
}

/// Encodes these characters, and those outside of ASCII (the URL Standard, section 1.3). Control characters stay; they
/// make a URL invalid.
fn percent_encode(encoded: &mut String, text: &str, which: &[u8]) {
    for char in text.chars() {
        if char.is_ascii() && !which.contains(&(char as u8)) {
            encoded.push(char);
            continue;
        }
        for byte in char.encode_utf8(&mut [0; 4]).bytes() {
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
}

fn split_scheme(url: &str) -> Option<(&str, &str)> {
    url.split_once(':').filter(|(scheme, _)| is_scheme(scheme))
}

fn is_scheme(text: &str) -> bool {
    let valid = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
    valid && text.starts_with(|first: char| first.is_ascii_alphabetic())
}

fn split_query(text: &str) -> (&str, Option<&str>) {
    text.split_once('?').map_or((text, None), |(path, query)| (path, Some(query)))
}

/// Removes `.` and `..` from an absolute path (RFC 3986, section 5.2.4).
fn remove_dots(path: &str) -> String {
    let mut kept = Vec::new();
    let mut segments = path.split('/').skip(1).peekable();
    while let Some(segment) = segments.next() {
        let last = segments.peek().is_none();
        match segment {
            "." if last => kept.push(""),
            "." => {}
            ".." => {
                kept.pop();
                if last {
                    kept.push("");
                }
            }
            _ => kept.push(segment),
        }
    }
    format!("/{}", kept.join("/"))
}

/// Where the first space or control character is.
fn space(url: &str) -> Option<usize> {
    url.bytes().position(|byte| byte <= b' ' || byte == 0x7f)
}

/// Returns the caller's URL if it can be used.
pub(super) fn checked_by_caller(url: Text) -> Result<Text, RequestError> {
    match fault(&url) {
        Some(fault) => Err(RequestError::url(&url, fault)),
        None => Ok(url),
    }
}

fn fault(url: &str) -> Option<UrlFault> {
    if url.len() > LONGEST {
        return Some(UrlFault::TooLong);
    }
    if let Some(at) = space(url) {
        return Some(UrlFault::Space { at });
    }
    let Some(parsed) = Url::parse(url) else {
        let after_scheme = split_scheme(url).and_then(|(_, rest)| rest.strip_prefix("//"));
        let no_authority = after_scheme.is_none_or(|rest| rest.is_empty() || rest.starts_with(['/', '?', '#']));
        return Some(if no_authority { UrlFault::NotAbsolute } else { UrlFault::Authority });
    };
    if parsed.has_credentials() {
        return Some(UrlFault::Credentials);
    }
    let path = parsed.scheme.len() + "://".len() + parsed.authority.len();
    let query = path + parsed.path.len();
    let in_path = parsed.path.find(['<', '>', '`']).map(|at| path + at);
    let in_query = || Some(query + "?".len() + parsed.query?.find(['"', '<', '>'])?);
    in_path.or_else(in_query).map(|at| UrlFault::Character { at })
}

/// Appends text as part of a form (the URL Standard, section 5.2).
pub(super) fn push_form(encoded: &mut String, text: &str) {
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'*' | b'-' | b'.' | b'_' => encoded.push(char::from(byte)),
            b' ' => encoded.push('+'),
            _ => {
                let _ = write!(encoded, "%{byte:02X}");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Url;

    #[test]
    fn references_resolve_as_rfc_3986_section_5_4_has_it() {
        let base = Url::parse("http://a/b/c/d;p?q").unwrap();
        for (reference, expected) in [
            ("g", "http://a/b/c/g"),
            ("./g", "http://a/b/c/g"),
            ("g/", "http://a/b/c/g/"),
            ("/g", "http://a/g"),
            ("//g", "http://g"),
            ("?y", "http://a/b/c/d;p?y"),
            ("g?y", "http://a/b/c/g?y"),
            ("#s", "http://a/b/c/d;p?q"),
            ("g#s", "http://a/b/c/g"),
            (";x", "http://a/b/c/;x"),
            ("", "http://a/b/c/d;p?q"),
            (".", "http://a/b/c/"),
            ("..", "http://a/b/"),
            ("../g", "http://a/b/g"),
            ("../..", "http://a/"),
            ("../../../../g", "http://a/g"),
            ("/./g", "http://a/g"),
            ("/../g", "http://a/g"),
            ("g;x=1/../y", "http://a/b/c/y"),
            ("https://h/x", "https://h/x"),
            ("//[::1]:8080/x", "http://[::1]:8080/x"),
        ] {
            assert_eq!(base.resolve(reference).as_deref(), Some(expected), "{reference:?}");
        }
        assert_eq!(base.resolve("mailto:a@b"), None);
    }

    #[test]
    fn references_that_browsers_follow_resolve_as_the_url_standard_has_it() {
        let base = Url::parse("http://a/b/c?q").unwrap();
        for (reference, expected) in [
            ("/a b", Some("http://a/a%20b")),
            ("/<x>?<y> 'z'", Some("http://a/%3Cx%3E?%3Cy%3E%20%27z%27")),
            ("/\"`{}^|%20", Some("http://a/%22%60%7B%7D%5E|%20")),
            ("?\"`{}^\\", Some("http://a/b/c?%22`{}^\\")),
            ("/ä?ö", Some("http://a/%C3%A4?%C3%B6")),
            ("d e/../f g", Some("http://a/b/f%20g")),
            ("//h/a b", Some("http://h/a%20b")),
            ("https://h/a b?c d", Some("https://h/a%20b?c%20d")),
            ("https://h?c d", Some("https://h?c%20d")),
            ("http:/x", Some("http://a/x")),
            ("HTTP:x", Some("http://a/b/x")),
            ("http:?y", Some("http://a/b/c?y")),
            ("http:", Some("http://a/b/c?q")),
            // Browsers find a host in these. Nobody else does.
            ("https:/x", None),
            ("https:x", None),
            ("http:///x", None),
            // Browsers take these backslashes for slashes, others do not.
            ("\\x", None),
            ("/\\x", None),
            ("\\\\h/x", None),
            ("//h\\x", None),
            ("http:\\\\h\\x", None),
            ("http://h/\\x", None),
            // Nothing is corrected in a host.
            ("//h h/x", None),
            ("http://<h>/", None),
            ("/a\tb", None),
        ] {
            assert_eq!(base.resolve(reference).as_deref(), expected, "{reference:?}");
        }
    }

    #[test]
    fn origins_leave_out_case_credentials_and_default_ports() {
        let origin = |url| Url::parse(url).unwrap().origin();
        assert_eq!(origin("HTTP://user:pw@Example.COM:80/x"), "http://example.com");
        assert_eq!(origin("https://example.com:443"), "https://example.com");
        assert_eq!(origin("https://example.com:80"), "https://example.com:80");
        assert_ne!(origin("http://a/"), origin("https://a/"));
    }

    #[test]
    fn what_is_no_url_is_refused() {
        for text in [
            "",
            "/path",
            "example.com",
            "http://",
            "http:///x",
            "http://this is invalid/",
            "http://a\n/",
            "http://a:x/",
            "http://a:65536/",
            "http://:80/",
            "https://evil.example\\@home.example/",
            "http://[::1]:+80/",
            "http://[::1",
            "http://[::1/",
            "http://::1]/",
            "http://[]/",
            "http://häuser.example/",
            "http://::1/",
            "http://::1:80/",
            "http://a:1:2/",
            "http://[a]/",
            "http://[::1:80/",
            "http://a%20b/",
        ] {
            assert_eq!(Url::parse(text), None, "{text:?}");
        }
    }
}
