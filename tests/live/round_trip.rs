//! Restore files are accepted and given back as they are, by both back ends of iptables.

use crate::lab::{Lab, parse_rules, root, run};
use std::fs;
use std::path::PathBuf;

/// The folders of all nodes of all examples.
pub(crate) fn goldens() -> Vec<PathBuf> {
    let mut found = Vec::new();
    for example in fs::read_dir(root().join("golden")).unwrap() {
        for node in fs::read_dir(example.unwrap().path()).unwrap() {
            found.push(node.unwrap().path());
        }
    }
    found.sort();
    found
}

/// Loads every golden into a fresh namespace and reads it back. Those of IPVS mode are for kernels
/// that have it: `ipvs::random`.
fn round_trip(backend: &str) {
    let _lab = Lab::enter();
    for (file, tool) in [("iptables.rules", "iptables"), ("ip6tables.rules", "ip6tables")] {
        let goldens = goldens().into_iter().filter(|node| !node.join("ipvs.rules").exists());
        // Not every node has rules of iptables.
        let files = goldens.map(|node| node.join(file)).filter(|path| path.exists());
        for (number, path) in files.enumerate() {
            let netns = format!("{tool}{number}");
            run(&format!("ip netns add {netns}"));
            let tool = format!("ip netns exec {netns} {tool}-{backend}");
            run(&format!("{tool}-restore --test --noflush {}", path.display()));
            run(&format!("{tool}-restore --noflush {}", path.display()));
            let planned = parse_rules(&fs::read_to_string(&path).unwrap());
            assert_eq!(parse_rules(&run(&format!("{tool}-save"))), planned, "{}", path.display());
        }
    }
}

#[test]
fn nft() {
    round_trip("nft");
}

#[test]
fn legacy() {
    round_trip("legacy");
}
