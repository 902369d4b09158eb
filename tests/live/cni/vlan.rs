//! Pods in a vlan of their bridge. A kernel that filters is needed: Debian's, in the virtual machine.

use super::{alike, emitted};
use crate::dump::{dump, same};
use crate::lab::{Lab, ask, run, serve};

const LAB: &str = "\
cluster lab {
    pods 10.1.0.0/16, fd00:10:1::/56
    services 10.96.0.0/16, fd00:96::/112
    pod-network bridge { masquerade; vlan 10 }
    proxy none
}
node node0 { address 192.0.2.10/24, 2001:db8::10/64 on eth0 }
pod peer on node0 { labels app=web; port 80 }
pod web on node0 { labels app=web; port 80; host-port 8080 -> 80 }
";

fn lab() -> Lab {
    let lab = Lab::enter();
    lab.machine("node0", "eth0", &["192.0.2.10/24", "2001:db8::10/64"]);
    lab.machine("outside", "eth0", &["192.0.2.200/24", "2001:db8::200/64"]);
    run("ip -n outside route add 10.1.0.0/16 via 192.0.2.10");
    serve("outside", "[::]:80");
    lab
}

/// Applies, and a second time: then there is nothing to do.
#[track_caller]
fn applied(lab: &Lab, text: &str) {
    let source = lab.source(text);
    lab.applied(&source, "node0", &[]);
    let again = lab.applied(&source, "node0", &[]);
    assert_eq!(again, "node0 is as planned: nothing to do\n", "{text}");
}

/// The node's end of the pair of a pod.
fn host_end(pod: &str) -> String {
    let shown = run(&format!("ip -n {pod} -o link show eth0"));
    let number = shown.split(['@', ':']).nth(2).unwrap().strip_prefix("if").unwrap().to_owned();
    let all = run("ip -n node0 -o link");
    let line = all.lines().find(|line| line.starts_with(&format!("{number}: "))).unwrap();
    line.split([' ', '@', ':']).nth(2).unwrap().to_owned()
}

#[track_caller]
fn reached() {
    for (from, to) in [
        ("outside", "192.0.2.10:8080"),
        ("outside", "[2001:db8::10]:8080"),
        ("node0", "127.0.0.1:8080"),
        ("node0", "192.0.2.10:8080"),
        ("pod-default.peer", "192.0.2.10:8080"),
        ("pod-default.web", "192.0.2.10:8080"),
        ("pod-default.web", "192.0.2.200:80"),
        ("pod-default.web", "[2001:db8::200]:80"),
        ("pod-default.web", "10.1.0.2:80"),
        ("pod-default.peer", "10.1.0.3:80"),
        ("node0", "10.1.0.3:80"),
    ] {
        ask(from, to).unwrap_or_else(|error| panic!("{from} asks {to}: {error}"));
    }
}

fn serve_pods() {
    serve("pod-default.web", "[::]:80");
    serve("pod-default.peer", "[::]:80");
}

#[test]
fn vlans_come_change_and_go() {
    let lab = lab();
    let before = dump("node0");
    applied(&lab, LAB);
    serve_pods();
    reached();
    let ten = dump("node0");
    for network in ["masquerade; vlan 20", "masquerade", "masquerade; vlan 4094; hairpin off"] {
        applied(&lab, &LAB.replace("masquerade; vlan 10", network));
        reached();
    }
    let mut back = lab.netc();
    let output = back.args(["rollback", "--netns", "node0"]).output().unwrap();
    assert!(output.status.success(), "{}", crate::lab::text(&output.stderr));
    reached();
    assert!(!run("ip -n node0 -d link show cni0").contains("vlan_filtering 1"));
    applied(&lab, LAB);
    reached();
    same(&dump("node0"), &ten, "the same again");
    let output = lab.netc().args(["destroy", "--netns", "node0"]).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    same(&dump("node0"), &before, "destroyed");
}

#[test]
fn what_others_change_is_mended() {
    let lab = lab();
    applied(&lab, LAB);
    serve_pods();
    let port = host_end("pod-default.web");
    let before = run("bridge -n node0 vlan show");
    for (change, told) in [
        (
            "ip -n node0 link set cni0 type bridge vlan_filtering 0".to_owned(),
            "device cni0 has vlan_filtering 0, not 1",
        ),
        (
            format!("bridge -n node0 vlan del vid 10 dev {port}"),
            "is in no vlan of its own, not in vlan 10",
        ),
        (
            format!("bridge -n node0 vlan add vid 30 dev {port}"),
            "is in no vlan of its own, not in vlan 10",
        ),
        (
            format!("bridge -n node0 vlan add vid 10 dev {port} pvid"),
            "is in no vlan of its own, not in vlan 10",
        ),
        ("ip -n node0 link del cni0.10".to_owned(), "is missing"),
    ] {
        run(&change);
        let output = lab.netc().args(["drift", "--netns", "node0"]).output().unwrap();
        let said = crate::lab::text(&output.stdout);
        assert!(said.contains(told), "{change}: {said}");
        applied(&lab, LAB);
        reached();
    }
    assert_eq!(run("bridge -n node0 vlan show"), before);
}

/// The proxy has bridged packets pass iptables too.
#[test]
fn services_are_reached_beside_a_vlan() {
    for proxy in ["iptables", "iptables { detect-local bridge cni0 }", "nftables"] {
        let lab = lab();
        let text = LAB.replace("masquerade; vlan 10", "vlan 10");
        let text = text.replace("proxy none", &format!("proxy {proxy}"));
        let service = "service web { cluster-ip 10.96.0.1; select app=web; port 80 }\n";
        applied(&lab, &(text + service));
        serve_pods();
        for from in ["node0", "pod-default.web", "pod-default.peer"] {
            for _ in 0..6 {
                let answer = ask(from, "10.96.0.1:80");
                answer.unwrap_or_else(|error| panic!("{proxy}: {from}: {error}"));
            }
        }
        ask("pod-default.web", "10.1.0.2:80").unwrap();
        ask("pod-default.web", "192.0.2.10:8080").unwrap();
        ask("outside", "192.0.2.10:8080").unwrap();
    }
}

#[test]
fn as_by_the_plugins() {
    alike("vlan");
}

#[test]
fn as_it_is_emitted() {
    emitted("vlan");
}
