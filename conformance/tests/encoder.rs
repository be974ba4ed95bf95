//! The cases for encoders, and whether the judge sees what is wrong.

#![allow(clippy::unwrap_used, reason = "the lint knows tests, but not the functions that help them")]

use sse_conformance::{
    encoder::{self, EncoderCase, EncoderFailure, Expected, Fault, Fields, Refused, WritePath, Writer, Written},
    subjects::writers,
};

#[test]
fn every_way_to_write_passes_every_case() {
    let cases = EncoderCase::suite();
    for writer in writers::all() {
        let report = encoder::run(&writer, &cases);
        report.assert_passed();
        assert_eq!(report.passed(), cases.len(), "{}", writer.name);
    }
}

/// A client that notes an ID when its line comes must not have it before the data. A client that reports something at each
/// blank line must not have one where there is nothing to report; but at the end of a response a reconnection time has one,
/// because there are clients that heed it only then.
#[test]
fn every_way_to_write_puts_the_id_last_and_a_blank_line_only_where_it_is_needed() {
    for path in writers::all().iter().flat_map(|writer| &writer.paths) {
        for EncoderCase { id, fields, expected, .. } in EncoderCase::suite() {
            let Expected::Read { outcome, .. } = expected else { continue };
            if !path.takes(&fields) {
                continue;
            }
            let written = path.write(&fields).unwrap();
            let name = || format!("{id} by {}: {}", path.name(), written.bytes.escape_ascii());
            assert!(!written.before.ends_with(b"\n\n"), "{}", written.before.escape_ascii());
            let Some(event_id) = fields.id.as_ref().or(written.made_id.as_ref()) else {
                let ends = ["farewell", "close_with"].iter().any(|name| path.name().contains(name));
                let is_last = ends && fields.retry.is_some();
                assert_eq!(written.bytes.ends_with(b"\n\n"), is_last || !outcome.events.is_empty(), "{}", name());
                continue;
            };
            let before = written.bytes.strip_suffix(format!("id: {event_id}\n\n").as_bytes());
            let before = before.unwrap_or_else(|| panic!("{}", name()));
            assert!(!before.split(|byte| *byte == b'\n').any(|line| line.starts_with(b"id")), "{}", name());
        }
    }
}

/// An encoder that checks nothing, as there are many.
struct Careless(fn(&Fields) -> Vec<u8>);

impl WritePath for Careless {
    fn name(&self) -> &str {
        "careless"
    }

    fn takes(&self, _: &Fields) -> bool {
        true
    }

    fn write(&self, fields: &Fields) -> Result<Written, Refused> {
        Ok((self.0)(fields).into())
    }
}

fn faults(write: fn(&Fields) -> Vec<u8>, note: &str) -> Vec<Fault> {
    let writer = Writer { name: String::from("careless"), paths: vec![Box::new(Careless(write))] };
    let cases: Vec<_> = EncoderCase::suite().into_iter().filter(|case| case.note == note).collect();
    assert_eq!(cases.len(), 1, "{note}");
    let report = encoder::run(&writer, &cases);
    let failures: Vec<EncoderFailure> = report.results.into_iter().flat_map(|result| result.failures).collect();
    failures.into_iter().map(|failure| failure.fault).collect()
}

fn fault(write: fn(&Fields) -> Vec<u8>, note: &str) -> Fault {
    let mut faults = faults(write, note);
    assert_eq!(faults.len(), 1, "{note}");
    faults.remove(0)
}

fn data(fields: &Fields) -> &str {
    fields.data.as_deref().unwrap_or_default()
}

#[test]
fn each_fault_is_found() {
    let split_at_lf = |fields: &Fields| format!("data: {}\n\n", data(fields).replace('\n', "\ndata: ")).into_bytes();
    assert_eq!(faults(split_at_lf, "LF in data"), []);
    assert_eq!(fault(split_at_lf, "CR in data"), Fault::Injected { field: "b".into() });
    let Fault::Injected { field } = fault(split_at_lf, "a reconnection time and an event after CR in data") else {
        panic!()
    };
    assert_eq!(field, "retry");

    let unchecked_id = |fields: &Fields| format!("id: {}\ndata: d\n\n", fields.id.as_deref().unwrap()).into_bytes();
    assert_eq!(fault(unchecked_id, "LF in the ID"), Fault::NotRefused { field: "id".into() });

    let without_space = |fields: &Fields| format!("data:{}\n\n", data(fields)).into_bytes();
    assert!(matches!(fault(without_space, "one leading space in data"), Fault::Outcome { .. }));
    assert_eq!(faults(without_space, "colons in data"), []);

    let without_end = |fields: &Fields| format!("data: {}\n", data(fields)).into_bytes();
    assert!(matches!(fault(without_end, "colons in data"), Fault::Grammar(_)));
    let no_text = |_: &Fields| b"data: \xff\n\n".to_vec();
    assert!(matches!(fault(no_text, "colons in data"), Fault::Grammar(_)));
    let with_mark = |fields: &Fields| format!("\u{feff}data: {}\n\n", data(fields)).into_bytes();
    assert!(matches!(fault(with_mark, "colons in data"), Fault::Grammar(_)));

    let no_comment = |_: &Fields| b":\n\n".to_vec();
    let lost = Fault::Comment { expected: Some(":a: b".into()), got: Some(String::new()) };
    assert_eq!(fault(no_comment, "colons in a comment"), lost);

    let panics = |_: &Fields| panic!("as axum does");
    assert_eq!(fault(panics, "LF in the ID"), Fault::Panic("as axum does".into()));
}

#[test]
fn an_id_is_never_made_up_in_silence() {
    let with_id = |fields: &Fields| format!("id: 1\ndata: {}\n\n", data(fields)).into_bytes();
    assert_eq!(fault(with_id, "colons in data"), Fault::Injected { field: "id".into() });
}
