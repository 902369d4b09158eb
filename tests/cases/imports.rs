//! What the cases of all configurations that netc imports have in common.

use crate::{compare, entries, netc, root, text};
use libtest_mimic::{Failed, Trial};
use std::path::Path;
use std::process::Output;

/// What is held against a case.
pub(crate) type Check = fn(&Path) -> Result<(), Failed>;

/// A trial for each case of a folder, by its kinds.
pub(crate) fn trials(
    prefix: &'static str,
    folder: &'static str,
    kinds: [(&'static str, Check); 2],
) -> Vec<Trial> {
    let cases = kinds.into_iter().flat_map(|(kind, check)| {
        let folder = root().join(folder).join(kind);
        entries(&folder).into_iter().map(move |path| {
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
            let name = format!("{prefix}::{kind}::{}", name.unwrap_or_default());
            Trial::test(name, move || check(&path))
        })
    });
    cases.collect()
}

/// An import that fails writes nothing; `expected` is what it says.
pub(crate) fn refused(case: &Path, output: &Output) -> Result<(), Failed> {
    if output.status.code() != Some(1) || !output.stdout.is_empty() {
        return Err(format!("{:?}, said {:?}", output.status, text(&output.stdout)).into());
    }
    compare(&case.join("expected"), &text(&output.stderr))
}

/// `imported.netc` is what the files of a case become, as `netc fmt` has it; `expected` is what
/// netc says beside it.
pub(crate) fn imported(case: &Path, output: &Output) -> Result<String, Failed> {
    if !output.status.success() {
        return Err(text(&output.stderr).into());
    }
    compare(&case.join("imported.netc"), &text(&output.stdout))?;
    let said = text(&output.stderr);
    if !said.is_empty() || case.join("expected").exists() {
        compare(&case.join("expected"), &said)?;
    }
    succeed(case, &["fmt", "--check", "imported.netc"])?;
    Ok(text(&output.stdout))
}

/// Runs netc, which must succeed.
pub(crate) fn succeed(folder: &Path, words: &[&str]) -> Result<(), Failed> {
    let output = netc(folder, words);
    if output.status.success() {
        return Ok(());
    }
    Err([text(&output.stdout), text(&output.stderr)].concat().into())
}

/// An import of what netc has written itself becomes the same again.
pub(crate) fn becomes(expected: &str, output: &Output) -> Result<(), Failed> {
    match text(&output.stdout) {
        found if found == expected => Ok(()),
        found => Err(format!("became {found}{}", text(&output.stderr)).into()),
    }
}
