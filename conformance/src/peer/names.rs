//! The names by which a script speaks of its own server.

/// Host and port of the two addresses of a scripted server.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Names<'a> {
    pub(crate) peer: &'a str,
    pub(crate) other: &'a str,
}

impl Names<'_> {
    /// Puts the addresses in the places of `{peer}` and `{other}`.
    pub(crate) fn fill(self, value: &[u8]) -> Vec<u8> {
        match str::from_utf8(value) {
            Ok(text) => text.replace("{peer}", self.peer).replace("{other}", self.other).into_bytes(),
            Err(_) => value.to_vec(),
        }
    }
}
