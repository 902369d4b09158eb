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
    run("ip -n node0 route add default via 192.0.2.200");
    // Another cluster may have had packets of all bridges pass iptables.
    run("modprobe br_netfilter");
    for family in ["iptables", "ip6tables"] {
        run(&format!("ip netns exec node0 sysctl -w net.bridge.bridge-nf-call-{family}=0"));
    }
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
        if let Err(error) = ask(from, to) {
            panic!("{from} asks {to}: {error}");
        }
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
    let vlans = || {
        let all = run("bridge -j -n node0 vlan show");
        let mut all: Vec<serde_json::Value> = serde_json::from_str(&all).unwrap();
        all.sort_by_key(ToString::to_string);
        all
    };
    let before = vlans();
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
        let source = lab.source(LAB);
        let source = source.to_str().unwrap();
        let output =
            lab.netc().args(["diff", "--drift", "--netns", "node0", source]).output().unwrap();
        let said = crate::lab::text(&[output.stdout, output.stderr].concat());
        assert!(said.contains(told), "{change}: {said}");
        applied(&lab, LAB);
        reached();
    }
    assert_eq!(vlans(), before);
}

/// The bridge takes answers past the node: the proxy masquerades.
#[test]
fn services_are_reached_beside_a_vlan() {
    let lab = lab();
    let text = LAB.replace("proxy none", "proxy iptables { masquerade-all }");
    applied(&lab, &(text + "service web { ip 10.96.0.1; select app=web; port 80 }\n"));
    serve_pods();
    for from in ["node0", "pod-default.web", "pod-default.peer"] {
        for _ in 0..6 {
            ask(from, "10.96.0.1:80").unwrap_or_else(|error| panic!("{from}: {error}"));
        }
    }
    reached();
}

#[test]
fn as_by_the_plugins() {
    alike("vlan");
}

#[test]
fn as_it_is_emitted() {
    emitted("vlan");
}
