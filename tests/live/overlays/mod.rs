//! Overlays between three nodes: every pod reaches every other as itself, and packets as large as the
//! pods' devices allow pass with nothing cut up, by ping and by TCP, and not a byte more.

mod site;
mod sizes;

use site::{Families, Site, Wires};

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
