//! What `netc show` and `netc why` say: `tests/show/CASE/cluster.netc` and the like in `tests/why`, the
//! `commands` that are given, and in `expected` each with what it prints.

use crate::{compare, entries, netc, root, text};
use libtest_mimic::{Failed, Trial};
use std::fs;
use std::path::Path;

pub(crate) fn trials() -> Vec<Trial> {
    let folders = ["show", "why"].into_iter();
    let cases = folders.flat_map(|folder| {
        entries(&root().join("tests").join(folder)).into_iter().map(move |path| {
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
            let name = format!("{folder}::{}", name.unwrap_or_default());
            Trial::test(name, move || check(&path))
        })
    });
    cases.collect()
}

/// The words of a command; what stands in single quotes is one.
fn words(line: &str) -> Vec<&str> {
    let parts = line.split('\'').enumerate();
    let words = parts.flat_map(|(place, part)| match place % 2 {
        0 => part.split_whitespace().collect(),
        _ => vec![part],
    });
    words.collect()
}

fn check(case: &Path) -> Result<(), Failed> {
    let mut out = String::new();
    for line in fs::read_to_string(case.join("commands"))?.lines() {
        let mut words = words(line);
        words.push("cluster.netc");
        if !words.contains(&"--format") {
            words.extend(["--format", "short"]);
        }
        let output = netc(case, &words);
        let said = [text(&output.stdout), text(&output.stderr)].concat();
        out.push_str(&format!("$ netc {line}\n{said}\n"));
    }
    compare(&case.join("expected"), &out)
}
