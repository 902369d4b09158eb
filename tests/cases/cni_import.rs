//! CNI configurations: faulty ones with the message they get, and good ones with the `.netc` they
//! become, which compiles, and whose own configuration becomes the same again.

use crate::imports::{self, becomes, imported, refused, succeed};
use crate::{entries, netc, root};
use libtest_mimic::{Failed, Trial};
use std::fs;
use std::path::Path;
use std::process::Output;
use tempfile::TempDir;

pub(crate) fn trials() -> Vec<Trial> {
    imports::trials("cni_import", "tests/import/cni", [("bad", bad), ("good", good)])
}

fn import(case: &Path) -> Output {
    netc(case, &["import", "cni", "--format", "short", "."])
}

fn bad(case: &Path) -> Result<(), Failed> {
    refused(case, &import(case))
}

/// The first file becomes `imported.netc`.
fn good(case: &Path) -> Result<(), Failed> {
    again(&imported(case, &import(case))?)
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
    becomes(imported, &netc(&node, &["import", "cni", "."]))
}
