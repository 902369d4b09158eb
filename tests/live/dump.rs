//! Everything that netc could change on a node, as text to be compared.

use crate::lab::within;
use crate::nft::state::state;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What is shown of a namespace: iproute2's own words.
const SHOW: &str = "\
ip -d -o link show; ip -o addr show; ip -o route show table all; ip -6 -o route show table all;
ip rule show; ip -6 rule show; ip neigh show nud permanent; ip -6 neigh show nud permanent;
bridge fdb show; ipset save 2>/dev/null; ipvsadm -Sn 2>/dev/null";

/// Both back ends; that of x_tables is asked only for tables that are there.
const RULES: &str = "\
iptables-nft-save; echo '# IPv6'; ip6tables-nft-save; echo '# legacy'; iptables-legacy-save;
echo '# IPv6'; ip6tables-legacy-save";

/// The parameters of these folders are compared. Limits of the machine and counts are not among
/// them, nor what the kernel makes at random.
const PARAMETERS: [&str; 3] = ["net/ipv4", "net/ipv6", "net/bridge"];

/// The whole of a node, its pods' namespaces included, as sorted lines. Numbers of devices, timers
/// and what the kernel makes up by itself are left out.
pub(crate) fn dump(node: &str) -> String {
    dump_with(node, &[])
}

/// The same, with these namespaces too, as far as they are there.
pub(crate) fn dump_with(node: &str, more: &[&str]) -> String {
    let mut all = vec!["== node".to_owned()];
    all.extend(space(node));
    all.extend(rules_of(node));
    all.push(state(node));
    let mut pods: Vec<String> = fs::read_dir("/run/netns")
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| {
            let own = ["pod-", "docker-"].iter().any(|begin| name.starts_with(begin));
            own || more.contains(&name.as_str())
        })
        .collect();
    pods.sort();
    for pod in pods {
        all.push(format!("== {pod}"));
        all.extend(space(&pod));
    }
    all.join("\n")
}

/// The same, but for what two nodes of the same cluster need not share: Ethernet addresses that the
/// kernel made up, and the numbers of bridge ports.
pub(crate) fn alike(dump: &str) -> String {
    let plain = |line: &str| {
        let mut words: Vec<&str> = line.split(' ').collect();
        for place in 1..words.len() {
            let made_up = words[0].starts_with("veth") && words[place - 1] == "link/ether";
            if made_up || ["port_id", "port_no", "designated_port"].contains(&words[place - 1]) {
                words[place] = "*";
            }
        }
        words.join(" ")
    };
    let own = |line: &&str| !(line.contains(" dev veth") && line.contains(" permanent"));
    dump.lines().filter(own).map(plain).collect::<Vec<_>>().join("\n")
}

/// Fails with the lines that differ.
#[track_caller]
pub(crate) fn same(found: &str, expected: &str, what: &str) {
    if found != expected {
        let diff = similar::TextDiff::from_lines(expected, found);
        let diff = diff.unified_diff().context_radius(0).to_string();
        let first: Vec<&str> = diff.lines().take(40).collect();
        let first = first.join("\n");
        panic!("{what}: what was expected (-) and what is there (+), at first:\n{first}");
    }
}

/// The rules of iptables, of both back ends and families.
pub(crate) fn rules_of(netns: &str) -> Vec<String> {
    rules(&shown(netns, RULES))
}

fn shown(netns: &str, script: &str) -> String {
    let mut command = Command::new("ip");
    let output = command.args(["netns", "exec", netns, "sh", "-c", script]).output().unwrap();
    String::from_utf8(output.stdout).unwrap()
}

/// A namespace without its rules, as sorted lines and its parameters.
pub(crate) fn space(netns: &str) -> Vec<String> {
    let mut lines: Vec<String> = shown(netns, SHOW).lines().filter_map(stable).collect();
    lines.sort();
    lines.extend(within(netns, parameters));
    lines
}

/// A line without what changes by itself; `None` if all of it does.
fn stable(line: &str) -> Option<String> {
    // Link-local addresses and their routes come when a device gets its carrier, multicast entries
    // with them; what a bridge has learnt goes by itself.
    let link_local = ["fe80::", "ff00::/8"].iter().any(|part| line.contains(part));
    let multicast = ["33:33:", "01:00:5e:", "01:80:c2:"].iter().any(|part| line.starts_with(part));
    let learnt = line.contains(" dev ") && line.contains(" master ") && line.starts_with(hex);
    let learnt = learnt && !line.contains("permanent");
    if learnt || link_local || multicast {
        return None;
    }
    let mut words: Vec<&str> = line.split_whitespace().collect();
    // The number of the device.
    if words[0].ends_with(':') && words[0].trim_end_matches(':').parse::<u32>().is_ok() {
        let rule = words.get(1) == Some(&"from");
        words.drain(..usize::from(!rule));
    }
    // A device that is never up answers to no Ethernet address: whichever the kernel made up will do.
    let silent = words.first().is_some_and(|name| *name == "kube-ipvs0:");
    let mut kept = Vec::new();
    let mut words = words.into_iter();
    while let Some(word) = words.next() {
        match word {
            "link/ether" if silent => drop(words.next()),
            "state"
            | "link-netnsid"
            | "gc_timer"
            | "hello_timer"
            | "tcn_timer"
            | "qlen"
            | "topology_change_timer"
            | "carrier"
            | "message_age_timer"
            | "hold_timer"
            | "forward_delay_timer"
            | "expires"
            | "initval"
            | "link-netns" => drop(words.next()),
            "linkdown" | "tentative" | "dadfailed" | "dead" => {}
            _ if word.starts_with('<') => kept.push(up(word).to_owned()),
            _ => kept.push(word.split("@if").next().unwrap().to_owned()),
        }
    }
    Some(kept.join(" "))
}

fn hex(letter: char) -> bool {
    letter.is_ascii_hexdigit()
}

/// Whether the device is up, whatever is behind it.
fn up(flags: &str) -> &'static str {
    let up = flags.trim_matches(['<', '>']).split(',').any(|flag| flag == "UP");
    if up { "up" } else { "down" }
}

/// Rules without comments and counters. Built-in chains without rules are there or not.
fn rules(saved: &str) -> Vec<String> {
    let mut kept: Vec<String> = Vec::new();
    for line in saved.lines() {
        if let Some(chain) = line.strip_prefix(':') {
            let mut words = chain.split(' ');
            let (name, policy) = (words.next().unwrap(), words.next().unwrap());
            if policy != "ACCEPT" {
                kept.push(format!(":{name} {policy}"));
            }
        } else if line == "COMMIT" {
            if kept.last().is_some_and(|last| last.starts_with('*')) {
                kept.pop();
            }
        } else if !line.starts_with('#') || line.starts_with("# IPv6") || line == "# legacy" {
            kept.push(line.to_owned());
        }
    }
    // The kernel keeps chains in the order of their making.
    let table = |line: &String| line.starts_with(['*', '#']);
    for part in kept.split_mut(table) {
        let names = part.iter().take_while(|line| line.starts_with(':')).count();
        part[..names].sort();
        part[names..].sort_by(|one, other| chain(one).cmp(chain(other)));
    }
    kept
}

fn chain(rule: &str) -> &str {
    rule.split(' ').nth(1).unwrap_or_default()
}

/// The parameters of the namespace that we are in.
fn parameters() -> Vec<String> {
    let mut all = BTreeMap::new();
    for folder in PARAMETERS {
        read(&Path::new("/proc/sys").join(folder), &mut all);
    }
    all.into_iter().map(|(path, value)| format!("{} = {value}", path.display())).collect()
}

fn read(folder: &Path, all: &mut BTreeMap<PathBuf, String>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries {
        let path = entry.unwrap().path();
        if path.is_dir() {
            read(&path, all);
        } else if let Ok(value) = fs::read_to_string(&path) {
            let at_random = ["stable_secret", "fastopen_key", "conntrack_count"];
            if !at_random.iter().any(|name| path.ends_with(name)) {
                all.insert(path, value.trim().to_owned());
            }
        }
    }
}
