//! What happens to nodes behind netc's back is found, named and mended.

mod cases;
mod others;
mod reading;

use crate::lab::{Lab, run, text};
use cases::{Case, DEVICES, ROUTES, RULES};
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::{Command, Output};

const LAB: &str = "\
cluster lab {
    pods     10.244.0.0/16, fd00:10:244::/56
    services 10.96.0.0/16, fd00:10:96::/112
    overlay  vxlan
}
node node0 { address 192.168.0.10/24, fd01::10/64 on eth0 }
node node1 { address 192.168.0.11/24, fd01::11/64 on eth0 }
pods web replicas 2 on node0 { labels app=web; port http 80; port dns 53/udp }
service web {
    ip 10.96.0.80, fd00:10:96::50
    select app=web
    families ipv4, ipv6
    port http 80 -> http
    port dns 53/udp -> dns
}
";

/// A node that is as planned.
struct Node {
    lab: Lab,
    source: PathBuf,
}

impl Node {
    fn new() -> Node {
        let lab = Lab::enter();
        lab.machine("node0", "eth0", &["192.168.0.10/24", "fd01::10/64"]);
        let source = lab.source(LAB);
        Node { lab, source }
    }

    fn netc(&self, command: &[&str]) -> Output {
        let mut netc = self.lab.netc();
        let (name, more) = command.split_first().unwrap();
        netc.arg(name).arg(&self.source).args(["--node", "node0"]).args(more).output().unwrap()
    }

    /// The exit code and the output of `netc diff --drift`.
    fn drift(&self, more: &[&str]) -> (Option<i32>, String) {
        let output = self.netc(&[&["diff", "--drift", "--netns", "node0"], more].concat());
        let said = text(&output.stderr);
        assert!(said.is_empty() || output.status.code() == Some(1), "{said}");
        (output.status.code(), format!("{}{said}", text(&output.stdout)))
    }

    fn apply(&self) -> Output {
        self.lab.apply(&self.source, "node0", &[])
    }

    /// Runs commands as the cases have them.
    fn shell(&self, commands: &str) {
        let setup = "\
            n='ip -n node0' x='ip netns exec node0' p=pod-default.web-0\n\
            v=$($n -o link show master cni0 | head -1 | sed 's/^[0-9]*: \\([^@:]*\\).*/\\1/')\n\
            mac=$(bridge -n node0 fdb show dev flannel.1 | sed -n 's/ dst 192.168.0.11 .*//p')\n";
        let script = format!("set -e\n{setup}{commands}\n");
        let output = Command::new("sh").arg("-c").arg(&script).output().unwrap();
        assert!(output.status.success(), "{commands}: {}", text(&output.stderr));
    }
}

/// What the kernel holds of the node and its pods. The node's ends of the pairs have addresses by
/// chance.
fn dump() -> String {
    let mut all = crate::dump::dump("node0");
    for line in run("ip -n node0 -o link show type veth").lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        let place = words.iter().position(|word| *word == "link/ether").unwrap();
        if words[1].starts_with("veth") {
            all = all.replace(words[place + 1], "by-chance");
        }
    }
    let mut lines: Vec<&str> = all.lines().collect();
    lines.sort_unstable();
    lines.join("\n")
}

/// Every case is found, named and mended, and nothing is left of it.
fn all_are_mended(cases: &[Case]) {
    let node = Node::new();
    assert!(node.apply().status.success());
    let before = dump();
    let faults: Vec<String> =
        cases.iter().filter_map(|case| mended(&node, case, &before).err()).collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    println!("{} kinds of drift were found, named and mended", cases.len());
}

fn mended(
    node: &Node,
    Case { name, done, said, cause, after }: &Case,
    before: &str,
) -> Result<(), String> {
    let check = |so: bool, what: &str| so.then_some(()).ok_or_else(|| format!("{name}: {what}"));
    node.shell(done);
    let (code, found) = node.drift(&[]);
    let applied = node.apply();
    check(code == Some(2), &found)?;
    check(found.starts_with("node0 has drifted: "), &found)?;
    check(found.contains(said), &format!("{said:?} in {found}"))?;
    check(found.contains(cause), &format!("{cause:?} in {found}"))?;
    check(applied.status.success(), &text(&applied.stderr))?;
    let (_, found) = node.drift(&[]);
    check(found == "node0 is as planned\n", &found)?;
    if !after.is_empty() {
        node.shell(after);
    }
    let now = dump();
    check(now == before, &different(before, &now))
}

/// What of the lines is not the same.
fn different(before: &str, now: &str) -> String {
    let [before, now] = [before, now].map(|all| all.lines().collect::<BTreeSet<_>>());
    format!("lost {:?}, got {:?}", &before - &now, &now - &before)
}

#[test]
fn drift_of_devices() {
    all_are_mended(&DEVICES);
}

#[test]
fn drift_of_routes_and_parameters() {
    all_are_mended(&ROUTES);
}

#[test]
fn drift_of_rules() {
    all_are_mended(&RULES);
}
