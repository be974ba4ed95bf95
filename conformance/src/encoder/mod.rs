//! Judges what writes events: a value goes in by any way there is, and a reader gets it back, or it is refused.
//!
//! ```
//! use sse_conformance::encoder::{self, EncoderCase, Fields, Refused, WritePath, Writer, Written};
//!
//! /// An encoder that knows data and nothing else.
//! struct Mine;
//!
//! impl WritePath for Mine {
//!     fn name(&self) -> &str {
//!         "mine"
//!     }
//!
//!     fn takes(&self, fields: &Fields) -> bool {
//!         fields.data.is_some() && *fields == Fields { data: fields.data.clone(), ..Fields::default() }
//!     }
//!
//!     fn write(&self, fields: &Fields) -> Result<Written, Refused> {
//!         let data = fields.data.as_deref().unwrap_or_default().replace("\r\n", "\n").replace('\r', "\n");
//!         Ok(Written::from(format!("data: {}\n\n", data.replace('\n', "\ndata: ")).into_bytes()))
//!     }
//! }
//!
//! let writer = Writer { name: String::from("mine"), paths: vec![Box::new(Mine)] };
//! encoder::run(&writer, &EncoderCase::suite()).assert_passed();
//! ```

mod case;
mod judge;

use core::{error::Error, fmt, time::Duration};

#[cfg(feature = "tokio")]
pub(crate) use self::case::milliseconds;
pub use self::{
    case::{EncoderCase, Expected},
    judge::{EncoderFailure, Fault},
};
use crate::runner::{CaseResult, Report, bounded};

/// What is to be written: the values of a message, unchecked.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Fields {
    /// A comment.
    pub comment: Option<String>,
    /// The event type.
    pub event: Option<String>,
    /// The ID.
    pub id: Option<String>,
    /// The reconnection time.
    pub retry: Option<Duration>,
    /// The data.
    pub data: Option<String>,
}

impl Fields {
    /// Whether a comment is all there is.
    pub fn is_comment(&self) -> bool {
        *self == Self { comment: self.comment.clone(), ..Self::default() }
    }
}

/// One way from values to bytes.
pub trait WritePath {
    /// A name for reports.
    fn name(&self) -> &str;

    /// Whether this way can be asked for such a message at all: one for heartbeats takes only comments, say.
    fn takes(&self, fields: &Fields) -> bool;

    /// Writes one message, as the only one.
    ///
    /// # Errors
    ///
    /// A value is refused.
    fn write(&self, fields: &Fields) -> Result<Written, Refused>;

    /// What the data of the event that was read is compared as: the text that was given, with LF for every line break,
    /// unless the way does more to it.
    fn data(&self) -> DataForm {
        DataForm::Lines
    }
}

/// What the data of an event comes back as.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum DataForm {
    /// A JSON string: what it stands for is the text that was given, to the letter.
    JsonString,
    /// The text that was given, with LF for each CR, LF and CRLF.
    Lines,
}

/// What was written.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Written {
    /// What came before the message: the first bytes of a response, say.
    pub before: Vec<u8>,
    /// The message.
    pub bytes: Vec<u8>,
    /// The ID, if the message had none and got one on the way.
    pub made_id: Option<String>,
}

impl From<Vec<u8>> for Written {
    fn from(bytes: Vec<u8>) -> Self {
        Self { bytes, ..Self::default() }
    }
}

/// A value was refused, with an error value.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Refused {
    /// The name of the field, or `comment`.
    pub field: &'static str,
    /// What the error says.
    pub error: String,
}

impl Refused {
    /// The refusal of a value of this field.
    pub fn new(field: &'static str, error: impl fmt::Display) -> Self {
        Self { field, error: error.to_string() }
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` was refused: {}", self.field, self.error)
    }
}

impl Error for Refused {}

/// Something that is judged as a whole, with all its ways of writing.
#[expect(missing_debug_implementations, reason = "a way of writing need not have one")]
pub struct Writer {
    /// The name under which the results are added up.
    pub name: String,
    /// The ways.
    pub paths: Vec<Box<dyn WritePath>>,
}

/// Runs every case on every way of `writer` that takes it. A panic is a failure.
pub fn run(writer: &Writer, cases: &[EncoderCase]) -> Report<EncoderFailure> {
    let results = cases.iter().map(|case| {
        let mut judge = judge::Judge::new(case);
        let failures = writer.paths.iter().filter_map(|path| judge.judge(&**path));
        CaseResult {
            id: case.id.clone(),
            level: case.level,
            note: case.note.clone(),
            requirements: case.requirements.clone(),
            input: bounded(&format!("{:?}", case.fields), 240),
            failures: failures.collect(),
        }
    });
    Report { subject: writer.name.clone(), results: results.collect() }
}
