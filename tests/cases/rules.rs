//! Small clusters and the rules of their nodes: `tests/rules/CASE/cluster.netc` with `NODE.v4` and,
//! where the cluster has IPv6, `NODE.v6`. They show what the options of services and of the proxy
//! do, in the form in which iptables-save prints it. `NODE.nft` are the tables of nf_tables.

use crate::{entries, root, update};
use libtest_mimic::{Failed, Trial};
use netc::artefacts::restore;
use netc::compile::{compile, objects};
use netc::emit::tables;
use netc::model::{Family, NodeId};
use netc_lang::{Reader, Text};
use similar::TextDiff;
use std::fs;
use std::path::Path;

pub(crate) fn trials() -> Vec<Trial> {
    let cases = entries(&root().join("tests/rules")).into_iter().map(|path| {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
        Trial::test(format!("rules::{}", name.unwrap_or_default()), move || check(&path))
    });
    cases.collect()
}

struct Disk<'p>(&'p Path);

impl Reader for Disk<'_> {
    fn read(&mut self, _: Option<&str>, path: &str) -> Result<Text, String> {
        let bytes = fs::read(self.0.join(path)).map_err(|error| error.to_string())?;
        Ok(Text { path: path.into(), name: path.into(), bytes })
    }
}

fn check(case: &Path) -> Result<(), Failed> {
    let compiled = compile(&["cluster.netc".into()], &mut Disk(case), None);
    let cluster = compiled.built.ok_or(format!("{:#?}", compiled.diagnostics))?.cluster;
    let mut failures = String::new();
    for (node, id) in cluster.nodes.iter().zip((0..).map(NodeId)) {
        let ordered = objects(&cluster, node, id).map_err(|faults| format!("{faults:#?}"))?;
        for (family, ending) in [(Family::V4, "v4"), (Family::V6, "v6")] {
            if family == Family::V6 && cluster.families().all(|family| family == Family::V4) {
                continue;
            }
            let path = case.join(format!("{}.{ending}", node.name));
            let found = services_only(&restore(family, &ordered).to_string());
            compare(&path, &found, &mut failures)?;
        }
        let path = case.join(format!("{}.nft", node.name));
        let found = tables(ordered.nodes.iter().map(|node| &node.object.state));
        compare(&path, &found, &mut failures)?;
    }
    if failures.is_empty() { Ok(()) } else { Err(failures.into()) }
}

fn compare(path: &Path, found: &str, failures: &mut String) -> Result<(), Failed> {
    let expected = fs::read_to_string(path).unwrap_or_default();
    if found != expected && update() {
        fs::write(path, found)?;
    } else if found != expected {
        let diff = TextDiff::from_lines(&expected, found).unified_diff().to_string();
        failures.push_str(&format!("{}\n{diff}", path.display()));
    }
    Ok(())
}

/// What is the same for every cluster, the jumps, is left out: the examples show it.
fn services_only(restore: &str) -> String {
    let own = |line: &&str| !line.starts_with("-A ") || line.starts_with("-A KUBE-");
    restore.lines().filter(own).map(|line| format!("{line}\n")).collect()
}
