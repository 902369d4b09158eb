//! Docker's networks, in each layout of its rules.

use super::site::Site;
use crate::docker::LAB;

#[track_caller]
fn proven(cluster: &str, kind: &str, proxy: &str) {
    let source = LAB.replace("CLUSTER", cluster).replace("KIND", kind).replace("PROXY", proxy);
    Site::of(&format!("docker, {kind}, proxy {proxy}"), &source).proven(1, 120);
}

#[test]
fn layout_28() {
    proven("proxy none", "layout 28", "on");
}

#[test]
fn layout_28_without_the_proxy() {
    proven("proxy none", "layout 28", "off");
}

#[test]
fn layout_27() {
    proven("proxy none", "layout 27", "off");
}

#[test]
fn nftables() {
    proven("proxy none", "rules nftables", "off");
}

#[test]
fn beside_kube_proxy() {
    proven("services 10.96.0.0/16; proxy nftables", "layout 28", "on");
}
