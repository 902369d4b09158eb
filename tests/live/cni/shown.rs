//! What a node and its containers are, in words that two of them can share.

use crate::dump::{rules_of, space};
use crate::lab::run;

/// The node, its rules, and its containers, as lines; without those that have one of some parts.
pub(super) fn shown(node: &str, containers: &[(String, &str)], without: &[String]) -> String {
    let mut names = Vec::new();
    for (space, place) in containers {
        names.push((host_end(node, space), format!("veth({place})")));
    }
    names.extend(gateway_port(node).map(|port| (port, "veth(gateway)".to_owned())));
    let mut all = vec!["== node".to_owned()];
    all.extend(plain(node, &names));
    all.extend(vlans(node, &names));
    all.extend(rules_of(node));
    for (space, place) in containers {
        all.push(format!("== {place}"));
        all.extend(plain(space, &[]));
    }
    all.retain(|line| !without.iter().any(|part| line.contains(part)));
    all.join("\n")
}

/// The device of the node that a container's own one is joined to: each knows the other's number.
fn host_end(node: &str, container: &str) -> String {
    let shown = run(&format!("ip -n {container} -o link show eth0"));
    let number = shown.split(['@', ':']).nth(2).and_then(|name| name.strip_prefix("if"));
    let number = number.unwrap_or_else(|| panic!("eth0 of {container} is no veth: {shown}"));
    let all = run(&format!("ip -n {node} -o link"));
    let line = all.lines().find(|line| line.starts_with(&format!("{number}: ")));
    let line = line.unwrap_or_else(|| panic!("{number} is not among the devices of {node}: {all}"));
    line.split([' ', '@', ':']).nth(2).unwrap().to_owned()
}

/// The port by which the gateway's device is joined to its bridge, if there is a vlan.
fn gateway_port(node: &str) -> Option<String> {
    let all = run(&format!("ip -n {node} -o link"));
    let mut devices = all.lines().filter_map(|line| line.split(": ").nth(1));
    devices
        .find_map(|device| device.strip_prefix("cni0.")?.split_once('@'))
        .map(|(_, port)| port.to_owned())
}

/// Which vlans the ports of bridges are in. A kernel that knows of none shows none.
fn vlans(node: &str, names: &[(String, String)]) -> Vec<String> {
    let mut device = "";
    let all = run(&format!("bridge -n {node} vlan show"));
    let mut lines = Vec::new();
    for line in all.lines().skip(1) {
        let own = line.split_whitespace().next().filter(|_| !line.starts_with(' '));
        device = own.unwrap_or(device);
        let vlan = line.strip_prefix(device).unwrap_or(line).trim();
        lines.push(format!("vlan of {device}: {vlan}"));
    }
    let place =
        |line: String| names.iter().fold(line, |line, (name, place)| line.replace(name, place));
    let mut lines: Vec<String> = lines.into_iter().map(place).collect();
    lines.sort();
    lines
}

/// A namespace without what need not be alike.
fn plain(netns: &str, names: &[(String, String)]) -> Vec<String> {
    let lines = space(netns);
    let has_v6 = lines.iter().any(|line| line.starts_with("eth0 inet6 "));
    let mut lines: Vec<String> = lines
        .into_iter()
        .filter(|line| !left_out(line, has_v6))
        .map(|line| names.iter().fold(line, |line, (name, place)| line.replace(name, place)))
        .map(|line| words(&line))
        .collect();
    lines.sort();
    lines
}

/// Lines that are not compared:
///
/// * Entries for own Ethernet addresses are of the kernel's making.
/// * netspec's release of the plugins keeps IPv6 addresses of a device that goes down, Debian's does not.
/// * The plugins let a pod without IPv6 addresses use its link-local one at once, netc leaves it alone.
fn left_out(line: &str, has_v6: bool) -> bool {
    let own = line.split(' ').next().is_some_and(ethernet);
    own || line.contains("/eth0/keep_addr_on_down = ")
        || (!has_v6 && line.contains("/eth0/accept_dad = "))
}

/// A line without Ethernet addresses, numbers of bridge ports, aliases and the protocol of netc's
/// routes, and without what netc does in another way:
///
/// * The plugins state IPv4 broadcast addresses. The kernel has the routes for them by itself.
/// * netc's IPv6 addresses are used at once, the plugins let the kernel look for the gateway's first.
/// * Where the route to the network of an address is not wanted, netc has the kernel make none, and the
///   plugins remove it.
fn words(line: &str) -> String {
    let line = line.split(" alias netc ").next().unwrap_or(line);
    let mut kept = Vec::new();
    let mut words = line.split(' ').filter(|word| *word != "\\");
    while let Some(word) = words.next() {
        let last = word.split('.').next_back().unwrap_or(word);
        match word {
            "port_id" | "port_no" | "designated_port" => drop(words.next()),
            "brd" if line.contains(" inet ") => drop(words.next()),
            "proto" => match words.next() {
                Some("110") | None => {}
                Some(by) => kept.extend([word, by]),
            },
            "nodad" | "noprefixroute" => {}
            _ if ethernet(last) => kept.push("*"),
            _ => kept.push(word),
        }
    }
    kept.join(" ")
}

fn ethernet(word: &str) -> bool {
    let pairs: Vec<&str> = word.split(':').collect();
    let pair = |pair: &&str| {
        !pair.is_empty() && pair.len() <= 2 && pair.chars().all(|c| c.is_ascii_hexdigit())
    };
    pairs.len() == 6 && pairs.iter().all(pair)
}
