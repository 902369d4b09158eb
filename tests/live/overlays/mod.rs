//! Overlays between three nodes: every pod reaches every other as itself, and packets as large as the
//! pods' devices allow pass with nothing cut up, by ping and by TCP, and not a byte more.

mod changes;
mod site;
mod sizes;

use crate::lab::run;
use site::{Families, NODES, Site, Wires};

/// The pods of all nodes reach one another, with packets of up to so many bytes.
fn proven(overlay: &str, families: Families, wires: Wires, mtu: u32) {
    let site = Site::new(overlay, families, wires);
    site.all_reach_all();
    sizes::exactly(&site, mtu);
}

#[test]
fn host_gw() {
    proven("host-gw", Families::Both, Wires::One, 1500);
}

#[test]
fn static_routes() {
    proven("static", Families::Both, Wires::One, 1500);
}

#[test]
fn vxlan_by_ipv4() {
    proven("vxlan", Families::V4, Wires::One, 1450);
}

#[test]
fn vxlan_by_ipv6() {
    proven("vxlan", Families::V6, Wires::One, 1430);
}

/// There is one MTU for both families: what the larger header leaves.
#[test]
fn vxlan_by_both_across_a_router() {
    proven("vxlan { vni 7; port 4789 }", Families::Both, Wires::Routed, 1430);
}

/// The same, and packets to the node of the same wire go as they are.
#[test]
fn vxlan_with_direct_routing() {
    let site = Site::new("vxlan { direct-routing }", Families::Both, Wires::Routed);
    site.all_reach_all();
    assert_eq!(wrapped(&site, &["flannel.1", "flannel-v6.1"]), [false, true]);
    sizes::exactly(&site, 1430);
}

#[test]
fn ipip_with_direct_routing() {
    let site = Site::new("ipip { direct-routing }", Families::V4, Wires::Routed);
    site.all_reach_all();
    assert_eq!(wrapped(&site, &["flannel.ipip"]), [false, true]);
    sizes::exactly(&site, 1480);
}

#[test]
fn wireguard() {
    let site = Site::new("wireguard", Families::Both, Wires::Routed);
    site.all_reach_all();
    assert_eq!(wrapped(&site, &["flannel-wg", "flannel-wg-v6"]), [true, true]);
    sizes::exactly(&site, 1420);
}

/// Whether what the first node's pod sends to the second and to the third node's goes by the overlay's
/// devices.
fn wrapped(site: &Site, devices: &[&str]) -> [bool; 2] {
    let sent = || -> Vec<u64> { devices.iter().map(|device| packets(device)).collect() };
    [1, 2].map(|number| {
        let before = sent();
        site.reaches(0, number);
        let grown: Vec<bool> =
            before.into_iter().zip(sent()).map(|(before, after)| after > before).collect();
        assert!(grown.iter().all(|each| *each == grown[0]), "by {devices:?}: {grown:?}");
        grown[0]
    })
}

/// How many packets a device of the first node has sent.
fn packets(device: &str) -> u64 {
    let shown = run(&format!("ip -n {} -s -j link show {device}", NODES[0]));
    let shown: serde_json::Value = serde_json::from_str(&shown).unwrap();
    shown[0]["stats64"]["tx"]["packets"].as_u64().unwrap()
}
