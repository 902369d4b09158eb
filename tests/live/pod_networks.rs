//! Pod networks that become others, with host ports that go on leading to their pods.

use crate::dump::{dump, same};
use crate::lab::{Lab, ask, run, serve};

const LAB: &str = "\
cluster lab {
    pods 10.244.0.0/16, fd00:244::/56
    pod-network bridge { masquerade }
    proxy none
}
node node0 { address 192.168.0.10/24, fd00::10/64 on eth0 }
pod web on node0 { host-port 8080 -> 80 }
pod api on node0
";

/// A pod asks from within and a client from outside, by the node's port and directly.
fn answers() {
    for (from, to) in [
        ("client", "192.168.0.10:8080"),
        ("client", "[fd00::10]:8080"),
        ("node0", "127.0.0.1:8080"),
        ("pod-default.api", "192.168.0.10:8080"),
        ("pod-default.web", "192.168.0.10:8080"),
        ("pod-default.web", "[fd00::10]:8080"),
    ] {
        ask(from, to).unwrap_or_else(|error| panic!("{from} asks {to}: {error}"));
    }
}

#[test]
fn a_bridge_gives_way_to_routes_and_comes_back() {
    let lab = Lab::enter();
    lab.machine("node0", "eth0", &["192.168.0.10/24", "fd00::10/64"]);
    lab.machine("client", "eth0", &["192.168.0.1/24", "fd00::1/64"]);
    lab.applied(&lab.source(LAB), "node0", &[]);
    serve("pod-default.web", "[::]:80");
    answers();
    let before = dump("node0");
    let without = lab.source(&LAB.replace("pod-network bridge", "pod-network ptp"));
    lab.applied(&without, "node0", &[]);
    answers();
    let routes = run("ip -n pod-default.api route");
    assert!(routes.contains("10.244.0.0/24 via 10.244.0.1 dev eth0"), "{routes}");
    assert!(!routes.contains("proto kernel"), "{routes}");
    let mut back = lab.netc();
    let output = back.args(["rollback", "--netns", "node0"]).output().unwrap();
    assert!(output.status.success(), "{}", crate::lab::text(&output.stderr));
    answers();
    same(&dump("node0"), &before, "after the way back");
}

#[test]
fn a_bridge_is_promiscuous_as_long_as_it_is_said_to_be() {
    let lab = Lab::enter();
    lab.machine("node0", "eth0", &["192.168.0.10/24", "fd00::10/64"]);
    let promiscuous = lab.source(&LAB.replace("masquerade", "promiscuous"));
    lab.applied(&promiscuous, "node0", &[]);
    let shown = || run("ip -n node0 link show dev cni0");
    assert!(shown().contains("PROMISC"), "{}", shown());
    run("ip -n node0 link set cni0 promisc off");
    lab.applied(&promiscuous, "node0", &[]);
    assert!(shown().contains("PROMISC"), "{}", shown());
    lab.applied(&lab.source(LAB), "node0", &[]);
    assert!(!shown().contains("PROMISC"), "{}", shown());
}

#[test]
fn isolated_pods_reach_what_is_beyond_their_node() {
    let lab = Lab::enter();
    lab.machine("node0", "eth0", &["192.168.0.10/24", "fd00::10/64"]);
    lab.machine("client", "eth0", &["192.168.0.1/24", "fd00::1/64"]);
    lab.applied(&lab.source(&LAB.replace("masquerade", "masquerade; isolate")), "node0", &[]);
    serve("client", "[::]:80");
    serve("pod-default.web", "[::]:80");
    ask("pod-default.api", "192.168.0.1:80").unwrap();
    ask("client", "192.168.0.10:8080").unwrap();
    ask("node0", "10.244.0.3:80").unwrap();
    ask("pod-default.api", "10.244.0.3:80").unwrap_err();
}
