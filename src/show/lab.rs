//! A lab that runs: its hosts and pods, what is broken of them, and what passes on their links.

use super::card::Card;
use super::table::{Cell, Table};
use crate::lab::mishap::{Broken, Inmate, told};
use crate::lab::seen::{Counters, Seen, SeenLink};
use crate::lab::{Entry, Member, Pod, Role, Segment};
use serde_json::{Value, json};
use std::time::Duration;

/// What is known of a lab.
#[derive(Clone, Copy, Debug)]
pub struct Lab<'l> {
    /// What is remembered of it.
    pub entry: &'l Entry,
    /// What is broken of it on purpose.
    pub broken: &'l Broken,
    /// What was just seen of it.
    pub seen: &'l Seen,
    /// What was seen of it before, and how long ago: then rates are shown, not sums.
    pub before: Option<(&'l Seen, Duration)>,
    /// For how long it has run.
    pub age: Duration,
}

/// The whole lab: a line for each host, and for each pod if `pods` wants that.
#[must_use]
pub fn lab(lab: &Lab<'_>, pods: bool) -> Card {
    let (name, entry) = (&lab.entry.name, lab.entry);
    let (nodes, inmates) = (entry.nodes().count(), entry.nodes().map(|node| node.pods.len()).sum());
    let count = |number: usize, what: &str| {
        format!("{number} {what}{}", if number == 1 { "" } else { "s" })
    };
    let (nodes, inmates) = (count(nodes, "node"), count(inmates, "pod"));
    let head = format!("lab {name}  up {}  {nodes}, {inmates}", age(lab.age));
    let mut card = Card::new(head, "lab", name);
    card.field("seconds", lab.age.as_secs().into());
    card.field("sources", json!(entry.sources));
    card.row("sources", entry.sources.join(", "));
    card.field("left-out", json!(entry.left_out));
    entry.left_out.iter().for_each(|why| card.row("left out", why));
    segments(&mut card, entry);
    lab.broken_of(&mut card);
    let (table, rows) = lab.hosts();
    card.field("hosts", rows);
    card.titled("hosts", table);
    if pods {
        let (table, rows) = lab.pods(|_| true);
        card.field("pods", rows);
        card.titled("pods", table);
    }
    card
}

/// One host of a lab: its links and its pods.
#[must_use]
pub fn lab_host(lab: &Lab<'_>, host: &Member) -> Card {
    let what = match host.role {
        Role::Node => format!("node {}", host.name),
        Role::Router | Role::Outside => host.name.clone(),
    };
    let state = lab.state(host);
    let head = format!("{what} of lab {}  {state}", lab.entry.name);
    let mut card = Card::new(head, "host", &host.name);
    card.field("lab", json!(lab.entry.name));
    card.field("state", json!(state));
    let mut table = Table::new(LINK);
    let mut all = Vec::new();
    for (link, before) in lab.links(&host.name) {
        let wire = host.wires.iter().find(|wire| wire.device == link.device);
        let addresses: Vec<String> =
            wire.iter().flat_map(|wire| &wire.addresses).map(ToString::to_string).collect();
        let strain = lab.broken.hosts.get(&host.name).map(|own| own.strain(&link.device));
        let state = state_of(link.up, strain.map(|own| own.words()));
        let [got, got_bytes, sent, sent_bytes, lost] = lab.traffic(link.counters, before);
        let (device, shown) = (link.device.as_str().into(), state.clone().into());
        table.row([
            device,
            shown,
            addresses.clone().into(),
            got,
            got_bytes,
            sent,
            sent_bytes,
            lost,
        ]);
        all.push(json!({
            "device": link.device, "state": state, "addresses": addresses,
            "traffic": numbers(link.counters),
        }));
    }
    card.field("links", all.into());
    card.titled("links", table);
    let (table, rows) = lab.pods(|node| node.name == host.name);
    card.field("pods", rows);
    card.titled("pods", table);
    card
}

/// One pod of a lab, or container: its links.
#[must_use]
pub fn lab_pod(lab: &Lab<'_>, node: &Member, pod: &Pod) -> Card {
    let inmate = Inmate { node: node.name.clone(), netns: pod.netns.clone() };
    let links = lab.seen.pods.get(&inmate).map(Vec::as_slice);
    let state = lab.pod_state(&inmate);
    let (kind, name) = (&pod.kind, &pod.name);
    let head = format!("{kind} {name} on node {} of lab {}  {state}", node.name, lab.entry.name);
    let mut card = Card::new(head, "pod", name);
    card.field("lab", json!(lab.entry.name));
    card.field("node", json!(node.name));
    card.field("state", json!(state));
    let addresses: Vec<String> = pod.addresses.iter().map(ToString::to_string).collect();
    card.row("addresses", addresses.join(", "));
    card.field("addresses", json!(addresses));
    let mut table = Table::new(LINK);
    let mut all = Vec::new();
    for link in links.unwrap_or_default() {
        let before = lab.before.and_then(|(seen, _)| seen.pods.get(&inmate));
        let before = before.and_then(|all| all.iter().find(|own| own.device == link.device));
        let strain = lab.broken.pods.get(&inmate).map(|own| own.strain(&link.device));
        let state = state_of(link.up, strain.map(|own| own.words()));
        let [got, got_bytes, sent, sent_bytes, lost] =
            lab.traffic(link.counters, before.map(|link| link.counters));
        let (device, shown) = (link.device.as_str().into(), state.clone().into());
        table.row([device, shown, Cell::Nothing, got, got_bytes, sent, sent_bytes, lost]);
        let traffic = numbers(link.counters);
        all.push(json!({ "device": link.device, "state": state, "traffic": traffic }));
    }
    card.field("links", all.into());
    card.titled("links", table);
    card
}

const LINK: &[&str] = &["link", "state", "addresses", "in", "", "out", " ", "lost"];
const HOST: &[&str] = &["host", "state", "addresses", "pods", "in", "", "out", " ", "lost"];
const POD: &[&str] = &["pod", "node", "state", "addresses", "in", "", "out", " ", "lost"];

fn segments(card: &mut Card, entry: &Entry) {
    let mut all = Vec::new();
    let networks = |segment: &Segment| -> Vec<String> {
        segment.networks.iter().map(ToString::to_string).collect()
    };
    let width = entry.segments.iter().map(|one| networks(one).join(", ").len()).max();
    let width = width.unwrap_or_default();
    for (place, segment) in entry.segments.iter().enumerate() {
        let on = |member: &&Member| member.wires.iter().any(|wire| wire.segment == place);
        let hosts: Vec<&str> =
            entry.members.iter().filter(on).map(|member| member.name.as_str()).collect();
        let networks = networks(segment);
        all.push(json!({ "networks": networks, "hosts": hosts }));
        // With many hosts it is no use to name them.
        let named =
            if hosts.len() > 8 { format!("{} hosts", hosts.len()) } else { hosts.join(", ") };
        card.row("segment", format!("{:width$}  {named}", networks.join(", ")));
    }
    card.field("segments", all.into());
}

impl Lab<'_> {
    fn broken_of(&self, card: &mut Card) {
        let all = told(self.entry, self.broken);
        all.iter().for_each(|told| card.row("broken", format!("{}: {}", told.what, told.how)));
        card.field("broken", json!(all));
    }

    fn hosts(&self) -> (Table, Value) {
        let mut table = Table::new(HOST);
        let mut all = Vec::new();
        for member in &self.entry.members {
            let state = self.state(member);
            let own = member.wires.iter().flat_map(|wire| &wire.addresses);
            let addresses: Vec<String> = own.map(|own| own.addr().to_string()).collect();
            let links: Vec<_> = self.links(&member.name).collect();
            let sum = |all: Vec<SeenLink>| Counters::sum(&all);
            let now = sum(links.iter().map(|(link, _)| (*link).clone()).collect());
            let before = links.iter().filter_map(|(_, before)| *before);
            let before = self.before.map(|_| before.fold(Counters::default(), Counters::plus));
            let pods = Some(member.pods.len()).filter(|_| member.role == Role::Node);
            let [got, got_bytes, sent, sent_bytes, lost] = self.traffic(now, before);
            table.row([
                member.name.as_str().into(),
                state.clone().into(),
                addresses.clone().into(),
                pods.into(),
                got,
                got_bytes,
                sent,
                sent_bytes,
                lost,
            ]);
            all.push(json!({
                "host": member.name, "role": member.role, "state": state, "addresses": addresses,
                "pods": member.pods.len(), "traffic": numbers(now),
            }));
        }
        (table, all.into())
    }

    fn pods(&self, of: impl Fn(&Member) -> bool) -> (Table, Value) {
        let mut table = Table::new(POD);
        let mut all = Vec::new();
        for node in self.entry.nodes().filter(|node| of(node)) {
            for pod in &node.pods {
                let inmate = Inmate { node: node.name.clone(), netns: pod.netns.clone() };
                let links = self.seen.pods.get(&inmate).map(Vec::as_slice);
                let state = self.pod_state(&inmate);
                let addresses: Vec<String> =
                    pod.addresses.iter().map(ToString::to_string).collect();
                let now = Counters::sum(links.unwrap_or_default());
                let before = self.before.map(|(seen, _)| {
                    Counters::sum(seen.pods.get(&inmate).map(Vec::as_slice).unwrap_or_default())
                });
                let [got, got_bytes, sent, sent_bytes, lost] = self.traffic(now, before);
                table.row([
                    pod.name.as_str().into(),
                    node.name.as_str().into(),
                    state.clone().into(),
                    addresses.clone().into(),
                    got,
                    got_bytes,
                    sent,
                    sent_bytes,
                    lost,
                ]);
                all.push(json!({
                    "kind": pod.kind, "pod": pod.name, "node": node.name, "state": state,
                    "addresses": addresses, "traffic": numbers(now),
                }));
            }
        }
        (table, all.into())
    }

    /// How a host is.
    fn state(&self, host: &Member) -> String {
        let seen = self.seen.hosts.get(&host.name);
        let mishap = self.broken.hosts.get(&host.name);
        match (seen, mishap) {
            (Some(seen), _) if !seen.alive => "gone".to_owned(),
            (_, Some(mishap)) => mishap.words(host.wires.len()),
            (Some(seen), None) if seen.links.iter().any(|link| !link.up) => "link down".to_owned(),
            _ => "up".to_owned(),
        }
    }

    /// How a pod is.
    fn pod_state(&self, pod: &Inmate) -> String {
        if self.broken.hosts.get(&pod.node).is_some_and(|node| node.down) {
            return "node down".to_owned();
        }
        match (self.seen.pods.get(pod).map(Vec::as_slice), self.broken.pods.get(pod)) {
            (_, Some(mishap)) => mishap.words(mishap.links.len()),
            (None, None) => "gone".to_owned(),
            (Some([]), None) => "no link".to_owned(),
            (Some(links), None) => state_of(links.iter().all(|link| link.up), None),
        }
    }

    /// The links of a host, each with what had passed on it before.
    fn links(&self, host: &str) -> impl Iterator<Item = (&SeenLink, Option<Counters>)> {
        let links = self.seen.hosts.get(host).map(|seen| seen.links.as_slice()).unwrap_or_default();
        let before = self.before.and_then(|(seen, _)| seen.hosts.get(host));
        let then = move |device: &str| {
            let mut links = before?.links.iter();
            links.find(|link| link.device == device).map(|link| link.counters)
        };
        links.iter().map(move |link| (link, then(&link.device)))
    }

    /// The last cells of a row: packets and bytes in and out, in all or in a second, and what was lost.
    fn traffic(&self, now: Counters, before: Option<Counters>) -> [Cell; 5] {
        let (shown, each) = match (self.before, before) {
            (Some((_, time)), Some(before)) => (now.per_second(before, time), "/s"),
            (Some(_), None) => (Counters::default(), "/s"),
            (None, _) => (now, ""),
        };
        let packets = |number: u64| Cell::from(format!("{number}{each}"));
        let lost = Some(now.lost).filter(|lost| *lost > 0);
        [
            packets(shown.packets.0),
            format!("{}{each}", bytes(shown.bytes.0)).into(),
            packets(shown.packets.1),
            format!("{}{each}", bytes(shown.bytes.1)).into(),
            lost.map_or(Cell::Nothing, Cell::Number),
        ]
    }
}

fn state_of(up: bool, strain: Option<String>) -> String {
    let plain = if up { "up" } else { "link down" };
    strain.filter(|words| !words.is_empty()).unwrap_or_else(|| plain.to_owned())
}

/// Counters for machines.
fn numbers(counters: Counters) -> Value {
    let way = |packets: u64, bytes: u64| json!({ "packets": packets, "bytes": bytes });
    json!({
        "in": way(counters.packets.0, counters.bytes.0),
        "out": way(counters.packets.1, counters.bytes.1),
        "lost": counters.lost,
    })
}

/// A number of bytes, short.
fn bytes(number: u64) -> String {
    let units =
        [(1_000_000_000_000, "TB"), (1_000_000_000, "GB"), (1_000_000, "MB"), (1_000, "kB")];
    match units.into_iter().find(|(size, _)| number >= *size) {
        Some((size, unit)) => {
            let tenths = number / (size / 10);
            format!("{}.{} {unit}", tenths / 10, tenths % 10)
        }
        None => format!("{number} B"),
    }
}

/// A time, in its two greatest units.
fn age(time: Duration) -> String {
    let seconds = time.as_secs();
    let (days, hours, minutes) = (seconds / 86400, seconds / 3600 % 24, seconds / 60 % 60);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds}s"),
        (0, 0, _) => format!("{minutes}m {}s", seconds % 60),
        (0, _, _) => format!("{hours}h {minutes}m"),
        _ => format!("{days}d {hours}h"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::seen::SeenHost;

    #[test]
    fn sizes_and_times_are_short() {
        let sizes = [0, 999, 1_000, 98_250, 4_600_000, 7_000_000_000].map(bytes);
        assert_eq!(sizes, ["0 B", "999 B", "1.0 kB", "98.2 kB", "4.6 MB", "7.0 GB"]);
        let times = [0, 59, 61, 3_700, 200_000].map(|time| age(Duration::from_secs(time)));
        assert_eq!(times, ["0s", "59s", "1m 1s", "1h 1m", "2d 7h"]);
    }

    #[test]
    fn a_lab_is_shown_with_what_is_broken_of_it() {
        let entry: Entry = serde_json::from_value(json!({
            "version": 1, "name": "lab", "sources": ["/lab.netc"], "lock": null, "since": 0,
            "hub": { "pid": 1, "start": 1 }, "rootless": false,
            "segments": [{ "bridge": "segment0", "networks": ["10.0.0.0/24"] }],
            "members": [{
                "role": "node", "name": "node0", "process": { "pid": 2, "start": 1 }, "own": [],
                "senders": [], "routes": [],
                "wires": [{
                    "device": "eth0", "port": "port0", "segment": 0,
                    "addresses": ["10.0.0.1/24"], "mtu": 1500,
                }],
                "pods": [{
                    "kind": "pod", "name": "shop/web", "netns": "web", "addresses": ["10.1.0.2"],
                }],
            }],
            "left_out": [],
        }))
        .unwrap();
        let broken = json!({ "hosts": { "node0": { "links": { "eth0": { "loss": 100_000 } } } } });
        let broken: Broken = serde_json::from_value(broken).unwrap();
        let counters = Counters { packets: (12, 3), bytes: (1_234, 90), lost: 1 };
        let link = SeenLink { device: "eth0".into(), up: true, counters };
        let mut seen = Seen::default();
        seen.hosts.insert("node0".into(), SeenHost { alive: true, links: vec![link] });
        let (before, age) = (None, Duration::from_secs(5));
        let shown = Lab { entry: &entry, broken: &broken, seen: &seen, before, age };
        let text = lab(&shown, true).text();
        let expected = "lab lab  up 5s  1 node, 1 pod\n  \
                        sources  /lab.netc\n  \
                        segment  10.0.0.0/24  node0\n  \
                        broken   node0: link loss 10%\n\n\
                        hosts\n  \
                        HOST   STATE          ADDRESSES  PODS  IN          OUT        LOST\n  \
                        node0  link loss 10%  10.0.0.1   1     12  1.2 kB  3    90 B  1\n\n\
                        pods\n  \
                        POD       NODE   STATE  ADDRESSES  IN       OUT\n  \
                        shop/web  node0  gone   10.1.0.2   0   0 B  0    0 B\n";
        assert_eq!(text, expected);
        let rated = Lab { before: Some((&seen, Duration::from_secs(1))), ..shown };
        assert!(lab(&rated, false).text().contains("0/s  0 B/s"));
        let host = lab_host(&shown, &entry.members[0]);
        assert!(host.text().contains("  eth0  loss 10%  10.0.0.1/24  12  1.2 kB"));
        assert_eq!(host.json()["links"][0]["traffic"]["in"]["bytes"], 1_234);
    }
}
