//! Addresses are stable: what the lock records is used again.

use crate::support::Memory;
use netc::compile::{Compiled, compile};
use netc::model::{Built, Family, Lock, Service};
use netc_lang::code;
use std::collections::BTreeMap;

const CLUSTER: &str = "\
cluster lab { pods 10.244.0.0/16; services 10.96.0.0/16; overlay vxlan }
node b { address 192.168.0.11 on eth0 }
pod web on b { labels app=web }
service web { type node-port; select app=web; port 80 }
";

fn with_lock(source: &str, lock: Option<&Lock>) -> Compiled {
    let files = BTreeMap::from([("test.netc".to_owned(), source.to_owned())]);
    let lock = lock.map(|lock| (lock, "netc.lock"));
    compile(&["test.netc".to_owned()], &mut Memory(files), lock)
}

fn lock_of(source: &str) -> Lock {
    with_lock(source, None).built.expect("a cluster").lock
}

#[test]
fn the_lock_records_what_the_sources_do_not_state() {
    let text = lock_of(CLUSTER).render();
    let expected = "\
# Written by `netc lock`: the addresses that the sources do not state.
version = 1
cluster = \"lab\"

[nodes.b]
pods = [\"10.244.0.0/24\"]
vtep = [\"42:ee:2b:c1:ca:eb\"]

[pods]
\"default/web\" = [\"10.244.0.2\"]

[services.\"default/web\"]
ip = [\"10.96.0.2\"]

[services.\"default/web\".node-ports]
\"80/tcp\" = 30000
";
    assert_eq!(text, expected);
}

#[test]
fn what_is_added_before_others_does_not_renumber_them() {
    let lock = lock_of(CLUSTER);
    // All of these come first in the order of names.
    let more = "\
node a { address 192.168.0.10 on eth0 }
pod first on b { labels app=web }
service first { type node-port; select app=web; port 80 }
";
    let cluster = with_lock(&format!("{CLUSTER}{more}"), Some(&lock)).built.unwrap().cluster;
    let block = |node: usize| cluster.nodes[node].blocks.get(Family::V4).unwrap().to_string();
    assert_eq!((block(0), block(1)), ("10.244.1.0/24".into(), "10.244.0.0/24".into()));
    let pods: Vec<String> =
        cluster.pods.iter().map(|pod| pod.addresses.get(Family::V4).unwrap().to_string()).collect();
    assert_eq!(pods, ["10.244.0.3", "10.244.0.2"]);
    let web = &cluster.services[1];
    assert_eq!(web.addresses.get(Family::V4).unwrap().to_string(), "10.96.0.2");
    assert_eq!(web.ports[0].node_port, Some(30000));
}

#[test]
fn without_the_lock_the_same_additions_would() {
    let more = "pod first on b { labels app=web }\n";
    let cluster = with_lock(&format!("{CLUSTER}{more}"), None).built.unwrap().cluster;
    assert_eq!(cluster.pods[1].addresses.get(Family::V4).unwrap().to_string(), "10.244.0.3");
}

#[test]
fn the_lock_forgets_what_is_gone() {
    let lock = lock_of(CLUSTER);
    let without = CLUSTER.lines().filter(|line| !line.starts_with("service")).collect::<Vec<_>>();
    let built = with_lock(&without.join("\n"), Some(&lock)).built.unwrap();
    assert!(!built.lock.render().contains("services"));
}

#[test]
fn what_is_stated_wins_over_the_lock_with_a_warning() {
    let lock = lock_of(CLUSTER);
    let taken = "pod other on b { ip 10.244.0.2 }\n";
    let compiled = with_lock(&format!("{CLUSTER}{taken}"), Some(&lock));
    let codes: Vec<_> = compiled.diagnostics.iter().map(|one| one.code).collect();
    assert_eq!(codes, [code::STALE_LOCK_ENTRY]);
    let cluster = compiled.built.unwrap().cluster;
    assert_eq!(cluster.pods[1].addresses.get(Family::V4).unwrap().to_string(), "10.244.0.3");
}

#[test]
fn an_entry_outside_a_changed_network_is_replaced_with_a_warning() {
    let lock = lock_of(CLUSTER);
    let moved = CLUSTER.replace("10.244", "10.245");
    let compiled = with_lock(&moved, Some(&lock));
    assert!(compiled.diagnostics.iter().all(|one| one.code == code::STALE_LOCK_ENTRY));
    assert_eq!(compiled.diagnostics.len(), 2, "the block and the pod");
}

#[test]
fn the_lock_of_another_cluster_is_refused() {
    let other = lock_of(&CLUSTER.replace("cluster lab", "cluster other"));
    let compiled = with_lock(CLUSTER, Some(&other));
    assert!(compiled.built.is_none());
    assert_eq!(compiled.diagnostics[0].code, code::BAD_LOCK);
}

/// Services of type load-balancer, by name, each with what else it states.
fn balanced(services: &[(&str, &str)]) -> String {
    let head = "cluster lab {
            services 10.96.0.0/16, fd00:10:96::/112
            load-balancers 203.0.113.8-203.0.113.11, fd00:1b::8-fd00:1b::f { announce none }
        }\n";
    let one = |(name, more): &(&str, &str)| {
        format!("service {name} {{ type load-balancer; port 80; no-endpoints; {more} }}\n")
    };
    head.to_owned() + &services.iter().map(one).collect::<String>()
}

/// The addresses of the load balancers, in the order of the services' names.
fn balancers(built: &Built) -> Vec<String> {
    let of = |service: &Service| {
        let all: Vec<String> = service.load_balancer_ips.iter().map(ToString::to_string).collect();
        all.join(" ")
    };
    built.cluster.services.iter().map(of).collect()
}

#[test]
fn load_balancers_keep_their_addresses_when_others_come_and_go() {
    let first =
        with_lock(&balanced(&[("b", ""), ("c", "families ipv6, ipv4")]), None).built.unwrap();
    assert_eq!(balancers(&first), ["203.0.113.8", "203.0.113.9 fd00:1b::8"]);
    // One before them in the order of names, one with an address of its own.
    let more = [
        ("a", ""),
        ("b", ""),
        ("c", "families ipv4, ipv6"),
        ("d", "load-balancer-ip 203.0.113.10"),
    ];
    let more = with_lock(&balanced(&more), Some(&first.lock)).built.unwrap();
    assert_eq!(
        balancers(&more),
        ["203.0.113.11", "203.0.113.8", "203.0.113.9 fd00:1b::8", "203.0.113.10"]
    );
    // What is gone leaves its address to the next one.
    let less = with_lock(&balanced(&[("a", ""), ("e", "")]), Some(&more.lock)).built.unwrap();
    assert_eq!(balancers(&less), ["203.0.113.11", "203.0.113.8"]);
}

#[test]
fn a_stated_address_goes_before_one_that_was_given() {
    let lock = with_lock(&balanced(&[("b", "")]), None).built.unwrap().lock;
    let taken = [("b", ""), ("c", "load-balancer-ip 203.0.113.8")];
    let now = with_lock(&balanced(&taken), Some(&lock));
    assert_eq!(
        now.diagnostics.iter().map(|one| one.code).collect::<Vec<_>>(),
        [code::STALE_LOCK_ENTRY]
    );
    assert_eq!(balancers(&now.built.unwrap()), ["203.0.113.9", "203.0.113.8"]);
}

#[test]
fn who_is_looked_after_by_others_gets_no_address() {
    let all = [("a", "load-balancer-class cloud.example/lb"), ("b", "")];
    let built = with_lock(&balanced(&all), None).built.unwrap();
    assert_eq!(balancers(&built), ["", "203.0.113.8"]);
    let full: Vec<(&str, &str)> = ["a", "b", "c", "d", "e"].map(|name| (name, "")).to_vec();
    let full = with_lock(&balanced(&full), None);
    assert!(full.built.is_none());
    assert_eq!(full.diagnostics.len(), 1, "{:?}", full.diagnostics);
}
