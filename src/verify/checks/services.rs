//! Services lead to their endpoints.

use super::finding::{code_of, placed};
use super::plan::turn;
use super::pods::from_node;
use super::{Group, Run};
use crate::lower::{Answer as Expected, Serving, node_port_addresses};
use crate::model::{
    Family, Node, NodeId, Policy, Proxy, ProxyMode, Service, ServiceKind, ServicePort,
};
use crate::trace::{Answer, Payload, Place, Question, Who};
use ipnet::IpNet;
use netc_lang::{Diagnostic, code};
use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};

/// Two shares that differ by less are the same.
const EPSILON: f64 = 1e-6;

/// A service port on a node.
pub(super) struct Port<'p> {
    pub(super) id: NodeId,
    pub(super) node: &'p Node,
    pub(super) service: &'p Service,
    pub(super) port: &'p ServicePort,
}

/// A question about a service, who asks, and what is to come of it.
pub(super) struct Trial {
    question: Question,
    from: String,
    expected: Expected,
}

impl Run<'_, '_> {
    /// Each service port on each node leads to each usable endpoint with its share.
    pub(super) fn services_reach_endpoints(&mut self) -> Result<(), Vec<Diagnostic>> {
        let Some(proxy) = &self.cluster.proxy else { return Ok(()) };
        self.each_port(|run, port| {
            for trial in run.trials(proxy, port) {
                let answer = run.ask(&trial.question)?;
                run.judge_service(proxy, port, &trial, &answer);
            }
            Ok(())
        })
    }

    /// Takes the service ports of each node, as many as there is time for.
    pub(super) fn each_port(
        &mut self,
        mut take: impl FnMut(&mut Self, &Port) -> Result<(), Vec<Diagnostic>>,
    ) -> Result<(), Vec<Diagnostic>> {
        let cluster = self.cluster;
        let programmed = cluster.services.iter().filter(|service| service.is_programmed());
        let all: Vec<(&Service, &ServicePort)> = programmed
            .flat_map(|service| service.ports.iter().map(move |port| (service, port)))
            .collect();
        for (number, (id, node)) in (0..).map(NodeId).zip(&cluster.nodes).enumerate() {
            self.at(number, cluster.nodes.len());
            if node.is_windows() {
                continue;
            }
            self.of += all.len();
            for place in turn(number, all.len(), self.limits.ports) {
                let Some((service, port)) = all.get(place).copied() else { continue };
                self.asked += 1;
                take(self, &Port { id, node, service, port })?;
            }
        }
        Ok(())
    }

    /// Who asks for a service port by a node: its pods, the node, and somebody outside.
    fn trials(&self, proxy: &Proxy, port: &Port) -> Vec<Trial> {
        let mut all = Vec::new();
        let Port { id, node, service, .. } = *port;
        for (family, address) in service.addresses.iter() {
            let serving = Serving::new(proxy, (id, node), (service, port.port), family);
            let expected = serving.under(service.internal_traffic);
            let payload = port.payload(port.port.port.number);
            let to = Who::One(*address);
            for group in self.groups.iter().filter(|group| is_of(group, id, family)) {
                let question = group.question(group.who.clone(), to.clone(), payload);
                let from = group.name(self.cluster);
                all.push(Trial { question, from, expected: expected.clone() });
            }
            if node.address(family).is_some() {
                let question = from_node(id, to, payload);
                let from = format!("node {}", node.name);
                all.push(Trial { question, from, expected });
            }
            let expected = serving.under(service.external_traffic);
            let outside = port.asked_from_outside(proxy, family);
            all.extend(outside.into_iter().map(|question| Trial {
                from: format!(
                    "outside {}",
                    question.source.as_ref().map_or_else(String::new, Who::to_string)
                ),
                question,
                expected: expected.clone(),
            }));
        }
        all
    }

    fn judge_service(&mut self, proxy: &Proxy, port: &Port, trial: &Trial, answer: &Answer) {
        let name = port.name();
        let Trial { question, from, expected } = trial;
        let Expected::To(endpoints) = expected else {
            // Nobody is to get it.
            return;
        };
        let failing = answer.ways.iter().filter(|ended| !ended.is_answered());
        for ended in failing {
            let code = code_of(self.findings.check());
            let message = format!("service {name} does not answer {from} by every endpoint");
            self.findings.unanswered(code, message, question, ended);
        }
        if answer.ways.iter().any(|ended| !ended.is_answered()) {
            return;
        }
        for shares in by_client(answer) {
            let Some(wrong) = unequal(proxy, port, endpoints, &shares) else { continue };
            let span = Some(port.port.span);
            let message = format!("service {name} does not lead {from} to each endpoint alike");
            self.findings.add(code::UNEVEN_SERVICE, span, String::new(), || {
                placed(code::UNEVEN_SERVICE, span, message).map_here(wrong)
            });
            return;
        }
    }
}

fn is_of(group: &Group, id: NodeId, family: Family) -> bool {
    group.node == id && group.family == family
}

/// With what probability each client gets to each endpoint; clients that are alike once.
fn by_client(answer: &Answer) -> Vec<BTreeMap<SocketAddr, f64>> {
    let mut clients: Vec<(IpAddr, Vec<usize>)> = Vec::new();
    for (number, ended) in answer.ways.iter().enumerate() {
        for client in ended.way.client.all() {
            match clients.binary_search_by_key(client, |(known, _)| *known) {
                Ok(at) => {
                    if let Some((_, ways)) = clients.get_mut(at) {
                        ways.push(number);
                    }
                }
                Err(at) => clients.insert(at, (*client, vec![number])),
            }
        }
    }
    let mut alike: Vec<Vec<usize>> = clients.into_iter().map(|(_, ways)| ways).collect();
    alike.sort_unstable();
    alike.dedup();
    let shares = |ways: Vec<usize>| {
        let mut all = BTreeMap::new();
        for ended in ways.iter().filter_map(|number| answer.ways.get(*number)) {
            if let Some(server) = ended.server() {
                let at = SocketAddr::new(server.address.first(), server.port.unwrap_or(0));
                *all.entry(at).or_insert(0.0) += ended.way.share;
            }
        }
        all
    };
    alike.into_iter().map(shares).collect()
}

/// What is wrong with the shares of endpoints.
fn unequal(
    proxy: &Proxy,
    port: &Port,
    endpoints: &[SocketAddr],
    shares: &BTreeMap<SocketAddr, f64>,
) -> Option<String> {
    let stray = shares.keys().find(|got| !endpoints.contains(got));
    if let Some(stray) = stray {
        return Some(format!("{stray} gets connections, and is no endpoint that may"));
    }
    let weighs = matches!(proxy.mode, ProxyMode::Ipvs(_));
    let weight = |at: &SocketAddr| {
        let own = port.port.endpoints.iter().find(|endpoint| endpoint.address == *at);
        own.and_then(|endpoint| endpoint.weight).unwrap_or(1)
    };
    let even = !weighs || endpoints.iter().all(|at| weight(at) == 1);
    let fair = 1.0 / endpoints.len().max(1) as f64;
    endpoints.iter().find_map(|at| {
        let share = shares.get(at).copied().unwrap_or(0.0);
        let never = share <= EPSILON && (!weighs || weight(at) > 0);
        let off = even && (share - fair).abs() > EPSILON;
        (never || off).then(|| {
            format!(
                "{at} gets {:.1} of 100 connections in place of {:.1}",
                share * 100.0,
                fair * 100.0
            )
        })
    })
}

impl Port<'_> {
    /// For people: `shop/web:http`.
    pub(super) fn name(&self) -> String {
        match &self.port.name {
            Some(name) => format!("{}:{name}", self.service.name),
            None => format!("{}:{}", self.service.name, self.port.port.number),
        }
    }

    pub(super) fn payload(&self, number: u16) -> Payload {
        let protocol = self.port.port.protocol;
        Payload::Ports { protocol, source: None, destination: Some(number) }
    }

    /// What comes from outside by this node: to its node port, the load balancer's addresses and the
    /// external ones.
    fn asked_from_outside(&self, proxy: &Proxy, family: Family) -> Vec<Question> {
        let question = |source: IpAddr, to: IpAddr, number: u16, through| Question {
            place: Place::Outside,
            source: Some(Who::One(source)),
            destination: Who::One(to),
            payload: self.payload(number),
            through,
        };
        let mut all = Vec::new();
        let own = self.node.address(family).map(|own| own.address);
        let answers = |address: &IpAddr| {
            let addresses = node_port_addresses(proxy, self.node, family);
            addresses.is_none_or(|addresses| addresses.contains(address))
        };
        if let (Some(port), Some(own)) = (self.port.node_port, own.filter(answers)) {
            all.push(question(stranger(family), own, port, None));
        }
        let number = self.port.port.number;
        let is_of = |address: &&IpAddr| Family::of(**address) == family;
        let external = self.service.external_ips.iter().filter(is_of);
        all.extend(external.map(|to| question(stranger(family), *to, number, Some(self.id))));
        if self.service.kind == ServiceKind::LoadBalancer {
            let ranges = &self.service.source_ranges;
            let source = source_within(ranges, family);
            let balancers = self.service.load_balancer_ips.iter().filter(is_of);
            all.extend(balancers.map(|to| question(source, *to, number, Some(self.id))));
        }
        all
    }

    /// The addresses of the service that something else brings to the nodes, if packets of pods and
    /// nodes to them are to get anywhere.
    pub(super) fn fronts(&self, proxy: &Proxy, family: Family) -> Vec<IpAddr> {
        let serving = Serving::new(proxy, (self.id, self.node), (self.service, self.port), family);
        let all = [Policy::Cluster, self.service.external_traffic];
        let served = all.into_iter().all(|policy| matches!(serving.under(policy), Expected::To(_)));
        if !served || !self.service.source_ranges.is_empty() {
            return Vec::new();
        }
        let all = self.service.load_balancer_ips.iter().chain(&self.service.external_ips);
        all.copied().filter(|address| Family::of(*address) == family).collect()
    }
}

/// Somebody of whom nobody knows: an address that is kept for documentation (RFC 5737, RFC 3849).
fn stranger(family: Family) -> IpAddr {
    match family {
        Family::V4 => std::net::Ipv4Addr::new(203, 0, 113, 9).into(),
        Family::V6 => std::net::Ipv6Addr::new(0x2001, 0xdb8, 0xffff, 0, 0, 0, 0, 9).into(),
    }
}

/// Somebody from where the load balancer may be reached.
fn source_within(ranges: &[IpNet], family: Family) -> IpAddr {
    let own = ranges.iter().find(|range| Family::of_net(**range) == family);
    own.and_then(|range| range.hosts().next()).unwrap_or(stranger(family))
}
