//! What changes from `old.netc` to `new.netc`, as text and as Markdown, is exactly what stands
//! beside them. The artefacts built from both differ in the same way.

use crate::{compare, entries, netc, root, text};
use libtest_mimic::{Failed, Trial};
use std::path::Path;
use tempfile::TempDir;

pub(crate) fn trials() -> Vec<Trial> {
    let cases = entries(&root().join("tests/diffs")).into_iter().map(|path| {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
        Trial::test(format!("diffs::{}", name.unwrap_or_default()), move || check(&path))
    });
    cases.collect()
}

fn check(case: &Path) -> Result<(), Failed> {
    let shown = diff(case, ["old.netc", "new.netc"], "text")?;
    compare(&case.join("expected.txt"), &shown)?;
    compare(&case.join("expected.md"), &diff(case, ["old.netc", "new.netc"], "markdown")?)?;
    let out = TempDir::new()?;
    let built = |side: &str| -> Result<String, Failed> {
        let folder = out.path().join(side).to_string_lossy().into_owned();
        let run = netc(case, &["build", &format!("{side}.netc"), "--out", &folder]);
        if run.status.success() { Ok(folder) } else { Err(text(&run.stderr).into()) }
    };
    let (old, new) = (built("old")?, built("new")?);
    let whole = diff(case, [&old, "new.netc"], "json")?;
    for sides in [[old.as_str(), new.as_str()], ["old.netc", new.as_str()]] {
        if without_origins(&diff(case, sides, "json")?)? != without_origins(&whole)? {
            return Err(format!("{sides:?} differ in another way").into());
        }
    }
    Ok(())
}

/// Runs netc; the code must say whether something changes.
fn diff(case: &Path, sides: [&str; 2], format: &str) -> Result<String, Failed> {
    let run = netc(case, &["diff", sides[0], sides[1], "--format", format]);
    let same = case.ends_with("nothing-changes");
    if run.status.code() != Some(if same { 0 } else { 2 }) {
        return Err(format!("{:?}: {}", run.status, text(&run.stderr)).into());
    }
    Ok(text(&run.stdout))
}

/// What changes, and how. Artefacts know no positions, nor what a route needs.
fn without_origins(shown: &str) -> Result<Vec<String>, Failed> {
    let value: serde_json::Value = serde_json::from_str(shown)?;
    let nodes = value.pointer("/nodes").and_then(|nodes| nodes.as_array()).into_iter().flatten();
    let changes = nodes.flat_map(|node| {
        let all = node.pointer("/changes").and_then(|all| all.as_array()).into_iter().flatten();
        all.map(|one| format!("{} {} {}", one["action"], one["object"], one["commands"]))
    });
    let mut changes: Vec<String> = changes.collect();
    changes.sort();
    Ok(changes)
}
