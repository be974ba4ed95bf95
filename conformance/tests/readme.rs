//! What the README of the workspace says of features and cases, beside the manifests and the cases themselves.

use std::{collections::BTreeMap, fs, path::Path};

use sse_conformance::{Case, encoder::EncoderCase, http::HttpCase};

#[test]
fn the_table_of_features_is_that_of_the_manifests() {
    let (mut told, mut there) = (BTreeMap::new(), BTreeMap::new());
    let rows = table("| feature | sse-tokio |");
    for (column, adapter) in rows[0].iter().enumerate().filter(|(_, name)| name.starts_with("sse-")) {
        for row in &rows[1..] {
            let feature = row[0].trim_matches('`').to_owned();
            if !row[column].is_empty() {
                told.insert((adapter.clone(), feature), row[column].clone());
            }
        }
        let features = features(adapter);
        for feature in features.keys().filter(|feature| *feature != "default") {
            let default = features["default"].contains(&format!("\"{feature}\""));
            there.insert((adapter.clone(), feature.clone()), if default { "default" } else { "yes" }.to_owned());
        }
    }
    assert_eq!(told, there);
}

#[test]
fn the_table_of_suites_counts_the_cases() {
    let counts = [
        ("parser", Case::parser_suite().len()),
        ("encoder", EncoderCase::suite().len()),
        ("http", HttpCase::suite().len()),
    ];
    let rows = table("| suite | cases |");
    for (suite, count) in counts {
        let row = rows.iter().find(|row| row[0].starts_with(&format!("{suite}:"))).expect(suite);
        assert_eq!(row[1], count.to_string(), "{suite}");
    }
}

/// The rows of the README's table with this beginning, its head included, as cells.
fn table(head: &str) -> Vec<Vec<String>> {
    let text = read("README.md");
    let rows = text.lines().skip_while(|line| !line.starts_with(head)).take_while(|line| line.starts_with('|'));
    let rows = rows
        .filter(|line| !line.starts_with("|---"))
        .map(|row| row.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect());
    let rows: Vec<Vec<String>> = rows.collect();
    assert!(rows.len() > 1, "no table begins with {head}");
    rows
}

/// The features of a crate's manifest, and what each of them turns on.
fn features(adapter: &str) -> BTreeMap<String, String> {
    let manifest = read(&format!("{adapter}/Cargo.toml"));
    let section = manifest.lines().skip_while(|line| *line != "[features]").skip(1);
    let lines = section.take_while(|line| !line.starts_with('[')).filter(|line| !line.starts_with('#'));
    lines.filter_map(|line| line.split_once(" = ")).map(|(name, on)| (name.to_owned(), on.to_owned())).collect()
}

fn read(file: &str) -> String {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    fs::read_to_string(workspace.join(file)).expect(file)
}
