//! The iptables mode.

use crate::compare::differences;
use crate::namespace::Tool;
use crate::{build, cases};
use libtest_mimic::{Failed, Trial};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// The families: kube-proxy's files, the program, and netc's file.
const FAMILIES: [(&str, &str, &str); 2] =
    [("v4", "iptables", "iptables.rules"), ("v6", "ip6tables", "ip6tables.rules")];

pub(crate) fn trials() -> Vec<Trial> {
    let mut trials = Vec::new();
    for backend in ["legacy", "nft"] {
        for (name, case) in cases("iptables") {
            let title = format!("iptables::{backend}::{name}");
            trials.push(Trial::test(title, move || check(&name, &case, backend)));
        }
    }
    trials
}

fn check(name: &str, case: &Path, backend: &'static str) -> Result<(), Failed> {
    let folder = build(case, &["iptables/cluster.netc", "objects.json"])?;
    let mut report = String::new();
    for (family, program, file) in FAMILIES {
        let tool = Tool { program, backend };
        let own = fs::read_to_string(folder.path().join("node-1").join(file)).unwrap();
        let own = tool.loaded(&[(&own, &["--noflush"])]);
        let differences = differences(&recorded(case, family, tool), &own);
        if !differences.is_empty() {
            report.push_str(&format!("{name}, {program}-{backend}:\n{differences}"));
        }
    }
    if report.is_empty() { Ok(()) } else { Err(report.into()) }
}

/// The rules that kube-proxy left in the kernel.
pub(crate) fn recorded(case: &Path, family: &str, tool: Tool) -> String {
    let read = |what| fs::read_to_string(case.join(format!("iptables/{family}.{what}"))).unwrap();
    let jumps = payload(&read("jumps"));
    tool.loaded(&[(&jumps, &["--noflush"]), (&read("restore"), &["--noflush", "--counters"])])
}

/// The calls by which kube-proxy makes its jumps, as one restore file. Chains that are there
/// already are made again without harm.
fn payload(calls: &str) -> String {
    let mut tables: BTreeMap<&str, (String, String)> = BTreeMap::new();
    for call in calls.lines() {
        let call = call.strip_prefix("-t ").and_then(|call| call.split_once(' '));
        let (table, call) = call.expect("-t TABLE …");
        let (chains, jumps) = tables.entry(table).or_default();
        match call.split_once(' ').expect("-N CHAIN or -I CHAIN …") {
            ("-N", chain) => chains.push_str(&format!(":{chain} - [0:0]\n")),
            ("-I", _) => jumps.push_str(&format!("{call}\n")),
            _ => panic!("{call}"),
        }
    }
    let table = |(table, (chains, jumps))| format!("*{table}\n{chains}{jumps}COMMIT\n");
    tables.into_iter().map(table).collect()
}
