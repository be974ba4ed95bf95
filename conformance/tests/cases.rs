//! The built-in cases, and the tests of what judges by them.

use std::collections::BTreeSet;

use sse_conformance::{
    Case, Cutting, Ending, Event, Harness, Level, Outcome, Pieces, Stream, Subject, oracle,
    runner::{self, Got},
    subjects,
};

#[test]
fn every_subject_passes_every_case() {
    let cases = Case::parser_suite();
    for subject in subjects::all() {
        runner::run(&subject, &cases).assert_passed();
    }
}

#[test]
fn the_oracle_agrees_with_every_case() {
    for case in Case::parser_suite() {
        let read = oracle::read(&case.input);
        assert!(case.expected.agrees(&read), "{}: {}\n{read:?}", case.id, case.note);
    }
}

#[test]
fn every_id_is_there_once() {
    let mut ids = BTreeSet::new();
    for case in Case::parser_suite() {
        assert!(ids.insert(case.id.clone()), "{} is there twice", case.id);
    }
}

/// Those of R-050 to R-099 that a decoder has no part in: the writer's MIME type and advice, origin and close().
const NOT_FOR_DECODERS: [&str; 4] = ["R-054", "R-055", "R-095", "R-098"];

#[test]
fn every_requirement_on_decoders_has_a_case() {
    let numbered = numbered_requirements();
    let cited: BTreeSet<String> = Case::parser_suite().into_iter().flat_map(|case| case.requirements).collect();
    let unknown: Vec<_> = cited.difference(&numbered).collect();
    assert!(unknown.is_empty(), "cited by a case and not in REQUIREMENTS.md: {unknown:?}");
    let missing: Vec<_> = numbered
        .difference(&cited)
        .filter(|number| ("R-050".."R-100").contains(&number.as_str()) && !NOT_FOR_DECODERS.contains(&number.as_str()))
        .collect();
    assert!(missing.is_empty(), "without a case: {missing:?}");
}

fn numbered_requirements() -> BTreeSet<String> {
    let rows = include_str!("../REQUIREMENTS.md").lines().filter_map(|line| line.strip_prefix("| R-"));
    rows.map(|row| format!("R-{}", &row[..3])).collect()
}

#[test]
fn malformed_files_are_named_with_case_and_problem() {
    let error = |json: &str| Case::parse("cases.json", json).expect_err(json).to_string();
    let case = |fields: &str| {
        error(&format!(
            r#"[{{"id": "X-1", "events": [], "retry": null, "lastEventId": "", "level": "must", {fields}}}]"#
        ))
    };
    assert!(error("nonsense").starts_with("cases.json: expected"), "{}", error("nonsense"));
    assert!(error(r#"{"id": "X-1"}"#).starts_with("cases.json: invalid type: map"));
    assert_eq!(error(r#"[{"id": "X-1"}]"#), "cases.json: case X-1: missing field `events`");
    assert_eq!(error(r#"[{"events": []}]"#), "cases.json: case number 1: missing field `id`");
    let one_input = "cases.json: case X-1: needs one of `input`, `input_hex` and `input_gen`";
    assert_eq!(case(r#""note": """#), one_input);
    assert_eq!(case(r#""input": "", "input_hex": """#), one_input);
    let bad_hex = "cases.json: case X-1: `input_hex` is not pairs of hexadecimal digits";
    assert_eq!(case(r#""input_hex": "abc""#), bad_hex);
    assert_eq!(case(r#""input_hex": "+a""#), bad_hex);
    let no_retry = r#"[{"id": "X-1", "input": "", "events": [], "lastEventId": "", "level": "must"}]"#;
    assert_eq!(error(no_retry), "cases.json: case X-1: missing field `retry`");
    let no_data = r#"[{"id": "X-1", "input": "", "events": [{"type": "t", "lastEventId": ""}], "retry": null,
        "lastEventId": "", "level": "must"}]"#;
    assert_eq!(error(no_data), "cases.json: case X-1: an event needs one of `data` and `data_gen`");
    let good = r#"{"id": "X-1", "input": "", "events": [], "retry": 1, "lastEventId": "", "level": "info", "new": 0}"#;
    assert_eq!(error(&format!("[{good},{good}]")), "cases.json: case X-1: another case has the same ID");
    assert_eq!(Case::parse("cases.json", &format!("[{good}]")).expect("unknown fields are tolerated").len(), 1);
}

#[test]
fn reconnection_times_are_capped_and_checked() {
    let retry = |number: &str| {
        let json = format!(
            r#"[{{"id": "X", "input": "", "events": [], "retry": {number}, "lastEventId": "", "level": "must"}}]"#
        );
        Case::parse("x", &json).map(|cases| cases[0].expected.retry)
    };
    assert_eq!(retry("null").unwrap(), None);
    assert_eq!(retry("18446744073709551614").unwrap(), Some(u64::MAX - 1));
    assert_eq!(retry("18446744073709551616").unwrap(), Some(u64::MAX));
    assert_eq!(retry("123456789012345678901234567890").unwrap(), Some(u64::MAX));
    for wrong in ["-1", "1.5", "\"5\"", "true"] {
        assert!(retry(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn pieces_of_every_cutting_make_the_whole() {
    let input: Vec<u8> = b"data: a\r\r\n\rx".repeat(9);
    for cutting in
        Cutting::all(&input).into_iter().chain([Cutting::new(Pieces::Every(0)), Cutting::new(Pieces::At(999))])
    {
        assert_eq!(cutting.cut(&input).concat(), input, "{cutting}");
        assert_eq!(cutting.cut(b"").concat(), b"", "{cutting}");
    }
}

/// A reader with one fault.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Faulty {
    Fails,
    GivesAllAtTheEnd,
    IsRight,
    LosesIds,
    PanicsAtEmptyPieces,
}

impl Harness for Faulty {
    fn name(&self) -> &str {
        "faulty"
    }

    fn open(&self) -> Box<dyn Stream + '_> {
        Box::new(FaultyStream { fault: *self, seen: Vec::new(), given: 0 })
    }
}

struct FaultyStream {
    fault: Faulty,
    seen: Vec<u8>,
    given: usize,
}

impl FaultyStream {
    fn outcome(&self) -> Outcome {
        let mut outcome = oracle::read(&self.seen);
        outcome.events.drain(..self.given);
        outcome
    }
}

impl Stream for FaultyStream {
    fn feed(&mut self, piece: &[u8]) -> Result<Vec<Event>, String> {
        match self.fault {
            Faulty::Fails => return Err(String::from("no")),
            Faulty::PanicsAtEmptyPieces if piece.is_empty() => panic!("an empty piece"),
            _ => self.seen.extend_from_slice(piece),
        }
        if self.fault == Faulty::GivesAllAtTheEnd {
            return Ok(Vec::new());
        }
        let mut events = self.outcome().events;
        self.given += events.len();
        if self.fault == Faulty::LosesIds {
            events.iter_mut().for_each(|event| event.last_event_id.clear());
        }
        Ok(events)
    }

    fn finish(self: Box<Self>) -> Result<Ending, String> {
        Ok(self.outcome())
    }
}

fn judge(fault: Faulty, level: Level) -> runner::Report {
    let case = Case { level, ..Case::by_oracle(b"id: 7\ndata: x\n\n".to_vec()) };
    runner::run(&Subject::from(fault), &[case])
}

#[test]
fn faults_are_found_and_told_apart() {
    let got = |fault| judge(fault, Level::Must).results[0].failures.first().map(|failure| failure.got.clone());
    assert_eq!(got(Faulty::IsRight), None);
    assert_eq!(got(Faulty::Fails), Some(Got::Error(String::from("no"))));
    assert_eq!(got(Faulty::GivesAllAtTheEnd), Some(Got::NotPrompt { fed: 15, due: 1, given: 0 }));
    assert_eq!(got(Faulty::PanicsAtEmptyPieces), Some(Got::Panic(String::from("an empty piece"))));
    assert!(matches!(got(Faulty::LosesIds), Some(Got::Outcome(outcome)) if outcome.events[0].last_event_id.is_empty()));
}

#[test]
fn levels_say_what_counts() {
    let counts = |fault, level| {
        let report = judge(fault, level);
        let failed = |strict| report.failed(strict).count();
        (report.passed(), failed(false), failed(true), report.tolerated(false).count())
    };
    assert_eq!(counts(Faulty::LosesIds, Level::Must), (0, 1, 1, 0));
    assert_eq!(counts(Faulty::LosesIds, Level::Should), (0, 0, 1, 1));
    assert_eq!(counts(Faulty::LosesIds, Level::Info), (0, 0, 0, 1));
    assert_eq!(counts(Faulty::LosesIds, Level::MustNotBreak), (1, 0, 0, 0));
    assert_eq!(counts(Faulty::PanicsAtEmptyPieces, Level::MustNotBreak), (0, 1, 1, 0));
}

#[test]
#[should_panic(expected = "by the oracle (must), faulty, in one piece")]
fn a_failed_report_is_readable() {
    judge(Faulty::LosesIds, Level::Must).assert_passed();
}

#[test]
fn a_failure_shows_what_was_read_and_what_it_is_about() {
    let mut case = Case::by_oracle([&b"data: "[..], &[b'x'; 200], b"\n\n"].concat());
    case.note = String::from("a long line");
    case.requirements = vec![String::from("R-056"), String::from("R-060")];
    let report = runner::run(&Subject::from(Faulty::GivesAllAtTheEnd), &[case]);
    let shown = report.results[0].to_string();
    assert!(shown.contains("got:      late (R-056): 0 events from the first 208 bytes, which complete 1\n"), "{shown}");
    let input = format!("  input:    \"data: {}\" … (208 bytes)\n", "x".repeat(114));
    assert!(shown.ends_with(&format!("{input}  about:    a long line (R-056, R-060)\n")), "{shown}");
}

#[test]
#[should_panic(expected = "… and 30 more")]
fn a_long_list_of_failures_is_shown_in_part() {
    let cases = vec![Case::by_oracle(b"id: 7\ndata: x\n\n".to_vec()); 50];
    runner::run(&Subject::from(Faulty::LosesIds), &cases).assert_passed();
}
