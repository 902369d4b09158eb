//! Docker's networks and the rules of their nodes: `tests/docker/CASE/cluster.netc` with the files
//! of rules of each node beside it, `NODE/iptables.rules` and the like, all of them.

use crate::{compare, entries, netc, root, text};
use libtest_mimic::{Failed, Trial};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

pub(crate) fn trials() -> Vec<Trial> {
    let cases = entries(&root().join("tests/docker")).into_iter().map(|path| {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
        Trial::test(format!("docker::{}", name.unwrap_or_default()), move || check(&path))
    });
    cases.collect()
}

fn check(case: &Path) -> Result<(), Failed> {
    let out = TempDir::new()?;
    let folder = out.path().to_string_lossy().into_owned();
    let output = netc(case, &["build", "cluster.netc", "--out", &folder]);
    if !output.status.success() {
        return Err(text(&output.stderr).into());
    }
    let formatted = netc(case, &["fmt", "--check", "cluster.netc"]);
    if !formatted.status.success() {
        return Err(text(&formatted.stdout).into());
    }
    let found = rules(out.path());
    for file in &found {
        let path = case.join(file);
        fs::create_dir_all(path.parent().unwrap_or(case))?;
        compare(&path, &fs::read_to_string(out.path().join(file))?)?;
    }
    match rules(case).difference(&found).next() {
        Some(more) => Err(format!("{} is not written", more.display()).into()),
        None => Ok(()),
    }
}

/// The files of rules in the folders of nodes.
fn rules(folder: &Path) -> BTreeSet<PathBuf> {
    let nodes = entries(folder).into_iter().filter(|path| path.is_dir());
    let files = nodes.flat_map(|node| entries(&node));
    let own = files.filter(|path| path.extension().is_some_and(|ending| ending == "rules"));
    own.filter_map(|path| path.strip_prefix(folder).map(Path::to_owned).ok()).collect()
}
