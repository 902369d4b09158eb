//! Random small clusters: the same seed, the same cluster.

use super::site::Site;
use crate::random::Dice;
use std::fmt::Write as _;

/// How services are programmed.
const PROXIES: [&str; 4] =
    ["iptables", "nftables", "nftables { layout 1.35 }", "nftables { layout flat }"];

/// So many are asked of each.
const QUESTIONS: usize = 100;

/// A cluster while it is made.
struct Draft {
    dice: Dice,
    /// Both families.
    dual: bool,
    nodes: usize,
    text: String,
}

/// The source of a cluster.
pub(super) fn cluster(seed: u64, proxy: &str) -> String {
    let mut dice = Dice::new(seed);
    let (dual, nodes) = (dice.once_in(2), 1 + dice.below(3));
    let mut draft = Draft { dice, dual, nodes, text: String::new() };
    draft.settings(proxy);
    draft.pods();
    for number in 1..=4 {
        draft.service(number);
    }
    draft.text
}

impl Draft {
    fn add(&mut self, line: &str) {
        writeln!(self.text, "{line}").unwrap();
    }

    /// What is stated once for each family.
    fn both(&self, v4: &str, v6: &str) -> String {
        if self.dual { format!("{v4}, {v6}") } else { v4.to_owned() }
    }

    fn settings(&mut self, proxy: &str) {
        let overlay = self.dice.pick(&[
            "host-gw",
            "host-gw",
            "vxlan",
            "vxlan { direct-routing }",
            "static",
            "host-gw { masquerade off }",
        ]);
        let network = self.dice.pick(&[
            "bridge",
            "bridge",
            "bridge { hairpin off }",
            "bridge { name br7 }",
            "ptp",
        ]);
        let mut options = Vec::new();
        let detectors = ["cluster-cidr", "cluster-cidr", "node-cidr", "none"];
        options.push(format!("detect-local {}", self.dice.pick(&detectors)));
        if self.dice.once_in(4) {
            options.push("masquerade-all".to_owned());
        }
        if self.dice.once_in(4) && proxy == "iptables" {
            options.push("localhost-node-ports off".to_owned());
        }
        let options = options.join("; ");
        let proxy = match proxy.strip_suffix('}') {
            Some(open) => format!("{open}; {options} }}"),
            None => format!("{proxy} {{ {options} }}"),
        };
        let pods = self.both("10.244.0.0/16", "fd00:10:244::/56");
        let services = self.both("10.96.0.0/16", "fd00:10:96::/112");
        self.add(&format!(
            "cluster random {{\n    pods {pods}\n    services {services}\n    overlay {overlay}\n    \
             pod-network {network}\n    proxy {proxy}\n}}"
        ));
        for node in 0..self.nodes {
            let address = self.both(&format!("192.168.0.1{node}/24"), &format!("fd01::1{node}/64"));
            self.add(&format!(
                "node node{node} {{ address {address} on eth0; zone z{} }}",
                node % 2
            ));
        }
    }

    fn pods(&mut self) {
        for (name, count) in [("web", 1 + self.dice.below(3)), ("api", 1 + self.dice.below(2))] {
            self.add(&format!(
                "pods {name} replicas {count} {{ labels app={name}; port http 8080; port dns 53/udp }}"
            ));
        }
        let host = if self.dice.once_in(2) { "host-network; " } else { "" };
        let node = self.dice.below(self.nodes);
        self.add(&format!(
            "pod host on node{node} {{ {host}labels app=host; port http 8080; port dns 53/udp }}"
        ));
    }

    fn service(&mut self, number: usize) {
        let kind = self.dice.pick(&["cluster-ip", "node-port", "load-balancer", "load-balancer"]);
        let app = self.dice.pick(&["web", "web", "api", "host", "nobody"]);
        let ip = self.both(&format!("10.96.0.{number}0"), &format!("fd00:10:96::{number}0"));
        let (http, dns) = match kind {
            "cluster-ip" => (String::new(), String::new()),
            _ => (format!(" node-port 3008{number}"), format!(" node-port 3005{number}")),
        };
        let mut lines = vec![
            format!("ip {ip}"),
            format!("select app={app}"),
            format!("type {kind}"),
            format!("port http 80 -> 8080{http}"),
            format!("port dns 53/udp -> 53{dns}"),
        ];
        if self.dual {
            lines.push("families ipv4, ipv6".to_owned());
        }
        if self.dice.once_in(4) {
            lines.push("affinity client-ip 3m".to_owned());
        }
        if self.dice.once_in(3) {
            lines.push("internal-traffic local".to_owned());
        }
        if self.dice.once_in(3) {
            let more = format!("2001:db8:e::{number}");
            lines
                .push(format!("external-ips {}", self.both(&format!("203.0.113.{number}"), &more)));
        }
        if kind != "cluster-ip" && self.dice.once_in(2) {
            lines.push("external-traffic local".to_owned());
        }
        if kind == "load-balancer" {
            lines.push(format!("load-balancer-ip 198.51.100.{number}"));
            if self.dual {
                lines.push(format!("load-balancer-ip 2001:db8:b::{number}"));
            }
            if self.dice.once_in(2) {
                let range = self.dice.pick(&["192.168.0.254/32", "192.168.0.0/24", "10.0.0.0/8"]);
                let more = self.dice.pick(&["fd01::fe/128", "2001:db8:7::/48"]);
                lines.push(format!("source-ranges {}", self.both(range, more)));
            }
        }
        self.add(&format!("service s{number} {{\n    {}\n}}", lines.join("\n    ")));
    }
}

/// Runs a cluster and asks it a hundred questions.
#[track_caller]
pub(super) fn proven(seed: u64, proxy: &str) {
    let site = Site::of(&format!("seed {seed}, {proxy}"), &cluster(seed, proxy));
    site.proven(seed, QUESTIONS);
}

macro_rules! seeds {
    ($($name:ident $seed:literal)*) => {$(
        #[test]
        fn $name() {
            proven($seed, PROXIES[$seed % PROXIES.len()]);
        }
    )*};
}

// Together more than a thousand questions.
seeds! {
    seed_0 0 seed_1 1 seed_2 2 seed_3 3 seed_4 4 seed_5 5
    seed_6 6 seed_7 7 seed_8 8 seed_9 9 seed_10 10 seed_11 11
}

/// As many more as one likes, `NETC_SEEDS=100-200`; none, if nobody asks for them.
#[test]
fn more_seeds() {
    let Ok(range) = std::env::var("NETC_SEEDS") else { return };
    let (first, last) = range.split_once('-').expect("NETC_SEEDS=FIRST-LAST");
    for seed in first.parse().unwrap()..=last.parse().unwrap() {
        // Each in a thread, and so in namespaces, of its own.
        let run = move || proven(seed, PROXIES[seed as usize % PROXIES.len()]);
        assert!(std::thread::spawn(run).join().is_ok(), "seed {seed}");
    }
}
