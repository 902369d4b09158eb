//! What Docker prints of its networks and containers: faulty files with the message they get, and
//! good ones with the `.netc` they become and the rules of that.

use crate::{compare, entries, netc, root, text};
use libtest_mimic::{Failed, Trial};
use std::fs;
use std::path::Path;
use tempfile::TempDir;

type Check = fn(&Path) -> Result<(), Failed>;

pub(crate) fn trials() -> Vec<Trial> {
    let kinds: [(&str, Check); 2] = [("bad", bad), ("import", import)];
    let cases = kinds.into_iter().flat_map(|(kind, check)| {
        let folder = root().join("tests/docker-import").join(kind);
        entries(&folder).into_iter().map(move |path| {
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
            let name = format!("docker_import::{kind}::{}", name.unwrap_or_default());
            Trial::test(name, move || check(&path))
        })
    });
    cases.collect()
}

/// `netc import docker` of all JSON files of a case.
fn imported(case: &Path) -> std::process::Output {
    let files = entries(case).into_iter().filter_map(|path| {
        let name = path.file_name()?.to_str()?.to_owned();
        name.ends_with(".json").then_some(name)
    });
    let files: Vec<String> = files.collect();
    let mut words = vec!["import", "docker", "--node", "node0", "--format", "short"];
    words.extend(files.iter().map(String::as_str));
    netc(case, &words)
}

/// `expected` is what netc says.
fn bad(case: &Path) -> Result<(), Failed> {
    let output = imported(case);
    if output.status.code() != Some(1) || !output.stdout.is_empty() {
        return Err(format!("{:?}, said {:?}", output.status, text(&output.stdout)).into());
    }
    compare(&case.join("expected"), &text(&output.stderr))
}

/// `imported.netc` is what the files become, `expected` what netc says beside it,
/// `iptables.rules` what they compile to.
fn import(case: &Path) -> Result<(), Failed> {
    let output = imported(case);
    if !output.status.success() {
        return Err(text(&output.stderr).into());
    }
    compare(&case.join("imported.netc"), &text(&output.stdout))?;
    let said = text(&output.stderr);
    if !said.is_empty() || case.join("expected").exists() {
        compare(&case.join("expected"), &said)?;
    }
    let out = TempDir::new()?;
    let folder = out.path().to_string_lossy().into_owned();
    for words in [
        &["fmt", "--check", "imported.netc"][..],
        &["build", "--out", &folder, "../../lab.netc", "imported.netc"],
    ] {
        let output = netc(case, words);
        if !output.status.success() {
            return Err([text(&output.stdout), text(&output.stderr)].concat().into());
        }
    }
    compare(
        &case.join("iptables.rules"),
        &fs::read_to_string(out.path().join("node0/iptables.rules"))?,
    )
}
