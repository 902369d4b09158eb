//! Primitives: the examples, what a person would have typed instead, and what is left alone.

use crate::dump::{dump_with, same};
use crate::lab::{Lab, ask, root, run, serve, text, within};
use crate::program::until;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The namespaces that the tests make.
const SPACES: [&str; 5] = ["red", "green", "blue", "router", "server"];

fn example(name: &str) -> PathBuf {
    root().join("examples").join(name)
}

fn lab() -> Lab {
    let lab = Lab::enter();
    lab.machine("node0", "eth0", &["192.168.80.241/24"]);
    lab.machine("outside", "eth0", &["192.168.80.1/24"]);
    lab
}

fn all() -> String {
    dump_with("node0", &SPACES)
}

/// What two ways to the same thing must agree in: not in Ethernet addresses that nobody stated, nor
/// in netc's own marks.
fn alike(dump: &str) -> String {
    let made_up = ["link/ether", "designated_root", "bridge_id", "designated_bridge"];
    let plain = |line: &str| {
        let line = line.replace(" proto 110", "");
        let parts = line.split('\\').filter(|part| !part.trim_start().starts_with("alias "));
        let line = parts.map(str::trim).collect::<Vec<_>>().join(" ");
        let mut words: Vec<&str> = line.split_whitespace().collect();
        for place in 1..words.len() {
            if made_up.contains(&words[place - 1]) || words[place - 1] == "permaddr" {
                words[place] = "*";
            }
        }
        words.join(" ")
    };
    // A bridge knows the addresses of its ports.
    let own = |line: &&str| !(line.contains(" dev ") && line.contains(" permanent"));
    dump.lines().filter(own).map(plain).collect::<Vec<_>>().join("\n")
}

/// Runs commands one after the other in a node, as a shell does.
fn typed(commands: &str) {
    // `ip netns exec` would have a view of the mounts of its own.
    let own = commands.to_owned();
    let output = within("node0", move || Command::new("sh").args(["-ec", &own]).output()).unwrap();
    assert!(output.status.success(), "{commands}: {}", text(&output.stderr));
}

/// The state after `netc apply`; a second one has nothing to do.
fn applied(lab: &Lab, source: &Path) -> String {
    lab.applied(source, "node0", &[]);
    let again = lab.applied(source, "node0", &[]);
    assert_eq!(again, "node0 is as planned: nothing to do\n");
    all()
}

fn destroyed(lab: &Lab) {
    let output = lab.netc().args(["destroy", "--netns", "node0"]).output().unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
}

/// Applies an example and takes it away again, and types the commands of its plan instead; then what
/// the text says, if there is one.
fn as_typed(name: &str, by_hand: Option<&str>, there: impl Fn()) {
    let made = {
        let lab = lab();
        let before = all();
        let made = applied(&lab, &example(name));
        there();
        destroyed(&lab);
        same(&all(), &before, "after destroy");
        made
    };
    let golden = root().join("golden").join(name).join("node0/plan.txt");
    let plan = fs::read_to_string(golden).unwrap();
    let commands: Vec<&str> = plan.lines().filter(|line| !line.starts_with('#')).collect();
    // The plan of a chain says only how many rules it has.
    let rules = fs::read_to_string(root().join(format!("golden/{name}/node0/iptables.rules")));
    let mut planned = commands.join("\n");
    if let Ok(rules) = rules {
        let own = commands.iter().filter(|line| !line.starts_with("iptables"));
        planned = own.copied().collect::<Vec<_>>().join("\n");
        planned.push_str(&format!("\niptables-restore --noflush <<'EOF'\n{rules}\nEOF\n"));
    }
    for commands in [Some(planned.as_str()), by_hand].into_iter().flatten() {
        let _lab = lab();
        typed(commands);
        same(&alike(&all()), &alike(&made), commands);
    }
}

#[test]
fn two_namespaces_joined_by_a_veth_pair() {
    let by_hand = "\
ip netns add red; ip netns add blue
ip link add veth0 type veth peer name veth1
ip link set veth0 netns red; ip link set veth1 netns blue
ip netns exec red ip addr add 10.1.1.1/24 dev veth0
ip netns exec blue ip addr add 10.1.1.2/24 dev veth1
for name in red blue; do ip -n $name link set lo up; done
ip netns exec red ip link set dev veth0 up; ip netns exec blue ip link set dev veth1 up";
    as_typed("netns-veth", Some(by_hand), || {
        run("ip netns exec red ping -c 1 -W 2 10.1.1.2");
        serve("blue", "0.0.0.0:80");
        let answer = ask("red", "10.1.1.2:80").unwrap();
        assert_eq!(
            (answer.server.as_str(), answer.client.to_string()),
            ("blue", "10.1.1.1".into())
        );
        let local = run("ip -n red route show table local type local");
        assert!(local.contains("10.1.1.1 dev veth0"), "{local}");
        let main = run("ip -n red route list");
        assert!(main.contains("10.1.1.0/24 dev veth0 proto kernel"), "{main}");
    });
}

#[test]
fn a_bridge_with_a_way_out_and_a_way_in() {
    let by_hand = "\
ip link add br0 type bridge; ip addr add 10.1.1.254/24 dev br0
number=1
for name in red green blue; do
    ip netns add $name; ip -n $name link set lo up
    mtu=1500; [ $name = blue ] && mtu=1400
    ip link add veth$number mtu $mtu type veth peer name eth0 mtu $mtu netns $name
    ip link set veth$number master br0
    ip -n $name addr add 10.1.1.$number/24 dev eth0
    number=$((number + 1))
done
bridge link set dev veth1 hairpin on
for name in br0 veth1 veth2 veth3; do ip link set $name up; done
for name in red green blue; do
    ip -n $name link set eth0 up; ip -n $name route add default via 10.1.1.254 proto 110
done
echo 1 > /proc/sys/net/ipv4/ip_forward
for chain in LAB-OUT LAB-IN; do iptables -t nat -N $chain; done
for chain in LAB-FORWARD LAB-FROM; do iptables -N $chain; done
iptables -t raw -N LAB-RAW
iptables -t nat -A LAB-OUT -s 10.1.1.0/24 ! -o br0 -j MASQUERADE
iptables -t nat -A LAB-IN -p tcp --dport 8080 -m addrtype --dst-type LOCAL -j DNAT --to 10.1.1.1:80
iptables -A LAB-FORWARD -o br0 -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT
iptables -A LAB-FORWARD -i br0 -j LAB-FROM
iptables -A LAB-FORWARD -o br0 -p tcp --dport 80 -m conntrack --ctstate DNAT -j ACCEPT
iptables -A LAB-FORWARD -o br0 -m comment --comment 'nothing else comes in' -j DROP
iptables -A LAB-FROM -o br0 -j ACCEPT
iptables -A LAB-FROM -s 10.1.1.3 -j REJECT
iptables -A LAB-FROM -j ACCEPT
iptables -t raw -A LAB-RAW ! -s 10.1.1.0/24 -i br0 -j DROP
iptables -t nat -A POSTROUTING -j LAB-OUT
iptables -t nat -A PREROUTING -j LAB-IN
iptables -t nat -A OUTPUT -j LAB-IN
iptables -I FORWARD -j LAB-FORWARD
iptables -t raw -A PREROUTING -j LAB-RAW";
    as_typed("bridge", Some(by_hand), || {
        for name in ["red", "green", "blue", "outside"] {
            serve(name, "0.0.0.0:80");
        }
        let client = |from: &str, to: &str| {
            let answer = ask(from, to).unwrap();
            (answer.server, answer.client.to_string())
        };
        assert_eq!(client("green", "10.1.1.3:80"), ("blue".into(), "10.1.1.2".into()));
        // What goes out takes the node's address, what comes in goes to `red`.
        assert_eq!(client("green", "192.168.80.1:80"), ("outside".into(), "192.168.80.241".into()));
        assert_eq!(client("outside", "192.168.80.241:8080"), ("red".into(), "192.168.80.1".into()));
        assert_eq!(client("node0", "192.168.80.241:8080").0, "red");
        assert!(ask("blue", "192.168.80.1:80").is_err(), "`blue` stays within");
        run("ip -n outside route add 10.1.1.0/24 via 192.168.80.241");
        assert!(ask("outside", "10.1.1.2:80").is_err(), "nothing else comes in");
        assert!(ask("outside", "10.1.1.1:80").is_err(), "`red` is reached by the node only");
    });
}

#[test]
fn tables_and_rules_of_the_routing_policy() {
    as_typed("policy-routing", None, || {
        for (from, marked, by) in [
            ("10.1.1.1 iif r-red", "", "via 10.2.1.2 dev one table 101"),
            ("10.1.2.1 iif r-green", "", "via 10.2.2.2 dev two table 102"),
            ("10.1.1.1 iif r-red", "mark 0x2", "via 10.2.2.2 dev two table 102"),
        ] {
            let way = run(&format!("ip -n router route get 10.7.0.9 from {from} {marked}"));
            assert!(way.contains(by), "{from} {marked}: {way}");
        }
        serve("server", "0.0.0.0:80");
        for (from, address) in [("red", "10.1.1.1"), ("green", "10.1.2.1")] {
            let answer = ask(from, "10.7.3.4:80").unwrap();
            assert_eq!(
                (answer.server.as_str(), answer.client.to_string()),
                ("server", address.into())
            );
            assert!(ask(from, "10.9.0.1:80").is_err());
        }
    });
}

/// What somebody changes is told, and mended.
#[test]
fn drift_is_found_and_mended() {
    let lab = lab();
    let source = example("policy-routing");
    let made = applied(&lab, &source);
    for (change, told) in [
        (
            "rule del priority 400",
            "IPv4 routing rule 400 in router from 10.1.1.0/24 lookup 101 is missing",
        ),
        (
            "route flush table 102",
            "route 0.0.0.0/0 of table 102 in router via 10.2.2.2 dev two is missing",
        ),
        ("route del blackhole 10.9.0.0/16", "route 10.9.0.0/16 in router blackhole is missing"),
        (
            "rule add from 10.3.0.0/16 table 9 priority 950 proto 110",
            "IPv4 routing rule 950 in router is left: nothing asks for it",
        ),
    ] {
        run(&format!("ip -n router {change}"));
        let mut drift = lab.netc();
        drift.arg("diff").arg(&source).args(["--drift", "--node", "node0", "--netns", "node0"]);
        let shown = text(&drift.output().unwrap().stdout);
        assert!(shown.contains(told), "{change}: {shown}");
        lab.applied(&source, "node0", &[]);
        same(&all(), &made, change);
    }
    run("ip -n router rule del priority 500");
    run("ip -n router rule add from 10.1.0.0/16 table 7 priority 500 proto 110");
    run("ip -n server route replace local 10.7.0.0/17 dev lo table local proto 110");
    run("ip -n server route del local 10.7.0.0/16 table local");
    lab.applied(&source, "node0", &[]);
    same(&all(), &made, "another rule, and a local route of another length");
}

const BESIDE: &str = "\
cluster lab { proxy none }
node node0 { address 192.168.80.241/24 on eth0; address fd00:80::1/64 on eth0 }
primitives node0 {
    route 10.5.0.0/16 via 192.168.80.1 table 100
    route default via fd00:80::2 dev eth0 table 100
    route unreachable fd00:9::/64
    route local fd00:7::/64 dev lo table local
    route 10.6.0.0/16 dev eth0 { scope global; source 192.168.80.241 }
    route 10.8.0.0/16 via 198.51.100.1 dev eth0 { onlink }
    rule from 10.5.0.0/16 iif eth0 priority 1000 table 100
    rule not from fd00:80::/64 fwmark 0x10 priority 1000 table 70000
    rule oif eth0 priority 1001 action prohibit family ipv6
    sysctl net.ipv4.conf.eth0.rp_filter 2
    sysctl net.ipv4.tcp_rmem \"4096 131072 6291456\"
}
";

/// Rules, routes and chains of others stay as they are; one in the way is told.
#[test]
fn what_others_have_made_stays() {
    let lab = lab();
    run("ip -n node0 addr add fd00:80::1/64 dev eth0 nodad");
    // The kernel adds the address's own route when it gets to it.
    until("the address is local", || {
        !run("ip -n node0 -6 route show table local fd00:80::1").is_empty()
    });
    let others = "\
ip rule add from 10.66.0.0/16 table 7 priority 777; ip -6 rule add fwmark 1 table 8 priority 778
ip route add blackhole 10.55.0.0/16 table 100; ip route add local 10.44.0.0/16 dev lo table local
iptables -t mangle -A PREROUTING -i eth7 -j MARK --set-mark 7";
    typed(others);
    let before = all();
    let source = lab.source(BESIDE);
    applied(&lab, &source);
    let rules = run("ip -n node0 -6 rule");
    assert!(rules.contains("not from fd00:80::/64 fwmark 0x10 lookup 70000 proto 110"), "{rules}");
    lab.applied(
        &lab.source(
            "cluster lab { proxy none }\nnode node0 { address 192.168.80.241/24 on eth0 }\n",
        ),
        "node0",
        &[],
    );
    same(&all(), &before, "once it has left the sources");
    let source = lab.source(BESIDE);
    applied(&lab, &source);
    destroyed(&lab);
    same(&all(), &before, "after destroy");
    typed(
        "ip rule add from 10.77.0.0/16 table 7 priority 1000; ip route add local fd00:7::/64 dev lo table local",
    );
    let refused = lab.apply(&source, "node0", &["--format", "short"]);
    let said = text(&refused.stderr);
    for other in ["IPv4 routing rule 1000", "route fd00:7::/64 of table 255"] {
        let told = format!("{other} is there already, and is not netc's");
        assert!(said.contains(&told), "{told}: {said}");
    }
}

const RULES: &str = "\
cluster lab { proxy none }
node node0 { address 192.168.80.241/24 on eth0 }
primitives node0 {
    chain raw LAB-R on prerouting first, output { rule { protocol not icmp; source 10.0.0.1; notrack } }
    chain mangle LAB-M on prerouting, input, forward, output, postrouting {
        rule { mark not 0x1/0xff; set-mark 0x2/0xff }
        rule { mark 0x5; log \"it's \\\"lab\\\"\" }
        rule { comment \"plain\"; set-mark 7 }
        rule { log }
        rule { jump LAB-M2 }
    }
    chain mangle LAB-M2 { rule { source-type not local; destination-type multicast; return } }
    chain nat LAB-N on prerouting, output {
        rule { protocol udp; source-port 1024-65535; destination-port not 53; dnat 10.0.0.2 }
        rule { protocol tcp; destination-port 1-1023; redirect 8080 }
        rule { protocol sctp; source-port not 7; destination-port 9; dnat 10.0.0.2:99 }
    }
    chain nat LAB-S on postrouting first {
        rule { protocol tcp; out-interface not veth+; snat 192.0.2.1:4000 }
        rule { ctstate not dnat, snat; snat 192.0.2.1 }
        rule { masquerade random-fully }
    }
    chain filter LAB-F on input first, forward, output last {
        rule { ctstate new, invalid, untracked; drop }
        rule { source not 10.0.0.0/8; destination 10.0.0.1; accept }
        rule { protocol icmp; reject }
    }
    chain filter LAB-F on forward family ipv6 {
        rule { in-interface eth+; source fd00::/64; destination not fd00::1; reject }
        rule { protocol icmp; ctstate related; accept }
    }
    chain nat LAB-N on prerouting family ipv6 {
        rule { protocol tcp; destination-port 80; dnat [fd00::2]:8080 }
        rule { destination fd00::9; dnat fd00::3 }
    }
}
";

/// Every condition and target is read back as it is written, with both back ends of iptables.
#[test]
fn rules_are_read_back_as_they_are_written() {
    let lab = lab();
    let before = all();
    let source = lab.source(RULES);
    applied(&lab, &source);
    let saved = run("ip netns exec node0 iptables-save -t mangle");
    assert!(saved.contains(r#"-j LOG --log-prefix "it\'s \"lab\"""#), "{saved}");
    // A jump that is stated to be first is put back before those of others.
    typed("iptables -I INPUT -s 10.3.3.3 -j DROP");
    assert!(lab.applied(&source, "node0", &[]).starts_with("node0 is as planned: "));
    let input = run("ip netns exec node0 iptables -S INPUT");
    assert_eq!(input.lines().nth(1), Some("-A INPUT -j LAB-F"));
    typed("iptables -D INPUT -s 10.3.3.3 -j DROP");
    destroyed(&lab);
    same(&all(), &before, "after destroy");
}
