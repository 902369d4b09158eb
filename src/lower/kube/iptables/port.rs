//! One service port: what its rules go by, and the ways in that lead to its chains
//! (netspec 4.4).

use super::names::{self, PortName};
use super::{Kube, Output};
use crate::lower::kube::backends::Backends;
use crate::lower::kube::exposure::Exposure;
use crate::model::{Policy, Service, ServicePort};
use crate::object::{ChainName, Chains, Match, Side, Target};
use ipnet::IpNet;
use netc_lang::Protocol;
use std::net::IpAddr;

/// Lowers one port of a service that has an address of the family.
pub(super) fn lower(kube: &Kube, service: &Service, port: &ServicePort, out: &mut Output) {
    let Some(address) = service.addresses.get(kube.family) else { return };
    let name = PortName::new(service, port, kube.proxy.legacy_names);
    let exposure = Exposure::new(service, port, kube.family);
    let mut key = name.key.clone();
    let backends = Backends::new((kube.here, kube.family), service, port, &exposure, |_, text| {
        key.truncate(name.key.len());
        key.push_str(text);
        names::endpoint(&key)
    });
    let (address, name) = (*address, &name);
    let (exposure, backends) = (&exposure, &backends);
    let lowering = Lowering { kube, service, port, address, name, exposure, backends };
    lowering.cluster_ip(out);
    lowering.external_ips(out);
    lowering.load_balancer(out);
    lowering.node_port(out);
    lowering.health_check(out);
    lowering.chains(&mut out.own);
}

/// The lowering of one service port.
pub(super) struct Lowering<'a> {
    pub(super) kube: &'a Kube<'a>,
    pub(super) service: &'a Service,
    pub(super) port: &'a ServicePort,
    /// The address of the service.
    pub(super) address: IpAddr,
    pub(super) name: &'a PortName,
    pub(super) exposure: &'a Exposure,
    pub(super) backends: &'a Backends<ChainName>,
}

impl<'a> Lowering<'a> {
    /// The name as it stands in comments.
    pub(super) fn id(&self) -> &'a str {
        &self.name.id
    }

    pub(super) fn protocol(&self) -> Protocol {
        self.port.port.protocol
    }

    /// Matches an address and the service port, for traffic from a source.
    pub(super) fn portal<'c>(
        &self,
        source: Match<'c>,
        address: IpAddr,
        comment: &'c [&'c str],
    ) -> [Match<'c>; 5] {
        let (protocol, number) = (self.protocol(), self.port.port.number);
        [
            source,
            Match::Destination { not: false, net: IpNet::from(address) },
            Match::Protocol(protocol),
            Match::Comment(comment),
            Match::DestinationPort(protocol, number),
        ]
    }

    /// The chain that a policy leads to.
    pub(super) fn chain(&self, policy: Policy) -> &'a ChainName {
        match policy {
            Policy::Cluster => &self.name.cluster,
            Policy::Local => &self.name.local,
        }
    }

    pub(super) fn mark_masq(&self) -> Target<'a> {
        Target::Jump(&self.kube.mark_masq)
    }

    /// Whether the load balancer may be reached from some places only.
    pub(super) fn is_restricted(&self) -> bool {
        self.backends.any() && !self.exposure.source_ranges.is_empty()
    }

    /// What happens to traffic under a policy that leaves it no endpoint: it is refused if there
    /// is none at all, and dropped if there are some on other nodes.
    fn unserved(&self, policy: Policy) -> Option<(&'static str, Target<'static>)> {
        match (self.backends.serves(policy), self.backends.any()) {
            (true, _) => None,
            (false, true) => Some((" has no local endpoints", Target::Drop)),
            (false, false) => Some((" has no endpoints", Target::Reject)),
        }
    }

    /// Traffic to an address, sent to a chain.
    fn enter(&self, address: IpAddr, what: &str, chain: &ChainName, out: &mut Chains) {
        let comment = [self.id(), what];
        let matches = self.portal(Match::Any, address, &comment);
        out.rule(&matches, Target::Jump(chain), self.port.span);
    }

    /// Traffic to an address that is turned away, if its policy leaves it no endpoint.
    fn refuse(&self, address: IpAddr, policy: Policy, out: &mut Chains) {
        let Some((what, target)) = self.unserved(policy) else { return };
        let comment = [self.id(), what];
        out.rule(&self.portal(Match::Any, address, &comment), target, self.port.span);
    }

    /// Traffic to the service address.
    fn cluster_ip(&self, out: &mut Output) {
        let policy = self.service.internal_traffic;
        if self.backends.serves(policy) {
            self.enter(self.address, " cluster IP", self.chain(policy), &mut out.services);
        }
        self.refuse(self.address, policy, &mut out.refused);
    }

    /// Traffic to the external addresses.
    fn external_ips(&self, out: &mut Output) {
        for address in &self.exposure.external_ips {
            if self.backends.any() {
                self.enter(*address, " external IP", &self.name.external, &mut out.services);
            }
            self.refuse(*address, self.service.external_traffic, &mut out.refused_outside);
        }
    }

    /// Traffic to the load balancer's addresses. What a restriction does not let through falls
    /// out of the nat table, and is dropped in the filter table.
    fn load_balancer(&self, out: &mut Output) {
        let restricted = self.is_restricted();
        let chain = if restricted { &self.name.firewall } else { &self.name.external };
        for address in &self.exposure.load_balancer_ips {
            if self.backends.any() {
                self.enter(*address, " loadbalancer IP", chain, &mut out.services);
            }
            if restricted {
                let comment = [self.id(), " traffic not accepted by ", chain.as_str()];
                let matches = self.portal(Match::Any, *address, &comment);
                out.firewall.rule(&matches, Target::Drop, self.port.span);
            }
            self.refuse(*address, self.service.external_traffic, &mut out.refused_outside);
        }
    }

    /// Traffic to the port on this node.
    fn node_port(&self, out: &mut Output) {
        let Some(number) = self.exposure.node_port else { return };
        let (protocol, origin) = (self.protocol(), self.port.span);
        let to_port = Match::DestinationPort(protocol, number);
        if self.backends.any() {
            let matches = [Match::Protocol(protocol), Match::Comment(&[self.id()]), to_port];
            out.node_ports.rule(&matches, Target::Jump(&self.name.external), origin);
        }
        if let Some((what, target)) = self.unserved(self.service.external_traffic) {
            let matches = [
                Match::Protocol(protocol),
                Match::Comment(&[self.id(), what]),
                Match::local(Side::Destination),
                to_port,
            ];
            out.refused_outside.rule(&matches, target, origin);
        }
    }

    /// The port on which the node says whether it has local endpoints.
    fn health_check(&self, out: &mut Output) {
        let Some(number) = self.service.health_check_node_port else { return };
        let matches = [
            Match::Protocol(Protocol::Tcp),
            Match::Comment(&[self.id(), " health check node port"]),
            Match::DestinationPort(Protocol::Tcp, number),
        ];
        out.health_checks.rule(&matches, Target::Accept, self.port.span);
    }
}
