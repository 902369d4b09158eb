//! What becomes of connections to services, as it was seen on real kernels.

use crate::support::compiled;
use netc::compile::network;
use netc::model::{Cluster, NodeId};
use netc::object::Netns;
use netc::trace::{Answer, Cause, Ended, Payload, Place, Question, Symptom, Who};
use netc_lang::Protocol;
use std::collections::BTreeMap;
use std::net::IpAddr;

/// Two nodes; two pods of a service on the first one, and one beside them.
fn cluster(proxy: &str, more: &str) -> Cluster {
    let source = format!(
        "cluster lab {{ pods 10.244.0.0/16; services 10.96.0.0/16; proxy {proxy} }}
node node0 {{ address 192.168.0.10/24 on eth0 }}
node node1 {{ address 192.168.0.11/24 on eth0 }}
pods web replicas 2 on node0 {{ labels app=web; port http 80 }}
pod client on node0
{more}
"
    );
    let compiled = compiled(&source);
    let Some(built) = compiled.built else { panic!("{:#?}", compiled.diagnostics) };
    built.cluster
}

const WEB: &str = "service web { ip 10.96.0.80; select app=web; port 80 -> http }";

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

fn pod(cluster: &Cluster, name: &str) -> (Place, IpAddr) {
    let pod = cluster.pods.iter().find(|pod| pod.name.name == name).unwrap();
    let netns = Netns::Named(format!("pod-{}.{name}", pod.name.namespace).into());
    (Place::Node(pod.node.unwrap(), netns), *pod.addresses.values().next().unwrap())
}

/// Asks who answers at an address and port: from a pod, `node0`, or an address outside, whose packets
/// come to the first node.
fn ask(cluster: &Cluster, from: &str, to: &str, port: u16) -> Answer {
    let (place, source, through) = match from {
        "node0" => (Place::Node(NodeId(0), Netns::Node), None, None),
        _ => match from.parse::<IpAddr>() {
            Ok(source) => (Place::Outside, Some(source), Some(NodeId(0))),
            Err(_) => (pod(cluster, from).0, None, None),
        },
    };
    let question = Question {
        place,
        source: source.map(Who::One),
        destination: Who::One(ip(to)),
        payload: Payload::Ports { protocol: Protocol::Tcp, source: None, destination: Some(port) },
        through,
    };
    network(cluster).ask(&question).unwrap()
}

/// The share of each pod that answers, and the source that it sees.
fn answers(cluster: &Cluster, answer: &Answer) -> BTreeMap<String, (f64, String)> {
    let mut all = BTreeMap::new();
    for ended in answer.ways.iter().filter(|ended| ended.is_answered()) {
        let server = ended.server().unwrap();
        let is = |name: &str| pod(cluster, name).1 == server.address.first();
        let own = cluster.pods.iter().map(|pod| pod.name.name.clone()).find(|name| is(name));
        let own = own.unwrap_or_else(|| server.address.to_string());
        let share: &mut (f64, String) = all.entry(own).or_default();
        *share = (share.0 + ended.way.share, server.client.to_string());
    }
    all
}

fn both(client: &str) -> BTreeMap<String, (f64, String)> {
    let one = |name: &str| (name.to_owned(), (0.5, client.to_owned()));
    BTreeMap::from([one("web-0"), one("web-1")])
}

fn failed(answer: &Answer) -> Vec<&Ended> {
    answer.ways.iter().filter(|ended| !ended.is_answered()).collect()
}

#[test]
fn clients_outside_are_masqueraded_to_the_bridge() {
    for proxy in ["iptables", "ipvs"] {
        let cluster = cluster(proxy, WEB);
        let answer = ask(&cluster, "203.0.113.9", "10.96.0.80", 80);
        assert_eq!(answers(&cluster, &answer), both("10.244.0.1"), "{proxy}");
    }
}

#[test]
fn a_pod_is_seen_as_it_is() {
    for proxy in ["iptables", "ipvs"] {
        let cluster = cluster(proxy, WEB);
        let (_, client) = pod(&cluster, "client");
        let answer = ask(&cluster, "client", "10.96.0.80", 80);
        assert_eq!(answers(&cluster, &answer), both(&client.to_string()), "{proxy}");
    }
}

#[test]
fn without_hairpin_a_pod_does_not_reach_itself() {
    let cluster = cluster("iptables; pod-network bridge { hairpin off }", WEB);
    let answer = ask(&cluster, "web-0", "10.96.0.80", 80);
    let own = pod(&cluster, "web-0").1.to_string();
    let expected = BTreeMap::from([("web-1".to_owned(), (0.5, own))]);
    assert_eq!(answers(&cluster, &answer), expected);
    let failed = failed(&answer);
    assert_eq!(failed.len(), 1);
    let failure = failed[0].failure.as_ref().unwrap();
    assert_eq!((failed[0].way.share, failure.symptom), (0.5, Symptom::Silence));
    assert!(matches!(failure.cause, Cause::Hairpin { .. }), "{failure:?}");
}

/// It is routed before it is translated.
#[test]
fn without_a_default_route_a_node_does_not_reach_services() {
    let source = "\
cluster lab { pods 10.244.0.0/16; services 10.96.0.0/16; proxy iptables }
node node0 { address 192.168.0.10/24 on eth0; gateway none }
pod web on node0 { labels app=web; port http 80 }
service web { ip 10.96.0.80; select app=web; port 80 -> http }
";
    let cluster = compiled(source).built.unwrap().cluster;
    let answer = ask(&cluster, "node0", "10.96.0.80", 80);
    let failure = answer.ways[0].failure.as_ref().unwrap();
    let expected = (Symptom::Unreachable, Cause::NoRoute(ip("10.96.0.80")));
    assert_eq!((failure.symptom, failure.cause.clone()), expected);
}

/// The program opens connections of its own: pods see the node, and each other's node by its address.
#[test]
fn in_userspace_mode_pods_see_the_node() {
    let cluster = cluster("userspace", WEB);
    for client in ["client", "web-0", "203.0.113.9", "node0"] {
        let answer = ask(&cluster, client, "10.96.0.80", 80);
        assert_eq!(answers(&cluster, &answer), both("10.244.0.1"), "{client}: {answer:#?}");
        assert_eq!(failed(&answer).len(), 0);
    }
}

#[test]
fn with_ipvs_a_pod_reaches_itself_by_the_bridge() {
    let cluster = cluster("ipvs", WEB);
    let answer = ask(&cluster, "web-0", "10.96.0.80", 80);
    let own = pod(&cluster, "web-0").1.to_string();
    let expected = [("web-0", "10.244.0.1".to_owned()), ("web-1", own)];
    let expected = expected.map(|(name, client)| (name.to_owned(), (0.5, client)));
    assert_eq!(answers(&cluster, &answer), BTreeMap::from(expected));
}

#[test]
fn a_node_has_the_address_of_the_service_until_it_is_masqueraded() {
    let more = format!(
        "{WEB}
service kept {{ ip 10.96.0.81; type node-port; select app=web; external-traffic local; external-ips 198.51.100.7; port 80 -> http node-port 30081 }}"
    );
    let cluster = cluster("ipvs", &more);
    let answer = ask(&cluster, "node0", "10.96.0.80", 80);
    assert_eq!(answers(&cluster, &answer), both("10.244.0.1"));
    let answer = ask(&cluster, "node0", "198.51.100.7", 80);
    assert_eq!(answers(&cluster, &answer), both("198.51.100.7"));
    let answer = ask(&cluster, "203.0.113.9", "198.51.100.7", 80);
    assert_eq!(answers(&cluster, &answer), both("203.0.113.9"));
}

#[test]
fn virtual_servers_without_real_ones_and_other_ports_refuse() {
    let none = "service none { ip 10.96.0.82; select app=none; port 80 }";
    for proxy in ["iptables", "ipvs"] {
        let cluster = cluster(proxy, &format!("{WEB}\n{none}"));
        for from in ["client", "node0", "203.0.113.9"] {
            let answer = ask(&cluster, from, "10.96.0.82", 80);
            let [one] = answer.ways.as_slice() else { panic!("{answer:?}") };
            let failure = one.failure.as_ref().unwrap();
            assert_eq!(failure.symptom, Symptom::Refused, "{proxy}, {from}: {failure:?}");
        }
    }
    let cluster = cluster("ipvs", WEB);
    let answer = ask(&cluster, "client", "10.96.0.80", 81);
    let failure = answer.ways[0].failure.as_ref().unwrap();
    assert_eq!((failure.symptom, &failure.cause), (Symptom::Refused, &Cause::Rule));
}
