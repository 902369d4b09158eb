//! Random clusters in IPVS mode: the artefacts are taken by the real tools and read back as they
//! are, whatever features come together.

use super::shell;
use crate::lab::Lab;
use crate::random::{Random, list};

const SEEDS: [u64; 4] = [2, 5, 7, 11];

#[test]
fn the_tools_take_the_artefacts_of_random_clusters() {
    for seed in SEEDS {
        let lab = Lab::enter();
        let random = Random::new(seed).in_ipvs_mode();
        lab.source(&random.settings);
        lab.file("objects.json", &list(&random.shuffled(seed)));
        let folder = lab.built(&["cluster.netc", "objects.json"]);
        for node in folder.read_dir().unwrap().map(|entry| entry.unwrap().path()) {
            crate::lab::run("ip netns add fresh");
            // Without any address of its own the kernel takes every other one for a broadcast.
            crate::lab::run("ip -n fresh link set lo up");
            let at = node.display();
            shell("fresh", &format!("ipset restore < {at}/ipset.rules"));
            let count = shell(
                "fresh",
                &format!(
                    "ipset save | sort | sed 's/ bucketsize.*//' | diff - <(sort {at}/ipset.rules) | wc -l"
                ),
            );
            assert_eq!(count.trim(), "0", "seed {seed}, {at}: sets");
            shell(
                "fresh",
                &format!("[ ! -e {at}/ipvs.rules ] || ipvsadm --restore < {at}/ipvs.rules"),
            );
            let count = shell(
                "fresh",
                &format!(
                    "touch {at}/ipvs.rules; ipvsadm -Sn | sort | diff - <(sort {at}/ipvs.rules) | wc -l"
                ),
            );
            assert_eq!(count.trim(), "0", "seed {seed}, {at}: servers");
            for (file, tool) in [("iptables", "iptables"), ("ip6tables", "ip6tables")] {
                shell("fresh", &format!("{tool}-nft-restore --noflush {at}/{file}.rules"));
            }
            crate::lab::run("ip netns del fresh");
        }
    }
}
