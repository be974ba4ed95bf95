//! The built-in connection-level cases, and the tests of what judges by them.

#![allow(clippy::unwrap_used, reason = "the lint knows tests, but not the functions that help them")]

use core::time::Duration;
use std::{
    collections::BTreeSet,
    io::{Read, Write},
    net::TcpStream,
    sync::Arc,
    thread,
};

use sse_conformance::http::{
    self, Client, Entry, HttpCase, HttpReport, HttpSubject, Journal, Reaction, Setup, Unsupported, Verdict,
};

#[test]
fn every_client_passes_every_case() {
    let cases = HttpCase::suite();
    for report in http::run_all(&http::subjects::all(), &cases) {
        report.assert_passed();
        let tolerated: Vec<_> = report.tolerated(false).map(ToString::to_string).collect();
        assert!(tolerated.is_empty(), "{}: {tolerated:#?}", report.subject);
        let skipped: BTreeSet<&str> = report.skipped().map(|result| result.id.as_str()).collect();
        let marked = cases.iter().filter(|case| !case.run).map(|case| case.id.as_str());
        assert_eq!(skipped, marked.collect(), "{}", report.subject);
    }
}

#[test]
fn every_id_is_there_once_and_every_field_is_known() {
    let mut ids = BTreeSet::new();
    for case in HttpCase::suite() {
        assert!(ids.insert(case.id.clone()), "{} is there twice", case.id);
        assert_eq!(case.notes().collect::<Vec<_>>(), [""; 0], "{}", case.id);
    }
}

/// The requirements and decisions that a case cannot show, and the tests that do.
const SHOWN_BY_TESTS: [(&str, &str, &str); 4] = [
    ("R-002", "sse-proto/src/client/url.rs", "what_is_no_url_is_refused"),
    ("R-005", "sse-proto/tests/client/redirect.rs", "redirects_are_followed_and_only_permanent_ones_remembered"),
    (
        "R-024",
        "sse-proto/tests/client/reconnection.rs",
        "an_aborted_or_impossible_request_fails_and_any_other_is_tried_again",
    ),
    ("R-095", "sse-proto/tests/client/redirect.rs", "credentials_stay_with_their_origin"),
];

/// For browsers only.
const NOT_FOR_LIBRARIES: [&str; 2] = ["R-004", "R-013"];

#[test]
fn every_requirement_on_connections_is_shown() {
    let rows = include_str!("../REQUIREMENTS.md").lines().filter_map(|line| line.strip_prefix("| R-"));
    let numbered: BTreeSet<String> = rows.map(|row| format!("R-{}", &row[..3])).collect();
    let cases = HttpCase::suite();
    let cited: BTreeSet<String> = cases.iter().flat_map(|case| case.requirements.iter().cloned()).collect();
    let unknown: Vec<_> = cited.difference(&numbered).collect();
    assert!(unknown.is_empty(), "cited by a case and not in REQUIREMENTS.md: {unknown:?}");
    let by_tests: BTreeSet<&str> = SHOWN_BY_TESTS.iter().map(|(number, ..)| *number).collect();
    let on_connections = |number: &str| number < "R-050" || ["R-095", "R-098"].contains(&number);
    let missing: Vec<_> = numbered
        .difference(&cited)
        .filter(|number| on_connections(number) && !by_tests.contains(number.as_str()))
        .filter(|number| !NOT_FOR_LIBRARIES.contains(&number.as_str()))
        .collect();
    assert!(missing.is_empty(), "without a case: {missing:?}");
    for decision in DECISIONS {
        assert!(cases.iter().any(|case| case.note.contains(decision)), "no case is about {decision}");
    }
}

/// The decisions about connections that cases can show.
const DECISIONS: [&str; 8] = ["D-01", "D-02", "D-04", "D-05", "D-08", "D-09", "D-10", "D-11"];

#[test]
fn the_tests_that_are_named_are_there() {
    let workspace = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
    // In a package of its own, this crate has no neighbours to look at.
    if !std::path::Path::new(workspace).join("sse-proto").exists() {
        return;
    }
    for (number, file, test) in SHOWN_BY_TESTS {
        let text = std::fs::read_to_string(format!("{workspace}/{file}")).expect(file);
        assert!(text.contains(&format!("fn {test}()")), "{number}: there is no test {test} in {file}");
    }
}

#[test]
fn malformed_files_are_named_with_case_place_and_problem() {
    let error = |json: &str| HttpCase::parse("cases.json", json).expect_err(json).to_string();
    let case = |fields: &str| error(&format!(r#"[{{"id": "X-1", "level": "must", {fields}}}]"#));
    let step = |step: &str| case(&format!(r#""conns": [{{"drop": true}}, {step}], "expect": {{}}"#));
    assert!(error("nonsense").starts_with("cases.json: expected"), "{}", error("nonsense"));
    assert!(error(r#"{"id": "X-1"}"#).starts_with("cases.json: invalid type: map"));
    assert_eq!(error(r#"[{"level": "must"}]"#), "cases.json: case number 1: missing field `id`");
    assert_eq!(case(r#""conns": []"#), "cases.json: case X-1: missing field `expect`");
    assert!(case(r#""conns": 5, "expect": {}"#).starts_with("cases.json: case X-1: invalid type"));
    let kind = "cases.json: case X-1: conns[1]: a connection needs one of `status`, `refuse_ms` and `drop`";
    assert_eq!(step("{}"), kind);
    assert_eq!(step(r#"{"status": 200, "drop": true}"#), kind);
    assert_eq!(step(r#"{"drop": false}"#), kind);
    assert_eq!(step(r#"{"refuse_ms": 60001}"#), "cases.json: case X-1: conns[1]: `refuse_ms` is at most 60000");
    let body = "cases.json: case X-1: conns[1]: an answer has one of `body`, `body_gen` and `chunks` at most";
    assert_eq!(step(r#"{"status": 200, "body": "x", "chunks": []}"#), body);
    let hex = "cases.json: case X-1: conns[1]: `hex:` needs pairs of hexadecimal digits after it";
    for fields in [r#""body": "hex:abc""#, r#""headers": [["A", "hex:x"]]"#, r#""chunks": ["hex:é"]"#] {
        assert_eq!(step(&format!(r#"{{"status": 200, {fields}}}"#)), hex);
    }
    for wrong in [r#""status": 70000"#, r#""status": "200""#, r#""headers": [["a"]]"#, r#""end": "fin""#] {
        let complaint = step(&format!(r#"{{{wrong}, "body": ""}}"#));
        assert!(complaint.starts_with("cases.json: case X-1: conns[1]: "), "{complaint}");
    }
    let long = r#""body_gen": [["x", 999999999999999]]"#;
    assert!(step(&format!(r#"{{"status": 200, {long}}}"#)).ends_with("must not make more than 256 MiB"));
    let expect = |expect: &str| case(&format!(r#""conns": [], "expect": {expect}"#));
    let index = "cases.json: case X-1: expect: \"x\" is not the index of a request";
    assert_eq!(expect(r#"{"req": {"x": {}}}"#), index);
    assert!(expect(r#"{"req": {"0": {"a": 5}}}"#).starts_with("cases.json: case X-1: expect.req.0: invalid type"));
    assert!(expect(r#"{"gap_ms_min": [-1]}"#).starts_with("cases.json: case X-1: expect: "));
    assert!(expect(r#"{"log": "open"}"#).starts_with("cases.json: case X-1: expect: invalid type"));
    let action = case(r#""conns": [], "expect": {}, "action": {"on": "open", "do": "dance"}"#);
    assert!(action.starts_with("cases.json: case X-1: action: unknown variant `dance`"), "{action}");
    let good = r#"{"id": "X-1", "conns": [], "expect": {}, "level": "info"}"#;
    assert_eq!(error(&format!("[{good},{good}]")), "cases.json: case X-1: another case has the same ID");
}

#[test]
fn unknown_fields_are_told_and_unknown_settings_skip_the_case() {
    let json = r#"[{"id": "X-1", "level": "must", "new": 1, "conns": [{"status": 204, "speed": 5}],
        "expect": {"log": ["error:2"], "colour": "red"}, "config": {"engine": "warp"}}]"#;
    let cases = HttpCase::parse("x", json).unwrap();
    assert_eq!(cases[0].unknown, ["new", "conns[0].speed", "expect.colour"]);
    let report = http::run(&Client::Bare, &cases);
    assert_eq!(report.results[0].verdict, Verdict::Skipped(String::from("the settings engine are not known")));
}

#[test]
fn great_numbers_in_a_file_are_no_harm() {
    let json = r#"[{"id": "X-1", "level": "must", "conns": [{"refuse_ms": 60000},
        {"status": 200, "chunks": ["a", "b", "c"], "delay": 18446744073709551615}],
        "expect": {"log": ["error:2"], "requests": 18446744073709551615,
        "gap_ms_min": [18446744073709551615, 18446744073709551615, null]}}]"#;
    let report = http::run(&Client::Bare, &HttpCase::parse("x", json).unwrap());
    assert!(matches!(&report.results[0].verdict, Verdict::Failed(_)), "{report:?}");
}

/// A client with one fault. It knows as much of HTTP as these tests need.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Faulty {
    AsksAgainAndAgain,
    CannotBeSetUp,
    DoesNotReturn,
    IsRight,
    LeavesClosingOut,
    Panics,
    SaysTooMuch,
}

impl HttpSubject for Faulty {
    fn name(&self) -> &str {
        "faulty"
    }

    fn follow(&self, url: &str, _: &Setup, journal: &Journal) -> Result<(), Unsupported> {
        let ask = || {
            let address = url.strip_prefix("http://").unwrap().strip_suffix('/').unwrap();
            let mut stream = TcpStream::connect(address).unwrap();
            stream.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
            stream
        };
        let mut answer = [0; 4096];
        let mut stream = ask();
        // The head comes first, and by itself or not.
        while stream.read(&mut answer).unwrap() > 0 && !answer.windows(6).any(|bytes| bytes == b"data:a") {}
        match self {
            Self::AsksAgainAndAgain => {
                while !journal.is_stopped() {
                    drop(ask());
                    // Without a pause, it would be the queue of the port that is tested.
                    thread::sleep(Duration::from_millis(1));
                }
            }
            Self::CannotBeSetUp => return Err(Unsupported(String::from("no"))),
            Self::Panics => panic!("oh"),
            Self::DoesNotReturn | Self::IsRight | Self::LeavesClosingOut | Self::SaysTooMuch => {}
        }
        let event = |data: &str| Entry::Event {
            event_type: String::from("message"),
            data: String::from(data),
            last_event_id: String::new(),
            ready_state: 1,
        };
        assert_eq!(journal.record(Entry::Open), Reaction::Continue);
        let reaction = journal.record(event("a"));
        if *self == Self::LeavesClosingOut || reaction == Reaction::Continue {
            assert_eq!(journal.record(event("b")), Reaction::Continue);
        }
        if *self == Self::SaysTooMuch {
            assert_eq!(journal.record(event("c")), Reaction::Continue);
        }
        while !journal.is_stopped() || *self == Self::DoesNotReturn {
            thread::sleep(Duration::from_millis(1));
        }
        Ok(())
    }
}

fn judge(fault: Faulty, level: &str) -> HttpReport {
    let json = format!(
        r#"[{{"id": "X-1", "title": "closed", "level": "{level}", "conns": [{{"status": 200, "framing": "close",
            "headers": [["Content-Type", "text/event-stream"]], "body": "data:a\n\ndata:b\n\n", "end": "hold"}}],
            "action": {{"on": "message:a", "do": "close"}}, "expect": {{"log": ["open", "message:a"], "requests": 1}}}}]"#
    );
    http::run(&Client::Network(Arc::new(fault)), &HttpCase::parse("x", &json).unwrap())
}

#[test]
fn faults_are_found_and_told_apart() {
    let failed = |fault, words: &str| {
        let report = judge(fault, "must");
        let Verdict::Failed(problems) = &report.results[0].verdict else { panic!("{fault:?}: {report:?}") };
        assert!(problems.iter().any(|problem| problem.contains(words)), "{fault:?}: {problems:?}");
    };
    assert_eq!(judge(Faulty::IsRight, "must").results[0].verdict, Verdict::Passed);
    assert_eq!(judge(Faulty::CannotBeSetUp, "must").results[0].verdict, Verdict::Skipped(String::from("no")));
    failed(Faulty::AsksAgainAndAgain, "requests in a row");
    failed(Faulty::DoesNotReturn, "the client does not return");
    failed(Faulty::LeavesClosingOut, r#"got:      ["open", "message:a", "message:b"]"#);
    failed(Faulty::Panics, "the panic \"oh\"");
    failed(Faulty::SaysTooMuch, r#"got:      ["open", "message:a", "message:c"]"#);
}

#[test]
fn levels_say_what_counts() {
    let counts = |fault, level| {
        let report = judge(fault, level);
        let failed = |strict| report.failed(strict).count();
        (report.passed(), failed(false), failed(true), report.tolerated(false).count())
    };
    assert_eq!(counts(Faulty::SaysTooMuch, "must"), (0, 1, 1, 0));
    assert_eq!(counts(Faulty::SaysTooMuch, "should"), (0, 0, 1, 1));
    assert_eq!(counts(Faulty::SaysTooMuch, "info"), (0, 0, 0, 1));
    assert_eq!(counts(Faulty::SaysTooMuch, "must-not-break"), (1, 0, 0, 0));
    assert_eq!(counts(Faulty::Panics, "must-not-break"), (0, 1, 1, 0));
}

/// Cases that are marked `run: false` because their data does not say enough.
mod tested_otherwise {
    use sse_conformance::http::{Entry, Journal, follow};
    use sse_tokio::{ClientConfig, EventSource};

    fn log_of(url: &str) -> Vec<Entry> {
        let journal = Journal::new(None);
        let mut source = EventSource::open(ClientConfig::get(url).unwrap()).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(follow(&mut source, &journal));
        journal.log()
    }

    #[test]
    fn another_scheme_fails() {
        for url in ["ftp://127.0.0.1/", "ws://127.0.0.1/", "x-own://127.0.0.1/"] {
            assert_eq!(log_of(url), [Entry::Error { ready_state: 2 }], "{url}");
        }
    }

    /// A dialler of the caller's own stands for a name service that knows nothing.
    #[test]
    fn a_host_without_an_address_is_tried_again() {
        use sse_conformance::http::{Action, Do};
        use sse_tokio::transport::{HttpConnector, Target};

        let nobody =
            |target: Target| async move { Err(std::io::Error::other(format!("no address for {}", target.host))) };
        let journal = Journal::new(Some(Action { on: String::from("error:0"), what: Do::Close }));
        let config = ClientConfig::get("http://nowhere.invalid/").unwrap();
        let mut source = sse_tokio::EventSourceOver::new(config, HttpConnector::new(nobody));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(follow(&mut source, &journal));
        assert_eq!(journal.log(), [Entry::Error { ready_state: 0 }]);
    }

    #[test]
    fn an_invalid_url_is_an_error_of_the_constructor() {
        for url in ["http://this is invalid/", "about:blank", "mailto:a@b", "javascript:alert(1)", "", "/events"] {
            assert!(EventSource::get(url).is_err(), "{url}");
        }
    }
}
