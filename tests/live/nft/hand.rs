//! What people have put into a table by hand goes with an apply, and comes back with a rollback.

use super::state::state;
use super::{ONE, shell};
use crate::dump::same;
use crate::lab::{Lab, text};
use std::fmt::Write;

/// Rules of all kinds. Some have no words of netc's own: they are kept as nft writes them.
const RULES: &[&str] = &[
    "counter packets 5 bytes 6 accept",
    "log prefix \"abc def: \" level info",
    "log group 5 prefix \"x\"",
    "limit rate 5/minute burst 10 packets log",
    "limit rate over 10 mbytes/second drop",
    "ct state established,related accept",
    "ct state { new, established } accept",
    "ct state vmap { new : drop, established : accept }",
    "ct status dnat,snat accept",
    "ct mark set meta mark",
    "ct original ip daddr 10.0.0.1 accept",
    "iifname { \"eth0\", \"eth1\" } oifname \"cali*\" drop",
    "iif lo accept",
    "tcp dport { 80, 443, 1000-2000 } accept",
    "tcp dport != 80 accept",
    "tcp dport >= 1024 accept",
    "meta l4proto { tcp, udp } th dport 53 accept",
    "ip saddr { 10.0.0.1, 10.0.1.0/24 } drop",
    "ip saddr . tcp dport { 10.0.0.0/24 . 80-90 } drop",
    "ip saddr . tcp dport vmap { 10.0.0.1 . 80 : drop, 10.0.0.2 . 80 : jump reject-chain }",
    "ip saddr 10.0.0.1-10.0.0.9 drop comment \"some of them\"",
    "ip protocol { tcp, icmp } accept",
    "icmp type { echo-request, destination-unreachable } accept",
    "tcp flags & (fin|syn|rst|ack) == syn accept",
    "tcp flags syn tcp option maxseg size set rt mtu",
    "fib saddr . iif oif missing drop",
    "fib daddr type { local, broadcast } accept",
    "reject with icmp type host-unreachable",
    "meta l4proto tcp reject with tcp reset",
    "meta mark set meta mark & 0xffffff00 | 0x10",
    "meta mark & 0xff00 == 0x1200 accept",
    "numgen random mod 3 offset 7 vmap { 7 : jump reject-chain, 8 : drop, 9 : accept }",
    "jhash ip saddr mod 2 seed 0xdead vmap { 0 : drop, 1 : accept }",
    "meta mark set ip saddr map { 10.0.0.1 : 0x1, 10.0.0.2 : 0x2 }",
    "quota over 10 mbytes drop",
    "update @seen { ip saddr }",
    "update @seen { ip saddr limit rate 5/second }",
    "meta hour \"10:00\"-\"12:00\" accept",
    "ip saddr 10.0.0.1 jump { accept comment \"inner\"; }",
    "accept comment \"just a comment # handle 5\"",
];

const SETS: &str = "\
table ip kube-proxy {
    set ranges { type ipv4_addr; flags interval; elements = { 10.0.0.0/8, 192.168.0.1-192.168.0.5, 1.2.3.4 comment \"a, b\" } }
    set seen { type ipv4_addr; flags dynamic,timeout; timeout 1h; }
    set ends { type ifname; elements = { \"eth0\", \"eth1\" } }
    map marks { type mark : verdict; elements = { 0x1 : drop, 0x4000 : jump reject-chain } }
    map sockets { type ipv4_addr . inet_service : ipv4_addr . inet_service; elements = { 10.0.0.1 . 80 : 10.1.0.1 . 8080 } }
    chain mine { }
    chain translated {
        meta l4proto tcp dnat ip addr . port to ip daddr . tcp dport map @sockets
        dnat to 10.0.0.1-10.0.0.9 persistent
        tcp dport 80 redirect to :8080
        masquerade random
        snat ip prefix to ip saddr map { 10.0.0.0/24 : 10.0.1.0/24 }
    }
}
";

#[test]
fn what_was_put_in_by_hand_comes_back() {
    let lab = Lab::enter();
    lab.machine("node0", "eth0", &["192.168.0.10/24"]);
    let source = lab.source(ONE);
    lab.applied(&source, "node0", &[]);
    let clean = state("node0");
    let mut all = SETS.to_owned();
    for rule in RULES {
        writeln!(all, "add rule ip kube-proxy mine {rule}").unwrap();
    }
    shell("node0", &format!("nft -f {}", lab.file("hand.nft", &all).display()));
    let before = state("node0");
    assert!(before.lines().count() > clean.lines().count() + RULES.len());
    lab.applied(&source, "node0", &[]);
    same(&state("node0"), &clean, "applied");
    let output = lab.netc().args(["rollback", "--netns", "node0"]).output().unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    same(&state("node0"), &before, "rolled back");
}
