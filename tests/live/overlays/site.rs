//! Three nodes with a pod each, on one wire or with a router before the third.

use crate::lab::{Lab, ask, run, serve, text};
use std::fmt::Write as _;
use std::fs::{self, File, Permissions};
use std::net::Ipv6Addr;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

/// The address families of a cluster.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Families {
    V4,
    V6,
    Both,
}

impl Families {
    /// What is stated for these families, of something that each has.
    fn of(self, v4: &str, v6: &str) -> String {
        match self {
            Families::V4 => v4.to_owned(),
            Families::V6 => v6.to_owned(),
            Families::Both => format!("{v4}, {v6}"),
        }
    }
}

/// How the nodes are joined.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Wires {
    /// All on one segment.
    One,
    /// The third is behind a router.
    Routed,
}

/// Three nodes, applied; in each pod a server.
pub(super) struct Site {
    pub(super) lab: Lab,
    pub(super) families: Families,
    pub(super) wires: Wires,
}

pub(super) const NODES: [&str; 3] = ["node0", "node1", "node2"];
pub(super) const PODS: [&str; 3] = ["pod-default.web-0", "pod-default.web-1", "pod-default.web-2"];

impl Site {
    /// Makes the wires and applies a cluster with this overlay to the nodes.
    pub(super) fn new(overlay: &str, families: Families, wires: Wires) -> Site {
        let site = Site::bare(families, wires);
        site.apply(overlay);
        site
    }

    /// The wires alone.
    pub(super) fn bare(families: Families, wires: Wires) -> Site {
        let site = Site { lab: Lab::enter(), families, wires };
        site.wire();
        site
    }

    /// Applies a cluster with this overlay to the nodes. The servers of pods that stay go on.
    pub(super) fn apply(&self, overlay: &str) {
        let source = self.lab.source(&self.cluster(overlay));
        let new = !Path::new("/run/netns").join(PODS[0]).exists();
        for node in NODES {
            self.lab.applied(&source, node, &[]);
            let again = self.lab.applied(&source, node, &[]);
            assert_eq!(again, format!("{node} is as planned: nothing to do\n"), "{overlay}");
        }
        for pod in PODS.into_iter().filter(|_| new) {
            serve(pod, "[::]:80");
        }
    }

    /// The pods of these addresses, one for each family.
    pub(super) fn addresses(&self, number: usize) -> Vec<String> {
        let v6: Ipv6Addr = format!("fd00:10:244:{number}::2").parse().unwrap();
        let (v4, v6) = (format!("10.244.{number}.2"), v6.to_string());
        match self.families {
            Families::V4 => vec![v4],
            Families::V6 => vec![v6],
            Families::Both => vec![v4, v6],
        }
    }

    /// Every pod reaches every other, which sees it by its own address.
    #[track_caller]
    pub(super) fn all_reach_all(&self) {
        for from in 0..PODS.len() {
            for to in (0..PODS.len()).filter(|to| *to != from) {
                self.reaches(from, to);
            }
        }
    }

    /// A pod reaches another by all its addresses.
    #[track_caller]
    pub(super) fn reaches(&self, from: usize, to: usize) {
        for (own, other) in self.addresses(from).iter().zip(self.addresses(to)) {
            let answer = ask(PODS[from], &socket(&other, 80));
            let answer = answer.unwrap_or_else(|error| panic!("{own} to {other}: {error}"));
            assert_eq!((answer.server.as_str(), &answer.client.to_string()), (PODS[to], own));
        }
    }

    /// The addresses of a node: the third wire's is another network.
    fn node(&self, number: usize) -> String {
        let wire = usize::from(self.wires == Wires::Routed && number == 2);
        let (v4, v6) =
            (format!("192.168.{wire}.1{number}/24"), format!("fd01:{wire}::1{number}/64"));
        self.families.of(&v4, &v6)
    }

    fn cluster(&self, overlay: &str) -> String {
        let pods = self.families.of("10.244.0.0/16", "fd00:10:244::/56");
        let mut text = format!("cluster lab {{ pods {pods}; overlay {overlay}; proxy none }}\n");
        for (number, node) in NODES.into_iter().enumerate() {
            let addresses = self.node(number);
            let keys =
                if overlay.starts_with("wireguard") { self.keys(node) } else { String::new() };
            writeln!(text, "node {node} {{ address {addresses} on eth0; {keys} }}").unwrap();
        }
        text + "pods web replicas 3\n"
    }

    /// A new pair of keys, as a node states them.
    fn keys(&self, node: &str) -> String {
        let path = self.lab.file(&format!("{node}.key"), &run("wg genkey"));
        fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
        let mut command = Command::new("wg");
        let output = command.arg("pubkey").stdin(File::open(&path).unwrap()).output().unwrap();
        let (public, path) = (text(&output.stdout), path.display());
        let public = public.trim();
        format!("wireguard {{ public-key \"{public}\"; private-key-file \"{path}\" }}")
    }

    fn wire(&self) {
        for (number, node) in NODES.into_iter().enumerate() {
            let addresses = self.node(number);
            self.lab.machine(node, "eth0", &addresses.split(", ").collect::<Vec<_>>());
        }
        if self.wires == Wires::One {
            return;
        }
        run("ip link add far type bridge");
        run("ip link set far up");
        run("ip link set p-node2 master far");
        self.lab.machine("router", "eth0", &["192.168.0.1/24", "fd01:0::1/64"]);
        run("ip link add p-far type veth peer name eth1 netns router");
        run("ip link set p-far master far up");
        run("ip -n router addr add 192.168.1.1/24 dev eth1");
        run("ip -n router addr add fd01:1::1/64 dev eth1 nodad");
        run("ip -n router link set eth1 up");
        for parameter in ["net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1"] {
            run(&format!("ip netns exec router sysctl -q {parameter}"));
        }
        for (number, node) in NODES.into_iter().enumerate() {
            let wire = usize::from(number == 2);
            if self.families != Families::V6 {
                run(&format!("ip -n {node} route add default via 192.168.{wire}.1"));
            }
            if self.families != Families::V4 {
                run(&format!("ip -n {node} route add default via fd01:{wire}::1"));
            }
        }
    }
}

/// An address and a port.
pub(super) fn socket(address: &str, port: u16) -> String {
    if address.contains(':') { format!("[{address}]:{port}") } else { format!("{address}:{port}") }
}
