//! netc against kube-proxy: the same virtual servers, sets, addresses and rules from the same
//! objects.

use super::recorded::{folder, load};
use super::state::State;
use crate::dump::same;
use crate::lab::{Lab, path_with, run, text};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The node that was recorded.
const NODE: &str = "node-1";

/// It and the namespaces beside it, with its addresses.
const ADDRESSES: [&str; 3] = ["192.168.0.2/24", "2001:db8::2/64", "10.20.0.5/24"];

/// The clusters that have most in them.
const RICH: [&str; 5] = [
    "06-loadbalancer-sourceranges",
    "10-externalips",
    "13-ipv6",
    "25-typical-cluster",
    "random-006",
];

struct Site<'c> {
    lab: Lab,
    case: &'c Path,
    backend: &'static str,
    tools: PathBuf,
}

impl<'c> Site<'c> {
    fn new(case: &'c Path, backend: &'static str) -> Site<'c> {
        let lab = Lab::enter();
        lab.machine(NODE, "eth0", &ADDRESSES);
        for netns in ["recorded", "built"] {
            run(&format!("ip netns add {netns}"));
            // Without any address of the node the kernel takes every other one for a broadcast.
            run(&format!("ip -n {netns} link set lo up"));
        }
        let tools = lab.tools(backend);
        Site { lab, case, backend, tools }
    }

    /// Runs netc in the folder of the case; it must succeed. What it printed.
    #[track_caller]
    fn netc(&self, arguments: &[&str]) -> String {
        let mut netc: Command = self.lab.netc();
        netc.args(arguments).current_dir(self.case).env("PATH", path_with(&self.tools));
        let output = netc.output().unwrap();
        let said = text(&output.stderr);
        assert!(output.status.success(), "{:?} {arguments:?}: {said}", self.case);
        text(&output.stdout)
    }

    fn apply(&self) -> String {
        self.netc(&["apply", "ipvs/cluster.netc", "objects.json", "--node", NODE, "--netns", NODE])
    }

    fn state(&self, netns: &str) -> State {
        State::of(netns, self.backend)
    }

    /// What is built is taken by the tools, and is the same.
    fn is_built(&self, expected: &State) {
        let out = self.lab.file("x", "").with_file_name("out");
        let folder = out.to_str().unwrap();
        self.netc(&["build", "ipvs/cluster.netc", "objects.json", "--node", NODE, "--out", folder]);
        let (sets, servers) = ("ipset restore <ipset.rules", "ipvsadm --restore <ipvs.rules");
        super::shell("built", &format!("set -e; cd {folder}/{NODE}; {sets}; {servers}"));
        let built = State::without_rules("built");
        let lines = |lines: &BTreeSet<String>| lines.iter().cloned().collect::<Vec<_>>().join("\n");
        same(&lines(&built.servers), &lines(&expected.servers), &self.what("ipvs.rules"));
        same(&lines(&built.sets), &lines(&expected.sets), &self.what("ipset.rules"));
    }

    fn what(&self, what: &str) -> String {
        format!("{}, {}, {what}", self.case.file_name().unwrap().display(), self.backend)
    }
}

/// Applied, it equals what kube-proxy made. Of those that have most in them also: applied again,
/// nothing is done; what is built is taken by the tools; destroyed, nothing is left.
fn holds(name: &str, backend: &'static str) {
    let case = folder().join(name);
    let site = Site::new(&case, backend);
    load(&site.lab, "recorded", &case, backend);
    let expected = site.state("recorded");
    site.apply();
    same(&site.state(NODE).text(), &expected.text(), &site.what("applied"));
    if !RICH.contains(&name) {
        return;
    }
    assert_eq!(site.apply(), format!("{NODE} is as planned: nothing to do\n"), "{case:?}");
    site.is_built(&expected);
    site.netc(&["destroy", "--netns", NODE]);
    same(&site.state(NODE).text(), &State::default().text(), &site.what("destroyed"));
}

/// A test for each recorded cluster with a back end of iptables, and their names.
macro_rules! clusters {
    ($backend:ident: $($name:ident $case:literal)*) => {
        mod $backend {
            pub(super) const ALL: &[&str] = &[$($case),*];
            $(
                #[test]
                fn $name() {
                    super::holds($case, stringify!($backend));
                }
            )*
        }
    };
}

clusters! { nft:
    cluster_ips "01-clusterip-0123"
    node_ports "02-nginx-nodeport"
    several_ports "03-multiport-named"
    policies "05-nodeport-policies"
    source_ranges "06-loadbalancer-sourceranges"
    health_checks "07-etp-local-healthcheck"
    affinity "09-session-affinity"
    external_addresses "10-externalips"
    terminating "12-terminating"
    ipv6_alone "13-ipv6"
    no_pod_network "18-no-cluster-cidr"
    topology "19-topology-hints"
    primary_addresses "20c-nodeport-primary"
    several_slices "22-multi-slice"
    typical "25-typical-cluster"
    random_1 "random-001"
    random_2 "random-002"
    random_3 "random-003"
    random_4 "random-004"
    random_5 "random-005"
    random_6 "random-006"
    random_7 "random-007"
    random_8 "random-008"
    random_9 "random-009"
    random_10 "random-010"
}

clusters! { legacy:
    source_ranges "06-loadbalancer-sourceranges"
    external_addresses "10-externalips"
    typical "25-typical-cluster"
    random_6 "random-006"
}

#[test]
fn none_is_left_out() {
    let entries = folder().read_dir().unwrap().map(|entry| entry.unwrap().path());
    let recorded = entries.filter(|case| case.join("ipvs").is_dir());
    let name = |case: PathBuf| case.file_name().unwrap().to_string_lossy().into_owned();
    let mut recorded: Vec<String> = recorded.map(name).collect();
    recorded.sort();
    assert_eq!(nft::ALL, recorded);
    assert!(legacy::ALL.iter().all(|case| nft::ALL.contains(case)));
}
