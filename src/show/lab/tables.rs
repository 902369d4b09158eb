//! The tables of a lab: its hosts, its pods, the links of one of them, and its services.

use super::Lab;
use super::traffic::Passed;
use crate::lab::mishap::{Inmate, Mishap};
use crate::lab::seen::{Counters, SeenLink};
use crate::lab::{Member, Role};
use crate::show::table::{Cell, Table};
use ipnet::IpNet;
use serde_json::{Value, json};

impl Lab<'_> {
    /// A line for each host.
    pub(super) fn hosts(&self) -> (Table, Value) {
        let mut rows = Passed::new(self, &["host", "state", "sources", "addresses", "pods"]);
        for member in &self.entry.members {
            let state = self.state(member);
            let own = member.wires.iter().flat_map(|wire| &wire.addresses);
            let addresses: Vec<String> = own.map(|own| own.addr().to_string()).collect();
            let links: Vec<_> = self.links(&member.name).collect();
            let now =
                links.iter().fold(Counters::default(), |sum, (link, _)| sum.plus(link.counters));
            let before = links.iter().filter_map(|(_, before)| *before);
            let before = self.before.map(|_| before.fold(Counters::default(), Counters::plus));
            let pods = Some(member.pods.len()).filter(|_| member.role == Role::Node);
            let drift = self.drift.and_then(|drift| drift.get(&member.name));
            let cells = [
                member.name.as_str().into(),
                state.as_str().into(),
                drift.map_or(Cell::Nothing, |drift| drift.words().into()),
                addresses.clone().into(),
                pods.into(),
            ];
            let mut fields = json!({
                "host": member.name, "role": member.role, "state": state, "addresses": addresses,
                "pods": member.pods.len(),
            });
            if let (Some(drift), Some(fields)) = (drift, fields.as_object_mut()) {
                fields.insert("differences".into(), json!(drift.differences()));
            }
            rows.row(cells, fields, (now, before));
        }
        rows.done()
    }

    /// A line for each pod on some nodes.
    pub(super) fn pods(&self, of: impl Fn(&Member) -> bool) -> (Table, Value) {
        let mut rows = Passed::new(self, &["pod", "node", "state", "addresses"]);
        for node in self.entry.nodes().filter(|node| of(node)) {
            for pod in &node.pods {
                let inmate = Inmate { node: node.name.clone(), netns: pod.netns.clone() };
                let sum = |links: Option<&Vec<SeenLink>>| {
                    Counters::sum(links.map(Vec::as_slice).unwrap_or_default())
                };
                let now = sum(self.seen.pods.get(&inmate));
                let before = self.before.map(|(seen, _)| sum(seen.pods.get(&inmate)));
                let state = self.pod_state(&inmate);
                let addresses: Vec<String> =
                    pod.addresses.iter().map(ToString::to_string).collect();
                let cells = [
                    pod.name.as_str().into(),
                    node.name.as_str().into(),
                    state.as_str().into(),
                    addresses.clone().into(),
                ];
                let fields = json!({
                    "kind": pod.kind, "pod": pod.name, "node": node.name, "state": state,
                    "addresses": addresses,
                });
                rows.row(cells, fields, (now, before));
            }
        }
        rows.done()
    }

    /// A line for each link of a host.
    pub(super) fn links_of_host(&self, host: &Member) -> (Table, Value) {
        let links = self.links(&host.name).map(|(link, before)| {
            let wire = host.wires.iter().find(|wire| wire.device == link.device);
            let addresses = wire.into_iter().flat_map(|wire| &wire.addresses).map(IpNet::to_string);
            (link, addresses.collect(), before)
        });
        self.links_table(links, self.broken.hosts.get(&host.name))
    }

    /// A line for each link of a pod.
    pub(super) fn links_of_pod(&self, inmate: &Inmate) -> (Table, Value) {
        let then = self.before.and_then(|(seen, _)| seen.pods.get(inmate));
        let before = |link: &SeenLink| {
            let mut all = then?.iter();
            all.find(|own| own.device == link.device).map(|link| link.counters)
        };
        let links = self.seen.pods.get(inmate).into_iter().flatten();
        let links = links.map(|link| (link, Vec::new(), before(link)));
        self.links_table(links, self.broken.pods.get(inmate))
    }

    fn links_table<'s>(
        &self,
        links: impl Iterator<Item = (&'s SeenLink, Vec<String>, Option<Counters>)>,
        mishap: Option<&Mishap>,
    ) -> (Table, Value) {
        let mut rows = Passed::new(self, &["link", "state", "addresses"]);
        for (link, addresses, before) in links {
            let state = state_of(link.up, mishap.map(|own| own.strain(&link.device).words()));
            let cells =
                [link.device.as_str().into(), state.as_str().into(), addresses.clone().into()];
            let fields = json!({ "device": link.device, "state": state, "addresses": addresses });
            rows.row(cells, fields, (link.counters, before));
        }
        rows.done()
    }

    /// A line for each port of each service.
    pub(super) fn services(&self) -> Option<(Table, Value)> {
        let mut table = Table::new(&["service", "port", "endpoints", "connections"]);
        let mut all = Vec::new();
        for own in self.services? {
            let before = self.before_services.and_then(|before| before.get(all.len()));
            let rate = self.before.map(|(_, time)| time).zip(before).map(|(time, before)| {
                let since = |now: u64| now.saturating_sub(before.connections.unwrap_or_default());
                let millis = u64::try_from(time.as_millis()).unwrap_or(u64::MAX).max(1);
                own.connections.map(|now| format!("{}/s", since(now).saturating_mul(1000) / millis))
            });
            let shown = rate.unwrap_or_else(|| own.connections.map(|now| now.to_string()));
            // A dash stands where the kernel counts none.
            let shown = shown.unwrap_or_else(|| "-".to_owned());
            table.row([
                own.service.as_str().into(),
                own.port.as_str().into(),
                Some(own.endpoints).into(),
                shown.into(),
            ]);
            all.push(json!(own));
        }
        Some((table, all.into()))
    }
}

/// How a link is: what it suffers, if it suffers something.
pub(super) fn state_of(up: bool, strain: Option<String>) -> String {
    let plain = if up { "up" } else { "link down" };
    strain.filter(|words| !words.is_empty()).unwrap_or_else(|| plain.to_owned())
}
