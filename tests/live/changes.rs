//! Changes to nodes that are programmed already, or by others too.

use crate::lab::{Lab, ask, rules, run, serve};

const LAB: &str = "\
cluster lab { pods 10.244.0.0/16; services 10.96.0.0/16; overlay vxlan }
node node0 { address 192.168.0.10/24 on eth0 }
node node1 { address 192.168.0.11/24 on eth0 }
pods web replicas 2 on node0 { labels app=web; port http 80 }
service web { ip 10.96.0.80; select app=web; port 80 -> http }
";

fn node0(lab: &Lab) {
    lab.machine("node0", "eth0", &["192.168.0.10/24"]);
}

/// The lines of a dry run, without positions.
fn changes(lab: &Lab, source: &std::path::Path) -> Vec<String> {
    let shown = lab.applied(source, "node0", &["--dry-run"]);
    let line =
        |line: &str| line.rsplit_once("  # ").map_or(line, |(left, _)| left).trim_end().to_owned();
    shown.lines().map(line).collect()
}

#[test]
fn a_dry_run_changes_nothing() {
    let lab = Lab::enter();
    node0(&lab);
    let source = lab.source(LAB);
    let before = (rules("node0", "iptables-save"), run("ip -n node0 -o link"));
    let shown = changes(&lab, &source);
    assert!(shown.contains(&"+ ip netns add pod-default.web-0".to_owned()), "{shown:?}");
    assert!(shown.last().unwrap().starts_with("node0 would change: "), "{shown:?}");
    assert_eq!((rules("node0", "iptables-save"), run("ip -n node0 -o link")), before);
    assert!(!run("ip netns list").contains("pod-"));
}

#[test]
fn only_what_differs_is_changed() {
    let lab = Lab::enter();
    node0(&lab);
    lab.applied(&lab.source(LAB), "node0", &[]);
    // The service moves to another port: its chains and the shared one, nothing else.
    let moved = lab.source(&LAB.replace("port 80 ->", "port 81 ->"));
    let shown = changes(&lab, &moved);
    assert!(shown.iter().all(|line| !line.contains("ip ")), "{shown:?}");
    assert_eq!(shown.last().unwrap(), "node0 would change: 2 changed");
    lab.applied(&moved, "node0", &[]);
    serve("pod-default.web-0", "0.0.0.0:80");
    serve("pod-default.web-1", "0.0.0.0:80");
    ask("pod-default.web-0", "10.96.0.80:81").unwrap();
    // Another node moves: its route stays, its forwarding entry does not.
    let moved = lab
        .source(&LAB.replace("192.168.0.11", "192.168.0.99").replace("port 80 ->", "port 81 ->"));
    let shown = changes(&lab, &moved);
    assert_eq!(shown[0].split(' ').take(4).collect::<Vec<_>>(), ["~", "bridge", "fdb", "replace"]);
    assert_eq!(shown[1..], ["      was 192.168.0.11", "node0 would change: 1 changed"]);
}

#[test]
fn what_others_broke_is_mended() {
    let lab = Lab::enter();
    node0(&lab);
    let source = lab.source(LAB);
    lab.applied(&source, "node0", &[]);
    run("ip -n node0 route del 10.244.1.0/24");
    run("ip -n node0 link set cni0 mtu 1400");
    run("ip netns exec node0 sysctl -qw net.ipv4.ip_forward=0");
    run("ip netns exec node0 iptables -t nat -F KUBE-MARK-MASQ");
    run("ip netns exec node0 iptables -I FORWARD 1 -s 203.0.113.0/24 -j DROP");
    let shown = changes(&lab, &source).join("\n");
    for expected in [
        "~ sysctl -w net.ipv4.ip_forward=1\n      was 0",
        "~ ip link set cni0 mtu 1450\n      was mtu 1400",
        "+ ip route replace 10.244.1.0/24 via 10.244.1.0 dev flannel.1 proto 110 onlink",
        "~ # IPv4 chain KUBE-MARK-MASQ of table nat  # 1 rule\n      had 0 rules",
        "out of place",
    ] {
        assert!(shown.contains(expected), "{expected:?} in {shown}");
    }
    lab.applied(&source, "node0", &[]);
    assert_eq!(changes(&lab, &source), ["node0 is as planned: nothing to do"]);
}

#[test]
fn a_device_that_cannot_be_changed_is_made_anew_with_all_that_hangs_on_it() {
    let lab = Lab::enter();
    node0(&lab);
    lab.applied(&lab.source(LAB), "node0", &[]);
    let source = lab.source(&LAB.replace("overlay vxlan", "overlay vxlan { port 4789 }"));
    let shown = changes(&lab, &source);
    let marks: Vec<&str> = shown.iter().filter_map(|line| line.get(..6)).collect();
    assert_eq!(marks[0], "! ip l", "{shown:?}");
    assert!(shown.iter().any(|line| line.starts_with("+ ip neigh replace")), "{shown:?}");
    lab.applied(&source, "node0", &[]);
    assert!(run("ip -n node0 -d link show flannel.1").contains("dstport 4789"));
    assert_eq!(changes(&lab, &source), ["node0 is as planned: nothing to do"]);
}

#[test]
fn rules_of_others_stay_in_their_order() {
    let lab = Lab::enter();
    node0(&lab);
    let foreign = [
        "FORWARD -s 203.0.113.0/24 -j DROP",
        "FORWARD -d 198.51.100.0/24 -m comment --comment \"keep me\" -j ACCEPT",
        "INPUT -p tcp -m tcp --dport 22 -j ACCEPT",
    ];
    let lines: String = foreign.iter().map(|rule| format!("-A {rule}\n")).collect();
    let payload = format!("*filter\n:MINE - [0:0]\n{lines}-A MINE -j RETURN\nCOMMIT\n");
    let file = lab.file("foreign.rules", &payload);
    run(&format!("ip netns exec node0 iptables-restore --noflush {}", file.display()));
    lab.applied(&lab.source(LAB), "node0", &[]);
    let after = rules("node0", "iptables-save");
    let forward = &after[&("filter".to_owned(), "FORWARD".to_owned())];
    let place = |text: &str| forward.iter().position(|rule| rule.contains(text)).unwrap();
    assert!(place("KUBE-FORWARD") < place("203.0.113.0/24"), "kube-proxy's jumps come first");
    assert!(place("203.0.113.0/24") < place("keep me"), "others keep their order");
    assert!(place("keep me") < place("FLANNEL-FWD"), "flannel's jump comes last");
    let own = &after[&("filter".to_owned(), "MINE".to_owned())];
    assert_eq!(own[..], ["-A MINE -j RETURN"]);
}
