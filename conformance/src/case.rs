//! Cases as data: the format that `cases/README.md` describes.

use core::{error::Error, fmt};
use std::{collections::HashSet, fs, io, path::Path};

use serde::{
    Deserialize, Deserializer, Serialize,
    de::{self, DeserializeOwned},
};

use crate::{Event, Outcome, oracle};

/// A stream, and what every reader has to make of it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Case {
    /// The name of the case, unlike every other.
    pub id: String,
    /// Where the case comes from: `own`, or a test suite and the name of the test there.
    pub source: String,
    /// The bytes of the stream.
    pub input: Vec<u8>,
    /// What they come to.
    pub expected: Outcome,
    /// The requirements that the case is about, by their numbers in `REQUIREMENTS.md`.
    pub requirements: Vec<String>,
    /// How much a failure counts.
    pub level: Level,
    /// Free marks, such as `size`.
    pub tags: Vec<String>,
    /// What is tested, in words.
    pub note: String,
}

/// How much a failed case counts.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// The outcome is reported and never a failure.
    Info,
    /// The reader is wrong.
    Must,
    /// Any outcome will do, as long as the reader returns one and does not panic.
    MustNotBreak,
    /// The reader is not as good as it should be; a failure in a strict run.
    Should,
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Info => "info",
            Self::Must => "must",
            Self::MustNotBreak => "must-not-break",
            Self::Should => "should",
        })
    }
}

impl Case {
    /// The cases for decoders that come with this crate.
    pub fn parser_suite() -> Vec<Self> {
        [
            ("cases/parser.json", include_str!("../cases/parser.json")),
            ("cases/parser-own.json", include_str!("../cases/parser-own.json")),
        ]
        .into_iter()
        .flat_map(|(file, json)| Self::parse(file, json).expect("the built-in cases are well-formed"))
        .collect()
    }

    /// A case of the level `must` for any stream: the oracle says what it comes to.
    pub fn by_oracle(input: Vec<u8>) -> Self {
        Self {
            id: String::from("by the oracle"),
            source: String::from("oracle"),
            expected: oracle::read(&input),
            input,
            requirements: Vec::new(),
            level: Level::Must,
            tags: Vec::new(),
            note: String::new(),
        }
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
        parse_cases(file, json, Written::into_case)
    }
}

/// Reads the cases of any suite: objects with an `id`, each of which `into_case` makes a case of.
pub(crate) fn parse_cases<W: DeserializeOwned, C>(
    file: &str,
    json: &str,
    into_case: impl Fn(W) -> Result<C, Problem>,
) -> Result<Vec<C>, CaseError> {
    let fail = |case: Option<String>, problem| CaseError { file: String::from(file), case, problem };
    let values: Vec<serde_json::Value> =
        serde_json::from_str(json).map_err(|error| fail(None, Problem::Json(error)))?;
    let mut ids = HashSet::new();
    let mut cases = Vec::with_capacity(values.len());
    for (index, value) in values.into_iter().enumerate() {
        let id = value.get("id").and_then(serde_json::Value::as_str).map(String::from);
        let name = id.clone().unwrap_or_else(|| format!("number {}", index + 1));
        let written: W =
            serde_json::from_value(value).map_err(|error| fail(Some(name.clone()), Problem::Json(error)))?;
        if id.is_some_and(|id| !ids.insert(id)) {
            return Err(fail(Some(name), Problem::DuplicateId));
        }
        cases.push(into_case(written).map_err(|problem| fail(Some(name), problem))?);
    }
    Ok(cases)
}

/// Reads the file of a suite; `parse` takes its name for errors, and its text.
pub(crate) fn load_cases<C>(
    file: &Path,
    parse: impl FnOnce(&str, &str) -> Result<Vec<C>, CaseError>,
) -> Result<Vec<C>, CaseError> {
    let name = file.display().to_string();
    match fs::read_to_string(file) {
        Ok(json) => parse(&name, &json),
        Err(error) => Err(CaseError { file: name, case: None, problem: Problem::Io(error) }),
    }
}

/// Why a file of cases cannot be used.
#[derive(Debug)]
pub struct CaseError {
    /// The file.
    pub file: String,
    /// The case, by its ID or its place; `None` if it is the file as a whole.
    pub case: Option<String>,
    /// What is wrong.
    pub problem: Problem,
}

impl fmt::Display for CaseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.file)?;
        if let Some(case) = &self.case {
            write!(f, "case {case}: ")?;
        }
        fmt::Display::fmt(&self.problem, f)
    }
}

impl Error for CaseError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.problem.source()
    }
}

/// What can be wrong with a file of cases.
#[derive(Debug)]
#[non_exhaustive]
pub enum Problem {
    /// Something in a part of the case.
    At {
        /// The part, as a path of field names.
        place: String,
        /// What is wrong there.
        problem: Box<Self>,
    },
    /// `input_hex` is not pairs of hexadecimal digits.
    BadHex,
    /// A text that starts with `hex:` does not go on with pairs of hexadecimal digits.
    BadHexText,
    /// An answer has more than one of `body`, `body_gen` and `chunks`.
    BodyNotOne,
    /// An event has none or both of `data` and `data_gen`.
    DataNotOne,
    /// Another case of the file has the same ID.
    DuplicateId,
    /// There is none, or more than one, of `input`, `input_hex` and `input_gen`.
    InputNotOne,
    /// The file cannot be read.
    Io(io::Error),
    /// It is not JSON, or a field is missing or of the wrong type.
    Json(serde_json::Error),
    /// A `refuse_ms` is longer than a minute.
    RefusalTooLong,
    /// What is refused cannot be read.
    RefusedAndRead,
    /// Something else than the index of a request stands where one should.
    RequestIndex(String),
    /// A `retry` to be written is negative, or too large for any duration.
    RetryNotADuration,
    /// There is none, or more than one, of `status`, `refuse_ms` and `drop`.
    StepNotOne,
    /// Repeated texts make more than 256 MiB.
    TooLong,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::At { place, problem } => match &**problem {
                Self::At { place: inner, problem } => write!(f, "{place}.{inner}: {problem}"),
                problem => write!(f, "{place}: {problem}"),
            },
            Self::BadHex => f.write_str("`input_hex` is not pairs of hexadecimal digits"),
            Self::BadHexText => f.write_str("`hex:` needs pairs of hexadecimal digits after it"),
            Self::BodyNotOne => f.write_str("an answer has one of `body`, `body_gen` and `chunks` at most"),
            Self::DataNotOne => f.write_str("an event needs one of `data` and `data_gen`"),
            Self::DuplicateId => f.write_str("another case has the same ID"),
            Self::InputNotOne => f.write_str("needs one of `input`, `input_hex` and `input_gen`"),
            Self::Io(error) => fmt::Display::fmt(error, f),
            Self::Json(error) => fmt::Display::fmt(error, f),
            Self::RefusalTooLong => f.write_str("`refuse_ms` is at most 60000"),
            Self::RefusedAndRead => f.write_str("has both `refused` and `event`"),
            Self::RequestIndex(key) => write!(f, "{key:?} is not the index of a request"),
            Self::RetryNotADuration => f.write_str("`retry` is no duration in milliseconds"),
            Self::StepNotOne => f.write_str("a connection needs one of `status`, `refuse_ms` and `drop`"),
            Self::TooLong => f.write_str("repeated texts must not make more than 256 MiB"),
        }
    }
}

impl Problem {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::At { problem, .. } => problem.source(),
            Self::Io(error) => Some(error),
            Self::Json(error) => Some(error),
            _ => None,
        }
    }
}

/// A case as it is written.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Written {
    id: String,
    #[serde(default)]
    source: String,
    input: Option<String>,
    #[serde(rename = "input_hex")]
    input_hex: Option<String>,
    #[serde(rename = "input_gen")]
    input_gen: Option<Repeated>,
    events: Vec<WrittenEvent>,
    #[serde(deserialize_with = "capped")]
    retry: Option<u64>,
    last_event_id: String,
    #[serde(default)]
    req: Vec<String>,
    level: Level,
    #[serde(default)]
    tags: Vec<String>,
    #[serde(default)]
    note: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WrittenEvent {
    #[serde(rename = "type")]
    event_type: String,
    data: Option<String>,
    #[serde(rename = "data_gen")]
    data_gen: Option<Repeated>,
    last_event_id: String,
    own_id: Option<bool>,
}

/// Texts, each so many times, one after the other.
#[derive(Deserialize)]
pub(crate) struct Repeated(Vec<(String, usize)>);

/// The longest text that repetitions may make.
const MOST: usize = 256 * 1024 * 1024;

impl Repeated {
    pub(crate) fn expand(&self) -> Result<String, Problem> {
        let lengths = self.0.iter().map(|(text, times)| text.len().saturating_mul(*times));
        if lengths.fold(0, usize::saturating_add) > MOST {
            return Err(Problem::TooLong);
        }
        Ok(self.0.iter().map(|(text, times)| text.repeat(*times)).collect())
    }
}

impl Written {
    fn into_case(self) -> Result<Case, Problem> {
        let input = match (self.input, self.input_hex, self.input_gen) {
            (Some(text), None, None) => text.into_bytes(),
            (None, Some(hex), None) => bytes_from_hex(&hex).ok_or(Problem::BadHex)?,
            (None, None, Some(repeated)) => repeated.expand()?.into_bytes(),
            _ => return Err(Problem::InputNotOne),
        };
        let events: Result<_, _> = self.events.into_iter().map(WrittenEvent::into_event).collect();
        Ok(Case {
            id: self.id,
            source: self.source,
            input,
            expected: Outcome { events: events?, retry: self.retry, last_event_id: self.last_event_id },
            requirements: self.req,
            level: self.level,
            tags: self.tags,
            note: self.note,
        })
    }
}

impl WrittenEvent {
    fn into_event(self) -> Result<Event, Problem> {
        let data = match (self.data, self.data_gen) {
            (Some(data), None) => data,
            (None, Some(repeated)) => repeated.expand()?,
            _ => return Err(Problem::DataNotOne),
        };
        Ok(Event { event_type: self.event_type, data, last_event_id: self.last_event_id, own_id: self.own_id })
    }
}

pub(crate) fn bytes_from_hex(hex: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> = hex.chars().map(|digit| digit.to_digit(16).map(|value| value as u8)).collect();
    let (pairs, rest) = digits.as_ref()?.as_chunks::<2>();
    rest.is_empty().then(|| pairs.iter().map(|[high, low]| high << 4 | low).collect())
}

/// A number of milliseconds or null. The standard sets no bound; readers are compared up to [`u64::MAX`].
pub(crate) fn capped<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    /// The least number that is not a `u64`.
    const ABOVE: f64 = 18_446_744_073_709_551_616.0;
    let number = Option::<serde_json::Number>::deserialize(deserializer)?;
    match number {
        None => Ok(None),
        Some(number) => match (number.as_u64(), number.as_f64()) {
            (Some(number), _) => Ok(Some(number)),
            (None, Some(number)) if number >= ABOVE => Ok(Some(u64::MAX)),
            _ => Err(de::Error::custom("`retry` is neither null nor a whole number of milliseconds")),
        },
    }
}
