//! Which nodes answer at which address of a service, and to whom they hand connections.

use super::{named, with_port};
use crate::lower::{Answer, Serving, node_port_addresses};
use crate::model::{Cluster, Family, Node, NodeId, Policy, Proxy, ProxyMode, Service, ServicePort};
use crate::show::table::{Cell, Table};
use std::collections::BTreeMap;
use std::net::IpAddr;

/// So many weights are named.
const NAMED: usize = 4;

/// A way to a service port.
struct Portal {
    /// What stands for its address.
    host: String,
    /// The port.
    number: u16,
    policy: Policy,
    /// Whether it is the port of nodes.
    of_nodes: bool,
}

/// A row for each way to a service port, and for all nodes that do the same with what comes there.
pub(super) fn answers(cluster: &Cluster, service: &Service, port: &ServicePort) -> Table {
    let mut table =
        Table::new(&["at", "policy", "on nodes", "answered on", "to endpoints", "each gets"]);
    let Some(proxy) = cluster.proxy.as_ref().filter(|_| service.is_programmed()) else {
        return table;
    };
    for family in service.addresses.families() {
        // What a Windows node does is told by its hns.json.
        let nodes = || (0..).map(NodeId).zip(&cluster.nodes).filter(|(_, node)| !node.is_windows());
        let serving = nodes()
            .map(|(id, node)| (node, Serving::new(proxy, (id, node), (service, port), family)));
        let serving: Vec<(&Node, Serving)> = serving.collect();
        for portal in portals(service, port, family) {
            let mut groups: BTreeMap<(Answer, Option<Vec<IpAddr>>), Vec<&str>> = BTreeMap::new();
            for (node, serving) in &serving {
                let only = match portal.of_nodes {
                    true => node_port_addresses(proxy, node, family),
                    false => None,
                };
                let key = (serving.under(portal.policy), only);
                groups.entry(key).or_default().push(&node.name);
            }
            for ((answer, only), nodes) in groups {
                let only = only.map(|all| all.iter().map(ToString::to_string).collect::<Vec<_>>());
                table.row([
                    with_port(&portal.host, portal.number, port.port.protocol, family).into(),
                    portal.policy.word().into(),
                    named(&nodes, cluster),
                    only.into(),
                    to(&answer),
                    share(&answer, proxy, port).into(),
                ]);
            }
        }
    }
    table
}

/// The ways to a service port in one family.
fn portals(service: &Service, port: &ServicePort, family: Family) -> Vec<Portal> {
    let own = |address: &&IpAddr| Family::of(**address) == family;
    let at = |address: &IpAddr, policy| Portal {
        host: address.to_string(),
        number: port.port.number,
        policy,
        of_nodes: false,
    };
    let outside = service.external_traffic;
    let mut all = Vec::new();
    all.extend(service.addresses.get(family).map(|own| at(own, service.internal_traffic)));
    let others = service.external_ips.iter().chain(&service.load_balancer_ips);
    all.extend(others.filter(own).map(|address| at(address, outside)));
    all.extend(port.node_port.map(|number| Portal {
        host: format!("{family} NODE"),
        number,
        policy: outside,
        of_nodes: true,
    }));
    all
}

fn to(answer: &Answer) -> Cell {
    match answer {
        Answer::To(all) => all.iter().map(ToString::to_string).collect::<Vec<_>>().into(),
        Answer::Dropped => "none of the node: dropped".into(),
        Answer::Refused => "none: refused".into(),
    }
}

/// Which share of all connections each endpoint gets.
fn share(answer: &Answer, proxy: &Proxy, port: &ServicePort) -> Option<String> {
    let Answer::To(all) = answer else { return None };
    if let ProxyMode::Ipvs(ipvs) = &proxy.mode {
        let weight = |address| port.endpoints.iter().find(|one| one.address == address);
        let weights = all.iter().map(|one| weight(*one).and_then(|one| one.weight).unwrap_or(1));
        let weights: Vec<u16> = weights.collect();
        if weights.iter().any(|own| Some(own) != weights.first()) {
            let weights: Vec<String> =
                weights.iter().take(NAMED).map(ToString::to_string).collect();
            return Some(format!("by {}, weights {}", ipvs.scheduler, weights.join(":")));
        }
        if !matches!(ipvs.scheduler.as_str(), "rr" | "wrr") {
            return Some(format!("by {}", ipvs.scheduler));
        }
    }
    Some(if all.len() == 1 { "all".to_owned() } else { format!("1/{}", all.len()) })
}
