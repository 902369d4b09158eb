//! What Docker prints of its networks and containers: faulty files with the message they get, and
//! good ones with the `.netc` they become and the rules of that.

use crate::imports::{self, imported, refused, succeed};
use crate::{compare, entries, netc};
use libtest_mimic::{Failed, Trial};
use std::fs;
use std::path::Path;
use std::process::Output;
use tempfile::TempDir;

pub(crate) fn trials() -> Vec<Trial> {
    imports::trials("docker_import", "tests/docker-import", [("bad", bad), ("import", good)])
}

/// `netc import docker` of all JSON files of a case.
fn import(case: &Path) -> Output {
    let files = entries(case).into_iter().filter_map(|path| {
        let name = path.file_name()?.to_str()?.to_owned();
        name.ends_with(".json").then_some(name)
    });
    let files: Vec<String> = files.collect();
    let mut words = vec!["import", "docker", "--node", "node0", "--format", "short"];
    words.extend(files.iter().map(String::as_str));
    netc(case, &words)
}

fn bad(case: &Path) -> Result<(), Failed> {
    refused(case, &import(case))
}

/// `iptables.rules` is what they compile to.
fn good(case: &Path) -> Result<(), Failed> {
    imported(case, &import(case))?;
    let out = TempDir::new()?;
    let folder = out.path().to_string_lossy().into_owned();
    succeed(case, &["build", "--out", &folder, "../../lab.netc", "imported.netc"])?;
    let rules = fs::read_to_string(out.path().join("node0/iptables.rules"))?;
    compare(&case.join("iptables.rules"), &rules)
}
