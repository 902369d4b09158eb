//! Devices of overlays that need no other node: they are made, mended, changed and removed.

use crate::lab::{Lab, run, text};
use std::path::Path;

fn source(lab: &Lab, overlay: &str) -> std::path::PathBuf {
    lab.source(&format!(
        "\
cluster lab {{ pods 10.244.0.0/16; overlay {overlay}; pod-network none; proxy none }}
node node0 {{ address 192.168.0.10/24 on eth0 }}
node node1 {{ address 192.168.0.11/24 on eth0 }}
node node2 {{ address 192.168.9.12/24 on eth0 }}
"
    ))
}

fn lab() -> Lab {
    let lab = Lab::enter();
    lab.machine("node0", "eth0", &["192.168.0.10/24"]);
    lab
}

fn as_planned(lab: &Lab, source: &Path) {
    lab.applied(source, "node0", &[]);
    let again = lab.applied(source, "node0", &[]);
    assert_eq!(again, "node0 is as planned: nothing to do\n");
}

#[test]
fn a_tun_device_stays_without_a_program() {
    let lab = lab();
    let source = source(&lab, "udp { mtu 1400 }");
    as_planned(&lab, &source);
    let shown = run("ip -n node0 -d link show flannel0");
    assert!(shown.contains("mtu 1400") && shown.contains("tun type tun"), "{shown}");
    assert!(shown.contains("persist on"), "{shown}");
    let route = run("ip -n node0 route show 10.244.0.0/16");
    assert!(route.starts_with("10.244.0.0/16 dev flannel0 proto 110"), "{route}");
    run("ip -n node0 link set flannel0 mtu 1300");
    as_planned(&lab, &source);
    assert!(run("ip -n node0 link show flannel0").contains("mtu 1400"));
    let output = lab.netc().args(["destroy", "--netns", "node0"]).output().unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert!(!run("ip -n node0 link show").contains("flannel0"));
}

#[test]
fn a_vxlan_device_is_made_anew_when_it_is_to_do_otherwise() {
    let lab = lab();
    for (overlay, learning, gbp) in [
        ("vxlan", false, false),
        ("vxlan { learning on }", true, false),
        ("vxlan { learning on; gbp; direct-routing }", true, true),
        ("vxlan { gbp }", false, true),
    ] {
        as_planned(&lab, &source(&lab, overlay));
        let shown = run("ip -n node0 -d link show flannel.1");
        assert_eq!(!shown.contains(" nolearning "), learning, "{overlay}: {shown}");
        assert_eq!(shown.contains(" gbp "), gbp, "{overlay}: {shown}");
        let direct = run("ip -n node0 route show 10.244.1.0/24");
        assert_eq!(direct.contains("via 192.168.0.11 dev eth0"), overlay.contains("direct"));
        let wrapped = run("ip -n node0 route show 10.244.2.0/24");
        assert!(wrapped.contains("via 10.244.2.0 dev flannel.1"), "{overlay}: {wrapped}");
    }
}

/// From one overlay to another, and what the first one left is gone.
#[test]
fn an_overlay_takes_the_place_of_another() {
    let lab = lab();
    for (overlay, device) in
        [("vxlan", "flannel.1"), ("udp", "flannel0"), ("vxlan { vni 9 }", "flannel.9")]
    {
        as_planned(&lab, &source(&lab, overlay));
        let shown = run("ip -n node0 -br link show");
        let own: Vec<&str> = shown
            .lines()
            .filter_map(|line| line.split_whitespace().next())
            .filter(|name| name.starts_with("flannel"))
            .collect();
        assert_eq!(own, [device]);
    }
}
