//! The walk of packets through what nodes hold.

use crate::support::compiled;
use netc::compile::network;
use netc::model::{Cluster, NodeId};
use netc::object::Netns;
use netc::trace::{Answer, Payload, Place, Question, Step, Who};
use netc_lang::Protocol;
use std::net::IpAddr;

const CLUSTER: &str = "\
cluster lab { pods 10.244.0.0/16; services 10.96.0.0/16; overlay vxlan }
node node0 { address 192.168.0.10/24 on eth0 }
node node1 { address 192.168.0.11/24 on eth0 }
pods web replicas 2 on node0, node1 { labels app=web; port http 80 }
pod client on node0
service web { ip 10.96.0.80; type node-port; select app=web; port 80 node-port 30080 }
";

fn tcp(port: u16) -> Payload {
    Payload::Ports { protocol: Protocol::Tcp, source: None, destination: Some(port) }
}

fn pod(cluster: &Cluster, name: &str) -> (Place, IpAddr) {
    let pod = cluster.pods.iter().find(|pod| pod.name.name == name).unwrap();
    let netns = Netns::Named(format!("pod-{}.{}", pod.name.namespace, name).into());
    (Place::Node(pod.node.unwrap(), netns), *pod.addresses.values().next().unwrap())
}

fn ask(cluster: &Cluster, place: Place, source: Option<IpAddr>, to: &str, port: u16) -> Answer {
    let question = Question {
        place,
        source: source.map(Who::One),
        destination: Who::One(to.parse().unwrap()),
        payload: tcp(port),
        through: None,
    };
    network(cluster).ask(&question).unwrap()
}

fn show(answer: &Answer) -> String {
    let mut out = String::new();
    for ended in &answer.ways {
        out += &format!(
            "== {:.3} {} {:?} {:?}\n",
            ended.way.share, ended.way.client, ended.server, ended.failure
        );
        for Step { place, event, decided, source, destination, payload } in ended.way.trail.steps()
        {
            let line = decided.as_ref().map_or("", |decided| &decided.line);
            out += &format!(
                "{place:?} {event:?} | {source} -> {destination} {:?}>{:?} | {line}\n",
                payload.source(),
                payload.destination()
            );
        }
    }
    out
}

#[test]
fn probe() {
    let compiled = compiled(CLUSTER);
    let cluster = &compiled.built.unwrap().cluster;
    let (place, _) = pod(cluster, "client");
    println!("{}", show(&ask(cluster, place, None, "10.96.0.80", 80)));
    let (place, _) = pod(cluster, "web-0");
    println!("{}", show(&ask(cluster, place, None, "10.96.0.80", 80)));
    println!(
        "{}",
        show(&ask(cluster, Place::Node(NodeId(0), Netns::Node), None, "10.96.0.80", 80))
    );
    println!(
        "{}",
        show(&ask(
            cluster,
            Place::Outside,
            Some("203.0.113.9".parse().unwrap()),
            "192.168.0.10",
            30080
        ))
    );
}
