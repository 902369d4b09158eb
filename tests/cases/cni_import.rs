//! CNI configurations: faulty ones with the message they get, and good ones with the `.netc` they
//! become, which compiles, and whose own configuration becomes the same again.

use crate::{compare, entries, netc, root, text};
use libtest_mimic::{Failed, Trial};
use std::fs;
use std::path::Path;
use tempfile::TempDir;

type Check = fn(&Path) -> Result<(), Failed>;

pub(crate) fn trials() -> Vec<Trial> {
    let kinds: [(&str, Check); 2] = [("bad", bad), ("good", good)];
    let cases = kinds.into_iter().flat_map(|(kind, check)| {
        let folder = root().join("tests/import/cni").join(kind);
        entries(&folder).into_iter().map(move |path| {
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
            let name = format!("cni_import::{kind}::{}", name.unwrap_or_default());
            Trial::test(name, move || check(&path))
        })
    });
    cases.collect()
}

/// `expected` is what netc says.
fn bad(case: &Path) -> Result<(), Failed> {
    let output = netc(case, &["import", "cni", "--format", "short", "."]);
    if output.status.code() != Some(1) || !output.stdout.is_empty() {
        return Err(format!("{:?}, said {:?}", output.status, text(&output.stdout)).into());
    }
    compare(&case.join("expected"), &text(&output.stderr))
}

/// `imported.netc` is what the first file becomes, `expected` what netc says beside it.
fn good(case: &Path) -> Result<(), Failed> {
    let output = netc(case, &["import", "cni", "--format", "short", "."]);
    if !output.status.success() {
        return Err(text(&output.stderr).into());
    }
    compare(&case.join("imported.netc"), &text(&output.stdout))?;
    let said = text(&output.stderr);
    if !said.is_empty() || case.join("expected").exists() {
        compare(&case.join("expected"), &said)?;
    }
    succeed(case, &["fmt", "--check", "imported.netc"])?;
    again(&text(&output.stdout))
}

/// Builds with the configuration of the node, and imports that one.
fn again(imported: &str) -> Result<(), Failed> {
    let lab = TempDir::new()?;
    let asking = match imported.split_once("pod-network bridge {") {
        Some((before, rest)) => format!("{before}pod-network bridge {{ emit cni;{rest}"),
        None => imported.replacen("pod-network ptp {", "pod-network ptp { emit cni;", 1),
    };
    fs::write(lab.path().join("cluster.netc"), asking)?;
    fs::copy(root().join("tests/import/cni/lab.netc"), lab.path().join("lab.netc"))?;
    succeed(lab.path(), &["build", "--out", "out", "."])?;
    let node = lab.path().join("out/node0");
    let written =
        entries(&node).into_iter().any(|path| path.to_string_lossy().ends_with(".conflist"));
    // Nothing is known of the addresses that flannel gave to the node.
    if !written && !imported.contains("pods ") {
        return Ok(());
    }
    succeed(lab.path(), &["build", "--check", "out", "."])?;
    let output = netc(&node, &["import", "cni", "."]);
    match text(&output.stdout) {
        found if found == imported => Ok(()),
        found => Err(format!("became {found}{}", text(&output.stderr)).into()),
    }
}

fn succeed(folder: &Path, words: &[&str]) -> Result<(), Failed> {
    let output = netc(folder, words);
    if output.status.success() {
        return Ok(());
    }
    Err([text(&output.stdout), text(&output.stderr)].concat().into())
}
