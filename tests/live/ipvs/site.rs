//! A node in IPVS mode with pods that serve, and a machine outside of the cluster.

use crate::lab::{Lab, ask, run, serve, text};
use std::process::Output;

/// The machines' addresses end with these numbers.
const NODE: usize = 10;
const OUTSIDE: usize = 200;

pub(super) struct Site {
    pub(super) lab: Lab,
}

impl Site {
    /// The two machines. Nothing is applied.
    pub(super) fn new() -> Site {
        let site = Site { lab: Lab::enter() };
        // All that follows is there from the beginning, so dumps can be compared.
        run("modprobe -a ip_vs dummy");
        site.machine("node0", NODE);
        site.machine("outside", OUTSIDE);
        // The same one in every laboratory.
        run("ip -n node0 link set eth0 address 02:00:00:00:00:01");
        // Without any route to a service the node's own requests would fail before they are looked at.
        run("ip -n node0 route add default via 192.168.0.1");
        run("ip -n node0 route add default via fd01::1 dev eth0");
        site
    }

    /// A node with this cluster, whose pods serve on port 80.
    pub(super) fn with(proxy: &str, more: &str, pods: &[&str]) -> Site {
        let site = Site::new();
        site.apply(proxy, more);
        for pod in pods {
            serve(&format!("pod-default.{pod}"), "[::]:80");
        }
        site
    }

    /// A machine on the nodes' segment that reaches the addresses of services by the node.
    pub(super) fn machine(&self, name: &str, number: usize) {
        self.lab.host(name, number);
        if number != NODE {
            run(&format!("ip -n {name} route add 203.0.113.0/24 via 192.168.0.{NODE}"));
            run(&format!("ip -n {name} route add 2001:db8::/64 via fd01::{NODE}"));
        }
    }

    /// `netc apply` of the cluster on the node.
    pub(super) fn try_apply(&self, proxy: &str, more: &str, words: &[&str]) -> Output {
        let source = self.lab.source(&cluster(proxy, more));
        self.lab.apply(&source, "node0", words)
    }

    /// The same, and it must succeed; what it printed.
    #[track_caller]
    pub(super) fn apply(&self, proxy: &str, more: &str) -> String {
        let output = self.try_apply(proxy, more, &[]);
        assert!(output.status.success(), "{}", text(&output.stderr));
        text(&output.stdout)
    }

    /// Any other command on the node.
    pub(super) fn netc(&self, words: &[&str]) -> Output {
        self.lab.netc().args(words).args(["--netns", "node0"]).output().unwrap()
    }
}

/// A cluster of one node.
pub(super) fn cluster(proxy: &str, more: &str) -> String {
    format!(
        "\
cluster lab {{
    pods     10.244.0.0/16, fd00:10:244::/56
    services 10.96.0.0/16, fd00:10:96::/112
    overlay  static
    proxy    {proxy}
}}
node node0 {{ address 192.168.0.{NODE}/24, fd01::{NODE}/64 on eth0 }}
pod client on node0
{more}"
    )
}

/// The tool of the node.
#[track_caller]
pub(super) fn on_node(line: &str) -> String {
    run(&format!("ip netns exec node0 {line}"))
}

/// Who answers, connection after connection.
#[track_caller]
pub(super) fn answers(netns: &str, to: &str, times: usize) -> Vec<String> {
    let answer = |_| {
        let answer = ask(netns, to).unwrap_or_else(|error| panic!("{netns} to {to}: {error}"));
        answer.server.trim_start_matches("pod-default.").to_owned()
    };
    (0..times).map(answer).collect()
}
