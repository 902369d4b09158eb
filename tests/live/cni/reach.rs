//! Who reaches pods of a CNI network by host ports, and what their own connections look like: the same
//! questions, with the same answers, where the plugins have made the network and where netc has.

use super::plugins::Runtime;
use super::{ADDRESSES, OURS};
use crate::dump::{dump, same};
use crate::faults::fail_at;
use crate::lab::{Lab, ask, root, run, serve, serve_udp, within};
use std::io::ErrorKind;
use std::net::UdpSocket;
use std::time::Duration;

/// Where the pods of a case are: one with host ports, one beside it.
struct Pods {
    web: &'static str,
    peer: &'static str,
}

const OF_PLUGINS: Pods = Pods { web: "cni-default.web", peer: "cni-default.peer" };
const OF_NETC: Pods = Pods { web: "pod-default.web", peer: "pod-default.peer" };

/// The case on a node with another machine beside it, once by the plugins and once by netc.
fn reached(case: &str) {
    let folder = root().join("tests/cni").join(case);
    for pods in [OF_PLUGINS, OF_NETC] {
        let lab = Lab::enter();
        lab.machine(OURS, "eth0", &ADDRESSES);
        lab.machine("outside", "eth0", &["192.0.2.200/24", "2001:db8::200/64"]);
        if pods.web == OF_PLUGINS.web {
            Runtime::read(&folder).add_all(&lab, OURS);
        } else {
            lab.applied(&folder.join("cluster.netc"), OURS, &[]);
        }
        serve_all(&pods);
        asked(&pods);
    }
}

/// The client as the server sees it.
#[track_caller]
fn seen(from: &str, to: &str) -> String {
    let answer = ask(from, to).unwrap_or_else(|error| panic!("{from} to {to}: {error}"));
    answer.client.to_string()
}

fn serve_all(pods: &Pods) {
    for (space, port) in [(pods.web, 80), (pods.web, 81), (pods.peer, 80), ("outside", 80)] {
        serve(space, &format!("[::]:{port}"));
    }
    serve_udp(pods.web, "[::]:53");
}

fn asked(pods: &Pods) {
    let Pods { web, peer } = *pods;
    // From another machine: the pod sees who it is.
    for (to, client) in [
        ("192.0.2.10:8080", "192.0.2.200"),
        ("192.0.2.11:8080", "192.0.2.200"),
        ("192.0.2.11:8081", "192.0.2.200"),
        ("[2001:db8::10]:8080", "2001:db8::200"),
    ] {
        assert_eq!(seen("outside", to), client, "{to}");
    }
    // One that is stated for an address answers at no other one.
    for to in ["192.0.2.10:8081", "[2001:db8::10]:8081"] {
        assert_eq!(ask("outside", to).unwrap_err().kind(), ErrorKind::ConnectionRefused, "{to}");
    }
    by_udp(web);
    // The node by loopback, a pod beside it and the pod itself get there by the gateway's address, or
    // answers would take a shorter way. IPv6 has no `route_localnet`, so not there by loopback.
    assert_eq!(seen(OURS, "127.0.0.1:8080"), "10.1.0.1");
    for from in [peer, web] {
        assert_eq!(seen(from, "192.0.2.10:8080"), "10.1.0.1", "{from}");
        assert_eq!(seen(from, "[2001:db8::10]:8080"), "fd00:10:1::1", "{from}");
    }
    assert_eq!(seen(OURS, "192.0.2.10:8080"), "192.0.2.10");
    // What pods send takes the node's address outside, and keeps its own among them.
    assert_eq!(seen(web, "192.0.2.200:80"), "192.0.2.10");
    assert_eq!(seen(web, "[2001:db8::200]:80"), "2001:db8::10");
    for family in ["-4", "-6"] {
        let (own, other) = (address(web, family), address(peer, family));
        let to = if family == "-6" { format!("[{other}]:80") } else { format!("{other}:80") };
        assert_eq!(seen(web, &to), own);
    }
}

fn by_udp(server: &str) {
    let socket = within("outside", || UdpSocket::bind("[::]:0").unwrap());
    socket.set_read_timeout(Some(Duration::from_secs(3))).unwrap();
    for to in ["[::ffff:192.0.2.10]:5353", "[2001:db8::10]:5353"] {
        socket.send_to(b"who?", to).unwrap();
        let mut answer = [0; 64];
        let answered = socket.recv_from(&mut answer);
        let (length, from) = answered.unwrap_or_else(|error| panic!("{to}: {error}"));
        assert_eq!((&answer[..length], from), (server.as_bytes(), to.parse().unwrap()));
    }
}

/// The address of a pod.
fn address(pod: &str, family: &str) -> String {
    let shown = run(&format!("ip -n {pod} {family} -o addr show eth0 scope global"));
    shown.split_whitespace().nth(3).unwrap().split('/').next().unwrap().to_owned()
}

#[test]
fn by_a_bridge() {
    reached("dual_stack");
}

#[test]
fn by_ptp() {
    reached("ptp_host_ports");
}

/// A change of the kind that fails at any of some steps is undone.
#[test]
fn faults_are_undone() {
    let source = |network: &str| {
        format!(
            "cluster lab {{ pods 10.1.0.0/16, fd00:10:1::/56; pod-network {network}; proxy none }}\n\
             node node0 {{ address 192.168.0.10/24 on eth0 }}\n\
             pod web on node0 {{ host-port 8080 -> 80; host-port 5353 -> 53/udp }}\n"
        )
    };
    let (bridge, ptp) = (source("bridge { masquerade }"), source("ptp { masquerade }"));
    fail_at((1..).step_by(4), Some(&bridge), Some(&ptp));
    fail_at((3..).step_by(9), Some(&ptp), Some(&bridge));
}

/// The kinds of pod networks in turn, of pods that stay: what the last one had is gone.
#[test]
fn networks_follow_one_another() {
    let cluster = |network: &str| {
        format!(
            "cluster lab {{ pods 10.1.0.0/16, fd00:10:1::/56; pod-network {network}; proxy none }}\n\
             node node0 {{ address 192.0.2.10/24, 192.0.2.11/24, 2001:db8::10/64 on eth0 }}\n\
             pod peer on node0\n\
             pod web on node0 {{\n\
             host-port 8080 -> 80; host-port 192.0.2.11:8081 -> 81; host-port 5353 -> 53/udp\n}}\n"
        )
    };
    let lab = Lab::enter();
    lab.machine(OURS, "eth0", &ADDRESSES);
    lab.machine("outside", "eth0", &["192.0.2.200/24", "2001:db8::200/64"]);
    let before = dump(OURS);
    for (turn, network) in [
        "bridge { masquerade }",
        "ptp { masquerade }",
        "bridge { name pods0; masquerade; mtu 1400 }",
        "ptp { masquerade; mtu 1300 }",
        "bridge { masquerade legacy; port-map { mark-bit 20 } }",
    ]
    .into_iter()
    .enumerate()
    {
        let source = lab.source(&cluster(network));
        lab.applied(&source, OURS, &[]);
        let again = lab.applied(&source, OURS, &[]);
        assert_eq!(again, format!("{OURS} is as planned: nothing to do\n"), "{network}");
        if turn == 0 {
            serve_all(&OF_NETC);
        }
        asked(&OF_NETC);
    }
    let output = lab.netc().args(["destroy", "--netns", OURS]).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    same(&dump(OURS), &before, "destroyed");
}
