//! The public API of one crate, as lines.

use std::{collections::BTreeSet, error::Error};

use public_api::{Builder, PublicApi};

use crate::workspace;

/// What a crate makes public.
pub(crate) struct Listing {
    /// One item a line, in the order of cargo-public-api, without automatic and blanket implementations.
    pub(crate) lines: Vec<String>,
    /// The items of modules by their paths in the crate, such as `client::Change`; not their members.
    pub(crate) names: BTreeSet<String>,
}

impl Listing {
    /// Lists the public API of a package.
    pub(crate) fn of(package: &str) -> Result<Self, Box<dyn Error>> {
        let json = workspace::rustdoc_json(package)?;
        let api = Builder::from_rustdoc_json(json).omit_auto_trait_impls(true).omit_blanket_impls(true).build()?;
        Ok(Self::new(&api))
    }

    fn new(api: &PublicApi) -> Self {
        let all: Vec<String> = api.items().map(ToString::to_string).collect();
        let modules: BTreeSet<&str> = all.iter().filter_map(|line| line.strip_prefix("pub mod ")).collect();
        let mut lines = Vec::new();
        let mut names = BTreeSet::new();
        let mut in_trait_impl = false;
        for line in &all {
            if line.starts_with("impl") {
                in_trait_impl = line.contains(" for ");
                lines.push(line.clone());
                continue;
            }
            let path = path(line);
            let below_root = path.split_once("::").map(|(_, path)| path);
            let parent = match path.split_once("::<<") {
                Some((parent, _)) => parent,
                None => path.rsplit_once("::").map_or("", |(parent, _)| parent),
            };
            let is_member = below_root.is_some() && !modules.contains(parent);
            // The trait of an implementation says which functions it has.
            if is_member && in_trait_impl && line.contains("fn ") {
                continue;
            }
            if !is_member {
                names.extend(below_root.map(str::to_owned));
            }
            in_trait_impl &= is_member;
            lines.push(line.clone());
        }
        Self { lines, names }
    }
}

/// The path of the item that a line describes, without parameters: `krate::Type::method` of
/// `pub fn krate::Type<T>::method(&self) -> T`. Empty for the root of the crate.
fn path(line: &str) -> String {
    if let Some(path) = line.strip_prefix("pub use ") {
        return path.to_owned();
    }
    let Some(first) = line.find("::") else { return String::new() };
    let start = line[..first].rfind(' ').map_or(0, |space| space + 1);
    let mut path = String::new();
    let mut depth = 0;
    let mut last = ' ';
    let mut rest = line[start..].chars().peekable();
    while let Some(letter) = rest.next() {
        let ends = match letter {
            '(' | ' ' | '!' => true,
            ':' => last != ':' && rest.peek() != Some(&':'),
            _ => false,
        };
        match letter {
            '<' => depth += 1,
            '>' if last != '-' => depth -= 1,
            _ if depth > 0 => {}
            _ if ends => break,
            _ => path.push(letter),
        }
        last = letter;
    }
    path
}

#[cfg(test)]
mod tests {
    use super::path;

    #[test]
    fn a_path_has_no_parameters() {
        for (line, expected) in [
            ("pub mod a", ""),
            ("pub mod a::b", "a::b"),
            ("pub use a::<<b::c::*>>", "a::<<b::c::*>>"),
            ("#[non_exhaustive] pub enum a::B<T: c::D>", "a::B"),
            ("pub a::B::C(d::E)", "a::B::C"),
            ("pub a::B::c: d::E", "a::B::c"),
            ("pub trait a::B<C>: d::E", "a::B"),
            ("pub async fn a::B<C, F: Fn() -> D>::e<G>(&self) -> h::I", "a::B::e"),
            ("pub const fn a::b() -> c::D", "a::b"),
            ("pub macro a::b!", "a::b"),
            ("pub type a::B = c::D<E>", "a::B"),
        ] {
            assert_eq!(path(line), expected, "{line}");
        }
    }
}
