//! Compares the public API of each published crate with its snapshot, and the adapters with each other.
//!
//! ```text
//! cargo run -- [--bless] [PACKAGE…]
//! ```
//!
//! Without names, all packages of the workspace that can be published. `--bless` writes the snapshots. Exit status: 0
//! where all is the same, 1 where something differs, 2 where nightly Rust or the format of its JSON does not fit.

mod adapters;
mod listing;
mod workspace;

use std::{collections::BTreeSet, env, error::Error, fs, process::ExitCode};

use crate::listing::Listing;

fn main() -> ExitCode {
    let (flags, names): (Vec<_>, Vec<_>) = env::args().skip(1).partition(|argument| argument.starts_with('-'));
    let bless = flags == ["--bless"];
    if !bless && !flags.is_empty() {
        eprintln!("the only option is --bless, not {}", flags.join(" "));
        return ExitCode::FAILURE;
    }
    match run(bless, &names) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("the public API cannot be listed: {error}");
            ExitCode::from(2)
        }
    }
}

/// Returns whether everything is the same.
fn run(bless: bool, names: &[String]) -> Result<bool, Box<dyn Error>> {
    let packages = workspace::published()?;
    if let Some(unknown) = names.iter().find(|name| !packages.contains(name)) {
        return Err(format!("{unknown} is not one of {}", packages.join(", ")).into());
    }
    let mut same = true;
    let mut listings = Vec::new();
    for package in packages.into_iter().filter(|package| names.is_empty() || names.contains(package)) {
        let listing = Listing::of(&package)?;
        same &= with_snapshot(&package, &listing, bless)?;
        listings.push((package, listing));
    }
    for difference in adapters::differences(&listings) {
        println!("{difference}");
        same = false;
    }
    Ok(same)
}

/// Returns whether the listing is that of the snapshot, and prints what differs. Writes the snapshot to `bless` it.
fn with_snapshot(package: &str, listing: &Listing, bless: bool) -> Result<bool, Box<dyn Error>> {
    let path = workspace::root().join(format!("conformance/public-api/snapshots/{package}.txt"));
    if bless {
        fs::create_dir_all(path.with_file_name(""))?;
        fs::write(path, listing.lines.join("\n") + "\n")?;
        println!("{package}: {} lines written", listing.lines.len());
        return Ok(true);
    }
    let snapshot = fs::read_to_string(&path).unwrap_or_default();
    let before: BTreeSet<&str> = snapshot.lines().collect();
    let after: BTreeSet<&str> = listing.lines.iter().map(String::as_str).collect();
    for gone in before.difference(&after) {
        println!("{package}: - {gone}");
    }
    for new in after.difference(&before) {
        println!("{package}: + {new}");
    }
    if before != after {
        println!("{package} differs from its snapshot; `cargo run -- --bless {package}` writes it");
    }
    Ok(before == after)
}
