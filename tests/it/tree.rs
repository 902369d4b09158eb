//! The state of the tree itself.

use crate::support::{files, read, root};
use std::fs;

fn rust_files() -> Vec<std::path::PathBuf> {
    ["src", "lang/src", "tests", "benches"]
        .into_iter()
        .flat_map(|folder| files(folder, ".rs"))
        .collect()
}

#[test]
fn no_file_is_longer_than_600_lines() {
    for path in rust_files() {
        let lines = fs::read_to_string(&path).unwrap().lines().count();
        assert!(lines <= 600, "{} has {lines} lines", path.display());
    }
}

#[test]
fn there_are_no_marks_of_unfinished_work() {
    let marks = ["TO\x44O", "FIX\x4dE", "X\x58X", "todo\x21(", "unimplemented\x21(", "#[ign\x6fre"];
    for path in rust_files() {
        let text = fs::read_to_string(&path).unwrap();
        for mark in marks {
            assert!(!text.contains(mark), "{} has {mark}", path.display());
        }
    }
}

#[test]
fn every_module_of_the_program_is_in_the_architecture() {
    let page = read("ARCHITECTURE.md");
    for entry in fs::read_dir(root().join("src")).unwrap() {
        let name = entry.unwrap().file_name().to_string_lossy().into_owned();
        assert!(
            page.contains(&format!("src/{name}")),
            "ARCHITECTURE.md does not mention src/{name}"
        );
    }
}

#[test]
fn every_golden_belongs_to_an_example() {
    for entry in fs::read_dir(root().join("golden")).unwrap() {
        let name = entry.unwrap().file_name();
        assert!(root().join("examples").join(&name).is_dir(), "golden/{} is stale", name.display());
    }
}
