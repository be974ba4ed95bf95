//! The command as its users call it.

#![allow(clippy::unwrap_used, reason = "the lint knows tests, but not the functions that help them")]

use std::{
    env, fs,
    io::{BufRead, BufReader, Read, Write},
    path::PathBuf,
    process::{Child, Command, Output, Stdio},
};

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sse-conformance"));
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Runs the command to its end with this input.
fn call(arguments: &[&str], input: &[u8]) -> Output {
    let mut child = command(arguments).spawn().unwrap();
    // The command may end before it has read everything.
    let _ = child.stdin.take().unwrap().write_all(input);
    child.wait_with_output().unwrap()
}

fn text(bytes: &[u8]) -> &str {
    str::from_utf8(bytes).unwrap()
}

/// A file for this run of the tests, removed at the end.
struct TemporaryFile(PathBuf);

impl TemporaryFile {
    fn new(name: &str, content: &str) -> Self {
        let path = env::temp_dir().join(format!("sse-conformance-{}-{name}", std::process::id()));
        fs::write(&path, content).unwrap();
        Self(path)
    }

    fn path(&self) -> &str {
        self.0.to_str().unwrap()
    }
}

impl Drop for TemporaryFile {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

fn case(level: &str, data: &str) -> String {
    format!(
        r#"[{{"id": "X-1", "input": "data: a\n\n", "events": [{{"type": "message", "data": "{data}", "lastEventId": ""}}],
            "retry": null, "lastEventId": "", "level": "{level}"}}]"#
    )
}

#[test]
fn built_in_cases_pass() {
    let output = call(&["run", "--suite", "parser", "--subject", "proto"], b"");
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stdout));
    let last = text(&output.stdout).lines().last().unwrap();
    assert!(last.starts_with("proto: ") && last.ends_with(" passed, 0 failed"), "{last}");
}

#[test]
fn suites_are_run_by_name_or_all_together() {
    let output = call(&["run", "--suite", "http", "--subject", "proto"], b"");
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stdout));
    let last = text(&output.stdout).lines().last().unwrap();
    assert!(last.starts_with("proto: ") && last.contains(" passed, 0 failed, 7 skipped"), "{last}");
    let output = call(&["run", "--subject", "proto"], b"");
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stdout));
    for start in ["parser: proto: ", "http: proto: ", "encoder: proto: "] {
        assert!(text(&output.stdout).lines().any(|line| line.starts_with(start)), "{}", text(&output.stdout));
    }
}

#[test]
fn a_server_is_judged_at_its_url() {
    let output = call(&["run", "--suite", "server", "--subject", "tokio", "--strict"], b"");
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stdout));
    assert!(text(&output.stdout).starts_with("tokio: "), "{}", text(&output.stdout));
    // Nobody listens there.
    let output = call(&["server", "http://127.0.0.1:1/", "--watch", "0.1", "--parallel", "0"], b"");
    assert_eq!(output.status.code(), Some(1));
    let said = text(&output.stdout);
    assert!(said.starts_with("failed  S-001 (must) "), "{said}");
    assert_eq!(said.lines().count(), 2, "{said}");
    assert!(said.ends_with("0 passed, 1 failed, 0 tolerated, 0 skipped\n"), "{said}");
}

#[test]
fn what_no_server_can_be_asked_for_is_a_wrong_call() {
    for url in ["http://", "http://[::1", "http://127.0.0.1:65536/", "http://a b/", "ftp://127.0.0.1/"] {
        let output = call(&["server", url, "--watch", "0.1", "--parallel", "0"], b"");
        assert_eq!(output.status.code(), Some(2), "{url}: {}", text(&output.stdout));
        assert!(text(&output.stderr).starts_with("error: "), "{url}: {}", text(&output.stderr));
        let output = call(&["server", "http://127.0.0.1:1/", "--echo", url, "--watch", "0.1", "--parallel", "0"], b"");
        assert_eq!(output.status.code(), Some(2), "{url}: {}", text(&output.stdout));
    }
    for number in ["1001", "18446744073709551615", "-1"] {
        let output = call(&["server", "http://127.0.0.1:1/", "--watch", "0.1", "--parallel", number], b"");
        assert_eq!(output.status.code(), Some(2), "{number}: {}", text(&output.stdout));
        assert!(text(&output.stderr).contains("--parallel") || number == "-1", "{}", text(&output.stderr));
    }
}

#[test]
fn files_say_by_their_fields_which_suite_they_are_for() {
    let connection = r#"[{"id": "X-1", "title": "a title", "level": "must", "conns": [{"status": 404, "new": 1}],
        "expect": {"log": ["error:0"], "requests": 1}}]"#;
    let (http, parser) =
        (TemporaryFile::new("http.json", connection), TemporaryFile::new("p.json", &case("must", "a")));
    let output = call(&["run", "--cases", http.path(), "--cases", parser.path(), "--subject", "proto"], b"");
    assert_eq!(output.status.code(), Some(1));
    let expected = concat!(
        "note X-1: the field `conns[0].new` is not known and was ignored\n",
        "FAILED proto: X-1 (must), a title: the log\n",
        "  expected: [\"error:0\"]\n",
        "  got:      [\"error:2\"]\n",
        "http: proto: 0 passed, 1 failed\n",
        "parser: proto: 1 passed, 0 failed\n",
    );
    assert_eq!(text(&output.stdout), expected);
    let malformed = TemporaryFile::new("http-malformed.json", &connection.replace("404", "\"x\""));
    let output = call(&["run", "--cases", malformed.path()], b"");
    assert_eq!(output.status.code(), Some(2));
    let complaint = format!("error: {}: case X-1: conns[0]: invalid type", malformed.path());
    assert!(text(&output.stderr).starts_with(&complaint), "{}", text(&output.stderr));
}

#[test]
fn a_failed_case_is_shown() {
    let file = TemporaryFile::new("fails.json", &case("must", "b"));
    let output = call(&["run", "--cases", file.path(), "--subject", "proto"], b"");
    assert_eq!(output.status.code(), Some(1));
    let shown = text(&output.stdout);
    assert!(shown.starts_with("FAILED X-1 (must), proto: decode, in one piece\n"), "{shown}");
    assert!(shown.contains(r#"expected: events [{type "message", data "b", lastEventId ""}], retry null"#), "{shown}");
    assert!(
        shown.contains(r#"got:      events [{type "message", data "a", lastEventId "", ownId false}], retry null"#),
        "{shown}"
    );
    assert!(shown.contains("\n  input:    \"data: a\\n\\n\" (9 bytes)\n"), "{shown}");
    assert!(shown.ends_with("proto: 0 passed, 1 failed\n"), "{shown}");
}

#[test]
fn several_files_are_added_up() {
    let (good, bad) =
        (TemporaryFile::new("good.json", &case("must", "a")), TemporaryFile::new("bad.json", &case("must", "b")));
    let output = call(&["run", "--cases", good.path(), "--cases", bad.path(), "--subject", "proto"], b"");
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stdout).ends_with("proto: 1 passed, 1 failed\n"));
}

#[test]
fn should_fails_a_strict_run_only() {
    let file = TemporaryFile::new("should.json", &case("should", "b"));
    let output = call(&["run", "--cases", file.path(), "--subject", "proto"], b"");
    assert_eq!(output.status.code(), Some(0));
    assert!(text(&output.stdout).ends_with("proto: 0 passed, 0 failed, 1 tolerated\n"));
    let output = call(&["run", "--strict", "--cases", file.path(), "--subject", "proto"], b"");
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn info_never_fails() {
    let file = TemporaryFile::new("info.json", &case("info", "b"));
    assert_eq!(call(&["run", "--strict", "--cases", file.path()], b"").status.code(), Some(0));
}

#[test]
fn the_json_report_can_be_read() {
    let cases = TemporaryFile::new("json-cases.json", &case("must", "b"));
    let report = TemporaryFile::new("report.json", &"an older report ".repeat(10_000));
    let output = call(&["run", "--cases", cases.path(), "--subject", "proto", "--json", report.path()], b"");
    assert_eq!(output.status.code(), Some(1));
    let report: serde_json::Value = serde_json::from_str(&fs::read_to_string(&report.0).unwrap()).unwrap();
    let subject = &report["subjects"][0];
    assert_eq!(subject["name"], "proto");
    assert_eq!((&subject["passed"], &subject["failed"]), (&0.into(), &1.into()));
    assert_eq!(subject["results"][0]["failures"][0]["got"]["outcome"]["events"][0]["data"], "a");
}

#[test]
fn a_run_that_does_not_begin_keeps_the_older_report() {
    let cases = TemporaryFile::new("no-cases.json", r#"[{"id": "X-1"}]"#);
    let report = TemporaryFile::new("older-report.json", "an older report");
    let output = call(&["run", "--cases", cases.path(), "--json", report.path()], b"");
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(fs::read_to_string(&report.0).unwrap(), "an older report");
}

#[test]
fn misuse_is_exit_code_2() {
    let file = TemporaryFile::new("malformed.json", r#"[{"id": "X-1"}]"#);
    let malformed = call(&["run", "--cases", file.path()], b"");
    assert_eq!(malformed.status.code(), Some(2));
    let complaint = format!("error: {}: case X-1: missing field `events`\n", file.path());
    assert_eq!(text(&malformed.stderr), complaint);
    for arguments in [
        &["run", "--cases", "/nonexistent/cases.json"][..],
        &["run", "--json", "/nonexistent/report.json"],
        &["run", "--suite", "nonsense"],
        &["run", "--suite", "server", "--cases", "any.json"],
        &["server"],
        &["server", "ftp://127.0.0.1/"],
        &["server", "http://127.0.0.1:1/", "--watch", "0"],
        &["run", "--subject", "nonsense"],
        &["run", "surplus"],
        &["decode", "--chunk", "0"],
        &["decode", "--chunk", "x"],
        &["nonsense"],
        &[],
    ] {
        let output = call(arguments, b"");
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(!output.stderr.is_empty(), "{arguments:?}");
    }
}

#[test]
fn decode_writes_a_line_for_each_event() {
    let stream =
        "\u{feff}event: add\r\nid: ü\r\ndata: \"a\"\r\ndata: b\r\n\r\nretry: 5\r\ndata\r\n\r\ndata: lost".as_bytes();
    let expected = concat!(
        r#"{"type":"add","data":"\"a\"\nb","lastEventId":"ü"}"#,
        "\n",
        r#"{"type":"message","data":"","lastEventId":"ü"}"#,
        "\n",
        r#"{"end":{"retry":5,"lastEventId":"ü"}}"#,
        "\n",
    );
    for arguments in [&["decode"][..], &["decode", "--chunk", "1"], &["decode", "--chunk", "7"]] {
        let output = call(arguments, stream);
        assert_eq!((output.status.code(), text(&output.stdout)), (Some(0), expected), "{arguments:?}");
        assert!(output.stderr.is_empty());
    }
    assert_eq!(text(&call(&["decode"], b"").stdout), "{\"end\":{\"retry\":null,\"lastEventId\":\"\"}}\n");
}

#[test]
fn decode_does_not_wait_for_the_end() {
    let mut child = command(&["decode"]).spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    let mut output = BufReader::new(child.stdout.take().unwrap());
    input.write_all(b"data: now\r\r").unwrap();
    let mut line = String::new();
    output.read_line(&mut line).unwrap();
    assert_eq!(line, "{\"type\":\"message\",\"data\":\"now\",\"lastEventId\":\"\"}\n");
    drop(input);
    assert!(child.wait().unwrap().success());
}

#[test]
fn decode_ends_at_a_limit() {
    let stream = [b"data: before\n\ndata: ", &vec![b'x'; 5 * 1024 * 1024][..]].concat();
    let output = call(&["decode"], &stream);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(text(&output.stdout), "{\"type\":\"message\",\"data\":\"before\",\"lastEventId\":\"\"}\n");
    assert!(text(&output.stderr).starts_with("error: event data of "), "{}", text(&output.stderr));
}

#[test]
fn a_closed_output_is_no_complaint() {
    let mut child: Child = command(&["decode"]).spawn().unwrap();
    drop(child.stdout.take());
    let mut input = child.stdin.take().unwrap();
    let _ = input.write_all(b"data: x\n\n");
    drop(input);
    let mut complaint = String::new();
    child.stderr.take().unwrap().read_to_string(&mut complaint).unwrap();
    assert_eq!((child.wait().unwrap().code(), complaint.as_str()), (Some(0), ""));
}

#[test]
fn a_file_without_cases_is_misuse() {
    let file = TemporaryFile::new("none.json", "[]");
    let output = call(&["run", "--cases", file.path()], b"");
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("no case"), "{}", text(&output.stderr));
}

#[test]
fn a_case_that_would_fill_the_memory_is_misuse() {
    let case = case("must", "a").replace(r#""input": "data: a\n\n""#, r#""input_gen": [["x", 99999999999999]]"#);
    let file = TemporaryFile::new("long.json", &case);
    let output = call(&["run", "--cases", file.path()], b"");
    assert_eq!(output.status.code(), Some(2), "{}", text(&output.stdout));
}

#[test]
fn failures_count_even_if_nobody_reads_of_them() {
    let file = TemporaryFile::new("unread.json", &case("must", "b"));
    let mut child = command(&["run", "--cases", file.path()]).spawn().unwrap();
    drop(child.stdout.take());
    assert_eq!(child.wait().unwrap().code(), Some(1));
}
