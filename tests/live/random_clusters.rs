//! The rules of random clusters are accepted by both back ends of iptables.

use crate::lab::{Lab, parse_rules, run};
use crate::random::{Random, list};
use std::fs;

/// Clusters of a few hundred rules: in a user namespace the kernel takes no more at once (nftables'
/// "Message too long").
const SEEDS: [u64; 6] = [2, 3, 4, 6, 7, 8];

#[test]
fn both_back_ends_load_the_rules_of_random_clusters() {
    for seed in SEEDS {
        let lab = Lab::enter();
        let random = Random::new(seed);
        lab.source(&random.settings);
        lab.file("objects.json", &list(&random.shuffled(seed)));
        let folder = lab.built(&["cluster.netc", "objects.json"]);
        for node in folder.read_dir().unwrap().map(|entry| entry.unwrap().path()) {
            for (file, tool) in [("iptables.rules", "iptables"), ("ip6tables.rules", "ip6tables")] {
                let rules = node.join(file);
                let planned = parse_rules(&fs::read_to_string(&rules).unwrap());
                for backend in ["legacy", "nft"] {
                    run("ip netns add fresh");
                    let tool = format!("ip netns exec fresh {tool}-{backend}");
                    run(&format!("{tool}-restore --test --noflush {}", rules.display()));
                    run(&format!("{tool}-restore --noflush {}", rules.display()));
                    let loaded = parse_rules(&run(&format!("{tool}-save")));
                    assert_eq!(loaded, planned, "seed {seed}, {tool}, {}", rules.display());
                    run("ip netns del fresh");
                }
            }
        }
    }
}
