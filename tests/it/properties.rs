//! What holds for every cluster.

use crate::restore::Tables;
use crate::support::{artefacts, cluster};
use netc::compile::objects;
use netc::graph::{Item, Ordered, detail};
use netc::model::{Cluster, Family, NodeId, gateway, number};
use netc::object::{ChainName, Id, Object, Reference, Ruleset, State, Table, references};
use netc::plan::{
    Backend, Change, Key, Line, Live, Origin, Payload, Record, Step, Target, converge, diff, steps,
};
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
    fn every_chain_is_there_once_and_jumps_lead_to_chains(lines in declarations()) {
        let cluster = cluster(&lines.join("\n"));
        for (node, id) in cluster.nodes.iter().zip((0..).map(NodeId)) {
            let ordered = objects(&cluster, node, id).unwrap();
            for node in &ordered.nodes {
                if let State::Ruleset(ruleset) = &node.object.state {
                    sound_ruleset(ruleset);
                }
            }
            everything_has_a_place(&ordered);
        }
    }

    #[test]
    fn rules_that_are_there_do_not_change(lines in declarations()) {
        let cluster = cluster(&lines.join("\n"));
        let ordered = objects(&cluster, &cluster.nodes[0], NodeId(0)).unwrap();
        for backend in BACKENDS {
            let mut node = Node::new(backend);
            node.load(&node.rules(&ordered));
            prop_assert_eq!(told(&node.rules(&ordered)), [""; 0]);
            one_emptied_chain_is_one_change(&ordered, &mut node);
        }
    }

    /// Also by the way back, whatever others do in the meantime: their rules stay.
    #[test]
    fn one_cluster_after_another_is_as_the_other_alone(
        (lines, others) in (declarations(), declarations())
    ) {
        let [one, other] = [&lines, &others].map(|lines| {
            let cluster = cluster(&lines.join("\n"));
            objects(&cluster, &cluster.nodes[0], NodeId(0)).unwrap()
        });
        for backend in BACKENDS {
            let mut node = Node::new(backend);
            node.foreign("-A FORWARD -j MINE");
            let clean = node.live.rules.clone();
            node.load(&node.rules(&one));
            let before = node.live.rules.clone();
            let changes = node.rules(&other);
            let back = Target::before(&changes);
            node.load(&changes);
            let mut alone = Node::new(backend);
            alone.foreign("-A FORWARD -j MINE");
            alone.load(&alone.rules(&other));
            prop_assert_eq!(&node.live.rules, &alone.live.rules);
            let changes: Vec<Change> =
                converge(&back, &node.live).into_iter().filter(is_rule).map(Change::into_owned).collect();
            node.load(&changes);
            prop_assert_eq!(&node.live.rules, &before);
            node.load(&node.rules(&Ordered::default()));
            prop_assert_eq!(&node.live.rules, &clean);
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

/// The compiler does not look at every jump and name: there are too many. What it makes is sound all
/// the same.
fn sound_ruleset(ruleset: &Ruleset) {
    let names: Vec<&str> = ruleset.names().map(ChainName::as_str).collect();
    let all: BTreeSet<&str> = names.iter().copied().collect();
    assert_eq!(names.len(), all.len(), "a chain twice in {names:?}");
    let mut text = String::new();
    for (place, chain) in ruleset.chains().enumerate() {
        assert_eq!(names[place], chain.name.as_str());
        assert_eq!(ruleset.chain(place).unwrap().text, chain.text);
        // A longer name is cut: what is hashed would be missing from its end.
        let hashed = chain.name.as_str().strip_prefix("KUBE-S").filter(|rest| rest.len() > 10);
        assert!(hashed.is_none_or(|rest| rest.len() == "VC-".len() + 16), "{}", chain.name);
        let begin = format!("-A {} ", chain.name);
        for rule in chain.rules() {
            assert!(rule.line.starts_with(&begin), "{} in {}", rule.line, chain.name);
            if let Some(target) = rule.target() {
                let own = all.contains(target);
                assert!(own || TARGETS.contains(&target), "{} leads nowhere", rule.line);
            }
            text.push_str(rule.line);
            text.push('\n');
        }
    }
    assert_eq!(text, ruleset.text().collect::<String>());
}

/// The targets that are no chains.
const TARGETS: [&str; 7] = ["ACCEPT", "DROP", "RETURN", "REJECT", "MASQUERADE", "MARK", "DNAT"];

const BACKENDS: [Backend; 2] = [Backend::Nft, Backend::Legacy];

/// The rules of a node that netc manages.
struct Node {
    backend: Backend,
    tables: Tables,
    live: Live,
    record: Record,
}

impl Node {
    fn new(backend: Backend) -> Node {
        let record = Record { managed: true, ..Record::default() };
        Node { backend, tables: Tables::default(), live: Live::default(), record }
    }

    /// The changes of rules that make it as desired.
    fn rules(&self, desired: &Ordered) -> Vec<Change<'static>> {
        let changes = diff(desired, &self.live, &self.record).into_iter();
        changes.filter(is_rule).map(Change::into_owned).collect()
    }

    fn load(&mut self, changes: &[Change]) {
        self.record = self.record.after(changes);
        for step in steps(changes, &self.live, self.backend, &[]) {
            let Step::Restore(payload) = step else { panic!("{step:?}") };
            let transactions = self.tables.load(&payload);
            let tables = payload.text.lines().filter(|line| line.starts_with('*')).count();
            assert_eq!(transactions, tables);
            assert!(self.backend == Backend::Nft || tables <= Table::ALL.len());
        }
        self.tables.show(&mut self.live);
    }

    /// Rules of somebody else.
    fn foreign(&mut self, rule: &str) {
        let text = format!("*filter\n:MINE - [0:0]\n{rule}\n-A MINE -j RETURN\nCOMMIT\n");
        for family in Family::ALL {
            let none = Line { change: None, rule: None };
            let lines = vec![none; text.lines().count()];
            self.tables.load(&Payload { family, text: text.clone(), lines });
        }
        // A node has all its tables.
        for (family, table) in
            Family::ALL.into_iter().flat_map(|one| Table::ALL.map(|of| (one, of)))
        {
            let text = format!("*{table}\nCOMMIT\n");
            let lines = vec![Line { change: None, rule: None }; 2];
            self.tables.load(&Payload { family, text, lines });
        }
        self.tables.show(&mut self.live);
    }
}

fn is_rule(change: &Change) -> bool {
    change.key.rules().is_some()
}

/// Changes, for messages.
fn told(changes: &[Change]) -> Vec<String> {
    changes.iter().map(|change| format!("{} {}", change.kind.mark(), change.key)).collect()
}

/// One chain that somebody emptied is one change, with its own rules.
fn one_emptied_chain_is_one_change(ordered: &Ordered, node: &mut Node) {
    let chains = ordered.nodes.iter().filter_map(|node| match &node.object.state {
        State::Ruleset(own) => Some(own.chains()),
        _ => None,
    });
    let Some(chain) = chains.flatten().find(|chain| chain.rules().len() > 0) else { return };
    let key = Key::Chain(chain.family, chain.table, chain.name);
    let text = format!("*{}\n:{} - [0:0]\nCOMMIT\n", chain.table, chain.name);
    let lines = vec![Line { change: None, rule: None }; 3];
    node.tables.load(&Payload { family: chain.family, text, lines });
    node.tables.show(&mut node.live);
    let found = node.rules(ordered);
    assert_eq!(told(&found), [format!("~ {key}")]);
    let all = steps(&found, &node.live, node.backend, &[]);
    let [Step::Restore(payload)] = all.as_slice() else { panic!("{found:?}") };
    let count = chain.rules().len();
    assert_eq!(payload.lines.len(), count + 3);
    let rules: Vec<Line> =
        (0..count).map(|rule| Line { change: Some(0), rule: Some(rule) }).collect();
    assert_eq!(payload.lines[2..][..count], rules);
    assert!(payload.text.contains(chain.text));
    assert_eq!(found[0].origin, Origin::Source(chain.origin));
}

/// Seen in detail, every object and every chain has a place, behind those it needs. This would not
/// hold for chains that jump in a circle.
pub(crate) fn everything_has_a_place(ordered: &Ordered) {
    let items = detail(ordered);
    let chains = |object: &Object| match &object.state {
        State::Ruleset(ruleset) => ruleset.names().count(),
        State::NftTable(table) => 1 + table.sets.len() + table.chains.len(),
        _ => 1,
    };
    assert_eq!(items.len(), ordered.nodes.iter().map(|node| chains(&node.object)).sum::<usize>());
    let places: BTreeMap<String, usize> =
        items.iter().enumerate().map(|(place, placed)| (placed.item.to_string(), place)).collect();
    for (place, placed) in items.iter().enumerate() {
        assert!(placed.needs.iter().all(|need| (*need as usize) < place), "{}", placed.item);
        assert!(placed.needs.iter().all(|need| items[*need as usize].layer < placed.layer));
        if let Item::Part(part) = placed.item {
            for name in part.lines().iter().flat_map(references) {
                let name = match name {
                    Reference::Chain(name) => format!("chain {name}"),
                    Reference::Set(name) if part.table.sets_by_name()[name].is_map() => {
                        format!("map {name}")
                    }
                    Reference::Set(name) => format!("set {name}"),
                };
                let need = places[&format!("{name} of table {}", part.table.place())];
                assert!(placed.needs.contains(&(need as u32)), "{part} names {name} too early");
            }
        }
        let Item::Chain(chain) = placed.item else { continue };
        for target in chain.rules().filter_map(|rule| rule.target()) {
            let name = format!("{} chain {target} of table {}", chain.family, chain.table);
            let needed =
                places.get(&name).is_none_or(|need| placed.needs.contains(&(*need as u32)));
            assert!(needed, "{} jumps to {target} too early", chain.name);
        }
    }
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
            let node = &cluster.nodes[pod.node.unwrap().0 as usize];
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
pub(crate) fn declarations() -> impl Strategy<Value = Vec<String>> {
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
