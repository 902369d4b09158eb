//! netc against kube-proxy: the same tables from the same objects, in the layouts of two versions.

use super::shell;
use super::state::state;
use crate::dump::same;
use crate::lab::{Lab, root, run, text};
use std::fs;
use std::path::{Path, PathBuf};

/// The node that was recorded.
const NODE: &str = "node-1";

/// Its addresses.
const ADDRESSES: [&str; 3] = ["192.168.0.2/24", "2001:db8::2/64", "10.20.0.5/24"];

fn folder() -> PathBuf {
    root().join("tests/conformance/kube-proxy")
}

struct Site<'c> {
    lab: Lab,
    case: &'c Path,
    layout: &'c str,
}

impl<'c> Site<'c> {
    fn new(case: &'c Path, layout: &'c str) -> Site<'c> {
        let lab = Lab::enter();
        lab.machine(NODE, "eth0", &ADDRESSES);
        for netns in ["recorded", "built"] {
            run(&format!("ip netns add {netns}"));
        }
        Site { lab, case, layout }
    }

    /// Runs netc with the sources of the case; it must succeed. What it printed.
    #[track_caller]
    fn netc(&self, command: &str, more: &[&str]) -> String {
        let cluster = format!("{}/cluster.netc", self.layout);
        let mut netc = self.lab.netc();
        netc.args([command, &cluster, "objects.json", "--node", NODE]).args(more);
        let output = netc.current_dir(self.case).output().unwrap();
        let said = text(&output.stderr);
        assert!(output.status.success(), "{:?} {command}: {said}", self.case);
        text(&output.stdout)
    }

    fn apply(&self) -> String {
        self.netc("apply", &["--netns", NODE])
    }

    /// What was recorded, as the kernel has it.
    fn recorded(&self) -> String {
        for family in ["v4", "v6"] {
            let file = self.case.join(self.layout).join(format!("{family}.tx"));
            shell("recorded", &format!("nft -f {}", file.display()));
        }
        state("recorded")
    }

    /// What is built is taken by the tool, whatever is there already, and is the same.
    fn is_built(&self, expected: &str) {
        let out = self.lab.file("x", "").with_file_name("out");
        self.netc("build", &["--out", out.to_str().unwrap()]);
        let file = out.join(NODE).join("nft.rules");
        let file = file.display();
        for turn in ["on a clean node", "again"] {
            shell("built", &format!("nft -c -f {file}; nft -f {file}"));
            same(&state("built"), expected, &self.what(turn));
        }
    }

    fn what(&self, what: &str) -> String {
        format!("{}, {}, {what}", self.case.file_name().unwrap().display(), self.layout)
    }
}

/// Applied, it equals what kube-proxy made; applied again, nothing is done; what is built is the
/// same; destroyed, nothing is left.
fn holds(name: &str, layout: &str) {
    let case = folder().join(name);
    let site = Site::new(&case, layout);
    let expected = site.recorded();
    site.apply();
    same(&state(NODE), &expected, &site.what("applied"));
    assert_eq!(site.apply(), format!("{NODE} is as planned: nothing to do\n"), "{case:?}");
    site.is_built(&expected);
    let mut netc = site.lab.netc();
    let output = netc.args(["destroy", "--netns", NODE]).output().unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert_eq!(state(NODE), "", "{}", site.what("destroyed"));
}

/// Tests that each go through some of the recorded clusters.
macro_rules! clusters {
    ($($name:ident $layout:literal $cases:expr)*) => {
        $(
            #[test]
            fn $name() {
                for case in $cases {
                    std::thread::spawn(move || holds(case, $layout)).join().unwrap();
                }
            }
        )*
    };
}

const SERVICES: [&str; 7] = [
    "01-clusterip-0123",
    "02-nginx-nodeport",
    "03-multiport-named",
    "05-nodeport-policies",
    "06-loadbalancer-sourceranges",
    "07-etp-local-healthcheck",
    "09-session-affinity",
];

const NODES: [&str; 8] = [
    "10-externalips",
    "12-terminating",
    "13-ipv6",
    "18-no-cluster-cidr",
    "19-topology-hints",
    "20c-nodeport-primary",
    "22-multi-slice",
    "25-typical-cluster",
];

const RANDOM: [&str; 10] = [
    "random-001",
    "random-002",
    "random-003",
    "random-004",
    "random-005",
    "random-006",
    "random-007",
    "random-008",
    "random-009",
    "random-010",
];

clusters! {
    services_of_1_36 "nftables" SERVICES
    nodes_of_1_36 "nftables" NODES
    random_1_36 "nftables" RANDOM
    services_of_1_35 "nftables-1.35" SERVICES
    nodes_of_1_35 "nftables-1.35" NODES
    random_1_35 "nftables-1.35" RANDOM
}

#[test]
fn none_is_left_out() {
    for layout in ["nftables", "nftables-1.35"] {
        let entries = fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path());
        let recorded = entries.filter(|case| case.join(layout).is_dir());
        let name = |case: PathBuf| case.file_name().unwrap().to_string_lossy().into_owned();
        let mut recorded: Vec<String> = recorded.map(name).collect();
        recorded.sort();
        let tested: Vec<&str> = [&SERVICES[..], &NODES, &RANDOM].concat();
        assert_eq!(recorded, tested);
    }
}
