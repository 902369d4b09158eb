//! What holds for every cluster.

use crate::support::{artefacts, cluster};
use netc::compile::objects;
use netc::model::{Cluster, Family, NodeId, gateway, number};
use netc::object::Id;
use proptest::prelude::*;
use proptest::test_runner::TestRng;
use std::collections::{BTreeMap, BTreeSet};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_order_of_declarations_changes_no_byte(
        (lines, shuffled) in declarations().prop_flat_map(|lines| {
            (Just(lines.clone()), Just(lines).prop_shuffle())
        })
    ) {
        prop_assert_eq!(located(&lines), located(&shuffled));
    }

    #[test]
    fn every_object_comes_after_what_it_needs(lines in declarations()) {
        let cluster = cluster(&lines.join("\n"));
        for (node, id) in cluster.nodes.iter().zip((0..).map(NodeId)) {
            let ordered = objects(&cluster, node, id).unwrap();
            let mut places: BTreeMap<Id, usize> = BTreeMap::new();
            for (place, node) in ordered.nodes.iter().enumerate() {
                node.object.state.needs(&mut |need| {
                    let before = places.get(&need).copied();
                    assert!(before.is_some_and(|before| before < place), "{} before {need}", node.id());
                });
                places.insert(node.id(), place);
                places.extend(node.object.state.also().map(|other| (other, place)));
                for need in ordered.needs(place) {
                    assert!(ordered.nodes[*need as usize].layer < node.layer);
                }
            }
        }
    }

    #[test]
    fn allocations_never_overlap(lines in declarations()) {
        no_overlaps(&cluster(&lines.join("\n")));
    }
}

/// All files of a cluster; positions in plans are replaced by the lines that they stand for.
fn located(lines: &[String]) -> BTreeMap<String, String> {
    let mut all = artefacts(&lines.join("\n"));
    for content in all.values_mut() {
        let positions = content.lines().map(|line| match line.rsplit_once("  # test.netc:") {
            Some((command, number)) => {
                let number: usize = number.parse().unwrap();
                format!("{command}  # {}", lines[number - 1])
            }
            None => line.to_owned(),
        });
        *content = positions.collect::<Vec<_>>().join("\n");
    }
    all
}

fn no_overlaps(cluster: &Cluster) {
    for (family, pods) in cluster.pod_networks.iter() {
        let mut taken: Vec<(u128, u128)> = Vec::new();
        let mut addresses = BTreeSet::new();
        for node in &cluster.nodes {
            let block = *node.blocks.get(family).expect("every node has a block");
            assert!(pods.network.contains(&block));
            taken.push((number(block.network()), number(block.broadcast())));
            addresses.insert(gateway(block));
        }
        taken.sort_unstable();
        assert!(taken.windows(2).all(|pair| pair[0].1 < pair[1].0), "{taken:?}");
        for pod in &cluster.pods {
            let address = *pod.addresses.get(family).expect("every pod has an address");
            let node = &cluster.nodes[pod.node.0 as usize];
            assert!(node.blocks.get(family).unwrap().contains(&address));
            assert!(addresses.insert(address), "{address} is given out twice");
        }
    }
    let mut node_ports = BTreeSet::new();
    for service in &cluster.services {
        for port in &service.ports {
            let fresh = port.node_port.is_none_or(|number| {
                cluster.node_ports.contains(&number)
                    && node_ports.insert((port.port.protocol, number))
            });
            assert!(fresh, "{} is given out twice", port.node_port.unwrap_or_default());
        }
    }
    for family in Family::ALL {
        let all = cluster.services.iter().filter_map(|service| service.addresses.get(family));
        let all: Vec<_> = all.collect();
        assert_eq!(all.len(), all.iter().collect::<BTreeSet<_>>().len());
    }
}

/// The declarations of a sound cluster, a line each.
fn declarations() -> impl Strategy<Value = Vec<String>> {
    let overlay = prop::sample::select(vec!["vxlan", "host-gw", "static", "none"]);
    let parts = (overlay, any::<bool>(), 1..5usize, 0..9usize, 0..7usize, any::<u64>());
    parts.prop_map(|(overlay, dual, nodes, pods, services, seed)| {
        let mut rng = seeded(seed);
        let mut pick = |below: usize| (rng.next_u32() as usize) % below.max(1);
        let (pods6, services6, address6) = match dual {
            true => (", fd00:10::/56", ", fd00:11::/112", true),
            false => ("", "", false),
        };
        let mut lines = vec![format!(
            "cluster lab {{ pods 10.244.0.0/16 per-node /26{pods6}; services 10.96.0.0/16{services6}; overlay {overlay} }}"
        )];
        for node in 0..nodes {
            let v6 = if address6 { format!(", fd01::{node}") } else { String::new() };
            let block = if pick(3) == 0 { format!("; pods 10.244.{}.64/26", 100 + node) } else { String::new() };
            lines.push(format!("node n{node} {{ address 192.168.0.{}{v6} on eth0{block} }}", node + 10));
        }
        for pod in 0..pods {
            let (node, app) = (pick(nodes), pick(3));
            lines.push(format!("pod ns{}/p{pod} on n{node} {{ labels app=a{app}; port http {} }}", pick(2), 80 + pod));
        }
        lines.push(format!("pods ns0/many replicas {} {{ labels app=a0; port http 8080 }}", pick(12)));
        for service in 0..services {
            let kind = ["cluster-ip", "node-port", "headless"][pick(3)];
            let policy = if kind == "node-port" && pick(2) == 0 { "; external-traffic local" } else { "" };
            let affinity = if pick(4) == 0 { "; affinity client-ip" } else { "" };
            let families = if dual && kind != "headless" && pick(2) == 0 { "; families ipv4, ipv6" } else { "" };
            lines.push(format!(
                "service ns{}/s{service} {{ type {kind}; select app=a{}; port 80 -> 8080{policy}{affinity}{families} }}",
                pick(2), pick(3)
            ));
        }
        lines
    })
}

fn seeded(seed: u64) -> TestRng {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    TestRng::from_seed(proptest::test_runner::RngAlgorithm::ChaCha, &bytes)
}
