//! The layouts of nftables mode do the same: on random clusters, whatever is asked of the tables of
//! any of them has one answer, and that is what Kubernetes' own rules say.

use crate::invariants::{Spread, as_stated, list_of, port_name, reached_from_outside, text};
use crate::nft_fate::{Asked, Fate, Node, Outcome};
use crate::random::{Random, list};
use crate::support::{compiled_files, files, nodes};
use netc::compile::objects;
use netc::model::{Family, NodeId};
use netc::object::{NftTable, State};
use netc::trace::nft;
use netc_lang::Protocol;
use serde_json::Value;
use std::net::IpAddr;

const SEEDS: u64 = 30;

pub(crate) const LAYOUTS: [&str; 3] = ["1.36", "1.35", "flat"];

/// How far probabilities may be from equal: they are sums of fractions.
const TOLERANCE: f64 = 1e-9;

#[test]
fn layouts_differ_in_nothing_that_a_packet_could_tell() {
    let mut asked = 0;
    for seed in 0..SEEDS {
        let random = Random::new(seed);
        let tables = LAYOUTS.map(|layout| tables(seed, layout));
        for (at, (node, address, table)) in tables[0].iter().enumerate() {
            let nodes = tables.each_ref().map(|tables| {
                let (same, _, table) = &tables[at];
                assert_eq!(same, node);
                Node::new(table.clone(), vec![*address])
            });
            let questions = Questions { objects: &random.objects, node, address: *address };
            let mut spread = Spread::new();
            for question in questions.all(table.family) {
                let fates = nodes.each_ref().map(|node| node.ask(question.asked));
                let place =
                    || format!("seed {seed}, {node}, {:?}\n{}", question.asked, random.settings);
                for (layout, fate) in LAYOUTS.iter().zip(&fates) {
                    assert!(
                        same(fate, &fates[0]),
                        "{layout}: {fate:?}, not {:?}\n{}",
                        fates[0],
                        place()
                    );
                    assert!(is_equal(fate), "{fate:?}\n{}", place());
                }
                if let Some((port, kind)) = question.shows {
                    let found = fates[0].keys().filter_map(destination);
                    let known = spread.entry((port, kind)).or_default();
                    known.extend(found);
                }
                asked += 1;
            }
            spread.retain(|_, destinations| !destinations.is_empty());
            let family = table.family.to_string();
            as_stated(spread, &random.objects, &family, node).unwrap_or_else(|fault| {
                panic!("seed {seed}, {node}: {fault}\n{}", random.settings)
            });
        }
    }
    assert!(asked > 10_000, "{asked} questions");
}

#[test]
fn what_is_wrong_is_seen() {
    let source = "\
cluster lab { pods 10.244.0.0/16; services 10.96.0.0/16; proxy nftables { layout flat } }
node n { address 192.168.0.1 on eth0 }
service web {
    type node-port
    ip 10.96.0.2
    port 80 node-port 30080
    endpoint 10.244.0.2:80 on n
    endpoint 10.244.9.3:80
}
";
    let artefacts = crate::support::artefacts(source);
    let sound = &artefacts["n/nft.rules"];
    let fates = |text: &str| {
        let live = netc::artefacts::read([("nft.rules", text)].into_iter()).unwrap();
        let table = live.states.values().find_map(|found| match &found.state {
            State::NftTable(table) if table.family == Family::V4 => Some(table),
            _ => None,
        });
        let node = Node::new(table.unwrap().clone(), vec!["192.168.0.1".parse().unwrap()]);
        let ask = |source: &str, device, to: &str, port| {
            let (source, destination) = (source.parse().unwrap(), to.parse().unwrap());
            node.ask(Asked { source, destination, protocol: Protocol::Tcp, port, device })
        };
        [
            ask("10.244.0.2", "cni0", "10.96.0.2", 80),
            ask("192.168.0.9", "eth0", "192.168.0.1", 30080),
            ask("192.168.0.9", "eth0", "10.96.0.2", 81),
        ]
    };
    let before = fates(sound);
    assert!(before.iter().all(is_equal));
    for (old, new) in [
        (
            "\t\t\t10.96.0.2 . tcp . 80 : 10.244.9.3 . 80,\n",
            "\t\t\t10.96.0.2 . tcp . 81 : 10.244.9.3 . 80,\n",
        ),
        ("1 : goto slot-1", "1 : goto slot-0"),
        ("\t\tgoto pick-2\n", ""),
        ("@endpoints-1", "@endpoints-0"),
        ("tcp . 30080 : 10.244.0.2 . 80", "tcp . 30080 : 10.244.0.2 . 81"),
        ("10.244.0.2 . 10.244.0.2 . tcp . 80", "10.244.0.2 . 10.244.0.2 . udp . 80"),
        ("\t\tmeta mark set meta mark | 0x00004000 comment \"masquerade\"\n", ""),
        ("ip daddr @cluster-ips reject comment", "ip daddr @cluster-ips drop comment"),
    ] {
        assert!(sound.contains(old), "{old}");
        let after = fates(&sound.replacen(old, new, 1));
        assert!(before.iter().zip(&after).any(|(before, after)| !same(before, after)), "{old}");
    }
}

/// Every table for services of a random cluster, with its node and the address of that.
pub(crate) fn tables(seed: u64, layout: &str) -> Vec<(String, IpAddr, NftTable)> {
    let random = Random::new(seed).in_nftables_mode(layout);
    let listed = list(&random.objects);
    let files = [("cluster.netc", random.settings.as_str()), ("0.json", listed.as_str())];
    let compiled = compiled_files(&files);
    let Some(built) = &compiled.built else {
        panic!("seed {seed}: {:#?}\n{}", compiled.diagnostics, random.settings)
    };
    let mut all = Vec::new();
    for (node, id) in built.cluster.nodes.iter().zip((0..).map(NodeId)) {
        let ordered = objects(&built.cluster, node, id).expect("no conflict");
        for place in &ordered.nodes {
            let State::NftTable(table) = &place.object.state else { continue };
            let Some(own) = node.address(table.family) else { continue };
            all.push((node.name.to_string(), own.address, table.clone()));
        }
    }
    all
}

#[test]
fn no_rule_is_beyond_judgement() {
    let mut rules = 0;
    let mut judged = |place: &str, table: &NftTable| {
        rules += table.chains.iter().map(|chain| chain.rules.len()).sum::<usize>();
        let known = nft::Rules::new(table.clone());
        let unknown: Vec<(&str, &str)> = known.unjudged().collect();
        assert!(unknown.is_empty(), "{place}: {unknown:#?}");
    };
    for (place, ordered) in nodes() {
        for one in &ordered.nodes {
            if let State::NftTable(table) = &one.object.state {
                judged(&place, table);
            }
        }
    }
    for path in files("tests/docker", "nft.rules") {
        let text = std::fs::read_to_string(&path).unwrap();
        let live = netc::artefacts::read([("nft.rules", text.as_str())].into_iter()).unwrap();
        for found in live.states.values() {
            if let State::NftTable(table) = &found.state {
                judged(&path.display().to_string(), table);
            }
        }
    }
    for seed in 0..SEEDS {
        for layout in LAYOUTS {
            for (node, _, table) in tables(seed, layout) {
                judged(&format!("seed {seed}, {layout}, {node}"), &table);
            }
        }
    }
    assert!(rules > 10_000, "{rules} rules");
}

fn same(one: &Fate, other: &Fate) -> bool {
    let near = |(a, b): (&f64, &f64)| (a - b).abs() < TOLERANCE;
    one.keys().eq(other.keys()) && one.values().zip(other.values()).all(near)
}

/// Whatever a connection may come to is as likely as anything else.
fn is_equal(fate: &Fate) -> bool {
    let share = 1.0 / fate.len() as f64;
    fate.values().all(|found| (found - share).abs() < TOLERANCE)
}

fn destination(outcome: &Outcome) -> Option<String> {
    match outcome {
        Outcome::Goes { to: (address, port), translated: true, .. } => {
            Some(std::net::SocketAddr::new(*address, *port).to_string())
        }
        _ => None,
    }
}

/// What is asked of a node.
struct Questions<'a> {
    objects: &'a [Value],
    node: &'a str,
    address: IpAddr,
}

struct Question {
    asked: Asked,
    /// It shows where a service port leads: its name, and `SVC` for endpoints anywhere, `SVL` for
    /// those on the node.
    shows: Option<(String, &'static str)>,
}

impl Questions<'_> {
    fn all(&self, family: Family) -> Vec<Question> {
        let name = family.to_string();
        let services = self.objects.iter().filter(|object| object["kind"] == "Service");
        let services = services
            .filter(|service| list_of(&service["spec"]["ipFamilies"]).any(|one| *one == *name));
        let services = services.filter(|service| service["spec"]["clusterIP"] != "None");
        let mut all = Vec::new();
        for service in services {
            for port in list_of(&service["spec"]["ports"]) {
                self.of_port(family, service, port, &mut all);
            }
        }
        all
    }

    fn of_port(&self, family: Family, service: &Value, port: &Value, all: &mut Vec<Question>) {
        let protocol = match text(&port["protocol"]) {
            "UDP" => Protocol::Udp,
            "SCTP" => Protocol::Sctp,
            _ => Protocol::Tcp,
        };
        let number = |value: &Value| value.as_u64().map(|port| u16::try_from(port).unwrap());
        let spec = &service["spec"];
        let policy = |policy: &Value| if policy == "Local" { "SVL" } else { "SVC" };
        let inside = policy(&spec["internalTrafficPolicy"]);
        let outside = policy(&spec["externalTrafficPolicy"]);
        let id = port_name(service, port);
        let own = |address: &Value| -> Option<IpAddr> {
            let address = text(address).parse().ok()?;
            (Family::of(address) == family).then_some(address)
        };
        let own_port = number(&port["port"]).unwrap();
        let cluster = list_of(&spec["clusterIPs"]).filter_map(own);
        let mut ways: Vec<(IpAddr, u16, &'static str, bool)> = cluster
            .flat_map(|ip| [(ip, own_port, inside, true), (ip, own_port + 20, inside, false)])
            .collect();
        let balancers = list_of(&service["status"]["loadBalancer"]["ingress"]);
        let balancers = balancers.map(|ingress| &ingress["ip"]);
        let external = list_of(&spec["externalIPs"]).chain(balancers).filter_map(own);
        let is_open = reached_from_outside(service, port, &family.to_string());
        ways.extend(external.map(|ip| (ip, own_port, outside, is_open)));
        if let Some(port) = number(&port["nodePort"]) {
            ways.push((self.address, port, outside, true));
            ways.push((
                family.address(if family == Family::V4 { 0x7f00_0001 } else { 1 }),
                port,
                outside,
                false,
            ));
        }
        for (to, number, kind, shows) in ways {
            let inside = spec["clusterIPs"]
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(own)
                .any(|ip| ip == to);
            for (source, from_outside) in self.sources(family) {
                let is_node = source.1.is_empty();
                let kind = if is_node && !inside { "SVC" } else { kind };
                // Which pods count as pods is a matter of detection.
                let shows = shows && (inside || from_outside || is_node);
                let (source, device) = source;
                let asked = Asked { source, destination: to, protocol, port: number, device };
                all.push(Question { asked, shows: shows.then(|| (id.clone(), kind)) });
            }
        }
    }

    /// Where packets come from, by which device, and whether that is outside the cluster.
    fn sources(&self, family: Family) -> Vec<((IpAddr, &'static str), bool)> {
        let number = self.node.trim_start_matches("node-");
        let pod = |end: &str| match family {
            Family::V4 => format!("10.244.{number}.{end}"),
            Family::V6 => format!("fd00:10:244:{number}::{end}"),
        };
        let others: &[&str] = match family {
            Family::V4 => &["203.0.112.9", "192.168.0.77", "10.9.9.9"],
            Family::V6 => &["2001:db9::9", "2001:db8::77", "2001:db8:7::1"],
        };
        let parsed = |text: &str| text.parse::<IpAddr>().unwrap();
        let own = [((self.address, ""), false)];
        let pods = ["1", "2", "12", "c8"]
            .map(|end| if family == Family::V4 && end == "c8" { "200" } else { end });
        let pods = pods.map(|end| parsed(&pod(end)));
        let pods =
            pods.into_iter().zip(["cni0", "veth1", "cni0", "veth1"]).map(|source| (source, false));
        let others = others.iter().map(|one| ((parsed(one), "eth0"), true));
        own.into_iter().chain(pods).chain(others).collect()
    }
}
