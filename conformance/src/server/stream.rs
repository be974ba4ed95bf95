//! One stream, watched: S-001 to S-011, S-017, and what is only noted.

use core::{ops::Range, time::Duration};

use bytes::Bytes;
use http::Method;

use super::{
    CheckResult, Target, Verdict,
    client::{Answer, Client},
    echo,
};
use crate::grammar::{Grammar, Line};

/// Returns whether the server answers at all.
pub(super) async fn check(client: &Client, target: &Target, results: &mut Vec<CheckResult>) -> bool {
    let mut answer = match client.events(&target.url, &[]).await {
        Ok(answer) => answer,
        Err(error) => {
            let failed = Verdict::Failed(format!("{}: {error}; nothing else was checked", target.url));
            results.push(CheckResult::new("S-001", failed));
            return false;
        }
    };
    results.push(CheckResult::new("S-001", answer.is_events()));
    if answer.is_events().is_ok() {
        answer.read(target.watch, |_| false).await;
        judge(&answer, target, results);
        results.push(CheckResult::new("S-007", end(client, target, &answer).await));
    }
    drop(answer);
    results.push(CheckResult::new("S-011", idle(client, target).await));
    results.push(CheckResult::new("S-016", other_requests(client, target).await));
    results.push(CheckResult::new("S-017", compressed(client, target).await));
    true
}

fn judge(answer: &Answer, target: &Target, results: &mut Vec<CheckResult>) {
    let mut add = |id, verdict: Verdict| results.push(CheckResult::new(id, verdict));
    add("S-002", charset(answer).into());
    let cache = answer.field("cache-control").unwrap_or_default();
    let uncached = cache.contains("no-cache") || cache.contains("no-store");
    add("S-003", uncached.then_some(()).ok_or_else(|| format!("Cache-Control {cache:?}")).into());
    let length = answer.field("content-length");
    add(
        "S-004",
        match (length, &answer.ended) {
            (Some(length), None) => Verdict::Failed(format!("Content-Length {length}")),
            _ => Verdict::Passed,
        },
    );
    add("S-010", promptness(answer, target).map_or_else(Verdict::Failed, |()| Verdict::Passed));

    let bytes = answer.bytes();
    let grammar = match Grammar::parse(&bytes[..whole_characters(bytes)]) {
        Ok(grammar) => grammar,
        Err(error) => return add("S-005", Verdict::Failed(error.to_string())),
    };
    add("S-005", Verdict::Passed);
    add("S-006", names(&grammar));
    add("S-008", values(&grammar).into());
    let typed = |block: &&Vec<Line<'_>>| {
        let has = |name| block.iter().any(|line| line.name() == Some(name));
        has("event") && !has("data")
    };
    let lost = grammar.blocks.iter().filter(typed).count();
    add("S-009", (lost == 0).then_some(()).ok_or_else(|| format!("{lost} such blocks")).into());
}

/// The end of this stream, or of one that surely ends.
async fn end(client: &Client, target: &Target, answer: &Answer) -> Verdict {
    let bytes = match (&answer.ended, &target.echo) {
        (Some(_), _) => answer.bytes().to_vec(),
        (None, None) => return Verdict::skipped("the stream did not end while it was watched"),
        (None, Some(url)) => match echo::once(client, target, url, "{\"data\":\"a\"}").await {
            Ok(bytes) => bytes,
            Err(fault) => return Verdict::Failed(fault.what),
        },
    };
    match Grammar::parse(&bytes) {
        Ok(grammar) if grammar.is_complete() => Verdict::Passed,
        Ok(_) => Verdict::Failed(String::from("the last event is lost, because no blank line ends it")),
        Err(error) => Verdict::Failed(error.to_string()),
    }
}

/// How many of the bytes are whole characters: the last one may still be on its way.
fn whole_characters(bytes: &[u8]) -> usize {
    match str::from_utf8(bytes) {
        Err(error) if error.error_len().is_none() => error.valid_up_to(),
        _ => bytes.len(),
    }
}

fn charset(answer: &Answer) -> Result<(), String> {
    let content_type = answer.field("content-type").unwrap_or_default();
    let parameters = content_type.split(';').skip(1).filter_map(|parameter| parameter.trim().split_once('='));
    match parameters.into_iter().find(|(name, _)| *name == "charset") {
        Some((_, value)) if value.trim_matches('"') != "utf-8" => Err(format!("charset {value}")),
        _ => Ok(()),
    }
}

const FIELDS: [&str; 4] = ["data", "event", "id", "retry"];

/// Names that are almost those of the standard are mistakes; others are noted.
fn names(grammar: &Grammar<'_>) -> Verdict {
    let mut unknown: Vec<&str> = grammar.lines().filter_map(Line::name).filter(|name| !FIELDS.contains(name)).collect();
    unknown.sort_unstable();
    unknown.dedup();
    let meant = |name: &&&str| FIELDS.contains(&&*name.trim().to_ascii_lowercase());
    if let Some(name) = unknown.iter().find(meant) {
        return Verdict::Failed(format!("the field {name:?} is none of the standard's"));
    }
    let ends = &grammar.ends;
    let kinds = [ends.cr, ends.crlf, ends.lf].iter().filter(|count| **count > 0).count();
    if unknown.is_empty() && kinds <= 1 {
        return Verdict::Passed;
    }
    Verdict::Noted(format!(
        "unknown fields {unknown:?}, lines that end with CR {}, CRLF {}, LF {}",
        ends.cr, ends.crlf, ends.lf
    ))
}

fn values(grammar: &Grammar<'_>) -> Result<(), String> {
    for line in grammar.lines() {
        if let Line::Field { name: "retry", value } = line
            && (value.is_empty() || !value.bytes().all(|byte| byte.is_ascii_digit()))
        {
            return Err(format!("retry is {value:?}"));
        }
        if let Line::Field { name: "id", value } = line
            && value.contains('\0')
        {
            return Err(format!("the ID {value:?}"));
        }
    }
    Ok(())
}

/// The first byte in time, every block as a whole, and not more than a reader can take.
fn promptness(answer: &Answer, target: &Target) -> Result<(), String> {
    let Some(first) = answer.arrival(0) else {
        return Err(format!("nothing came within {:?}", target.watch));
    };
    if first > target.first_byte {
        return Err(format!("the first byte came after {first:?}"));
    }
    answer.is_bounded()?;
    let bytes = answer.bytes();
    let arrived = |at: usize| answer.arrival(at).unwrap_or(answer.watched);
    let (events, unfinished) = events_in(bytes);
    for Range { start, end } in events {
        let took = arrived(end - 1).saturating_sub(arrived(start));
        if took > target.whole_event {
            return Err(format!("an event took {took:?} from its first byte to its last"));
        }
    }
    let waited = unfinished.map_or(Duration::ZERO, |start| answer.watched.saturating_sub(arrived(start)));
    if answer.ended.is_none() && waited > target.whole_event {
        return Err(format!("the rest of an event is outstanding since {waited:?}"));
    }
    Ok(())
}

/// Where the events lie, each from its first line to its blank line, and where one begins that has no blank line yet.
/// Comments and reconnection times before an event do not belong to it: they may have come long before.
fn events_in(bytes: &[u8]) -> (Vec<Range<usize>>, Option<usize>) {
    let (mut events, mut begun) = (Vec::new(), None);
    let mut line = 0;
    let mut at = 0;
    while at < bytes.len() {
        let byte = bytes[at];
        let after = at + if bytes[at..].starts_with(b"\r\n") { 2 } else { 1 };
        if byte == b'\r' || byte == b'\n' {
            if at == line {
                events.extend(begun.take().map(|start| start..after));
            } else if !bytes[line..].starts_with(b":") && !bytes[line..at].starts_with(b"retry") {
                begun.get_or_insert(line);
            }
            line = after;
        }
        at = after;
    }
    let unfinished = begun.or((line < bytes.len()).then_some(line));
    (events, unfinished)
}

/// Waits for a sign of life after the first one.
async fn idle(client: &Client, target: &Target) -> Verdict {
    let Some(url) = &target.idle else { return Verdict::skipped("needs a stream without events") };
    let mut answer = match client.events(url, &[]).await {
        Ok(answer) => answer,
        Err(error) => return Verdict::Failed(error),
    };
    answer.read(target.silence, |answer| !answer.bytes().is_empty()).await;
    let begun = answer.bytes().len();
    answer.read(target.silence + target.first_byte, |answer| answer.bytes().len() > begun).await;
    match answer.ended {
        None if answer.bytes().len() > begun => Verdict::Passed,
        None => Verdict::Failed(format!("nothing came in {:?}", target.silence)),
        Some(_) => Verdict::Failed(String::from("the stream ended")),
    }
}

async fn other_requests(client: &Client, target: &Target) -> Verdict {
    let mut seen = Vec::new();
    let mut note = |what: &str, answer: Result<Answer, String>| {
        seen.push(format!("{what}: {}", answer.map_or_else(|error| error, |answer| answer.head())));
    };
    for method in [Method::HEAD, Method::OPTIONS, Method::POST] {
        note(method.as_str(), client.ask(method.clone(), &target.url, &[], Bytes::new()).await);
    }
    let html = client.ask(Method::GET, &target.url, &[("accept", b"text/html")], Bytes::new()).await;
    note("GET with Accept: text/html", html);
    Verdict::Noted(seen.join("; "))
}

async fn compressed(client: &Client, target: &Target) -> Verdict {
    let mut answer = match client.events(&target.url, &[("accept-encoding", b"gzip")]).await {
        Ok(answer) => answer,
        Err(error) => return Verdict::Failed(error),
    };
    if let Some(encoding) = answer.field("content-encoding").filter(|encoding| encoding != "identity") {
        return Verdict::Failed(format!("Content-Encoding {encoding}: it cannot be seen when the events come"));
    }
    answer.read_events(1, target.watch).await;
    promptness(&answer, target).into()
}

#[cfg(test)]
mod tests {
    use super::events_in;

    #[test]
    fn an_event_lies_between_its_first_line_and_its_blank_line() {
        let found = events_in(b":\ndata: a\n\n:\r\n\r\nretry: 5\rid: b\rdata: b\r\rdata");
        assert_eq!(found, (vec![2..11, 25..40], Some(40)));
        assert_eq!(events_in(b"\n"), (vec![], None));
        assert_eq!(events_in(b"data: a\r\n"), (vec![], Some(0)));
        assert_eq!(events_in(b"id\n\ndata: a\n\n:\nretry: 5\n"), (vec![0..4, 4..13], None));
        assert_eq!(events_in(b":\n: comm"), (vec![], Some(2)));
    }
}
