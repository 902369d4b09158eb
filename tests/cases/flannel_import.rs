//! Flannel's configurations and leases: faulty ones with the message they get, and good ones with
//! the `.netc` they become, which compiles, and whose own leases become the same again.

use crate::imports::{self, becomes, imported, refused, succeed};
use crate::{entries, netc};
use libtest_mimic::{Failed, Trial};
use std::fs;
use std::path::Path;
use std::process::Output;
use tempfile::TempDir;

pub(crate) fn trials() -> Vec<Trial> {
    imports::trials("flannel_import", "tests/import/flannel", [("bad", bad), ("good", good)])
}

fn import(case: &Path) -> Output {
    let mut words = vec!["import", "flannel", "--format", "short", "net-conf.json"];
    if case.join("leases").exists() {
        words.extend(["--leases", "leases"]);
    }
    netc(case, &words)
}

fn bad(case: &Path) -> Result<(), Failed> {
    refused(case, &import(case))
}

fn good(case: &Path) -> Result<(), Failed> {
    let imported = imported(case, &import(case))?;
    succeed(case, &["check", "imported.netc"])?;
    again(case, &imported)
}

/// Builds with the leases of the nodes, and imports those.
fn again(case: &Path, imported: &str) -> Result<(), Failed> {
    // Without a block nothing is known of the lease.
    if !case.join("leases").exists() || imported.matches("    pods ").nth(1).is_none() {
        return Ok(());
    }
    let lab = TempDir::new()?;
    let lines = imported.lines().map(|line| match line.trim_start().starts_with("overlay ") {
        true if line.ends_with('}') => format!("{}emit flannel }}\n", line.replace('}', "; ")),
        true if line.ends_with('{') => format!("{line}\nemit flannel\n"),
        true => format!("{line} {{ emit flannel }}\n"),
        false => format!("{line}\n"),
    });
    fs::write(lab.path().join("cluster.netc"), lines.collect::<String>())?;
    succeed(lab.path(), &["build", "--out", "out", "cluster.netc"])?;
    succeed(lab.path(), &["build", "--check", "out", "cluster.netc"])?;
    let conf = case.join("net-conf.json").to_string_lossy().into_owned();
    let nodes = entries(&lab.path().join("out"));
    let leases: Vec<String> =
        nodes.iter().map(|node| node.join("lease.json").to_string_lossy().into_owned()).collect();
    let mut words = vec!["import", "flannel", conf.as_str()];
    words.extend(leases.iter().flat_map(|lease| ["--leases", lease.as_str()]));
    becomes(imported, &netc(lab.path(), &words))
}
