//! What was written, judged by the oracle and by the grammar.

use core::{fmt, panic::AssertUnwindSafe};
use std::panic;

use serde::Serialize;

use super::{DataForm, EncoderCase, Expected, Fields, Refused, WritePath, Written};
use crate::{
    Event, Level, Outcome,
    grammar::{Grammar, Line},
    oracle,
    runner::{Shortened, message, shorten},
};

/// How a case failed on a way of writing.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct EncoderFailure {
    /// The name of the way.
    pub path: String,
    /// What is wrong.
    pub fault: Fault,
}

impl fmt::Display for EncoderFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path, self.fault)
    }
}

/// What can be wrong with what was written.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum Fault {
    /// The comment came to something else.
    Comment {
        /// Its lines, joined by LF.
        expected: Option<String>,
        /// What is there instead.
        got: Option<String>,
    },
    /// A field that the message does not have, or one that is there more than once.
    Injected {
        /// Its name.
        field: String,
    },
    /// The value was taken, and should have been refused.
    NotRefused {
        /// Its field.
        field: String,
    },
    /// The message has an event or an ID that no blank line ends, or it is no UTF-8.
    Grammar(String),
    /// A reader gets something else.
    Outcome {
        /// What it should get.
        expected: Outcome,
        /// What it gets.
        got: Outcome,
    },
    /// A panic, and what it said.
    Panic(String),
    /// The value was refused, and should have been taken.
    Refused(String),
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = |text: &Option<String>| text.as_deref().map_or_else(|| String::from("none"), shorten);
        match self {
            Self::Comment { expected, got } => {
                write!(f, "the comment is {} and should be {}", text(got), text(expected))
            }
            Self::Grammar(error) => f.write_str(error),
            Self::Injected { field } => write!(f, "there is a field {field:?} that nobody gave"),
            Self::NotRefused { field } => write!(f, "the value of `{field}` was not refused"),
            Self::Outcome { expected, got } => {
                write!(f, "read\n  expected: {}\n  got:      {}", Shortened(expected), Shortened(got))
            }
            Self::Panic(message) => write!(f, "the panic {message:?}"),
            Self::Refused(error) => f.write_str(error),
        }
    }
}

/// A case, and what has been found good for it already: most ways write the same bytes.
pub(super) struct Judge<'a> {
    case: &'a EncoderCase,
    good: Vec<(DataForm, Written)>,
}

impl<'a> Judge<'a> {
    pub(super) const fn new(case: &'a EncoderCase) -> Self {
        Self { case, good: Vec::new() }
    }

    /// The failure of the case on this way, if it is one.
    pub(super) fn judge(&mut self, path: &dyn WritePath) -> Option<EncoderFailure> {
        if !path.takes(&self.case.fields) {
            return None;
        }
        let written = panic::catch_unwind(AssertUnwindSafe(|| path.write(&self.case.fields)));
        let fault = match written {
            Err(payload) => Some(Fault::Panic(message(&*payload))),
            Ok(_) if self.case.level == Level::MustNotBreak => None,
            Ok(written) => self.fault(path.data(), written),
        };
        fault.map(|fault| EncoderFailure { path: path.name().into(), fault })
    }

    fn fault(&mut self, form: DataForm, written: Result<Written, Refused>) -> Option<Fault> {
        match (&self.case.expected, written) {
            (Expected::Refused { field }, Err(refused)) if refused.field == field => None,
            (_, Err(refused)) => Some(Fault::Refused(refused.to_string())),
            (Expected::Refused { field }, Ok(_)) => Some(Fault::NotRefused { field: field.clone() }),
            (Expected::Read { outcome, comment }, Ok(written)) => {
                let judged = (form, written);
                if self.good.contains(&judged) {
                    return None;
                }
                let fault = check(&self.case.fields, form, outcome, comment.as_deref(), &judged.1);
                if fault.is_none() {
                    self.good.push(judged);
                }
                fault
            }
        }
    }
}

fn check(
    fields: &Fields,
    form: DataForm,
    expected: &Outcome,
    comment: Option<&str>,
    written: &Written,
) -> Option<Fault> {
    let expected = with_id(expected, written.made_id.as_deref());
    if let Some(fault) = check_lines(fields, comment, written) {
        return Some(fault);
    }
    let outcome = oracle::read(&[&written.before[..], &written.bytes].concat());
    let got = in_form(outcome, form, fields);
    (!expected.agrees(&got)).then_some(Fault::Outcome { expected, got })
}

/// The outcome with the ID that the message got on its way.
fn with_id(outcome: &Outcome, id: Option<&str>) -> Outcome {
    let Some(id) = id else { return outcome.clone() };
    let events = outcome.events.iter().map(|event| Event { last_event_id: id.into(), ..event.clone() });
    Outcome { events: events.collect(), last_event_id: id.into(), ..outcome.clone() }
}

/// The outcome with data that is JSON as the case expects it, if it stands for exactly what was given.
fn in_form(mut outcome: Outcome, form: DataForm, fields: &Fields) -> Outcome {
    if form == DataForm::JsonString {
        let given = fields.data.as_deref().unwrap_or_default();
        for event in &mut outcome.events {
            if serde_json::from_str::<String>(&event.data).is_ok_and(|text| text == given) {
                event.data = given.replace("\r\n", "\n").replace('\r', "\n");
            }
        }
    }
    outcome
}

/// Whether the bytes lose nothing at their end, and have no field but those that were given, and the
/// comment.
fn check_lines(fields: &Fields, comment: Option<&str>, written: &Written) -> Option<Fault> {
    let grammar = match Grammar::parse(&written.bytes) {
        Ok(grammar) => grammar,
        Err(error) => return Some(Fault::Grammar(error.to_string())),
    };
    if grammar.bom {
        return Some(Fault::Grammar(String::from("the message begins with a byte order mark, which readers strip")));
    }
    if !grammar.is_complete() {
        return Some(Fault::Grammar(String::from("no blank line ends the message, so that some of it is lost")));
    }
    let mut allowed = [
        ("event", usize::from(fields.event.is_some())),
        ("id", usize::from(fields.id.is_some() || written.made_id.is_some())),
        ("retry", usize::from(fields.retry.is_some())),
        // An event with a type and no data needs a line of data to be one.
        ("data", if fields.data.is_some() { usize::MAX } else { usize::from(fields.event.is_some()) }),
    ];
    for name in grammar.lines().filter_map(Line::name) {
        match allowed.iter_mut().find(|(field, left)| *field == name && *left > 0) {
            Some((_, left)) => *left -= 1,
            None => return Some(Fault::Injected { field: name.into() }),
        }
    }
    let lines: Vec<&str> =
        grammar.lines().filter_map(|line| if let Line::Comment(text) = line { Some(text) } else { None }).collect();
    let got = (!lines.is_empty()).then(|| lines.join("\n"));
    (got.as_deref() != comment).then(|| Fault::Comment { expected: comment.map(String::from), got })
}
