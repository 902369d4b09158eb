//! Artefacts of IPVS mode are taken by the real tools and read back as they are: those of the
//! examples, and of random clusters, whatever features come together.

use super::shell;
use crate::lab::{Lab, run};
use crate::random::{Random, list};
use crate::round_trip::goldens;
use std::path::Path;

const SEEDS: [u64; 4] = [2, 5, 7, 11];

/// Loads what is built for a node into a fresh namespace.
#[track_caller]
fn is_taken(node: &Path) {
    run("ip netns add fresh");
    // Without any address of its own the kernel takes every other one for a broadcast.
    run("ip -n fresh link set lo up");
    let at = node.display();
    let differs = |what: &str, shown: &str| {
        let script = format!("{shown} | sort | diff - <(sort {at}/{what} 2>&-) || true");
        assert_eq!(shell("fresh", &script), "", "{at}/{what}");
    };
    shell("fresh", &format!("ipset restore <{at}/ipset.rules"));
    differs("ipset.rules", "ipset save | sed 's/ bucketsize.*//'");
    shell("fresh", &format!("[ ! -s {at}/ipvs.rules ] || ipvsadm --restore <{at}/ipvs.rules"));
    differs("ipvs.rules", "ipvsadm -Sn | sed 's/ *$//'");
    for tool in ["iptables", "ip6tables"] {
        shell("fresh", &format!("{tool}-nft-restore --noflush {at}/{tool}.rules"));
    }
    run("ip netns del fresh");
}

#[test]
fn the_tools_take_the_artefacts_of_random_clusters() {
    for seed in SEEDS {
        let lab = Lab::enter();
        let random = Random::new(seed).in_ipvs_mode();
        lab.source(&random.settings);
        lab.file("objects.json", &list(&random.shuffled(seed)));
        let folder = lab.built(&["cluster.netc", "objects.json"]);
        for node in folder.read_dir().unwrap() {
            is_taken(&node.unwrap().path());
        }
    }
}

#[test]
fn the_tools_take_the_goldens() {
    let _lab = Lab::enter();
    let goldens: Vec<_> =
        goldens().into_iter().filter(|node| node.join("ipvs.rules").exists()).collect();
    assert!(!goldens.is_empty());
    goldens.iter().for_each(|node| is_taken(node));
}
