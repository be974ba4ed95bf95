//! The plan of the house in the manual is the house: which modules there are, and what each of them uses.
//!
//! `BLESS=1 cargo test -p sse-conformance --test house` writes the plan anew.

use std::{
    collections::{BTreeMap, BTreeSet},
    env,
    fmt::Write,
    fs,
    path::{Path, PathBuf},
};

/// The crates, and the folders that their modules are in.
const CRATES: [(&str, &str); 5] = [
    ("sse-proto", "sse-proto/src"),
    ("sse-driver", "sse-proto/driver/src"),
    ("sse-tokio", "sse-tokio/src"),
    ("sse-smol", "sse-smol/src"),
    ("sse-asyncstd", "sse-asyncstd/src"),
];

const MANUAL: &str = "sse-proto/src/manual.rs";
const BEGIN: &str = "//! ```text\n//! sse-proto\n";
const END: &str = "//! ```\n";

/// A module of a crate's root, and the others that it uses.
type Modules = BTreeMap<String, BTreeSet<String>>;

#[test]
fn the_plan_in_the_manual_is_true() {
    let mut plan = String::new();
    for (name, folder) in CRATES {
        let modules = modules(&root().join(folder));
        assert!(modules.len() > 1, "{name} has no modules");
        let layers = layers(&modules).unwrap_or_else(|circle| panic!("{name}: the modules {circle:?} use each other"));
        writeln!(plan, "//! {name}").unwrap();
        for layer in layers {
            let used: Vec<&str> = modules[layer].iter().map(String::as_str).collect();
            writeln!(plan, "{}", format!("//!   {layer:14} {}", used.join(", ")).trim_end()).unwrap();
        }
    }
    let path = root().join(MANUAL);
    let manual = fs::read_to_string(&path).unwrap();
    let begin = manual.find(BEGIN).expect("the manual has a plan") + "//! ```text\n".len();
    let end = begin + manual[begin..].find(END).expect("the plan ends");
    if env::var_os("BLESS").is_some() {
        fs::write(&path, format!("{}{plan}{}", &manual[..begin], &manual[end..])).unwrap();
    } else {
        assert!(manual[begin..end] == plan, "the manual's plan should be:\n{plan}");
    }
}

#[test]
fn decoder_and_messages_know_nothing_of_client_and_server() {
    let modules = modules(&root().join("sse-proto/src"));
    for lower in ["decode", "message", "event", "field", "data"] {
        let above: Vec<_> = reached(&modules, lower).into_iter().filter(|m| m == "client" || m == "server").collect();
        assert!(above.is_empty(), "{lower} uses {above:?}");
    }
    assert!(reached(&modules, "client").contains("decode"), "the test sees nothing");
}

/// The pages of the adapters name the methods of their main types by hand.
#[test]
fn the_tables_of_methods_are_complete() {
    let folder = root().join("sse-proto/driver/src");
    let tables = fs::read_to_string(folder.join("methods.rs")).unwrap();
    for name in ["EventLog", "EventReader", "EventSource", "Session"] {
        let mut methods = BTreeSet::new();
        for (path, _) in sources(&folder, 0) {
            methods.extend(methods_of(name, &fs::read_to_string(path).unwrap()));
        }
        assert!(methods.len() > 5, "{methods:?}");
        let table = tables.split(&format!("    ({name}) => {{")).nth(1).unwrap().split("    };").next().unwrap();
        let missing: Vec<_> =
            methods.iter().filter(|method| !table.contains(&format!("::{name}::{method})"))).collect();
        assert!(missing.is_empty(), "{name}: {missing:?}");
    }
}

/// The public methods of a type in its own blocks of this code.
fn methods_of(name: &str, code: &str) -> Vec<String> {
    let mut methods = Vec::new();
    for block in code.split("\nimpl").skip(1) {
        let Some((head, body)) = block.split_once('{') else { continue };
        let is_of_type = head.split([' ', '>']).any(|part| part.split('<').next() == Some(name));
        if !is_of_type || head.contains(" for ") {
            continue;
        }
        let body = body.split("\n}").next().unwrap_or_default();
        for line in body.lines() {
            let line = line.strip_prefix("    pub ").unwrap_or_default();
            if let Some(method) = line.trim_start_matches("const ").trim_start_matches("async ").strip_prefix("fn ") {
                methods.extend(method.split(['(', '<']).next().map(String::from));
            }
        }
    }
    methods
}

/// The test must be able to fail.
#[test]
fn methods_are_found() {
    let code = "\nimpl<K: Runtime> Log<K> {\n    pub fn a(&self) {}\n    fn b() {}\n    pub async fn c<T>() {}\n}\n\n\
                impl<K> fmt::Debug for Log<K> {\n    pub fn d() {}\n}\nimpl Other {\n    pub fn e(&self) {}\n}\n";
    assert_eq!(methods_of("Log", code), ["a", "c"]);
}

/// The test must be able to fail.
#[test]
fn uses_are_found() {
    let names = BTreeMap::from([("Event".into(), "event".into())]);
    let modules = ["a", "b", "event"].map(String::from);
    let uses = |code: &str, depth| uses(code, depth, &names, &modules).into_iter().collect::<Vec<_>>();
    assert_eq!(uses("use crate::{Event, a::{X, b::Y}};", 0), ["a", "event"]);
    assert_eq!(uses("use crate::{a::X,\n    b};", 0), ["a", "b"]);
    assert_eq!(uses("use super::{b::X, Event};", 1), ["b", "event"]);
    assert_eq!(uses("use super::b::X;", 2), [""; 0]);
    assert_eq!(uses("use super::super::b::X;", 2), ["b"]);
    assert_eq!(uses("fn f() -> crate::b::X {} // crate::a::X", 0), ["b"]);
    let circle = BTreeMap::from([("a", ["b"]), ("b", ["a"])].map(|(a, b)| (a.to_owned(), b.map(String::from).into())));
    assert_eq!(layers(&circle).unwrap_err(), ["a", "b"]);
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn modules(folder: &Path) -> Modules {
    let lib = fs::read_to_string(folder.join("lib.rs")).unwrap();
    let declared = |line: &str| {
        let line = line.trim_start_matches("pub ");
        line.strip_prefix("mod ")?.strip_suffix(';').map(String::from)
    };
    let names: Vec<String> = lib.lines().filter_map(declared).collect();
    let exported = exported(&lib, &names);
    let of = |name: &String| {
        let mut used = BTreeSet::new();
        for (path, depth) in sources(&folder.join(name), 1).into_iter().chain([(folder.join(format!("{name}.rs")), 1)])
        {
            if let Ok(code) = fs::read_to_string(path) {
                used.extend(uses(&code, depth, &exported, &names));
            }
        }
        used.remove(name);
        (name.clone(), used)
    };
    names.iter().map(of).collect()
}

/// The source files of a module in a folder, and how many `super` lead from each to the crate's root.
fn sources(folder: &Path, depth: usize) -> Vec<(PathBuf, usize)> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let of = |path: PathBuf| match path.is_dir() {
        true => sources(&path, depth + 1),
        false => vec![(path.clone(), depth + usize::from(!path.ends_with("mod.rs")))],
    };
    entries.flat_map(|entry| of(entry.unwrap().path())).collect()
}

/// The names that the crate's root has from its modules.
fn exported(lib: &str, modules: &[String]) -> BTreeMap<String, String> {
    let mut names = BTreeMap::new();
    for path in paths(lib) {
        let path: Vec<&str> = path.iter().map(String::as_str).collect();
        if let ["crate" | "self", module, .., name] = *path
            && modules.iter().any(|known| known == module)
        {
            names.insert(name.into(), module.into());
        }
    }
    names
}

/// The modules of the crate's root that this code uses, where `depth` times `super` leads to the root.
fn uses(code: &str, depth: usize, exported: &BTreeMap<String, String>, modules: &[String]) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for path in paths(code) {
        let supers = path.iter().take_while(|part| *part == "super").count();
        let rest = match path.first().map(String::as_str) {
            Some("crate") => &path[1..],
            Some("super") if supers == depth => &path[supers..],
            _ => continue,
        };
        let Some(first) = rest.first() else { continue };
        let module = modules.iter().find(|module| *module == first).or_else(|| exported.get(first));
        found.extend(module.cloned());
    }
    found
}

/// All paths that begin with `crate`, `self` or `super`, with braces written out.
fn paths(code: &str) -> Vec<Vec<String>> {
    let code = code.split("#[cfg(test)]\nmod ").next().unwrap_or_default();
    let lines = code.lines().map(|line| line.split("//").next().unwrap_or_default());
    let code = lines.collect::<Vec<_>>().join(" ");
    let mut paths = Vec::new();
    for start in ["crate::", "self::", "super::"] {
        for (at, _) in code.match_indices(start) {
            let before = code[..at].chars().next_back();
            if !before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == ':' || c == '$') {
                tree(&mut code[at..].chars().peekable(), &mut Vec::new(), &mut paths);
            }
        }
    }
    paths
}

/// Reads one path, or the tree of a `use`, whose front is `front`.
fn tree(code: &mut core::iter::Peekable<core::str::Chars<'_>>, front: &mut Vec<String>, paths: &mut Vec<Vec<String>>) {
    let length = front.len();
    loop {
        while code.next_if(|c| c.is_whitespace()).is_some() {}
        let mut part = String::new();
        while let Some(c) = code.next_if(|c| c.is_alphanumeric() || *c == '_') {
            part.push(c);
        }
        if part.is_empty() && code.next_if_eq(&'{').is_some() {
            loop {
                tree(code, front, paths);
                while code.next_if(|c| !matches!(c, ',' | '}')).is_some() {}
                if code.next() != Some(',') {
                    break;
                }
            }
            break;
        }
        if !part.is_empty() {
            front.push(part);
        }
        if code.next_if_eq(&':').is_none() || code.next_if_eq(&':').is_none() {
            paths.push(front.clone());
            break;
        }
    }
    front.truncate(length);
}

/// The modules in an order in which each uses only those before it, or a set of those that use each other.
fn layers(modules: &Modules) -> Result<Vec<&String>, Vec<&String>> {
    let mut layers: Vec<&String> = Vec::new();
    while layers.len() < modules.len() {
        let free = |(name, used): &(&String, &BTreeSet<String>)| {
            !layers.contains(name) && used.iter().all(|used| layers.contains(&used))
        };
        let next: Vec<&String> = modules.iter().filter(free).map(|(name, _)| name).collect();
        if next.is_empty() {
            return Err(modules.keys().filter(|name| !layers.contains(name)).collect());
        }
        layers.extend(next);
    }
    Ok(layers)
}

fn reached(modules: &Modules, from: &str) -> BTreeSet<String> {
    let mut reached = BTreeSet::from([from.to_owned()]);
    loop {
        let more: BTreeSet<String> = reached.iter().flat_map(|module| modules[module].iter().cloned()).collect();
        let count = reached.len();
        reached.extend(more);
        if reached.len() == count {
            return reached;
        }
    }
}
