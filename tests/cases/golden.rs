//! The examples and their reviewed artefacts.

use crate::{entries, netc, root, text, update};
use libtest_mimic::{Failed, Trial};
use std::path::Path;
use std::process::Output;

pub(crate) fn trials() -> Vec<Trial> {
    let cases = entries(&root().join("examples")).into_iter().map(|path| {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
        Trial::test(format!("golden::{}", name.unwrap_or_default()), move || check(&path))
    });
    cases.collect()
}

fn check(example: &Path) -> Result<(), Failed> {
    let name = example.file_name().map(|name| name.to_string_lossy().into_owned());
    let name = name.unwrap_or_default();
    let (source, golden) = (format!("examples/{name}"), format!("golden/{name}"));
    if update() {
        succeed(&netc(root(), &["lock", &source]))?;
        succeed(&netc(root(), &["build", &source, "--out", &golden]))?;
    }
    succeed(&netc(root(), &["check", &source]))?;
    succeed(&netc(root(), &["fmt", "--check", &source]))?;
    succeed(&netc(root(), &["lock", "--check", &source]))?;
    succeed(&netc(root(), &["build", "--check", &golden, &source]))
}

fn succeed(output: &Output) -> Result<(), Failed> {
    if output.status.success() {
        return Ok(());
    }
    Err(format!("{}{}", text(&output.stdout), text(&output.stderr)).into())
}
