//! Requests as the server saw them.

/// A request, as the server saw it.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct SeenRequest {
    /// The method.
    pub method: String,
    /// Path and query.
    pub path: String,
    /// The header fields.
    pub headers: Vec<(String, Vec<u8>)>,
    /// The body.
    pub body: Vec<u8>,
}

impl SeenRequest {
    /// The value of a header field, all of them joined by commas if there are several; or one of `:method`, `:path` and
    /// `:body`.
    pub fn value(&self, name: &str) -> Option<Vec<u8>> {
        match name {
            ":method" => return Some(self.method.clone().into_bytes()),
            ":path" => return Some(self.path.clone().into_bytes()),
            ":body" => return Some(self.body.clone()),
            _ => {}
        }
        let found = self.headers.iter().filter(|(other, _)| other.eq_ignore_ascii_case(name));
        let values: Vec<&[u8]> = found.map(|(_, value)| value.as_slice()).collect();
        (!values.is_empty()).then(|| values.join(&b", "[..]))
    }
}
