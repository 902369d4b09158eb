//! The overlays: devices, peers and routes of one node, as a person would type them.

use crate::support::{artefacts, cluster, compiled};
use netc::model::Family;

/// The commands of a node.
fn commands(source: &str, node: &str) -> Vec<String> {
    let plan = artefacts(source).remove(&format!("{node}/plan.txt")).unwrap();
    let command = |line: &str| line.split("  # ").next().unwrap().trim_end().to_owned();
    plan.lines().filter(|line| !line.starts_with('#')).map(command).collect()
}

/// The commands about what other nodes are reached by, on the first of three nodes.
fn said(overlay: &str, nodes: &str) -> Vec<String> {
    let source = format!(
        "cluster lab {{ pods 10.244.0.0/16, fd00:10:244::/56; overlay {overlay}; pod-network none; proxy none }}\n{nodes}"
    );
    let about = ["ip link add", "ip tuntap", "wg set", "ip route", "ip neigh", "bridge fdb"];
    let all = commands(&source, "a");
    all.into_iter().filter(|line| about.iter().any(|begin| line.starts_with(begin))).collect()
}

const KEYS: [&str; 3] = [
    "HIgo9xNzJMWLKASShiTqIybxZ0U3wGLiUeJ1PKf8ykw=",
    "xTIBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8Dg=",
    "TrMvSoP4jYQlY6RIzBgbssQqY3vxI2Pi+y71lOWWXX0=",
];

fn nodes(addresses: [&str; 3]) -> String {
    let node = |(name, (addresses, key))| {
        format!("node {name} {{ address {addresses}; wireguard {{ public-key \"{key}\" }} }}\n")
    };
    ["a", "b", "c"].into_iter().zip(addresses.into_iter().zip(KEYS)).map(node).collect()
}

#[test]
fn one_device_of_wireguard_carries_both_families_over_what_both_ends_have() {
    let nodes = nodes([
        "192.168.0.1, 2a01::1",
        // Its IPv4 address is private, and both have public IPv6 addresses.
        "192.168.0.2, 2a01::2",
        "192.168.0.3, fd00::3",
    ]);
    let peers = |mode: &str| -> Vec<String> {
        let all = said(&format!("wireguard {{ mode {mode}; mtu 1400 }}"), &nodes);
        assert_eq!(all[0], "ip link add flannel-wg mtu 1400 type wireguard");
        assert_eq!(all.iter().filter(|line| line.starts_with("ip link")).count(), 1);
        let end = |line: &String| {
            let (_, rest) = line.split_once(" endpoint ")?;
            rest.split(' ').next().map(str::to_owned)
        };
        all.iter().filter_map(end).collect()
    };
    let sorted = |mut all: Vec<String>| {
        all.sort();
        all
    };
    assert_eq!(sorted(peers("auto")), ["192.168.0.3:51820", "[2a01::2]:51820"]);
    assert_eq!(sorted(peers("ipv4")), ["192.168.0.2:51820", "192.168.0.3:51820"]);
    assert_eq!(sorted(peers("ipv6")), ["[2a01::2]:51820", "[fd00::3]:51820"]);
}

#[test]
fn a_preshared_key_and_all_networks_of_a_peer_are_told() {
    let nodes = nodes(["192.168.0.1", "192.168.0.2", "192.168.0.3"]);
    let overlay = "wireguard { mode ipv4; port 7000; preshared-key-file \"/etc/psk\" }";
    let all = said(overlay, &nodes);
    let key = KEYS[1];
    let peer = format!(
        "wg set flannel-wg peer {key} preshared-key /etc/psk endpoint 192.168.0.2:7000 \
         allowed-ips 10.244.1.0/24,fd00:10:244:1::/64"
    );
    assert!(all.contains(&peer), "{all:#?}");
    let routes: Vec<&String> = all.iter().filter(|line| line.starts_with("ip route")).collect();
    assert_eq!(
        routes,
        [
            "ip route replace 10.244.0.0/16 dev flannel-wg proto 110 scope link",
            "ip route replace fd00:10:244::/56 dev flannel-wg proto 110",
        ]
    );
}

#[test]
fn udp_is_a_device_that_stays_and_one_route() {
    let source = "cluster lab { pods 10.244.0.0/16; overlay udp; pod-network none; proxy none }\n\
                  node a { address 192.168.0.1 }\nnode b { address 192.168.0.2 }\n";
    let all = commands(source, "a");
    let find = |begin: &str| all.iter().find(|line| line.starts_with(begin)).unwrap();
    let made = "ip tuntap add dev flannel0 mode tun && ip link set flannel0 mtu 1472";
    assert_eq!(find("ip tuntap"), made);
    assert_eq!(find("ip addr"), "ip addr add 10.244.0.0/32 dev flannel0");
    let route = "ip route replace 10.244.0.0/16 dev flannel0 proto 110 scope global";
    assert_eq!(find("ip route"), route);
    let codes: Vec<&str> = compiled(source).diagnostics.iter().map(|fault| fault.code.id).collect();
    assert_eq!(codes, ["W0311"]);
}

#[test]
fn what_a_vxlan_device_does_besides_is_said() {
    let nodes = "node a { address 192.168.0.1, fd00::1 on eth0 }\n";
    let all = said("vxlan { learning on; gbp; vni 7 }", nodes);
    assert!(
        all[1].contains(" type vxlan id 7 local 192.168.0.1 dev eth0 dstport 8472 learning gbp")
    );
}

#[test]
fn flannel_takes_vxlan_over_ipv6_to_be_smaller() {
    let mtu = |overlay: &str| {
        cluster(&format!(
            "cluster lab {{ pods 10.244.0.0/16, fd00:10:244::/56; overlay vxlan {{ {overlay} }} }}\n"
        ))
        .mtu
    };
    assert_eq!((mtu(""), mtu("emulate flannel")), (1430, 1450));
    let overlay = cluster("cluster lab { pods 10.244.0.0/16; overlay vxlan }\n").overlay;
    assert_eq!(Family::ALL.map(|family| overlay.overhead(family)), [50, 70]);
}
