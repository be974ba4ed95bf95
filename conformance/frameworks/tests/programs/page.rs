//! The page is true.

use std::{fs, path::Path};

use crate::PROGRAMS;

/// The lines between a program's comments `glue` and `end of glue`, without their indentation.
fn glue(program: &str) -> String {
    let file = read(&format!("src/bin/{program}.rs"));
    let lines: Vec<&str> = file.lines().collect();
    let find = |mark: &str| {
        let mut found = lines.iter().enumerate().filter(|(_, line)| line.trim() == mark);
        let (at, line) = found.next().unwrap_or_else(|| panic!("{program} has no line {mark:?}"));
        assert!(found.next().is_none(), "{program} has more than one line {mark:?}");
        (at, line.len() - line.trim_start().len())
    };
    let ((begin, indentation), (end, _)) = (find("// glue"), find("// end of glue"));
    lines[begin + 1..end].iter().map(|line| format!("{}\n", line.get(indentation..).unwrap_or_default())).collect()
}

#[test]
fn the_page_shows_the_glue_of_every_program() {
    let page = read("README.md");
    for (program, head, options) in PROGRAMS {
        let glue = glue(program);
        let lines = glue.lines().count();
        assert!((1..=5).contains(&lines), "{program} has {lines} lines of glue");
        let link = format!("(src/bin/{program}.rs)");
        let section = page.split("\n## ").find(|section| section.contains(&link));
        let section = section.unwrap_or_else(|| panic!("no section of the page links to {program}.rs"));
        let code = format!("```rust,ignore\n{glue}```\n");
        assert!(section.contains(&code), "the page's glue for {program} should be\n{code}");
        let row = page.lines().find(|line| line.starts_with(&format!("| `{program}` |")));
        let row = row.unwrap_or_else(|| panic!("the page's table has no row of {program}"));
        for (column, cell) in [(2, lines.to_string()), (3, format!("{head}, {options}"))] {
            assert_eq!(row.split('|').nth(column).map(str::trim), Some(&*cell), "{program}");
        }
    }
}

#[test]
fn every_program_is_run() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/bin");
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    let files: Vec<_> = files.iter().filter_map(|file| file.file_stem()?.to_str()).collect();
    let programs: Vec<_> = PROGRAMS.iter().map(|(program, ..)| *program).collect();
    assert_eq!(files, programs);
}

fn read(file: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).expect(file)
}
