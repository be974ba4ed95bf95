//! The protocol stays pure: no I/O, no clock, no threads, nothing asynchronous.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// What no file may name, and the files that may (by the start of their path below `src`). The compiler keeps what needs
/// `std` or another crate out of most of them; this finds the rest.
const RULES: [(&[&str], &[&str]); 5] = [
    (&["Poll", "Future", "async", "await", "Context", "Waker", "Pin"], &[]),
    (&["io::"], &["json.rs"]),
    (&["unsafe"], &["ends.rs", "utf8.rs"]),
    // `core::net` reads addresses, and has no sockets.
    (&["net"], &["client/url.rs"]),
    (
        &[
            "TcpStream",
            "UdpSocket",
            "ToSocketAddrs",
            "fs",
            "thread",
            "env",
            "process",
            "Instant",
            "SystemTime",
            "HashMap",
            "Mutex",
            "println",
            "dbg",
            "rand",
        ],
        &[],
    ),
];

#[test]
fn names_of_io_time_and_tasks_appear_only_where_they_may() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let files = sources(&root);
    assert!(files.len() > 15, "only {} files below {}", files.len(), root.display());
    let mut faults = Vec::new();
    for file in files {
        let name = file.strip_prefix(&root).unwrap().to_string_lossy().replace('\\', "/");
        let text = fs::read_to_string(&file).unwrap();
        faults.extend(faults_in(&name, &text));
    }
    assert!(faults.is_empty(), "the core must stay pure:\n{}", faults.join("\n"));
}

/// The test must be able to fail.
#[test]
fn a_clock_in_the_core_is_found() {
    let clock = "fn now() -> u64 {\n    std::time::Instant::now().elapsed()\n}\n";
    assert_eq!(faults_in("client/mod.rs", clock), ["client/mod.rs:2: `Instant`"]);
    assert_eq!(faults_in("server/log.rs", "use std::io;\n"), ["server/log.rs:1: `io::`"]);
    assert_eq!(faults_in("decode/mod.rs", "async fn f() {}\n"), ["decode/mod.rs:1: `async`"]);
    assert!(faults_in("decode/mod.rs", "/// Not async, no Future.\nlet ratio = 1;\n").is_empty());
}

fn faults_in(name: &str, text: &str) -> Vec<String> {
    let mut faults = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let code = line.split("//").next().unwrap_or_default();
        // A module is told from a method of the same name by the colons behind it.
        let code = code.replace("std::io", "io::").replace("::", ":: ");
        for word in code.split(|c: char| !c.is_alphanumeric() && c != '_' && c != ':') {
            let word = if word == "io::" { word } else { word.trim_matches(':') };
            let fault = RULES
                .iter()
                .any(|(words, allowed)| words.contains(&word) && !allowed.iter().any(|start| name.starts_with(start)));
            if fault {
                faults.push(format!("{name}:{}: `{word}`", number + 1));
            }
        }
    }
    faults
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files
}
