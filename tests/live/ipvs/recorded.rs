//! What kube-proxy sent to a kernel, loaded into a namespace by the tools that people have.

use crate::lab::{Lab, root};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Where the clusters are that were recorded.
pub(super) fn folder() -> PathBuf {
    root().join("tests/conformance/kube-proxy")
}

/// Makes what was recorded of both families.
pub(super) fn load(lab: &Lab, netns: &str, case: &Path, backend: &str) {
    let mut lines = vec!["set -e".to_owned(), "ip link add kube-ipvs0 type dummy".to_owned()];
    for (family, tool) in [("v4", "iptables"), ("v6", "ip6tables")] {
        // A family without services has no servers and no addresses.
        let read = |what| fs::read_to_string(case.join(format!("ipvs/{family}.{what}")));
        let (ipvs, addresses) = (read("ipvs"), read("addrs"));
        let restore = format!("{tool}-{backend}-restore --noflush");
        let add = |line: &str| format!("address add {line}\n");
        let inputs = [
            ("ipset restore", read("ipset").unwrap()),
            (&restore, jumps(&read("jumps").unwrap())),
            (&restore, read("restore").unwrap()),
            ("ipvsadm --restore", servers(&ipvs.unwrap_or_default())),
            ("ip -batch -", addresses.unwrap_or_default().lines().map(add).collect()),
        ];
        for (number, (command, input)) in inputs.iter().enumerate() {
            let file = lab.file(&format!("{family}-{number}"), input);
            lines.push(format!("{command} <{}", file.display()));
        }
    }
    super::shell(netns, &lines.join("\n"));
}

/// The calls by which kube-proxy makes its jumps, as input of iptables-restore.
fn jumps(calls: &str) -> String {
    let mut tables: BTreeMap<&str, (String, String)> = BTreeMap::new();
    for call in calls.lines() {
        let (table, call) = call.strip_prefix("-t ").unwrap().split_once(' ').unwrap();
        let (chains, jumps) = tables.entry(table).or_default();
        match call.strip_prefix("-N ") {
            Some(chain) => chains.push_str(&format!(":{chain} - [0:0]\n")),
            None => jumps.push_str(&format!("{call}\n")),
        }
    }
    let table = |(table, (chains, jumps))| format!("*{table}\n{chains}{jumps}COMMIT\n");
    tables.into_iter().map(table).collect()
}

/// Virtual and real servers as input of ipvsadm.
fn servers(recorded: &str) -> String {
    let (mut lines, mut server) = (String::new(), String::new());
    for line in recorded.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        let value = |name: &str| {
            let value = words.iter().find_map(|word| word.strip_prefix(name)?.strip_prefix('='));
            value.unwrap_or_else(|| panic!("{name} in {line}"))
        };
        match words[0] {
            "virtual" => {
                let (address, protocol) = words[1].split_once('/').unwrap();
                let letter = ["TCP", "UDP", "SCTP"].iter().position(|name| *name == protocol);
                let letter = ["-t", "-u", "--sctp-service"][letter.unwrap()];
                server = format!("{letter} {address}");
                lines.push_str(&format!("-A {server} -s {}", value("scheduler")));
                match value("flags") {
                    "0x0" => lines.push('\n'),
                    "0x1" => lines.push_str(&format!(" -p {}\n", value("timeout"))),
                    other => panic!("{other} in {line}"),
                }
            }
            "real" => {
                let weight = value("weight");
                lines.push_str(&format!("-a {server} -r {} -m -w {weight}\n", words[1]));
            }
            _ => panic!("{line}"),
        }
    }
    lines
}
