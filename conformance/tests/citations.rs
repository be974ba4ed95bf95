//! Comments cite what `REQUIREMENTS.md` numbers and what is the ID of a case or a check, and nothing else.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use sse_conformance::{Case, encoder::EncoderCase, http::HttpCase};

#[test]
fn every_citation_in_the_sources_is_known() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let files = sources(&root);
    assert!(files.len() > 100, "only {} files below {}", files.len(), root.display());
    let known = known();
    let mut faults = Vec::new();
    for file in files {
        let name = file.strip_prefix(&root).unwrap().display().to_string();
        faults.extend(unknown(&name, &fs::read_to_string(&file).unwrap(), &known));
    }
    assert!(faults.is_empty(), "cited, and in no list:\n{}", faults.join("\n"));
}

/// The test must be able to fail.
#[test]
fn unknown_citations_are_found() {
    let known = known();
    let found = |text: &str| unknown("a.rs", text, &known);
    assert_eq!(found("//! (K16, R-050)\n/// R-059: D2.\n"), ["a.rs:1: K16", "a.rs:2: D2"]);
    assert_eq!(found(concat!("call(); /", "/ R-999\n/", "/ D-99\n")), ["a.rs:1: R-999", "a.rs:2: D-99"]);
    assert_eq!(found("/// R-050 to R-099, D-01, S-012, U+0000, UTF-8, x86-64\nlet a = \"//a/%A4?A4\";\n"), [""; 0]);
}

/// The citations of a file's comments that are not known, with their lines.
fn unknown(name: &str, text: &str, known: &BTreeSet<String>) -> Vec<String> {
    let mut faults = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let words = comment(line).split(|c: char| !c.is_ascii_alphanumeric() && !"-+".contains(c));
        let faulty = words.filter(|word| is_citation(word) && !known.contains(*word));
        faults.extend(faulty.map(|word| format!("{name}:{}: {word}", number + 1)));
    }
    faults
}

/// The comment of a line. Slashes in the middle of a word are a URL's.
fn comment(line: &str) -> &str {
    let line = line.trim_start();
    if line.starts_with("//") { line } else { line.split_once(" // ").map_or("", |(_, comment)| comment) }
}

/// A capital letter and one to three digits, with or without a hyphen between them.
fn is_citation(word: &str) -> bool {
    let Some(rest) = word.strip_prefix(|c: char| c.is_ascii_uppercase()) else { return false };
    let digits = rest.strip_prefix('-').unwrap_or(rest);
    (1..=3).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// The numbers of requirements and decisions, and the IDs of cases and of the checks of servers.
fn known() -> BTreeSet<String> {
    let first_column = |table: &str| -> Vec<String> {
        let rows = table.lines().filter_map(|line| line.strip_prefix("| "));
        rows.filter_map(|row| row.split_once(" |")).map(|(number, _)| String::from(number)).collect()
    };
    let mut known = BTreeSet::from_iter(first_column(include_str!("../REQUIREMENTS.md")));
    known.extend(Case::parser_suite().into_iter().map(|case| case.id));
    known.extend(EncoderCase::suite().into_iter().map(|case| case.id));
    known.extend(HttpCase::suite().into_iter().map(|case| case.id));
    let strings = include_str!("../src/server/mod.rs").split('"');
    known.extend(strings.filter(|string| string.starts_with("S-")).map(String::from));
    known
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if path.is_dir() && name != "target" && !name.starts_with('.') {
            files.extend(sources(&path));
        } else if name.ends_with(".rs") {
            files.push(path);
        }
    }
    files
}
