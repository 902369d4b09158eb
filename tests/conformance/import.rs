//! Objects as `.netc`: `netc import k8s` loses nothing.

use crate::{build, cases, netc};
use libtest_mimic::{Failed, Trial};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use tempfile::TempDir;

pub(crate) fn trials() -> Vec<Trial> {
    let cases = cases("iptables").into_iter();
    cases.map(|(name, case)| Trial::test(format!("import::{name}"), move || check(&case))).collect()
}

fn check(case: &Path) -> Result<(), Failed> {
    let imported = netc(case, &["import", "k8s", "objects.json"])?;
    let folder = TempDir::new()?;
    let objects = folder.path().join("objects.netc");
    fs::write(&objects, &imported)?;
    let from_objects = build(case, &["iptables/cluster.netc", "objects.json"])?;
    let from_netc = build(case, &["iptables/cluster.netc", &objects.to_string_lossy()])?;
    let (expected, found) = (artefacts(&from_objects), artefacts(&from_netc));
    for name in expected.keys().chain(found.keys()) {
        let content =
            |files: &BTreeMap<String, String>| files.get(name).cloned().unwrap_or_default();
        let (expected, found) = (content(&expected), content(&found));
        if expected != found {
            let diff = similar::TextDiff::from_lines(&expected, &found);
            return Err(
                format!("{name}, objects (-) and imported (+):\n{}", diff.unified_diff()).into()
            );
        }
    }
    Ok(())
}

/// All files of the node but the plan, which shows positions in the sources.
fn artefacts(folder: &TempDir) -> BTreeMap<String, String> {
    let entries = folder.path().join("node-1").read_dir().unwrap();
    let files = entries.map(|entry| entry.unwrap()).map(|entry| {
        let name = entry.file_name().to_string_lossy().into_owned();
        (name, fs::read_to_string(entry.path()).unwrap())
    });
    files.filter(|(name, _)| name != "plan.txt").collect()
}
