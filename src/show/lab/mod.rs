//! A lab that runs: its hosts and pods, what is broken of them, what passes on their links, whether nodes are
//! as their sources say, and how often services were asked.

mod tables;
mod traffic;

use super::card::Card;
use super::table::Table;
use crate::lab::mishap::{Broken, Inmate, told};
use crate::lab::seen::{Counters, Drift, Seen, SeenLink};
use crate::lab::tally::Asked;
use crate::lab::{Entry, Member, Pod, Role, Segment};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::Duration;
use tables::state_of;

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
    /// Whether its nodes are as their sources say, by their names, if that was asked for.
    pub drift: Option<&'l BTreeMap<String, Drift>>,
    /// How often its services were asked, if that was asked for.
    pub services: Option<&'l [Asked]>,
    /// The same at the time that it was looked before.
    pub before_services: Option<&'l [Asked]>,
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
    add(&mut card, "hosts", lab.hosts());
    if pods {
        add(&mut card, "pods", lab.pods(|_| true));
    }
    if let Some(services) = lab.services() {
        add(&mut card, "services", services);
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
    if let Some(drift) = lab.drift.and_then(|drift| drift.get(&host.name)) {
        card.row("sources", drift.words());
        card.field("differences", json!(drift.differences()));
    }
    add(&mut card, "links", lab.links_of_host(host));
    add(&mut card, "pods", lab.pods(|node| node.name == host.name));
    if let Some(services) = lab.services() {
        add(&mut card, "services", services);
    }
    card
}

/// One pod of a lab, or container: its links.
#[must_use]
pub fn lab_pod(lab: &Lab<'_>, node: &Member, pod: &Pod) -> Card {
    let inmate = Inmate { node: node.name.clone(), netns: pod.netns.clone() };
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
    add(&mut card, "links", lab.links_of_pod(&inmate));
    card
}

/// Adds a table, for people and for machines.
fn add(card: &mut Card, title: &str, (table, rows): (Table, Value)) {
    card.field(title, rows);
    card.titled(title, table);
}

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
    fn times_are_short() {
        let times = [0, 59, 61, 3_700, 200_000].map(|time| age(Duration::from_secs(time)));
        assert_eq!(times, ["0s", "59s", "1m 1s", "1h 1m", "2d 7h"]);
    }

    /// A lab of one node, a link of which loses packets.
    fn example() -> (Entry, Broken, Seen) {
        let entry = json!({
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
        });
        let broken = json!({ "hosts": { "node0": { "links": { "eth0": { "loss": 100_000 } } } } });
        let counters = Counters { packets: (12, 3), bytes: (1_234, 90), lost: 1 };
        let link = SeenLink { device: "eth0".into(), up: true, counters };
        let mut seen = Seen::default();
        seen.hosts.insert("node0".into(), SeenHost { alive: true, links: vec![link] });
        (serde_json::from_value(entry).unwrap(), serde_json::from_value(broken).unwrap(), seen)
    }

    /// It, five seconds after it came up, when nothing was asked for beside.
    fn shown((entry, broken, seen): &(Entry, Broken, Seen)) -> Lab<'_> {
        let (before, age) = (None, Duration::from_secs(5));
        let (drift, services, before_services) = (None, None, None);
        Lab { entry, broken, seen, before, age, drift, services, before_services }
    }

    #[test]
    fn a_lab_is_shown_with_what_is_broken_of_it() {
        let example = example();
        let (entry, _, seen) = &example;
        let shown = shown(&example);
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
        let rated = Lab { before: Some((seen, Duration::from_secs(1))), ..shown };
        assert!(lab(&rated, false).text().contains("0/s  0 B/s"));
        let host = lab_host(&shown, &entry.members[0]);
        assert!(host.text().contains("  eth0  loss 10%  10.0.0.1/24  12  1.2 kB"));
        assert_eq!(host.json()["links"][0]["traffic"]["in"]["bytes"], 1_234);
    }

    #[test]
    fn drift_and_services_are_shown_where_they_are_asked_for() {
        let example = example();
        let shown = shown(&example);
        let drift = BTreeMap::from([("node0".to_owned(), Drift::Differs(2))]);
        let asked = |connections| Asked {
            service: "shop/web".into(),
            port: "http 80/tcp".into(),
            endpoints: 1,
            connections,
        };
        let (then, now) = ([asked(Some(2))], [asked(Some(10))]);
        let more = Lab { drift: Some(&drift), services: Some(&now), ..shown };
        let text = lab(&more, false).text();
        assert!(text.contains("node0  link loss 10%  2 differences  10.0.0.1"), "{text}");
        assert!(text.contains("shop/web  http 80/tcp  1          10\n"), "{text}");
        assert_eq!(lab(&more, false).json()["hosts"][0]["differences"], 2);
        let before = Some((&example.2, Duration::from_secs(2)));
        let rated = Lab { before, before_services: Some(&then), ..more };
        assert!(lab(&rated, false).text().contains("  4/s\n"));
        let uncounted = [asked(None)];
        let text = lab(&Lab { services: Some(&uncounted), ..more }, false).text();
        assert!(text.contains("shop/web  http 80/tcp  1          -\n"), "{text}");
    }
}
