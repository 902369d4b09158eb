//! The chains and rules of one service port (netspec 4.4).

use super::endpoints::{Backend, Backends};
use super::names::PortName;
use super::{Kube, Output};
use crate::model::{Policy, Service, ServiceKind, ServicePort};
use crate::object::{ChainName, Chains, Match, Probability, Side, Target};
use ipnet::IpNet;
use netc_lang::Protocol;

/// Lowers one port of a service that has an address of the family.
pub(super) fn lower(kube: &Kube, service: &Service, port: &ServicePort, out: &mut Output) {
    let Some(address) = service.addresses.get(kube.family) else { return };
    let name = PortName::new(service, port, kube.proxy.legacy_names);
    let backends = Backends::new(kube, service, port, &name);
    let address = IpNet::from(*address);
    let lowering = Lowering { kube, service, port, address, name: &name, backends: &backends };
    lowering.cluster_ip(out);
    lowering.node_port(out);
    lowering.chains(&mut out.own);
}

/// The lowering of one service port.
struct Lowering<'a> {
    kube: &'a Kube<'a>,
    service: &'a Service,
    port: &'a ServicePort,
    /// The address of the service.
    address: IpNet,
    name: &'a PortName,
    backends: &'a Backends,
}

impl<'a> Lowering<'a> {
    /// The name as it stands in comments.
    fn id(&self) -> &'a str {
        &self.name.id
    }

    fn protocol(&self) -> Protocol {
        self.port.port.protocol
    }

    /// Matches the service address and port, for traffic from a source.
    fn portal<'c>(&self, source: Match<'c>, comment: &'c [&'c str]) -> [Match<'c>; 5] {
        let (protocol, number) = (self.protocol(), self.port.port.number);
        [
            source,
            Match::Destination { not: false, net: self.address },
            Match::Protocol(protocol),
            Match::Comment(comment),
            Match::DestinationPort(protocol, number),
        ]
    }

    /// The chain that a policy leads to.
    fn chain(&self, policy: Policy) -> &'a ChainName {
        match policy {
            Policy::Cluster => &self.name.cluster,
            Policy::Local => &self.name.local,
        }
    }

    fn mark_masq(&self) -> Target<'a> {
        Target::Jump(&self.kube.mark_masq)
    }

    /// What happens to traffic that a policy leaves no endpoint: it is refused if there is none
    /// at all, and dropped if there are some on other nodes.
    fn unserved(&self) -> (&'static str, Target<'static>) {
        if self.backends.any() {
            (" has no local endpoints", Target::Drop)
        } else {
            (" has no endpoints", Target::Reject)
        }
    }

    /// Traffic to the service address.
    fn cluster_ip(&self, out: &mut Output) {
        let (policy, origin) = (self.service.internal_traffic, self.port.span);
        if self.backends.serves(policy) {
            let target = Target::Jump(self.chain(policy));
            let comment = [self.id(), " cluster IP"];
            out.services.rule(&self.portal(Match::Any, &comment), target, origin);
        } else {
            let (what, target) = self.unserved();
            out.refused.rule(&self.portal(Match::Any, &[self.id(), what]), target, origin);
        }
    }

    /// Traffic to the port on this node.
    fn node_port(&self, out: &mut Output) {
        let Some(number) = self.port.node_port else { return };
        let (protocol, origin) = (self.protocol(), self.port.span);
        let to_port = Match::DestinationPort(protocol, number);
        if self.backends.any() {
            let matches = [Match::Protocol(protocol), Match::Comment(&[self.id()]), to_port];
            out.node_ports.rule(&matches, Target::Jump(&self.name.external), origin);
        }
        if !self.backends.serves(self.service.external_traffic) {
            let (what, target) = self.unserved();
            let matches = [
                Match::Protocol(protocol),
                Match::Comment(&[self.id(), what]),
                Match::LocalAddress(Side::Destination),
                to_port,
            ];
            out.refused_outside.rule(&matches, target, origin);
        }
    }

    /// The service port's own chains.
    fn chains(&self, out: &mut Chains) {
        if self.service.kind == ServiceKind::NodePort && self.backends.any() {
            self.external(out);
        }
        for policy in [Policy::Cluster, Policy::Local] {
            if self.backends.under(policy).next().is_some() {
                out.begin(*self.chain(policy), self.port.span);
                self.masquerade_outsiders(policy, out);
                self.spread(policy, out);
            }
        }
        for backend in self.backends.reachable() {
            self.endpoint(backend, out);
        }
    }

    /// Traffic to the service address that does not come from a pod is masqueraded, so that the
    /// reply comes back this way.
    fn masquerade_outsiders(&self, policy: Policy, out: &mut Chains) {
        let outsider = match (&self.kube.detector, self.kube.proxy.masquerade_all) {
            _ if policy != self.service.internal_traffic => return,
            (_, true) => Match::Any,
            (Some(detector), false) => detector.is_local(false),
            (None, false) => return,
        };
        let comment = [self.id(), " cluster IP"];
        out.rule(&self.portal(outsider, &comment), self.mark_masq(), self.port.span);
    }

    /// The chain of traffic from outside the cluster.
    fn external(&self, out: &mut Chains) {
        let (policy, origin) = (self.service.external_traffic, self.port.span);
        let id = self.id();
        out.begin(self.name.external, origin);
        let mut rule = |source: Match, what: &str, side: Match, target| {
            let comment = [what, " for ", id, " external destinations"];
            out.rule(&[source, Match::Comment(&comment), side], target, origin);
        };
        if policy == Policy::Cluster {
            rule(Match::Any, "masquerade traffic", Match::Any, self.mark_masq());
        } else {
            // Pods and the node itself are not outside: they may use every endpoint.
            let cluster = Target::Jump(&self.name.cluster);
            let node = Match::LocalAddress(Side::Source);
            if let Some(detector) = &self.kube.detector {
                rule(detector.is_local(true), "pod traffic", Match::Any, cluster);
            }
            rule(Match::Any, "masquerade LOCAL traffic", node, self.mark_masq());
            rule(Match::Any, "route LOCAL traffic", node, cluster);
        }
        if self.backends.serves(policy) {
            out.rule(&[], Target::Jump(self.chain(policy)), origin);
        }
    }

    /// Spreads connections over endpoints: those of clients that were here lately go where they
    /// went, each other one to any endpoint with equal probability.
    fn spread(&self, policy: Policy, out: &mut Chains) {
        let backends = self.backends.under(policy);
        let mut to = |backend: &Backend, condition: Match| {
            let comment = [self.id(), " -> ", &backend.text];
            let matches = [Match::Comment(&comment), condition];
            out.rule(&matches, Target::Jump(&backend.chain), backend.origin);
        };
        if let Some(seconds) = self.service.affinity {
            for backend in backends.clone() {
                to(backend, Match::RecentlySeen { list: &backend.chain, seconds });
            }
        }
        let count = backends.clone().count();
        for (backend, left) in backends.zip((1..=count).rev()) {
            let last = left == 1;
            to(backend, if last { Match::Any } else { Match::Random(Probability::one_in(left)) });
        }
    }

    /// The chain of one endpoint: its own traffic is masqueraded, so that the reply does not
    /// take the short way; everything is sent to it. It has the list of clients that were sent
    /// there lately, under the chain's own name.
    fn endpoint(&self, backend: &Backend, out: &mut Chains) {
        let (origin, protocol) = (backend.origin, self.protocol());
        let comment = Match::Comment(&[self.id()]);
        let itself = Match::Source { not: false, net: IpNet::from(backend.address.ip()) };
        out.begin(backend.chain, origin);
        out.rule(&[itself, comment], self.mark_masq(), origin);
        let remember = match self.service.affinity {
            Some(_) => Match::Remember(&backend.chain),
            None => Match::Any,
        };
        let matches = [Match::Protocol(protocol), comment, remember, Match::Transport(protocol)];
        out.rule(&matches, Target::Dnat(backend.address), origin);
    }
}
