//! What is built is taken by the tool and read back as it is: of random clusters, whatever features
//! come together, and of the examples.

use super::shell;
use crate::lab::{Lab, run};
use crate::random::{Random, list};
use crate::round_trip::goldens;
use netc::emit;
use netc::kernel::{Machine, trial};
use netc::object::State;
use std::fs;
use std::path::Path;

const SEEDS: [u64; 4] = [2, 5, 7, 11];

/// Loads what is built for a node into a fresh namespace, twice.
#[track_caller]
fn is_taken(node: &Path, what: &str) {
    let file = node.join("nft.rules");
    let Ok(built) = fs::read_to_string(&file) else { return };
    let at = file.display();
    run("ip netns add fresh");
    for _ in 0..2 {
        shell("fresh", &format!("nft -c -f {at}; nft -f {at}"));
        let tables = trial::tables(&mut Machine::open(Some("fresh")).unwrap()).unwrap();
        let states: Vec<State> = tables.into_iter().map(State::NftTable).collect();
        crate::dump::same(&emit::tables(states.iter()), &built, what);
    }
    run("ip netns del fresh");
}

#[test]
fn the_tool_takes_the_tables_of_random_clusters() {
    for layout in ["1.36", "1.35", "flat"] {
        for seed in SEEDS {
            let lab = Lab::enter();
            let random = Random::new(seed).in_nftables_mode(layout);
            lab.source(&random.settings);
            lab.file("objects.json", &list(&random.shuffled(seed)));
            let folder = lab.built(&["cluster.netc", "objects.json"]);
            for node in folder.read_dir().unwrap() {
                is_taken(&node.unwrap().path(), &format!("seed {seed}, layout {layout}"));
            }
        }
    }
}

#[test]
fn the_tool_takes_the_goldens() {
    let _lab = Lab::enter();
    let goldens = goldens();
    assert!(goldens.iter().any(|node| node.join("nft.rules").exists()));
    goldens.iter().for_each(|node| is_taken(node, &node.display().to_string()));
}
