//! What others have put on a node stays as it is, byte for byte and in its order, through an
//! apply, a change and a destroy, with both back ends of iptables.

use crate::lab::{Lab, path_with, run, text};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const LAB: &str = "\
cluster lab {
    pods     10.244.0.0/16, fd00:10:244::/56
    services 10.96.0.0/16, fd00:10:96::/112
    overlay  vxlan
}
node node0 { address 192.168.0.10/24, fd01::10/64 on eth0 }
node node1 { address 192.168.0.11/24, fd01::11/64 on eth0 }
pods web replicas 2 on node0 { labels app=web; port http 80 }
service web { ip 10.96.0.80, fd00:10:96::50; select app=web; families ipv4, ipv6; port 80 -> http }
";

/// As firewalld lays out its chains with the iptables back end (its `ipXtables.py`): everything
/// goes through chains of its own, the last rules of the built-in ones reject.
const FIREWALLD: &str = "\
*filter
:INPUT ACCEPT [0:0]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:INPUT_direct - [0:0]
:INPUT_ZONES - [0:0]
:FORWARD_direct - [0:0]
:FORWARD_IN_ZONES - [0:0]
:FORWARD_OUT_ZONES - [0:0]
:FWDI_public - [0:0]
:FWDO_public - [0:0]
:IN_public - [0:0]
:IN_public_allow - [0:0]
:OUTPUT_direct - [0:0]
-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A INPUT -i lo -j ACCEPT
-A INPUT -j INPUT_direct
-A INPUT -j INPUT_ZONES
-A INPUT -m conntrack --ctstate INVALID -j DROP
-A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A FORWARD -i lo -j ACCEPT
-A FORWARD -j FORWARD_direct
-A FORWARD -j FORWARD_IN_ZONES
-A FORWARD -j FORWARD_OUT_ZONES
-A FORWARD -m conntrack --ctstate INVALID -j DROP
-A OUTPUT -o lo -j ACCEPT
-A OUTPUT -j OUTPUT_direct
-A FORWARD_IN_ZONES -i eth0 -g FWDI_public
-A FORWARD_IN_ZONES -g FWDI_public
-A FORWARD_OUT_ZONES -o eth0 -g FWDO_public
-A FORWARD_OUT_ZONES -g FWDO_public
-A INPUT_ZONES -i eth0 -g IN_public
-A INPUT_ZONES -g IN_public
-A IN_public -j IN_public_allow
-A IN_public_allow -p tcp -m tcp --dport 22 -m conntrack --ctstate NEW -j ACCEPT
-A IN_public_allow -d 224.0.0.251/32 -p udp -m udp --dport 5353 -m conntrack --ctstate NEW -j ACCEPT
COMMIT
*nat
:PREROUTING ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
:PREROUTING_direct - [0:0]
:PREROUTING_ZONES - [0:0]
:POSTROUTING_direct - [0:0]
:POST_public_allow - [0:0]
-A PREROUTING -j PREROUTING_direct
-A PREROUTING -j PREROUTING_ZONES
-A POSTROUTING -j POSTROUTING_direct
-A POST_public_allow ! -o lo -j MASQUERADE
COMMIT
*raw
:PREROUTING ACCEPT [0:0]
:PREROUTING_direct - [0:0]
-A PREROUTING -j PREROUTING_direct
-A PREROUTING_direct -i eth0 -p udp -m udp --dport 137 -j CT --helper netbios-ns
COMMIT
*mangle
:PREROUTING ACCEPT [0:0]
:PREROUTING_direct - [0:0]
-A PREROUTING -j PREROUTING_direct
-A PREROUTING_direct -p tcp -m tcp --dport 443 -j MARK --set-xmark 0x1/0xffffffff
COMMIT
";

/// As ferm writes it: few chains, many rules, policies that drop, quotation marks in comments.
const FERM: &str = "\
*filter
:INPUT DROP [0:0]
:FORWARD DROP [0:0]
:OUTPUT ACCEPT [0:0]
-A INPUT -m state --state RELATED,ESTABLISHED -j ACCEPT
-A INPUT -i lo -j ACCEPT
-A INPUT -p icmp -m limit --limit 10/sec -j ACCEPT
-A INPUT -s 192.0.2.0/24 -p tcp -m multiport --dports 22,80,443 -m comment --comment \"the \\\"office\\\"\" -j ACCEPT
-A INPUT -m comment --comment \"a rule without a target\"
-A INPUT -j REJECT --reject-with icmp-port-unreachable
-A FORWARD -m state --state RELATED,ESTABLISHED -j ACCEPT
-A FORWARD -i eth0 -p tcp -m tcp --tcp-flags SYN,RST SYN -j TCPMSS --clamp-mss-to-pmtu
-A FORWARD -s 10.244.0.0/16 -j ACCEPT
-A FORWARD -j LOG --log-prefix \"dropped: \"
COMMIT
*nat
:PREROUTING ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
-A PREROUTING -d 192.168.0.10/32 -p tcp -m tcp --dport 8443 -j DNAT --to-destination 192.0.2.7:443
-A POSTROUTING -s 192.0.2.0/24 -o eth0 -j SNAT --to-source 192.168.0.10
COMMIT
";

/// Docker's classic chains (netspec 3.2).
const DOCKER: &str = "\
*filter
:FORWARD DROP [0:0]
:DOCKER - [0:0]
:DOCKER-ISOLATION-STAGE-1 - [0:0]
:DOCKER-ISOLATION-STAGE-2 - [0:0]
:DOCKER-USER - [0:0]
-A FORWARD -j DOCKER-USER
-A FORWARD -j DOCKER-ISOLATION-STAGE-1
-A FORWARD -o docker0 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A FORWARD -o docker0 -j DOCKER
-A FORWARD -i docker0 ! -o docker0 -j ACCEPT
-A FORWARD -i docker0 -o docker0 -j ACCEPT
-A DOCKER -d 172.17.0.2/32 ! -i docker0 -o docker0 -p tcp -m tcp --dport 80 -j ACCEPT
-A DOCKER-ISOLATION-STAGE-1 -i docker0 ! -o docker0 -j DOCKER-ISOLATION-STAGE-2
-A DOCKER-ISOLATION-STAGE-1 -j RETURN
-A DOCKER-ISOLATION-STAGE-2 -o docker0 -j DROP
-A DOCKER-ISOLATION-STAGE-2 -j RETURN
-A DOCKER-USER -j RETURN
COMMIT
*nat
:PREROUTING ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
:DOCKER - [0:0]
-A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER
-A OUTPUT ! -d 127.0.0.0/8 -m addrtype --dst-type LOCAL -j DOCKER
-A POSTROUTING -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE
-A POSTROUTING -s 172.17.0.2/32 -d 172.17.0.2/32 -p tcp -m tcp --dport 80 -j MASQUERADE
-A DOCKER -i docker0 -j RETURN
-A DOCKER ! -i docker0 -p tcp -m tcp --dport 8080 -j DNAT --to-destination 172.17.0.2:80
COMMIT
";

/// The same for IPv6, in short.
const V6: &str = "\
*filter
:INPUT ACCEPT [0:0]
:MINE - [0:0]
-A INPUT -p ipv6-icmp -j ACCEPT
-A INPUT -j MINE
-A MINE -s fd07::/64 -p tcp -m tcp --dport 22 -j ACCEPT
COMMIT
*nat
:POSTROUTING ACCEPT [0:0]
-A POSTROUTING -s fd07::/64 -o eth0 -j MASQUERADE
COMMIT
";

/// A VPN and a bridge of somebody else's: routes of two tables, rules, entries.
const VPN: [&str; 16] = [
    "ip -n node0 link add docker0 type bridge",
    "ip -n node0 addr add 172.17.0.1/16 dev docker0",
    "ip -n node0 link set docker0 up",
    "ip -n node0 link add vpn0 type veth peer name vpn1",
    "ip -n node0 addr add 10.8.0.1/24 dev vpn0",
    "ip -n node0 link set vpn0 up",
    "ip -n node0 link set vpn1 up",
    "ip -n node0 route add 10.20.0.0/16 via 10.8.0.2 dev vpn0 proto static",
    "ip -n node0 route add 10.244.7.0/24 via 10.8.0.2 dev vpn0 proto static metric 50",
    "ip -n node0 route add default via 10.8.0.2 dev vpn0 proto static table 51820",
    "ip -n node0 route add blackhole 10.99.0.0/16 proto bird",
    "ip -n node0 rule add not fwmark 51820 table 51820 priority 20000",
    "ip -n node0 rule add from 10.244.0.0/16 to 10.20.0.0/16 table main priority 19000",
    "ip -n node0 neigh add 10.8.0.2 lladdr 5e:00:00:00:00:01 dev vpn0 nud permanent",
    "ip -n node0 link add vx7 type vxlan id 7 dstport 4789 local 192.168.0.10 dev eth0",
    "bridge -n node0 fdb add 5e:00:00:00:00:07 dev vx7 dst 192.168.0.77 self permanent",
];

/// A node with one back end of iptables and what others have put there.
struct Node {
    lab: Lab,
    /// Tools under their usual names.
    path: String,
}

impl Node {
    fn new(backend: &str, rules: &[&str]) -> Node {
        let lab = Lab::enter();
        lab.machine("node0", "eth0", &["192.168.0.10/24", "fd01::10/64"]);
        let path = path_with(&lab.tools(backend));
        let node = Node { lab, path };
        VPN.iter().for_each(|line| drop(run(line)));
        for text in rules {
            node.load("iptables-restore", text);
        }
        node.load("ip6tables-restore", V6);
        if has_sets() {
            run("ip netns exec node0 ipset create office hash:net");
            run("ip netns exec node0 ipset add office 192.0.2.0/24");
            node.tool(&words("iptables -A INPUT -m set --match-set office src -j ACCEPT"));
        }
        node
    }

    /// A program in the node's namespace.
    fn tool(&self, words: &[&str]) -> Output {
        let mut command = Command::new("ip");
        command.args(["netns", "exec", "node0"]).args(words).env("PATH", &self.path);
        let output = command.output().unwrap();
        assert!(output.status.success(), "{words:?}: {}", text(&output.stderr));
        output
    }

    fn load(&self, tool: &str, rules: &str) {
        let file = self.lab.file("foreign.rules", rules);
        self.tool(&[tool, "--noflush", file.to_str().unwrap()]);
    }

    fn netc(&self, words: &[&str]) {
        let output = self.lab.netc().args(words).env("PATH", &self.path).output().unwrap();
        assert!(output.status.success(), "{words:?}: {}", text(&output.stderr));
    }

    fn apply(&self, source: &Path) {
        let source = source.to_str().unwrap();
        self.netc(&["apply", source, "--node", "node0", "--netns", "node0"]);
    }

    fn saved(&self) -> Vec<String> {
        ["iptables-save", "ip6tables-save"]
            .iter()
            .flat_map(|tool| {
                let shown = text(&self.tool(&[tool]).stdout);
                tables(&shown).into_iter().map(move |line| format!("{tool} {line}"))
            })
            .collect()
    }

    /// Routes, rules, entries and addresses that are not netc's, as the tools print them.
    fn others(&self) -> Vec<String> {
        let mut all = Vec::new();
        if has_sets() {
            all.extend(run("ip netns exec node0 ipset save").lines().map(str::to_owned));
        }
        for command in [
            "ip -n node0 route show table main",
            "ip -n node0 route show table 51820",
            "ip -n node0 rule",
            "ip -n node0 -6 rule",
            "ip -n node0 neigh show nud permanent",
            "bridge -n node0 fdb show dev vx7",
            "ip -n node0 -o addr show dev docker0 scope global",
            "ip -n node0 -o addr show dev vpn0 scope global",
            "ip -n node0 -o link show type vxlan",
        ] {
            let own = ["proto 110", "cni0", "flannel", "veth"];
            let shown = run(command);
            let kept = shown.lines().filter(|line| !own.iter().any(|own| line.contains(own)));
            all.extend(kept.map(|line| format!("{command}: {line}")));
        }
        all
    }
}

/// Whether there is ipset(8), which no other test needs.
fn has_sets() -> bool {
    Command::new("ipset").arg("--version").output().is_ok_and(|output| output.status.success())
}

fn words(line: &str) -> Vec<&str> {
    line.split(' ').collect()
}

/// The lines of chains and rules, each behind its table. Counters of packets go on counting.
fn tables(shown: &str) -> Vec<String> {
    let mut table = "";
    let mut all = Vec::new();
    for line in shown.lines() {
        match line.split_at_checked(1) {
            Some(("*", name)) => table = name,
            Some((":", _)) => {
                let line = line.split(" [").next().unwrap();
                all.push(format!("{table} {line}"));
            }
            Some(("-", _)) => all.push(format!("{table} {line}")),
            _ => {}
        }
    }
    all
}

/// Whether a line is of netc's, and not of the systems that were there before.
fn is_own(line: &str) -> bool {
    ["KUBE-", "FLANNEL-"].iter().any(|mark| line.contains(mark))
}

/// Built-in chains without rules are there or not, as the kernel likes.
fn is_plain(line: &str) -> bool {
    line.ends_with(" ACCEPT") && line.contains(" :")
}

/// The lines of each table that are not netc's, in their order. The tables themselves come in the
/// order in which they were first used.
fn kept(lines: &[String]) -> Vec<String> {
    let kept = lines.iter().filter(|line| !is_own(line) && !is_plain(line)).cloned();
    let mut kept: Vec<String> = kept.collect();
    let table = |line: &String| line.split(' ').take(2).collect::<Vec<_>>().join(" ");
    kept.sort_by_key(table);
    kept
}

/// Applies, changes and destroys a cluster beside what others have.
fn stays(backend: &str, rules: &[&str]) {
    let node = Node::new(backend, rules);
    let before = (kept(&node.saved()), node.others());
    assert!(before.0.len() > 10 && before.1.len() > 10, "{before:?}");
    let same = |what: &str| {
        let now = (kept(&node.saved()), node.others());
        assert_eq!(now.0, before.0, "rules after {what} ({backend})");
        assert_eq!(now.1, before.1, "the rest after {what} ({backend})");
    };
    let source = |text: &str| -> PathBuf { node.lab.source(text) };
    node.apply(&source(LAB));
    assert!(node.saved().iter().any(|line| is_own(line)));
    same("an apply");
    node.apply(&source(
        &LAB.replace("replicas 2", "replicas 1").replace("port 80 ->", "port 81 ->"),
    ));
    same("a change of services");
    node.apply(&source(&LAB.replace("overlay  vxlan", "overlay  host-gw")));
    same("a change of the overlay");
    // Others come later too, and put themselves first.
    node.tool(&words("iptables -I FORWARD 1 -s 203.0.113.0/24 -j DROP"));
    node.apply(&source(LAB));
    node.tool(&words("iptables -D FORWARD -s 203.0.113.0/24 -j DROP"));
    same("a rule above the jumps");
    node.netc(&["rollback", "--netns", "node0"]);
    same("a rollback");
    node.netc(&["destroy", "--netns", "node0"]);
    same("a destroy");
    assert!(!node.saved().iter().any(|line| is_own(line)), "{:?}", node.saved());
}

#[test]
fn firewalld_stays_with_nft() {
    stays("nft", &[FIREWALLD]);
}

#[test]
fn firewalld_stays_with_legacy() {
    stays("legacy", &[FIREWALLD]);
}

#[test]
fn ferm_and_docker_stay_with_nft() {
    stays("nft", &[FERM, DOCKER]);
}

#[test]
fn ferm_and_docker_stay_with_legacy() {
    stays("legacy", &[FERM, DOCKER]);
}
