//! What a server makes of values, by the cases for encoders: S-018 to S-020.

use bytes::Bytes;
use http::Method;

use super::{
    CheckResult, Target, Verdict,
    client::{Answer, Client},
};
use crate::{
    Event,
    encoder::{EncoderCase, Expected, Fields},
    grammar::{Grammar, Line},
    oracle,
    runner::Shortened,
};

pub(super) async fn check(client: &Client, target: &Target, results: &mut Vec<CheckResult>) {
    let Some(url) = &target.echo else {
        let skipped = |id| CheckResult::new(id, Verdict::skipped("needs an echo"));
        results.extend(["S-018", "S-019", "S-020"].map(skipped));
        return;
    };
    let mut faults: [Vec<String>; 3] = Default::default();
    for case in EncoderCase::suite() {
        let about = subject(&case);
        if let Err(Fault { what, endless }) = echoed(client, target, url, &case).await {
            let what = format!("{} ({}): {what}", case.id, case.note);
            if endless {
                // Each of the other cases would take as long, and nothing is known of them.
                faults.iter_mut().for_each(|faults| faults.push(format!("{what}; no other case was sent")));
                break;
            }
            faults[about].push(what);
        }
    }
    for (id, faults) in ["S-018", "S-019", "S-020"].into_iter().zip(faults) {
        results.push(CheckResult::of_faults(id, faults));
    }
}

/// Which of the three checks a case belongs to.
fn subject(case: &EncoderCase) -> usize {
    let Fields { comment, event, id, retry, data } = &case.fields;
    let breaks = |text: &Option<String>| text.as_deref().is_some_and(|text| text.contains(['\r', '\n']));
    if breaks(comment) || breaks(event) || breaks(id) || matches!(case.expected, Expected::Refused { .. }) {
        return 1;
    }
    let only_data = comment.is_none() && event.is_none() && id.is_none() && retry.is_none() && data.is_some();
    if only_data && !breaks(data) { 2 } else { 0 }
}

/// What is wrong with an echo.
pub(super) struct Fault {
    pub(super) what: String,
    /// The stream goes on and on.
    endless: bool,
}

impl From<String> for Fault {
    fn from(what: String) -> Self {
        Self { what, endless: false }
    }
}

/// The stream that comes back for this message.
pub(super) async fn once(client: &Client, target: &Target, url: &str, message: &str) -> Result<Vec<u8>, Fault> {
    let answer = sent(client, target, url, message).await?;
    answer.is_events()?;
    Ok(answer.bytes().to_vec())
}

async fn sent(client: &Client, target: &Target, url: &str, message: &str) -> Result<Answer, Fault> {
    let head: [(&str, &[u8]); 2] = [("accept", b"text/event-stream"), ("content-type", b"application/json")];
    let mut answer = client.ask(Method::POST, url, &head, Bytes::copy_from_slice(message.as_bytes())).await?;
    let until = target.watch * 10;
    answer.read(until, |_| false).await;
    answer.is_bounded().map_err(|what| Fault { what, endless: true })?;
    if answer.ended.is_none() {
        return Err(Fault { what: format!("the stream did not end within {until:?}"), endless: true });
    }
    Ok(answer)
}

async fn echoed(client: &Client, target: &Target, url: &str, case: &EncoderCase) -> Result<(), Fault> {
    let message = json(&case.fields).to_string();
    let answer = sent(client, target, url, &message).await?;
    if (400..500).contains(&answer.status) {
        return match &case.expected {
            Expected::Refused { .. } => Ok(()),
            Expected::Read { .. } => Err(format!("refused with status {}", answer.status).into()),
        };
    }
    answer.is_events()?;
    let bytes = answer.bytes();
    if oracle::read(bytes).events.iter().any(|event| event.data == message) {
        let what = "the echo sends the JSON back: it has to read it, and send the message that it describes";
        return Err(String::from(what).into());
    }
    match &case.expected {
        // Whatever was done to the value: no field and no event but those that were given may come of it.
        Expected::Refused { .. } => Ok(nothing_injected(&case.fields, bytes)?),
        Expected::Read { outcome, comment } => {
            let got = oracle::read(bytes);
            let alike = |got: &Event, expected: &Event| {
                let same_id = case.fields.id.is_none() || got.last_event_id == expected.last_event_id;
                (&got.event_type, &got.data) == (&expected.event_type, &expected.data) && same_id
            };
            let same = got.events.len() == outcome.events.len()
                && got.events.iter().zip(&outcome.events).all(|(got, expected)| alike(got, expected))
                && (outcome.retry.is_none() || got.retry == outcome.retry);
            if !same {
                return Err(format!("expected {}, got {}", Shortened(outcome), Shortened(&got)).into());
            }
            if comment.as_deref().is_some_and(|comment| !comment.is_empty() && !has_comment(bytes, comment)) {
                return Err(String::from("the comment is lost").into());
            }
            Ok(())
        }
    }
}

fn json(fields: &Fields) -> serde_json::Value {
    let mut object = serde_json::Map::new();
    let texts = [("comment", &fields.comment), ("event", &fields.event), ("id", &fields.id), ("data", &fields.data)];
    for (name, text) in texts {
        object.extend(text.as_ref().map(|text| (name.to_owned(), text.as_str().into())));
    }
    if let Some(retry) = fields.retry {
        let whole = u64::try_from(retry.as_millis()).ok().filter(|_| retry.subsec_nanos() % 1_000_000 == 0);
        object.insert(
            "retry".into(),
            whole.map_or_else(|| (retry.as_secs_f64() * 1000.0).into(), serde_json::Value::from),
        );
    }
    object.into()
}

fn nothing_injected(fields: &Fields, bytes: &[u8]) -> Result<(), String> {
    let got = oracle::read(bytes);
    let data = fields.data.as_deref().unwrap_or_default();
    let evil = got.events.len() > 1 || got.events.iter().any(|event| event.data != data);
    let retried = got.retry.is_some() && fields.retry.is_none();
    if evil || retried {
        let expected = "expected a status from 400 to 499, or no field and no event but those that were given";
        return Err(format!("{expected}, got {}", Shortened(&got)));
    }
    Ok(())
}

fn has_comment(bytes: &[u8], comment: &str) -> bool {
    let Ok(grammar) = Grammar::parse(bytes) else { return false };
    let comments = grammar.lines().filter_map(|line| if let Line::Comment(text) = line { Some(text) } else { None });
    let all: Vec<&str> = comments.collect();
    all.join("\n").contains(comment)
}
