//! Connection-level cases as data: the format that `cases/README.md` describes.

use core::time::Duration;
use std::{collections::BTreeMap, path::Path};

use serde::Deserialize;
use serde_json::{Map, Value};

use super::{Action, Expectation, Pattern, Setup, expect::WantedFields, notes};
use crate::{
    CaseError, Level, Problem,
    case::{Repeated, bytes_from_hex, load_cases, parse_cases},
    peer::{Answer, End, Framing, Script, Step},
};

/// What a server does, and what every client has to make of it.
#[derive(Clone, Debug, PartialEq)]
pub struct HttpCase {
    /// The name of the case, unlike every other.
    pub id: String,
    /// What is tested, in a few words.
    pub title: String,
    /// Where the case comes from: `own`, or a test suite.
    pub source: String,
    /// How much a failure counts.
    pub level: Level,
    /// The requirements that the case is about, by their numbers in `REQUIREMENTS.md`.
    pub requirements: Vec<String>,
    /// What the server does.
    pub script: Script,
    /// What the client is told to do on the way.
    pub action: Option<Action>,
    /// How the client is set up.
    pub setup: Setup,
    /// What has to be seen.
    pub expected: Expectation,
    /// More words.
    pub note: String,
    /// Whether the case can be run from its data.
    pub run: bool,
    /// Fields that this crate does not know, by their place.
    pub unknown: Vec<String>,
}

impl HttpCase {
    /// The cases for clients that come with this crate.
    pub fn suite() -> Vec<Self> {
        [
            ("cases/http.json", include_str!("../../cases/http.json")),
            ("cases/http-own.json", include_str!("../../cases/http-own.json")),
        ]
        .into_iter()
        .flat_map(|(file, json)| Self::parse(file, json).expect("the built-in cases are well-formed"))
        .collect()
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
    /// The text is malformed; the error says which case, where in it, and what is wrong.
    pub fn parse(file: &str, json: &str) -> Result<Vec<Self>, CaseError> {
        parse_cases(file, json, Written::into_case)
    }

    /// What a reader of the results should know of the case: fields that were ignored.
    pub fn notes(&self) -> impl Iterator<Item = String> {
        self.unknown.iter().map(|place| format!("the field `{place}` is not known and was ignored"))
    }

    /// Why the case is not run, if it is not.
    pub(super) fn skipped(&self) -> Option<String> {
        if !self.run {
            let why = "the case is marked `run: false`";
            return Some(notes::tested_by(&self.id).map_or(String::from(why), |test| format!("{why}; {test}")));
        }
        let unknown: Vec<&str> = self.setup.unknown.keys().map(String::as_str).collect();
        (!unknown.is_empty()).then(|| format!("the settings {} are not known", unknown.join(", ")))
    }
}

/// A case as it is written.
#[derive(Deserialize)]
struct Written {
    id: String,
    #[serde(default)]
    title: String,
    #[serde(default)]
    source: String,
    level: Level,
    #[serde(default)]
    req_ids: Vec<String>,
    conns: Vec<Value>,
    action: Option<Value>,
    config: Option<Value>,
    expect: Value,
    #[serde(default)]
    note: String,
    #[serde(default = "yes")]
    run: bool,
    #[serde(flatten)]
    unknown: Map<String, Value>,
}

fn yes() -> bool {
    true
}

impl Written {
    fn into_case(self) -> Result<HttpCase, Problem> {
        let mut unknown: Vec<String> = self.unknown.keys().cloned().collect();
        let mut steps = Vec::with_capacity(self.conns.len());
        for (index, step) in self.conns.into_iter().enumerate() {
            let place = format!("conns[{index}]");
            let step: WrittenStep = at(&place, read(step))?;
            unknown.extend(step.unknown.keys().map(|name| format!("{place}.{name}")));
            steps.push(at(&place, step.into_step())?);
        }
        let action = self.action.map(|action| at("action", read::<Action>(action))).transpose()?;
        let expect: WrittenExpect = at("expect", read(self.expect))?;
        unknown.extend(expect.unknown.keys().map(|name| format!("expect.{name}")));
        Ok(HttpCase {
            id: self.id,
            title: self.title,
            source: self.source,
            level: self.level,
            requirements: self.req_ids,
            script: Script(steps),
            action,
            setup: self.config.map(|config| at("config", read::<Setup>(config))).transpose()?.unwrap_or_default(),
            expected: at("expect", expect.into_expectation())?,
            note: self.note,
            run: self.run,
            unknown,
        })
    }
}

#[derive(Deserialize)]
struct WrittenStep {
    status: Option<u16>,
    #[serde(default)]
    headers: Vec<(String, String)>,
    body: Option<String>,
    body_gen: Option<Repeated>,
    chunks: Option<Vec<String>>,
    #[serde(alias = "chunk_delay_ms")]
    delay: Option<u64>,
    framing: Option<WrittenFraming>,
    end: Option<WrittenEnd>,
    refuse_ms: Option<u64>,
    #[serde(default)]
    drop: bool,
    #[serde(flatten)]
    unknown: Map<String, Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum WrittenFraming {
    Chunked,
    Close,
    Length,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum WrittenEnd {
    Cut,
    Eof,
    Hold,
    Rst,
    Short,
}

/// The longest time for which a port can be closed, in milliseconds.
const LONGEST_REFUSAL_MS: u64 = 60_000;

impl WrittenStep {
    fn into_step(self) -> Result<Step, Problem> {
        let status = match (self.status, self.refuse_ms, self.drop) {
            (None, Some(millis), false) if millis > LONGEST_REFUSAL_MS => return Err(Problem::RefusalTooLong),
            (None, Some(millis), false) => return Ok(Step::Refuse(Duration::from_millis(millis))),
            (None, None, true) => return Ok(Step::Drop),
            (Some(status), None, false) => status,
            _ => return Err(Problem::StepNotOne),
        };
        let headers: Result<_, Problem> =
            self.headers.into_iter().map(|(name, value)| Ok((name, bytes(&value)?))).collect();
        let pieces = match (self.body, self.body_gen, self.chunks) {
            (body, None, Some(chunks)) if body.as_ref().is_none_or(String::is_empty) => {
                chunks.iter().map(|chunk| bytes(chunk)).collect::<Result<_, _>>()?
            }
            (None, Some(repeated), None) => vec![repeated.expand()?.into_bytes()],
            (Some(body), None, None) => vec![bytes(&body)?],
            (None, None, None) => Vec::new(),
            _ => return Err(Problem::BodyNotOne),
        };
        Ok(Step::Answer(Answer {
            status,
            headers: headers?,
            pieces,
            delay: Duration::from_millis(self.delay.unwrap_or(0)),
            framing: match self.framing {
                None | Some(WrittenFraming::Chunked) => Framing::Chunked,
                Some(WrittenFraming::Close) => Framing::Close,
                Some(WrittenFraming::Length) => Framing::Length,
            },
            end: match self.end {
                Some(WrittenEnd::Cut) => End::Cut,
                None | Some(WrittenEnd::Eof) => End::Eof,
                Some(WrittenEnd::Hold) => End::Hold,
                Some(WrittenEnd::Rst) => End::Reset,
                Some(WrittenEnd::Short) => End::Short,
            },
        }))
    }
}

#[derive(Deserialize)]
struct WrittenExpect {
    log: Option<Vec<String>>,
    requests: Option<usize>,
    #[serde(default)]
    req: Map<String, Value>,
    gap_ms_min: Option<Vec<Option<u64>>>,
    #[serde(flatten)]
    unknown: Map<String, Value>,
}

impl WrittenExpect {
    fn into_expectation(self) -> Result<Expectation, Problem> {
        let mut gaps = self.gap_ms_min;
        let mut headers: BTreeMap<usize, WantedFields> = BTreeMap::new();
        for (key, value) in self.req {
            let place = format!("req.{key}");
            if key == "gap_ms_min" {
                gaps = Some(at(&place, read(value))?);
                continue;
            }
            let index: usize = key.parse().map_err(|_| Problem::RequestIndex(key))?;
            let wanted: BTreeMap<String, Option<String>> = at(&place, read(value))?;
            let wanted =
                wanted.into_iter().map(|(name, value)| Ok((name, value.map(|value| bytes(&value)).transpose()?)));
            headers.insert(index, at(&place, wanted.collect())?);
        }
        let gaps = gaps.unwrap_or_default().into_iter().map(|gap| gap.map(Duration::from_millis)).collect();
        let log = self.log.map(|log| log.iter().map(|text| Pattern::read(text)).collect());
        Ok(Expectation { log, requests: self.requests, headers, gaps })
    }
}

fn read<T: serde::de::DeserializeOwned>(value: Value) -> Result<T, Problem> {
    serde_json::from_value(value).map_err(Problem::Json)
}

fn at<T>(place: &str, result: Result<T, Problem>) -> Result<T, Problem> {
    result.map_err(|problem| Problem::At { place: String::from(place), problem: Box::new(problem) })
}

/// A text as bytes: in UTF-8, or in hexadecimal digits after `hex:`.
fn bytes(text: &str) -> Result<Vec<u8>, Problem> {
    match text.strip_prefix("hex:") {
        None => Ok(text.as_bytes().to_vec()),
        Some(hex) => bytes_from_hex(hex).ok_or(Problem::BadHexText),
    }
}
