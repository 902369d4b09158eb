//! Every layout is changed step by step: what is sent is understood whatever is there already.

use super::state::state;
use super::{ONE, shell};
use crate::lab::{Lab, text};

/// Services come, get more endpoints and affinity, lose them, and go.
fn is_changed(layout: &str) {
    let lab = Lab::enter();
    lab.machine("node0", "eth0", &["192.168.0.10/24"]);
    let first = ONE.replace("proxy    nftables", &format!("proxy    nftables {{ {layout} }}"));
    let more = "endpoint 10.244.0.4:80 on node0\n    endpoint 10.244.0.5:80 on node0\n";
    let third = "endpoint 10.244.0.3:80 on node0\n";
    let changes = [
        first.clone(),
        first.replace(third, &format!("{third}    {more}")),
        first.replace(third, &format!("{third}    {more}    affinity client-ip 1h\n")),
        first.replace(third, &format!("{third}    external-traffic local\n")),
        first.replace("endpoint 10.244.0.2:80 on node0\n", "").replace(third, ""),
        first.replace("service dns", "service other"),
        first.clone(),
    ];
    let mut seen = Vec::new();
    for (turn, source) in changes.iter().enumerate() {
        let path = lab.file(&format!("{turn}.netc"), source);
        lab.applied(&path, "node0", &[]);
        let again = lab.applied(&path, "node0", &[]);
        assert!(again.ends_with("nothing to do\n"), "{layout}, {turn}: {again}");
        seen.push(state("node0"));
    }
    assert_eq!(seen.first(), seen.last(), "{layout}");
    assert_ne!(seen[0], seen[1], "{layout}");
    let output = lab.netc().args(["destroy", "--netns", "node0"]).output().unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert_eq!(shell("node0", "nft list tables | grep -c kube-proxy || true"), "0\n");
}

#[test]
fn that_of_1_36() {
    is_changed("");
}

#[test]
fn that_of_1_35() {
    is_changed("layout 1.35");
}

#[test]
fn flat() {
    is_changed("layout flat");
}
