//! Runs every decoder through the parser cases.

use std::{
    fs,
    panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook},
    path::Path,
};

use bytes::Bytes;
use serde::Deserialize;

use crate::{
    chunks::Chunking,
    peers::{self, Contender},
    table::Table,
    tally::Seen,
};

/// Where the cases are.
pub(crate) const DEFAULT: [&str; 2] = [
    concat!(env!("CARGO_MANIFEST_DIR"), "/../cases/parser.json"),
    concat!(env!("CARGO_MANIFEST_DIR"), "/../cases/parser-own.json"),
];

/// Longer inputs are not cut into bytes but into what one packet brings: some decoders take a time that grows with the
/// square of the number of chunks.
const CUT_INTO_BYTES: usize = 16 * 1024;

/// How many failing cases are named.
const NAMED: usize = 12;

#[derive(Deserialize)]
struct Case {
    id: String,
    input: Option<String>,
    input_hex: Option<String>,
    input_gen: Option<Vec<(String, usize)>>,
    events: Vec<Expected>,
}

#[derive(Deserialize)]
struct Expected {
    #[serde(rename = "type")]
    event_type: String,
    data: Option<String>,
    data_gen: Option<Vec<(String, usize)>>,
    #[serde(rename = "lastEventId")]
    last_event_id: String,
}

impl Case {
    fn bytes(&self) -> Result<Bytes, String> {
        let bytes = match (&self.input, &self.input_hex, &self.input_gen) {
            (Some(text), None, None) => text.clone().into_bytes(),
            (None, Some(hex), None) => from_hex(hex).ok_or_else(|| format!("{}: bad hex", self.id))?,
            (None, None, Some(parts)) => generated(parts).into_bytes(),
            _ => return Err(format!("{}: one of input, input_hex and input_gen is wanted", self.id)),
        };
        Ok(Bytes::from(bytes))
    }

    fn expected(&self) -> Vec<Seen> {
        let seen = |event: &Expected| Seen {
            event_type: event.event_type.clone(),
            data: event.data.clone().unwrap_or_else(|| generated(event.data_gen.as_deref().unwrap_or_default())),
            last_event_id: Some(event.last_event_id.clone()),
        };
        self.events.iter().map(seen).collect()
    }
}

fn generated(parts: &[(String, usize)]) -> String {
    parts.iter().map(|(text, times)| text.repeat(*times)).collect()
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digits: Vec<_> = text.chars().filter(|digit| !digit.is_whitespace()).map(|digit| digit.to_digit(16)).collect();
    let pair = |pair: &[Option<u32>]| match pair {
        [Some(high), Some(low)] => u8::try_from(high * 16 + low).ok(),
        _ => None,
    };
    digits.chunks(2).map(pair).collect()
}

/// Runs and prints; says whether ours passes everything.
pub(crate) fn run<P: AsRef<Path>>(paths: &[P]) -> Result<bool, String> {
    let mut cases: Vec<Case> = Vec::new();
    for path in paths {
        let path = path.as_ref();
        let text = fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
        let mut more = serde_json::from_str(&text).map_err(|error| format!("{}: {error}", path.display()))?;
        cases.append(&mut more);
    }
    // A panic is a result here, and no news for the terminal.
    let hook = take_hook();
    set_hook(Box::new(|_| {}));
    let mut table = Table::new(["decoder", "compared", "whole", "1 byte", "failing first"]);
    let mut all = true;
    for contender in peers::ALL.iter().filter(|contender| contender.collect.is_some()) {
        let (whole, mut failing) = passed(contender, &cases, Chunking::WHOLE)?;
        let (bytewise, more) = passed(contender, &cases, Chunking::BYTE)?;
        failing.extend(more.into_iter().filter(|id| !failing.contains(id)).collect::<Vec<_>>());
        all &= contender.role != peers::Role::Ours || failing.is_empty();
        let left_out = failing.len().saturating_sub(NAMED);
        let mut named = failing.iter().take(NAMED).cloned().collect::<Vec<_>>().join(" ");
        if left_out > 0 {
            named.push_str(&format!(" and {left_out} more"));
        }
        table.row([
            contender.name.to_owned(),
            if contender.last_event_id { "type, data, last event ID" } else { "type, data" }.to_owned(),
            format!("{whole}/{}", cases.len()),
            format!("{bytewise}/{}", cases.len()),
            named,
        ]);
    }
    set_hook(hook);
    println!("## Parser cases passed\n");
    table.print();
    println!("(type, data): the decoder has no notion of a last event ID. An exclamation mark is a panic.\n");
    Ok(all)
}

fn passed(contender: &Contender, cases: &[Case], chunking: Chunking) -> Result<(usize, Vec<String>), String> {
    let Some(collect) = contender.collect else { return Ok((0, Vec::new())) };
    let mut failing = Vec::new();
    for case in cases {
        let bytes = case.bytes()?;
        let mut expected = case.expected();
        if !contender.last_event_id {
            expected.iter_mut().for_each(|event| event.last_event_id = None);
        }
        let long = chunking == Chunking::BYTE && bytes.len() > CUT_INTO_BYTES;
        let chunking = if long { Chunking::PACKET } else { chunking };
        let mut seen = Vec::new();
        match catch_unwind(AssertUnwindSafe(|| collect(&bytes, chunking, &mut seen))) {
            Err(_) => failing.push(format!("{}!", case.id)),
            Ok(Ok(())) if seen == expected => {}
            Ok(_) => failing.push(case.id.clone()),
        }
    }
    Ok((cases.len() - failing.len(), failing))
}
