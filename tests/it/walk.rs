//! What only the walk as a whole can show: ways that are not the same there and back, and several
//! askers at once.

use crate::support::compiled;
use netc::compile::network;
use netc::model::{Cluster, NodeId};
use netc::object::Netns;
use netc::trace::{Answer, Cause, Ended, Payload, Place, Question, TrackState, Who};
use netc_lang::Protocol;
use std::collections::BTreeMap;
use std::net::IpAddr;

fn cluster(overlay: &str) -> Cluster {
    let source = format!(
        "cluster lab {{ pods 10.244.0.0/16; services 10.96.0.0/16; overlay {overlay} }}
        node node0 {{ address 192.168.0.10/24 on eth0 }}
        node node1 {{ address 192.168.0.11/24 on eth0 }}
        pods web replicas 4 {{ labels app=web; port http 80 }}
        service web {{ ip 10.96.0.80; select app=web; port 80 -> http }}
        service one {{ ip 10.96.0.81; port 80; endpoint 10.244.0.2:80 on node0 }}"
    );
    let compiled = compiled(&source);
    compiled.built.unwrap_or_else(|| panic!("{:#?}", compiled.diagnostics)).cluster
}

fn ports(protocol: Protocol) -> Payload {
    Payload::Ports { protocol, source: None, destination: Some(80) }
}

fn to(address: &str) -> Who {
    Who::One(address.parse().unwrap())
}

/// From outside to a pod of node0 by way of node1, without masquerading on the way.
fn by_the_other_node(protocol: Protocol) -> Answer {
    let question = Question {
        place: Place::Outside,
        source: Some(to("203.0.113.9")),
        destination: to("10.244.0.2"),
        payload: ports(protocol),
        through: Some(NodeId(1)),
    };
    network(&cluster("static")).ask(&question).unwrap()
}

#[test]
fn a_handshake_that_a_node_sees_half_of_does_not_stand() {
    // node0 sends the answer by its own default route: node1 never sees it, takes the third packet
    // for an invalid one, and KUBE-FORWARD drops it.
    let answer = by_the_other_node(Protocol::Tcp);
    let [ended] = answer.ways.as_slice() else { panic!("{answer:#?}") };
    let failure = ended.failure.as_ref().unwrap();
    assert_eq!(failure.cause, Cause::Rule);
    assert_eq!(failure.place, Place::Node(NodeId(1), Netns::Node));
    let last = ended.way.trail.backwards().next().unwrap();
    let line = &last.decided.as_ref().unwrap().line;
    assert!(line.contains("--ctstate INVALID") && line.ends_with("-j DROP"), "{line}");
    assert_eq!(ended.way.packet.tracked.state, TrackState::Invalid);
}

#[test]
fn without_a_handshake_two_packets_are_enough() {
    assert!(by_the_other_node(Protocol::Udp).ways.iter().all(Ended::is_answered));
}

/// The pods of node0, asked for at once.
fn pods_of_node0(to: Who) -> Answer {
    let cluster = cluster("vxlan");
    let pods = cluster.pods.iter().filter(|pod| pod.node == Some(NodeId(0)));
    let addresses: Vec<IpAddr> = pods.flat_map(|pod| pod.addresses.values().copied()).collect();
    assert_eq!(addresses.len(), 2);
    let question = Question {
        place: Place::Node(NodeId(0), Netns::Named("pod-default.web-0".into())),
        source: Who::any(addresses),
        destination: to,
        payload: ports(Protocol::Tcp),
        through: None,
    };
    network(&cluster).ask(&question).unwrap()
}

/// Of each class of clients: the source that servers see, and with what probability.
fn seen(answer: &Answer) -> BTreeMap<(String, String), String> {
    let mut all: BTreeMap<(String, String), f64> = BTreeMap::new();
    for ended in &answer.ways {
        assert!(ended.is_answered(), "{ended:#?}");
        let server = ended.server().unwrap();
        let clients: Vec<String> = ended.way.client.all().iter().map(IpAddr::to_string).collect();
        let seen: Vec<String> = server.client.all().iter().map(IpAddr::to_string).collect();
        *all.entry((clients.join(","), seen.join(","))).or_default() += ended.way.share;
    }
    all.into_iter().map(|(who, share)| (who, format!("{share:.3}"))).collect()
}

#[test]
fn nothing_tells_pods_apart_that_ask_a_pod_of_another_node() {
    let both = "10.244.0.2,10.244.0.3".to_owned();
    let all = seen(&pods_of_node0(to("10.244.1.2")));
    assert_eq!(all, BTreeMap::from([((both.clone(), both), "1.000".to_owned())]));
}

#[test]
fn a_pod_behind_the_service_that_it_asks_is_a_class_of_its_own() {
    let all = seen(&pods_of_node0(to("10.96.0.81")));
    let own = ("10.244.0.2".to_owned(), "10.244.0.1".to_owned());
    let other = ("10.244.0.3".to_owned(), "10.244.0.3".to_owned());
    assert_eq!(all, BTreeMap::from([(own, "1.000".into()), (other, "1.000".into())]));
}

#[test]
fn shares_are_those_of_each_client() {
    let answer = pods_of_node0(to("10.96.0.80"));
    for client in ["10.244.0.2", "10.244.0.3"] {
        let client: IpAddr = client.parse().unwrap();
        let own = answer.ways.iter().filter(|ended| ended.way.client.all().contains(&client));
        let shares: Vec<f64> = own.map(|ended| ended.way.share).collect();
        assert_eq!(shares.len(), 4);
        assert!(shares.iter().all(|share| (share - 0.25).abs() < 1e-6), "{shares:?}");
    }
    assert!((answer.least() - 1.0).abs() < 1e-6);
}
