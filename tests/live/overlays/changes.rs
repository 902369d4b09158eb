//! From one overlay to the next, on nodes whose pods go on.

use super::site::{Families, NODES, Site, Wires};
use crate::dump::{dump, same};
use crate::lab::run;

/// The overlays, one after the other and then back to the first: all pods reach one another by each, a
/// second apply has nothing to do, and in the end there is nothing left of any.
fn follow_one_another(families: Families, wires: Wires, overlays: &[&str]) {
    let site = Site::bare(families, wires);
    // A device of wireguard turns this off when it comes up, and nobody turns it on again (wg_open in
    // drivers/net/wireguard/device.c).
    NODES.iter().for_each(|node| {
        run(&format!("ip netns exec {node} sysctl -q net.ipv4.conf.all.send_redirects=0"));
    });
    let before = NODES.map(dump);
    for overlay in overlays.iter().chain(overlays.first()) {
        site.apply(overlay);
        site.all_reach_all();
    }
    for node in NODES {
        let output = site.lab.netc().args(["destroy", "--netns", node]).output().unwrap();
        assert!(output.status.success(), "{output:?}");
    }
    for (node, before) in NODES.into_iter().zip(before) {
        same(&dump(node), &before, "destroyed");
    }
}

#[test]
fn of_this_kernel() {
    let overlays = [
        "vxlan",
        "host-gw",
        "vxlan { direct-routing }",
        "vxlan { vni 2; port 4789; learning on; gbp }",
        "static",
        "host-gw { rules nftables }",
    ];
    follow_one_another(Families::Both, Wires::One, &overlays);
}

#[test]
fn of_modules() {
    // With the module every namespace gets a device of its own, which stays.
    run("modprobe ipip");
    follow_one_another(Families::V4, Wires::Routed, &["ipip", "wireguard"]);
}
