//! What `netc trace` says: `tests/trace/CASE/cluster.netc`, the `questions` that are asked, and in
//! `expected` each with what it prints and its exit code.

use crate::{compare, entries, netc, root, text};
use libtest_mimic::{Failed, Trial};
use std::fs;
use std::path::Path;

pub(crate) fn trials() -> Vec<Trial> {
    let cases = entries(&root().join("tests/trace")).into_iter().map(|path| {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
        Trial::test(format!("trace::{}", name.unwrap_or_default()), move || check(&path))
    });
    cases.collect()
}

fn check(case: &Path) -> Result<(), Failed> {
    let mut out = String::new();
    for line in fs::read_to_string(case.join("questions"))?.lines() {
        let mut words = vec!["trace"];
        words.extend(line.split(' ').filter(|word| !word.is_empty()));
        words.push("cluster.netc");
        if !words.contains(&"--format") {
            words.extend(["--format", "short"]);
        }
        let output = netc(case, &words);
        // What is said of the cluster itself is not asked here.
        let faults = text(&output.stderr);
        let faults = faults.split_inclusive('\n').scan(false, |warns, line| {
            *warns = line.contains(": warning[") || (*warns && line.starts_with("    "));
            Some(if *warns { "" } else { line })
        });
        let said = [text(&output.stdout), faults.collect()].concat();
        let code = output.status.code().unwrap_or(-1);
        out.push_str(&format!("$ netc trace {line}\n{said}exit {code}\n\n"));
    }
    compare(&case.join("expected"), &out)
}
