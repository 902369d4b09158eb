//! Pod networks side by side with the plugins that people have: Debian's containernetworking-plugins
//! program one node, netc another, and both must be alike.
//!
//! A case is a folder of `tests/cni`: `net.conflist` (or `net.conf`, a single plugin), `runtime.json`
//! with the containers in the order in which they come, and `cluster.netc`, which says the same to
//! netc. Names that the plugins make up are replaced by what they are for; Ethernet addresses are left
//! out, and netc's marks: aliases and the protocol of routes. `differs`, where there is one, names what
//! netc does otherwise on purpose, and why.

mod plugins;
mod reach;
mod shown;
mod vlan;

use crate::dump::same;
use crate::lab::{Lab, root, run};
use plugins::Runtime;
use shown::shown;
use std::collections::BTreeSet;
use std::fs;
use std::thread;

/// The node that netc programs, as sources call it.
const OURS: &str = "node0";

/// The node that the plugins program.
const THEIRS: &str = "plugins";

const NODES: [&str; 2] = [OURS, THEIRS];

/// The two nodes have the same addresses, each on a wire of its own.
const ADDRESSES: [&str; 3] = ["192.0.2.10/24", "192.0.2.11/24", "2001:db8::10/64"];

/// A node with a wire of its own.
fn machine(node: &str) {
    run(&format!("ip netns add {node}"));
    run(&format!("ip link add p-{node} type veth peer name eth0 netns {node}"));
    for address in ADDRESSES {
        let nodad = if address.contains(':') { "nodad" } else { "" };
        run(&format!("ip -n {node} addr add {address} dev eth0 {nodad}"));
    }
    run(&format!("ip link set p-{node} up"));
    run(&format!("ip -n {node} link set eth0 up"));
    run(&format!("ip -n {node} link set lo up"));
}

/// Both program a node of their own from the case; then the nodes and all containers are compared.
#[track_caller]
fn alike(case: &str) {
    let folder = root().join("tests/cni").join(case);
    let lab = Lab::enter();
    NODES.iter().for_each(|node| machine(node));
    let runtime = Runtime::read(&folder);
    runtime.add_all(&lab, THEIRS);
    let source = folder.join("cluster.netc");
    lab.applied(&source, OURS, &[]);
    let again = lab.applied(&source, OURS, &[]);
    assert_eq!(again, format!("{OURS} is as planned: nothing to do\n"));
    let ours = shown(OURS, &runtime.spaces_of_netc(), runtime.differs());
    same(&ours, &shown(THEIRS, &runtime.spaces(), runtime.differs()), case);
}

/// The configuration that netc writes leads to what netc itself makes.
#[track_caller]
fn emitted(case: &str) {
    let folder = root().join("tests/cni").join(case);
    let lab = Lab::enter();
    NODES.iter().for_each(|node| machine(node));
    let source = fs::read_to_string(folder.join("cluster.netc")).unwrap();
    let (before, network) = source.split_once("pod-network").unwrap();
    let (kind, rest) = network.split_once('{').unwrap();
    let source = lab.source(&format!("{before}pod-network{kind}{{ emit cni; {rest}"));
    let written = fs::read_dir(lab.built(&["cluster.netc"]).join(OURS)).unwrap();
    let mut written = written.map(|entry| entry.unwrap().path());
    let list = written.find(|path| path.extension().is_some_and(|end| end == "conflist")).unwrap();
    let runtime = Runtime::with(&list, &folder);
    runtime.add_all(&lab, THEIRS);
    lab.applied(&source, OURS, &[]);
    let ours = shown(OURS, &runtime.spaces_of_netc(), runtime.differs());
    same(&ours, &shown(THEIRS, &runtime.spaces(), runtime.differs()), case);
}

#[test]
fn what_is_emitted() {
    for case in
        ["dual_stack", "host_local", "host_ports_without_snat", "promiscuous", "ptp_host_ports"]
    {
        thread::spawn(|| emitted(case)).join().unwrap_or_else(|_| panic!("{case}"));
    }
}

/// A test for each case. The last of them sees to it that no folder is forgotten.
macro_rules! cases {
    ($($name:ident)*) => {
        $(
            #[test]
            fn $name() {
                alike(stringify!($name));
            }
        )*

        #[test]
        fn every_folder_is_a_case() {
            let tested = BTreeSet::from([$(stringify!($name).to_owned()),*]);
            // That one stands in `vlan.rs`, with what else needs another kernel.
            let tested = tested.into_iter().chain(["vlan".to_owned()]).collect();
            let folders = fs::read_dir(root().join("tests/cni")).unwrap();
            let folders = folders.map(|entry| entry.unwrap().file_name().into_string().unwrap());
            assert_eq!(folders.collect::<BTreeSet<String>>(), tested);
        }
    };
}

cases! {
    bridge
    default_gateway
    dual_stack
    hairpin_off
    host_local
    host_ports
    host_ports_without_snat
    long_names
    many_ports
    masquerade
    mtu
    no_gateway
    promiscuous
    ptp
    ptp_host_ports
    single_plugin
    two_containers
}
