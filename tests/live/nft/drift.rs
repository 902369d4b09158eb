//! What happens to tables behind netc's back is found and mended.

use super::state::state;
use super::{ONE, shell};
use crate::dump::same;
use crate::lab::{Lab, text};
use std::path::PathBuf;

/// What is done to a node, by a shell.
const DONE: [(&str, &str); 14] = [
    (
        "rule gone",
        "nft delete rule $t services handle $(nft -a list chain $t services | sed -n '3s/.* //p')",
    ),
    ("rule more", "nft add rule $t services counter accept"),
    ("rule first", "nft insert rule $t nat-prerouting ip saddr 192.0.2.1 accept"),
    ("element gone", "nft delete element $t cluster-ips '{ 10.96.0.80 }'"),
    ("element more", "nft add element $t cluster-ips '{ 1.2.3.4 }'"),
    (
        "element elsewhere",
        "nft delete element $t service-ips '{ 10.96.0.80 . tcp . 80 }'
         nft add element $t service-ips '{ 10.96.0.80 . tcp . 80 : drop }'",
    ),
    ("chain emptied", "nft flush chain $t masquerading"),
    ("chain more", "nft add chain $t mine; nft add rule $t mine log prefix '\"x\"' accept"),
    ("set gone", "nft flush chain $t masquerading; nft delete set $t hairpin-connections"),
    ("set more", "nft add set $t mine '{ type mark; elements = { 0x1, 0x4000 } ; }'"),
    (
        "priority",
        "nft delete chain $t nat-postrouting
         nft add chain $t nat-postrouting '{ type nat hook postrouting priority 90; }'
         nft add rule $t nat-postrouting jump masquerading",
    ),
    ("policy", "nft add chain $t filter-forward '{ policy drop; }'"),
    ("table gone", "nft delete table $t"),
    ("all gone", "nft flush ruleset"),
];

struct Node {
    lab: Lab,
    source: PathBuf,
}

impl Node {
    fn new() -> Node {
        let lab = Lab::enter();
        lab.machine("node0", "eth0", &["192.168.0.10/24"]);
        let source = lab.source(ONE);
        lab.applied(&source, "node0", &[]);
        Node { lab, source }
    }

    /// The exit code of `netc diff`, and what it said.
    fn diff(&self, more: &[&str]) -> (Option<i32>, String) {
        let mut netc = self.lab.netc();
        netc.arg("diff").arg(&self.source).args(["--node", "node0", "--netns", "node0"]).args(more);
        let output = netc.output().unwrap();
        (output.status.code(), text(&output.stdout) + &text(&output.stderr))
    }
}

#[test]
fn every_kind_is_found_and_mended() {
    let node = Node::new();
    let before = state("node0");
    for (name, done) in DONE {
        shell("node0", &format!("t='ip kube-proxy'; {done}"));
        for more in [&[][..], &["--drift"]] {
            let (code, said) = node.diff(more);
            assert_eq!(code, Some(2), "{name}: {said}");
            assert!(said.contains("kube-proxy"), "{name}: {said}");
        }
        node.lab.applied(&node.source, "node0", &[]);
        same(&state("node0"), &before, name);
        assert_eq!(node.diff(&[]).0, Some(0), "{name}");
    }
}

#[test]
fn a_table_that_sleeps_is_told() {
    let node = Node::new();
    let before = state("node0");
    shell("node0", "nft add table ip6 kube-proxy '{ flags dormant; }'");
    let (code, said) = node.diff(&[]);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("table ip6 kube-proxy is dormant"), "{said}");
    shell("node0", "nft add table ip6 kube-proxy");
    same(&state("node0"), &before, "awake");
    assert_eq!(node.diff(&[]).0, Some(0));
}

/// A table that somebody else has made is left alone, and in the way.
#[test]
fn tables_of_others_are_left_alone() {
    let lab = Lab::enter();
    lab.machine("node0", "eth0", &["192.168.0.10/24"]);
    let source = lab.source(ONE);
    let others = "\
        nft add table ip kube-proxy; nft add chain ip kube-proxy old; \
        nft add table inet mine; nft add chain inet mine c; nft add rule inet mine c accept; \
        nft add table ip raw; nft add set ip raw s '{ type ipv4_addr; }'; \
        nft add chain ip raw c; nft add rule ip raw c ip daddr @s accept";
    shell("node0", others);
    let before = state("node0");
    let output = lab.apply(&source, "node0", &[]);
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("table ip kube-proxy is there already, and is not netc's"), "{said}");
    assert_eq!(state("node0"), before);
    lab.applied(&source, "node0", &["--adopt"]);
    let output = lab.netc().args(["destroy", "--netns", "node0"]).output().unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    let left: Vec<&str> = before.lines().filter(|line| !line.contains("kube-proxy")).collect();
    assert_eq!(state("node0"), left.join("\n"));
    assert!(shell("node0", "nft list tables").contains("table ip raw"));
}

/// A table of kube-proxy that is not wanted goes with `--adopt`, and comes back with a rollback.
#[test]
fn a_table_that_is_left_over_goes() {
    let lab = Lab::enter();
    lab.machine("node0", "eth0", &["192.168.0.10/24"]);
    let source = lab.source(&ONE.replace("proxy    nftables", "proxy    iptables"));
    let made = "\
        nft add table ip kube-proxy '{ comment \"rules for kube-proxy\"; }'; nft add chain ip kube-proxy old; \
        nft add rule ip kube-proxy old quota over 10 mbytes drop; \
        nft add chain ip kube-proxy in '{ type filter hook input priority 5; policy drop; }'; \
        nft add rule ip kube-proxy in jump old; nft add table ip mine";
    shell("node0", made);
    let before = state("node0");
    lab.applied(&source, "node0", &[]);
    same(&state("node0"), &before, "without --adopt");
    lab.applied(&source, "node0", &["--adopt"]);
    assert_eq!(shell("node0", "nft list tables | grep -c kube-proxy || true"), "0\n");
    let output = lab.netc().args(["rollback", "--netns", "node0"]).output().unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    same(&state("node0"), &before, "rolled back");
}
