//! What `netc show` says: `tests/show/CASE/cluster.netc`, the `commands` that are given, and in
//! `expected` each with what it prints.

use crate::{compare, entries, netc, root, text};
use libtest_mimic::{Failed, Trial};
use std::fs;
use std::path::Path;

pub(crate) fn trials() -> Vec<Trial> {
    let cases = entries(&root().join("tests/show")).into_iter().map(|path| {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
        Trial::test(format!("show::{}", name.unwrap_or_default()), move || check(&path))
    });
    cases.collect()
}

fn check(case: &Path) -> Result<(), Failed> {
    let mut out = String::new();
    for line in fs::read_to_string(case.join("commands"))?.lines() {
        let mut words: Vec<&str> = line.split(' ').collect();
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
