//! The grammar of a stream (R-050): which lines it has, and how they end.
//!
//! Every text can be cut into lines of this grammar, so what can be wrong with a stream is little: bytes that are no
//! UTF-8, and a last line or a last block without its end. The rest is worth knowing all the same, and a judge of what
//! is written looks at it: the names of fields, and the ends of lines.

use core::{error::Error, fmt, str::Utf8Error};

/// A stream, line by line. It shares no code with any encoder or decoder that is judged with it.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Grammar<'a> {
    /// Whether the stream begins with a byte order mark, which readers strip.
    pub bom: bool,
    /// The blocks: lines that are followed by a blank one.
    pub blocks: Vec<Vec<Line<'a>>>,
    /// Lines after the last blank one, which no reader dispatches (R-070).
    pub unfinished: Vec<Line<'a>>,
    /// What is behind the last end of a line.
    pub rest: &'a str,
    /// How many lines end with CR, with CRLF and with LF, blank ones included.
    pub ends: Ends,
}

/// How often each end of a line occurs.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Ends {
    /// A CR that no LF follows.
    pub cr: usize,
    /// CR and LF.
    pub crlf: usize,
    /// An LF that no CR goes before.
    pub lf: usize,
}

/// A line that is not blank.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Line<'a> {
    /// The text behind the colon, without one leading space.
    Comment(&'a str),
    /// A field.
    Field {
        /// The name, to the letter.
        name: &'a str,
        /// The value, without one leading space.
        value: &'a str,
    },
}

impl<'a> Grammar<'a> {
    /// Cuts a stream into its lines.
    ///
    /// ```
    /// use sse_conformance::grammar::{Grammar, Line};
    ///
    /// let stream = Grammar::parse(b": hello\ndata: a\r\n\n").unwrap();
    /// assert_eq!(stream.blocks, [[Line::Comment("hello"), Line::Field { name: "data", value: "a" }]]);
    /// assert!(stream.is_complete());
    /// ```
    ///
    /// # Errors
    ///
    /// The stream is no UTF-8 (R-051).
    pub fn parse(stream: &'a [u8]) -> Result<Self, NotUtf8> {
        let text = str::from_utf8(stream).map_err(NotUtf8)?;
        let mut grammar = Self { bom: text.starts_with('\u{feff}'), ..Self::default() };
        let mut rest = text.strip_prefix('\u{feff}').unwrap_or(text);
        while let Some(end) = rest.find(['\r', '\n']) {
            let (line, after) = rest.split_at(end);
            rest = if let Some(rest) = after.strip_prefix("\r\n") {
                grammar.ends.crlf += 1;
                rest
            } else {
                *(if after.starts_with('\r') { &mut grammar.ends.cr } else { &mut grammar.ends.lf }) += 1;
                &after[1..]
            };
            if line.is_empty() {
                grammar.blocks.push(core::mem::take(&mut grammar.unfinished));
            } else {
                grammar.unfinished.push(Line::parse(line));
            }
        }
        grammar.rest = rest;
        Ok(grammar)
    }

    /// Whether nothing is lost at the end: after the last blank line there are only whole lines of comments and
    /// reconnection times, which a reader takes at the end of the line (R-071).
    pub fn is_complete(&self) -> bool {
        let lost = |line: &Line<'_>| !matches!(line.name(), None | Some("retry"));
        self.rest.is_empty() && !self.unfinished.iter().any(lost)
    }

    /// All whole lines.
    pub fn lines(&self) -> impl Iterator<Item = Line<'a>> {
        self.blocks.iter().flatten().chain(&self.unfinished).copied()
    }
}

impl<'a> Line<'a> {
    fn parse(line: &'a str) -> Self {
        let (name, value) = match line.split_once(':') {
            Some((name, value)) => (name, value.strip_prefix(' ').unwrap_or(value)),
            None => (line, ""),
        };
        if line.starts_with(':') { Self::Comment(value) } else { Self::Field { name, value } }
    }

    /// The name of a field; `None` for a comment.
    pub fn name(self) -> Option<&'a str> {
        match self {
            Self::Comment(_) => None,
            Self::Field { name, .. } => Some(name),
        }
    }
}

/// A stream is no UTF-8.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct NotUtf8(
    /// Where, and how.
    pub Utf8Error,
);

impl fmt::Display for NotUtf8 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the stream is no UTF-8: {}", self.0)
    }
}

impl Error for NotUtf8 {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.0)
    }
}
