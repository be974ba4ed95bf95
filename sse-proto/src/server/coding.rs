//! Which compression a client accepts.

/// A compression of responses: a content coding of HTTP.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum ContentCoding {
    /// gzip (RFC 1952).
    Gzip,
    /// Zstandard (RFC 8878).
    Zstd,
}

impl ContentCoding {
    /// Returns the value of the header `Content-Encoding`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
        }
    }
}

/// The content codings that a client accepts: what its header `Accept-Encoding` says (RFC 9110, 12.5.3).
///
/// ```
/// use sse_proto::server::{AcceptedCodings, ContentCoding::{Gzip, Zstd}};
///
/// let accepted: AcceptedCodings = ["gzip, deflate", "zstd;q=0.5"].into_iter().collect();
/// assert_eq!(accepted.choose(&[Zstd, Gzip]), Some(Gzip));
/// assert_eq!(accepted.choose(&[Zstd]), Some(Zstd));
/// assert_eq!(AcceptedCodings::default().choose(&[Zstd, Gzip]), None);
/// ```
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct AcceptedCodings {
    /// The weights in thousandths, where they are given.
    gzip: Option<u16>,
    zstd: Option<u16>,
    identity: Option<u16>,
    others: Option<u16>,
}

impl AcceptedCodings {
    /// Returns the one of these codings that the client likes best, and of several the first; `None` if the response should
    /// not be compressed: the client accepts none of them, or likes a response without compression better. A client that
    /// has no `Accept-Encoding` gets no compression, although it would have to accept it.
    pub fn choose(&self, offered: &[ContentCoding]) -> Option<ContentCoding> {
        // Not compressed is accepted unless it is excluded, and worth nothing unless it is mentioned.
        let plain = self.identity.or(self.others).unwrap_or(0);
        let mut best = None;
        for coding in offered {
            let weight = self.weight(*coding);
            if weight > 0 && weight >= plain && best.is_none_or(|(_, most)| weight > most) {
                best = Some((*coding, weight));
            }
        }
        best.map(|(coding, _)| coding)
    }

    fn weight(&self, coding: ContentCoding) -> u16 {
        let own = match coding {
            ContentCoding::Gzip => self.gzip,
            ContentCoding::Zstd => self.zstd,
        };
        own.or(self.others).unwrap_or(0)
    }

    /// Adds what one value of the header says. Elements that are malformed count as missing.
    pub(super) fn add(&mut self, value: &[u8]) {
        for element in value.split(|byte| *byte == b',') {
            let mut parts = element.split(|byte| *byte == b';').map(<[u8]>::trim_ascii);
            let name = parts.next().unwrap_or_default();
            let Some(weight) = parts.next().map_or(Some(1000), weight).filter(|_| parts.next().is_none()) else {
                continue;
            };
            let place = match name {
                b"*" => &mut self.others,
                name if name.eq_ignore_ascii_case(b"gzip") || name.eq_ignore_ascii_case(b"x-gzip") => &mut self.gzip,
                name if name.eq_ignore_ascii_case(b"zstd") => &mut self.zstd,
                name if name.eq_ignore_ascii_case(b"identity") => &mut self.identity,
                _ => continue,
            };
            place.get_or_insert(weight);
        }
    }
}

impl<V: AsRef<[u8]>> FromIterator<V> for AcceptedCodings {
    fn from_iter<I: IntoIterator<Item = V>>(values: I) -> Self {
        let mut accepted = Self::default();
        values.into_iter().for_each(|value| accepted.add(value.as_ref()));
        accepted
    }
}

/// Reads `q=0.5` as thousandths.
fn weight(parameter: &[u8]) -> Option<u16> {
    let value = parameter.strip_prefix(b"q=").or_else(|| parameter.strip_prefix(b"Q="))?;
    let (whole, fraction) = match value {
        [whole] | [whole, b'.'] => (whole, &[][..]),
        [whole, b'.', fraction @ ..] => (whole, fraction),
        _ => return None,
    };
    if !matches!(whole, b'0' | b'1') || fraction.len() > 3 || !fraction.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let digits = fraction.iter().chain(b"000").take(3);
    let weight = digits.fold(u16::from(whole - b'0'), |weight, digit| weight * 10 + u16::from(digit - b'0'));
    (weight <= 1000).then_some(weight)
}

#[cfg(test)]
mod tests {
    use super::{
        AcceptedCodings, ContentCoding,
        ContentCoding::{Gzip, Zstd},
    };

    #[test]
    fn the_client_chooses_and_then_the_server() {
        let choose = |value: &str| [value].into_iter().collect::<AcceptedCodings>().choose(&[Zstd, Gzip]);
        for (value, expected) in [
            ("", None),
            ("gzip", Some(Gzip)),
            ("GZip", Some(Gzip)),
            ("x-gzip", Some(Gzip)),
            ("gzip, deflate, br, zstd", Some(Zstd)),
            ("gzip;q=1.0, zstd;q=0.9", Some(Gzip)),
            ("gzip;q=0.001", Some(Gzip)),
            ("gzip ; q=0.5 ,\tzstd ;Q=0.6", Some(Zstd)),
            ("gzip;q=0", None),
            ("gzip;q=0, zstd;q=0.000", None),
            ("*", Some(Zstd)),
            ("*;q=0", None),
            ("*, zstd;q=0", Some(Gzip)),
            ("identity, *;q=0", None),
            ("identity", None),
            ("identity;q=0.5, gzip;q=0.5", Some(Gzip)),
            ("identity, gzip;q=0.5", None),
            ("*;q=0.5, gzip;q=0.1, zstd;q=0.1", None),
            ("identity;q=0", None),
            ("deflate, br", None),
            ("gzip;q=1.001", None),
            ("gzip;q=2", None),
            ("gzip;q=0.1234", None),
            ("gzip;q=", None),
            ("gzip;q=-1", None),
            ("gzip;level=1", None),
            ("gzip;q=1;q=1", None),
            ("gzip;q=0.2, gzip;q=0, zstd;q=0.1", Some(Gzip)),
            (",,;,gzip,", Some(Gzip)),
            ("gzipped, xgzip", None),
        ] {
            assert_eq!(choose(value), expected, "{value}");
        }
    }

    #[test]
    fn several_values_are_one_list() {
        let accepted: AcceptedCodings = ["deflate", "gzip"].into_iter().collect();
        assert_eq!(accepted.choose(&[Zstd, Gzip]), Some(Gzip));
        assert_eq!(accepted.choose(&[]), None::<ContentCoding>);
    }
}
