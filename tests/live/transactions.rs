//! What an apply leaves depends on the sources alone: not on their order, nor on what netc had made
//! before; and a destroy leaves what was there before netc.

use crate::dump::{alike, dump, same};
use crate::lab::{Lab, path_with, root, run, text};
use crate::random::{Random, list};
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A node that netc works on, with rules and routes of others.
struct Site {
    lab: Lab,
    node: String,
    /// Where the tools of iptables are, if not where they are in general.
    tools: Option<PathBuf>,
}

impl Site {
    fn new(node: &str, device: &str, addresses: &[&str]) -> Site {
        let lab = Lab::enter();
        lab.machine(node, device, addresses);
        // The same one in every laboratory.
        run(&format!("ip -n {node} link set {device} address 02:00:00:00:00:01"));
        run(&format!("ip -n {node} route add 203.0.113.0/24 dev {device} metric 7"));
        run(&format!("ip -n {node} rule add pref 1000 to 203.0.113.0/24 lookup 77"));
        Site { lab, node: node.to_owned(), tools: None }
    }

    /// The same with one of the two programs that may be behind `iptables`, and rules of others.
    fn with_backend(self, backend: &str) -> Site {
        let folder = self.lab.tools(backend);
        for family in ["iptables", "ip6tables"] {
            let node = &self.node;
            for rule in ["INPUT -p tcp --dport 22 -j ACCEPT", "FORWARD -j MINE", "MINE -j RETURN"] {
                let tool = format!("ip netns exec {node} {family}-{backend} -w");
                if rule.starts_with("FORWARD") {
                    run(&format!("{tool} -N MINE"));
                }
                run(&format!("{tool} -A {rule}"));
            }
        }
        Site { tools: Some(folder), ..self }
    }

    fn netc(&self) -> Command {
        let mut command = self.lab.netc();
        if let Some(tools) = &self.tools {
            command.env("PATH", path_with(tools));
        }
        command
    }

    /// Runs netc on the node; it must succeed. What it printed.
    #[track_caller]
    fn run(&self, command: &str, sources: &[PathBuf], more: &[&str]) -> String {
        let mut netc = self.netc();
        netc.arg(command).args(sources).args(more).args(["--netns", &self.node]);
        if !sources.is_empty() {
            netc.args(["--node", &self.node]);
        }
        let output = netc.output().unwrap();
        let said = text(&output.stderr);
        assert!(output.status.success(), "{command} {sources:?}: {}\n{said}", self.node);
        text(&output.stdout)
    }

    #[track_caller]
    fn apply(&self, sources: &[PathBuf]) -> String {
        self.run("apply", sources, &[])
    }

    /// There is nothing left to be done.
    #[track_caller]
    fn is_done(&self, sources: &[PathBuf]) {
        let shown = self.run("apply", sources, &["--dry-run", "--format", "json"]);
        let shown: Value = serde_json::from_str(&shown).unwrap();
        assert_eq!(shown["changes"], Value::Array(Vec::new()), "{sources:?}");
        assert_eq!(shown["payloads"], Value::Array(Vec::new()), "{sources:?}");
        assert_eq!(self.apply(sources), format!("{} is as planned: nothing to do\n", self.node));
    }

    /// All that is claimed of sources, and of the same in another order.
    fn holds(&self, sources: &[PathBuf], permuted: &[PathBuf]) {
        let before = dump(&self.node);
        self.apply(sources);
        self.is_done(sources);
        self.is_done(permuted);
        let applied = dump(&self.node);
        self.run("destroy", &[], &[]);
        same(&dump(&self.node), &before, &format!("{sources:?} destroyed"));
        // What netc knows from the sources it need not remember.
        self.apply(permuted);
        same(&alike(&dump(&self.node)), &alike(&applied), &format!("{permuted:?}"));
        self.run("rollback", &[], &[]);
        same(&dump(&self.node), &before, &format!("{sources:?} rolled back"));
        self.run("rollback", &[], &[]);
        same(&alike(&dump(&self.node)), &alike(&applied), &format!("{sources:?} again"));
        self.run("destroy", &[], &[]);
        same(&dump(&self.node), &before, &format!("{sources:?} destroyed again"));
    }
}

/// An example, the device of its nodes, and some of these with their addresses.
type Example = (&'static str, &'static str, &'static [(&'static str, &'static str)]);

const EXAMPLES: [Example; 6] = [
    ("host-gw", "ens33", &[("node1", "192.168.80.241"), ("node3", "192.168.80.243")]),
    ("flannel-vxlan", "eth0", &[("node0", "172.16.16.202"), ("node1", "172.16.16.203")]),
    ("nginx-nodeport", "eth0", &[("minikube", "192.168.99.100")]),
    ("static-docker0", "eno16777736", &[("node1", "192.168.1.129"), ("node2", "192.168.1.130")]),
    ("myservice", "eth0", &[("node1", "192.168.10.62"), ("node2", "192.168.10.10")]),
    ("kubernetes", "eth0", &[("node1", "192.168.1.129"), ("node2", "192.168.1.130")]),
];

fn examples(backend: &str) {
    for (name, device, nodes) in EXAMPLES {
        for (node, address) in nodes {
            let site = Site::new(node, device, &[&format!("{address}/24")]).with_backend(backend);
            let folder = root().join("examples").join(name);
            let permuted = reversed(&site.lab, &folder);
            site.holds(&[folder], &[permuted]);
        }
    }
}

/// A folder with the same sources, their statements in the reverse order.
fn reversed(lab: &Lab, folder: &Path) -> PathBuf {
    let copy = lab.file("x", "").with_file_name("reversed");
    fs::create_dir(&copy).unwrap();
    for entry in folder.read_dir().unwrap() {
        let (path, name) = entry.map(|entry| (entry.path(), entry.file_name())).unwrap();
        let mut content = fs::read_to_string(&path).unwrap();
        match path.extension().unwrap().to_str() {
            Some("netc") => content = statements(&content).into_iter().rev().collect(),
            Some("yaml") => {
                let documents: Vec<&str> = content.rsplit("\n---\n").collect();
                content = documents.join("\n---\n");
            }
            // The manifest.
            Some("toml") => continue,
            _ => {}
        }
        fs::write(copy.join(name), content).unwrap();
    }
    copy
}

/// The statements of a source, each with the comments before it.
fn statements(source: &str) -> Vec<String> {
    let (mut all, mut open, mut depth) = (Vec::new(), String::new(), 0);
    for line in source.lines() {
        open.push_str(line);
        open.push('\n');
        let code = line.split('#').next().unwrap();
        depth += code.matches('{').count();
        depth -= code.matches('}').count();
        if depth == 0 && !code.trim().is_empty() {
            all.push(std::mem::take(&mut open));
        }
    }
    all
}

#[test]
fn examples_with_nf_tables() {
    examples("nft");
}

#[test]
fn examples_with_x_tables() {
    examples("legacy");
}

#[test]
fn recorded_clusters() {
    let folder = root().join("tests/conformance/kube-proxy");
    let mut cases: Vec<PathBuf> =
        folder.read_dir().unwrap().map(|entry| entry.unwrap().path()).collect();
    cases.sort();
    for case in cases {
        let site = Site::new("node-1", "eth0", &["192.168.0.2/24", "2001:db8::2/64"]);
        let objects = fs::read_to_string(case.join("objects.json")).unwrap();
        let mut objects: Value = serde_json::from_str(&objects).unwrap();
        objects["items"].as_array_mut().unwrap().reverse();
        let permuted = site.lab.file("reversed.json", &objects.to_string());
        let cluster = case.join("iptables/cluster.netc");
        site.holds(&[cluster.clone(), case.join("objects.json")], &[permuted, cluster]);
    }
}

/// A cluster of which one thing or another is changed.
const BASE: &str = "\
cluster lab { pods 10.244.0.0/16; services 10.96.0.0/16; overlay vxlan; proxy iptables }
node node0 { address 192.168.0.10/24, fd01::10/64 on eth0 }
node node1 { address 192.168.0.11/24, fd01::11/64 on eth0 }
node node2 { address 192.168.0.12/24, fd01::12/64 on eth0 }
pods web replicas 3 { labels app=web; port http 80 }
pods db replicas 2 on node0 { labels app=db; port sql 5432 }
service web { ip 10.96.0.80; type node-port; select app=web; port 80 -> http node-port 30080 }
service db { ip 10.96.0.54; select app=db; affinity client-ip; port 5432 -> sql }
service dns { ip 10.96.0.53; port 53/udp; endpoint 10.244.1.2:53; endpoint 10.244.2.2:53 }
";

/// What is changed: a part of the source, and what stands there instead.
const CHANGES: [(&str, &str); 14] = [
    ("endpoint 10.244.2.2:53", "endpoint 10.244.2.3:53; endpoint 10.244.2.4:53"),
    ("service db { ip 10.96.0.54; select app=db; affinity client-ip; port 5432 -> sql }\n", ""),
    ("overlay vxlan", "overlay host-gw"),
    ("overlay vxlan", "overlay vxlan { vni 7; port 4789 }"),
    ("overlay vxlan", "overlay none"),
    ("pods 10.244.0.0/16;", "pods 10.244.0.0/16 per-node /25;"),
    ("pods 10.244.0.0/16;", "pods 10.200.0.0/16, fd00:10:244::/56;"),
    ("pods db replicas 2 on", "pods db replicas 1 on"),
    ("pods db replicas 2 on node0", "pods mysql replicas 2 on node0"),
    ("node node2 { address 192.168.0.12/24, fd01::12/64 on eth0 }\n", ""),
    ("192.168.0.11/24", "192.168.0.99/24"),
    ("proxy iptables", "proxy iptables { masquerade-all; localhost-node-ports off }"),
    ("proxy iptables", "proxy none"),
    (
        "type node-port; select app=web; port 80 -> http node-port 30080",
        "select app=web; port 80 -> http",
    ),
];

/// Without the parameters of a pod's device that only IPv6 heeds: they stay, for as long as the
/// device, when the pod no longer has an address of that family.
fn settled(dump: &str) -> String {
    let stays = ["conf/eth0/accept_dad", "conf/eth0/keep_addr_on_down"];
    let kept = |line: &&str| !stays.iter().any(|key| line.contains(key));
    alike(dump).lines().filter(kept).collect::<Vec<_>>().join("\n")
}

fn node0() -> Site {
    Site::new("node0", "eth0", &["192.168.0.10/24", "fd01::10/64"])
}

#[test]
fn one_apply_after_another_is_as_the_other_alone() {
    for (part, other) in CHANGES {
        assert_eq!(BASE.matches(part).count(), 1, "{part}");
        let mut changed = BASE.replace(part, other);
        if other.contains("10.200.") {
            changed = changed.replace("10.244.", "10.200.");
        }
        // There and back.
        for (from, to) in [(BASE, &*changed), (&*changed, BASE)] {
            let site = node0();
            let before = dump("node0");
            let sources = [site.lab.file("to.netc", to)];
            site.apply(&[site.lab.file("from.netc", from)]);
            let first = dump("node0");
            site.apply(&sources);
            site.is_done(&sources);
            let after = dump("node0");
            site.run("rollback", &[], &[]);
            same(&alike(&dump("node0")), &alike(&first), &format!("{part} → {other}: back"));
            site.run("rollback", &[], &[]);
            site.is_done(&sources);
            site.run("destroy", &[], &[]);
            same(&dump("node0"), &before, &format!("{part} → {other}: destroyed"));
            let clean = node0();
            clean.apply(&[clean.lab.file("to.netc", to)]);
            let alone = dump("node0");
            same(&settled(&after), &settled(&alone), &format!("{part} → {other}"));
        }
    }
}

#[test]
fn random_clusters_one_after_another() {
    for seed in 0..10 {
        let site = || Site::new("node-1", "eth0", &["192.168.0.1/24", "2001:db8::1/64"]);
        let sources = |site: &Site, seed: u64| {
            let random = Random::new(seed);
            let settings = site.lab.file("cluster.netc", &random.settings);
            [settings, site.lab.file("objects.json", &list(&random.shuffled(seed)))]
        };
        let both = site();
        let before = dump("node-1");
        both.apply(&sources(&both, seed));
        let other = sources(&both, seed + 1000);
        both.apply(&other);
        both.is_done(&other);
        let after = dump("node-1");
        both.run("destroy", &[], &[]);
        same(&dump("node-1"), &before, &format!("seed {seed}: destroyed"));
        let alone = site();
        alone.apply(&sources(&alone, seed + 1000));
        same(&alike(&after), &alike(&dump("node-1")), &format!("seed {seed}"));
    }
}
