//! What the walk makes of the rules of iptables: of those that netc writes it knows every word, and
//! services are spread over their endpoints equally.

use crate::invariants::{list_of, text};
use crate::random::{Random, list};
use crate::support::{clusters, compiled_files, imported};
use netc::compile::{Compiled, objects};
use netc::model::NodeId;
use netc::object::{Hook, Netns};
use netc::trace::machine::Machine;
use netc::trace::verdict::{Translation, Verdict, View};
use netc::trace::{Packet, Payload, Place, Way};
use netc_lang::Protocol;
use serde_json::Value;
use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};

/// How many clusters.
const SEEDS: u64 = 60;

/// How far the share of an endpoint may be from equal: the kernel counts in steps of 2^-31.
const TOLERANCE: f64 = 1.0 / (1 << 28) as f64;

#[test]
fn every_rule_of_every_cluster_can_be_judged() {
    let random = (0..SEEDS).flat_map(|seed| {
        let both = [Random::new(seed), Random::new(seed).in_ipvs_mode()];
        both.map(|random| (format!("seed {seed}"), of(&random)))
    });
    for (name, compiled) in clusters().into_iter().chain(random) {
        for machine in machines(&compiled) {
            for rules in machine.filter.tables() {
                let unknown = rules.unknown(&machine.filter.sets);
                assert_eq!(unknown, Vec::<&str>::new(), "{name}, {}", machine.name);
            }
        }
    }
}

#[test]
fn services_are_spread_over_their_endpoints_equally() {
    let mut shown = 0;
    for seed in 0..SEEDS {
        let random = Random::new(seed);
        let compiled = of(&random);
        for machine in machines(&compiled) {
            for (address, protocol, port) in service_ports(&random.objects) {
                let shares = endpoints(&machine, address, protocol, port);
                let (count, equal) = (shares.len(), 1.0 / shares.len() as f64);
                for (endpoint, share) in &shares {
                    let message = format!("seed {seed}: {address}:{port} to {endpoint}: {share}");
                    assert!((share - equal).abs() < TOLERANCE, "{message}, not 1/{count}");
                }
                shown += usize::from(count > 1);
            }
        }
    }
    assert!(shown > 100, "{shown}");
}

fn of(random: &Random) -> Compiled {
    let objects = imported(&list(&random.objects));
    compiled_files(&[("cluster.netc", &random.settings), ("objects.netc", &objects)])
}

fn machines(compiled: &Compiled) -> Vec<Machine> {
    let Some(built) = &compiled.built else { panic!("{:#?}", compiled.diagnostics) };
    let nodes = (0..).map(NodeId).zip(&built.cluster.nodes);
    let machine = nodes.map(|(id, node)| {
        let ordered = objects(&built.cluster, node, id).expect("no conflict");
        Machine::new(id, node, ordered.nodes.into_iter().map(|node| node.object))
    });
    machine.collect()
}

/// The cluster addresses with protocol and port.
fn service_ports(objects: &[Value]) -> Vec<(IpAddr, Protocol, u16)> {
    let services = objects.iter().filter(|object| object["kind"] == "Service");
    let ports = services.flat_map(|service| {
        let addresses = list_of(&service["spec"]["clusterIPs"]);
        let addresses = addresses.filter_map(|address| text(address).parse::<IpAddr>().ok());
        addresses.flat_map(|address| {
            list_of(&service["spec"]["ports"]).map(move |port| {
                let protocol = match text(&port["protocol"]) {
                    "UDP" => Protocol::Udp,
                    "SCTP" => Protocol::Sctp,
                    _ => Protocol::Tcp,
                };
                (address, protocol, port["port"].as_u64().unwrap().try_into().unwrap())
            })
        })
    });
    ports.collect()
}

/// Where the nat table sends packets to a service that come in, and with what probability.
fn endpoints(
    machine: &Machine,
    address: IpAddr,
    protocol: Protocol,
    port: u16,
) -> BTreeMap<SocketAddr, f64> {
    let source: IpAddr =
        if address.is_ipv4() { "10.244.1.250" } else { "fd00:10:244:1::fa" }.parse().unwrap();
    let payload = Payload::Ports { protocol, source: None, destination: Some(port) };
    let packet = Packet::new(source.into(), address.into(), payload);
    let family = packet.family();
    let view = View { family, is_local: &|_| false, sets: &machine.filter.sets };
    let way = Way::new(Place::Node(machine.id, Netns::Node), packet);
    let mut shares = BTreeMap::new();
    let bases = machine.filter.bases(family, Hook::Prerouting);
    let mut all = 0.0;
    for judged in
        bases.iter().filter(|base| base.nat).flat_map(|base| base.pass(way.clone(), &view))
    {
        all += judged.way.share;
        if let Verdict::Translate(Translation::Destination { address, port }) = judged.verdict {
            let to = SocketAddr::new(address.unwrap(), port.unwrap());
            *shares.entry(to).or_insert(0.0) += judged.way.share;
        }
    }
    assert!((all - 1.0).abs() < TOLERANCE, "{all}");
    shares
}
