//! What nobody else asks for: addresses that are given out beside those of pods, nodes and services,
//! and those that nobody has.

use super::Run;
use super::finding::{code_of, placed};
use super::plan::turn;
use super::pods::{do_not, from_node};
use crate::model::{Family, NodeId, number};
use crate::trace::{Cause, Event, Payload, Question, Symptom, Who};
use ipnet::IpNet;
use netc_lang::{Diagnostic, code};
use std::collections::BTreeSet;
use std::net::IpAddr;

const PING: Payload = Payload::Echo { reply: false };

impl Run<'_, '_> {
    /// What the cluster knows does not end in silence: the gateways of pods, and the addresses of
    /// services that something else brings to the nodes.
    pub(super) fn no_black_hole(&mut self) -> Result<(), Vec<Diagnostic>> {
        let (groups, cluster) = (self.groups, self.cluster);
        for (number, from) in groups.iter().enumerate() {
            self.at(number, groups.len());
            let nodes = cluster.nodes.len();
            self.of += nodes;
            for id in turn(number, nodes, self.limits.peers) {
                self.asked += 1;
                let Some(node) = cluster.nodes.get(id) else { continue };
                let Some(gateway) = node.gateways.get(from.family) else { continue };
                let bridge = node.attachment.as_ref().and_then(|attachment| attachment.bridge());
                if !bridge.is_some_and(|bridge| bridge.gateway) {
                    continue;
                }
                let question = from.question(from.who.clone(), Who::One(*gateway), PING);
                let from = from.name(cluster);
                self.heard(&question, &from, &format!("the gateway of {}", node.name))?;
            }
        }
        let Some(proxy) = &cluster.proxy else { return Ok(()) };
        self.each_port(|run, port| {
            for family in Family::ALL {
                for address in port.fronts(proxy, family) {
                    let payload = port.payload(port.port.port.number);
                    let to = format!("service {} at {address}", port.name());
                    for group in run.groups {
                        if group.node == port.id && group.family == family {
                            let to_it = Who::One(address);
                            let question = group.question(group.who.clone(), to_it, payload);
                            run.heard(&question, &group.name(cluster), &to)?;
                        }
                    }
                    let question = from_node(port.id, Who::One(address), payload);
                    run.heard(&question, &format!("node {}", port.node.name), &to)?;
                }
            }
            Ok(())
        })
    }

    /// Whether a client hears something.
    fn heard(&mut self, question: &Question, from: &str, to: &str) -> Result<(), Vec<Diagnostic>> {
        let answer = self.ask(question)?;
        let silent = answer.ways.iter().find(|ended| {
            ended.failure.as_ref().is_some_and(|failure| failure.symptom == Symptom::Silence)
        });
        if let Some(ended) = silent {
            let code = code_of(self.findings.check());
            let message = format!("{} hear anything of {to}", do_not(from));
            self.findings.unanswered(code, message, question, ended);
        }
        Ok(())
    }

    /// Nothing goes in circles: packets to addresses that nobody has do so first.
    pub(super) fn no_loop(&mut self) -> Result<(), Vec<Diagnostic>> {
        let (groups, cluster) = (self.groups, self.cluster);
        let used = self.used();
        let nobodys: Vec<Vec<IpAddr>> = cluster
            .nodes
            .iter()
            .map(|node| node.blocks.values().filter_map(|block| free(*block, &used)).collect())
            .collect();
        let pods = cluster.pod_networks.values().map(|pods| pods.network);
        let networks = pods.chain(cluster.service_networks.values().copied());
        let shared: Vec<IpAddr> = networks.filter_map(|network| free(network, &used)).collect();
        for (id, node) in cluster.nodes.iter().enumerate().filter(|(_, node)| !node.is_windows()) {
            self.at(id, cluster.nodes.len());
            self.of += nobodys.len();
            let others: Vec<usize> = turn(id, nobodys.len(), self.limits.peers).collect();
            self.asked += others.len();
            let others = others.into_iter();
            let others = others.filter_map(|other| nobodys.get(other)).flatten();
            let all: Vec<IpAddr> = others
                .chain(nobodys.get(id).into_iter().flatten())
                .chain(&shared)
                .copied()
                .collect();
            let own = NodeId(u32::try_from(id).unwrap_or(u32::MAX));
            for address in all {
                let to = Who::One(address);
                if node.address(Family::of(address)).is_some() {
                    self.circles(
                        &from_node(own, to.clone(), PING),
                        &format!("node {}", node.name),
                    )?;
                }
                let here = |family| family == Family::of(address);
                if let Some(group) =
                    groups.iter().find(|group| group.node == own && here(group.family))
                {
                    let question = group.question(group.who.clone(), to, PING);
                    self.circles(&question, &group.name(cluster))?;
                }
            }
        }
        Ok(())
    }

    fn circles(&mut self, question: &Question, from: &str) -> Result<(), Vec<Diagnostic>> {
        let answer = self.ask(question)?;
        let circling = answer.ways.iter().find(|ended| {
            ended.failure.as_ref().is_some_and(|failure| failure.cause == Cause::Loop)
        });
        let Some(ended) = circling else { return Ok(()) };
        // The route that it took last decides.
        let mut routes =
            ended.way.trail.backwards().filter(|step| matches!(step.event, Event::Routed { .. }));
        let span = routes.find_map(|step| step.decided.as_ref()?.origin);
        let to = question.destination.first();
        let message = format!("packets of {from} to {to} go in circles");
        self.findings.add(code::PACKETS_IN_CIRCLES, span, String::new(), || {
            let here = "this sends them on, and they come back until their time to live is over";
            let help = "let one of the nodes refuse what nobody has: `route blackhole NETWORK`";
            placed(code::PACKETS_IN_CIRCLES, span, message).map_here(here.into()).help(help)
        });
        Ok(())
    }

    /// The addresses that somebody has.
    fn used(&self) -> BTreeSet<IpAddr> {
        let cluster = self.cluster;
        let pods = cluster.pods.iter().flat_map(|pod| pod.addresses.values());
        let gateways = cluster.nodes.iter().flat_map(|node| node.gateways.values());
        let services = cluster.services.iter().flat_map(|service| service.addresses.values());
        pods.chain(gateways).chain(services).copied().collect()
    }
}

/// An address of a network that nobody has: the highest but the last one, which may be that of
/// broadcasts.
fn free(network: IpNet, used: &BTreeSet<IpAddr>) -> Option<IpAddr> {
    let family = Family::of_net(network);
    let first = number(network.network());
    let mut at = number(network.broadcast()).checked_sub(1)?;
    while at > first {
        let address = family.address(at);
        if !used.contains(&address) {
            return Some(address);
        }
        at -= 1;
    }
    None
}
