//! A runtime that the package does not know enters every suite by its entry, as the adapters do by theirs.

#[macro_use]
mod every_runtime;

use sse_conformance::{
    Case,
    encoder::{self, EncoderCase},
    http::{self, HttpCase},
    runner,
    runtimes::Entry,
    server,
};

use crate::every_runtime::Fourth;

const FOURTH: Entry = Entry::of::<Fourth>();

#[test]
fn its_reader_passes_the_parser_suite() {
    let mut cases = Case::parser_suite();
    // The few that are larger take most of the time, byte by byte.
    cases.retain(|case| case.input.len() < 16 * 1024);
    assert!(cases.len() > 400, "{}", cases.len());
    let report = runner::run(&(FOURTH.reader)(), &cases);
    report.assert_passed();
    assert_eq!(report.passed(), cases.len());
}

#[test]
fn its_sessions_pass_the_encoder_suite() {
    let cases = EncoderCase::suite();
    let report = encoder::run(&(FOURTH.writer)(), &cases);
    report.assert_passed();
    assert_eq!(report.passed(), cases.len());
}

#[test]
fn its_client_passes_the_suite_of_connections() {
    let cases = HttpCase::suite();
    let report = http::run(&(FOURTH.client)(), &cases);
    report.assert_passed();
    assert_eq!(report.passed(), cases.iter().filter(|case| case.run).count());
}

#[test]
fn its_server_passes_every_check() {
    let server = (FOURTH.server)().expect("a server");
    let report = server::run(FOURTH.name, &server.target());
    let faults: Vec<_> = report.failed(true).map(ToString::to_string).collect();
    assert!(faults.is_empty(), "{faults:#?}");
    // Without Linux there is no number for the memory.
    assert!(report.skipped().all(|result| result.id == "S-023"));
}
