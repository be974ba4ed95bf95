//! Cases for encoders as data: the format that `cases/README.md` describes.

use core::time::Duration;
use std::path::Path;

use serde::Deserialize;

use super::Fields;
use crate::{
    CaseError, Event, Level, Outcome, Problem,
    case::{Repeated, load_cases, parse_cases},
};

/// Values to write, and what every reader has to make of what was written.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct EncoderCase {
    /// The name of the case, unlike every other.
    pub id: String,
    /// What is written.
    pub fields: Fields,
    /// What comes of it.
    pub expected: Expected,
    /// The requirements that the case is about, by their numbers in `REQUIREMENTS.md`.
    pub requirements: Vec<String>,
    /// How much a failure counts.
    pub level: Level,
    /// What is tested, in words.
    pub note: String,
}

/// What has to come of a message that is written.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Expected {
    /// A reader gets this.
    Read {
        /// What the message alone comes to.
        outcome: Outcome,
        /// The comment's lines, joined by LF; `None` if no comment may be there.
        comment: Option<String>,
    },
    /// An error value, before anything is written.
    Refused {
        /// The field whose value it is.
        field: String,
    },
}

impl EncoderCase {
    /// The cases for encoders that come with this crate.
    pub fn suite() -> Vec<Self> {
        Self::parse("cases/encoder.json", include_str!("../../cases/encoder.json"))
            .expect("the built-in cases are well-formed")
    }

    /// Reads a file of cases.
    ///
    /// # Errors
    ///
    /// The file cannot be read or is malformed; the error says which file, which case and what is wrong.
    pub fn load(file: &Path) -> Result<Vec<Self>, CaseError> {
        load_cases(file, Self::parse)
    }

    /// Reads cases from a JSON text; `file` is the name for errors.
    ///
    /// # Errors
    ///
    /// The text is malformed; the error says which case and what is wrong.
    pub fn parse(file: &str, json: &str) -> Result<Vec<Self>, CaseError> {
        parse_cases(file, json, InFile::into_case)
    }
}

/// A case as it is written.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct InFile {
    id: String,
    write: WriteInFile,
    refused: Option<String>,
    event: Option<EventInFile>,
    comment: Option<TextInFile>,
    retry: Option<u64>,
    #[serde(default)]
    last_event_id: TextInFile,
    #[serde(default)]
    req: Vec<String>,
    level: Level,
    #[serde(default)]
    note: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WriteInFile {
    comment: Option<TextInFile>,
    event: Option<TextInFile>,
    id: Option<TextInFile>,
    retry: Option<serde_json::Number>,
    data: Option<TextInFile>,
}

#[derive(Deserialize)]
struct EventInFile {
    #[serde(rename = "type")]
    event_type: TextInFile,
    data: TextInFile,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum TextInFile {
    Plain(String),
    Repeated(Repeated),
}

impl Default for TextInFile {
    fn default() -> Self {
        Self::Plain(String::new())
    }
}

impl TextInFile {
    fn expand(self) -> Result<String, Problem> {
        match self {
            Self::Plain(text) => Ok(text),
            Self::Repeated(repeated) => repeated.expand(),
        }
    }
}

impl InFile {
    fn into_case(self) -> Result<EncoderCase, Problem> {
        let expand = |text: Option<TextInFile>| text.map(TextInFile::expand).transpose();
        let fields = Fields {
            comment: expand(self.write.comment)?,
            event: expand(self.write.event)?,
            id: expand(self.write.id)?,
            retry: self.write.retry.as_ref().map(milliseconds).transpose()?,
            data: expand(self.write.data)?,
        };
        let expected = match (self.refused, self.event) {
            (Some(field), None) => Expected::Refused { field },
            (Some(_), Some(_)) => return Err(Problem::RefusedAndRead),
            (None, event) => {
                let last_event_id = self.last_event_id.expand()?;
                let event = event.map(|EventInFile { event_type, data }| {
                    let last_event_id = last_event_id.clone();
                    let (event_type, data) = (event_type.expand()?, data.expand()?);
                    Ok(Event { event_type, data, last_event_id, own_id: None })
                });
                let events = event.transpose()?.into_iter().collect();
                let outcome = Outcome { events, retry: self.retry, last_event_id };
                Expected::Read { outcome, comment: expand(self.comment)? }
            }
        };
        let Self { id, req: requirements, level, note, .. } = self;
        Ok(EncoderCase { id, fields, expected, requirements, level, note })
    }
}

/// A number of milliseconds, which need not be a whole one.
pub(crate) fn milliseconds(number: &serde_json::Number) -> Result<Duration, Problem> {
    if let Some(millis) = number.as_u64() {
        return Ok(Duration::from_millis(millis));
    }
    let seconds = number.as_f64().map(|millis| millis / 1000.0);
    seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok()).ok_or(Problem::RetryNotADuration)
}
