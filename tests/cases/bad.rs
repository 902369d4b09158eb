//! Faulty sources with their expected messages inside.

use crate::{entries, netc, root, text, update};
use libtest_mimic::{Failed, Trial};
use similar::TextDiff;
use std::fs;
use std::path::{Path, PathBuf};

/// Lines that hold the expectation.
const MARK: &str = "#~ ";

pub(crate) fn trials() -> Vec<Trial> {
    let cases = entries(&root().join("tests/bad")).into_iter().map(|path| {
        let name = path.file_stem().map(|stem| stem.to_string_lossy().into_owned());
        Trial::test(format!("bad::{}", name.unwrap_or_default()), move || check(&path))
    });
    cases.collect()
}

fn check(case: &Path) -> Result<(), Failed> {
    let main = if case.is_dir() { case.join("cluster.netc") } else { case.to_owned() };
    let folder = root().join("tests/bad");
    let name = main.strip_prefix(&folder)?.to_string_lossy().into_owned();
    let before = listing(&folder);
    let output = netc(&folder, &["check", "--format", "short", &name]);
    let (found, out) = (text(&output.stderr), text(&output.stdout));
    if listing(&folder) != before {
        return Err("something was written".into());
    }
    let refused = found.contains("error[");
    if output.status.code() != Some(i32::from(refused)) || out.is_empty() != refused {
        return Err(format!("{:?}, printed {out:?}", output.status).into());
    }
    let source = fs::read(&main)?;
    let (body, expected) = split(&source);
    if found == expected && !found.is_empty() {
        return Ok(());
    }
    if update() {
        return Ok(fs::write(&main, [body, marked(&found)].concat())?);
    }
    let diff = TextDiff::from_lines(&expected, &found);
    Err(format!("expected (-) and found (+):\n{}", diff.unified_diff()).into())
}

/// The source without the expectation, and the expectation.
fn split(source: &[u8]) -> (Vec<u8>, String) {
    let mut body = Vec::new();
    let mut expected = String::new();
    for line in source.split_inclusive(|byte| *byte == b'\n') {
        match text(line).strip_prefix(MARK) {
            Some(rest) => expected.push_str(&format!("{}\n", rest.trim_end())),
            None => body.extend(line),
        }
    }
    (body, expected)
}

fn marked(found: &str) -> Vec<u8> {
    found.lines().flat_map(|line| format!("{MARK}{line}\n").into_bytes()).collect()
}

fn listing(folder: &Path) -> Vec<PathBuf> {
    let mut all = Vec::new();
    for path in entries(folder) {
        if path.is_dir() {
            all.extend(listing(&path));
        }
        all.push(path);
    }
    all
}
