//! The chains and rules of one service port (netspec 4.4).

use super::endpoints::{Backend, Backends};
use super::names::PortName;
use super::{Kube, mark_masq};
use crate::model::{Policy, Service, ServiceKind, ServicePort};
use crate::object::{ChainName, Match, Probability, Rules, Side, Target, Text};
use ipnet::IpNet;
use netc_lang::Protocol;
use std::net::IpAddr;

/// Lowers one port of a service for its address.
pub(super) fn lower(kube: &mut Kube, service: &Service, port: &ServicePort, address: IpAddr) {
    let name = PortName::new(service, port, kube.proxy.legacy_names);
    let backends = Backends::new(service, port, kube.family, kube.node, &name);
    let id = Text::from(name.id.as_str());
    let cluster_ip = Match::Comment(format!("{id} cluster IP").into());
    let mut lowering = Lowering { kube, service, port, address, name, id, cluster_ip, backends };
    lowering.cluster_ip();
    if service.kind == ServiceKind::NodePort {
        lowering.node_port();
    }
    lowering.chains();
}

struct Lowering<'a, 'k> {
    kube: &'a mut Kube<'k>,
    service: &'a Service,
    port: &'a ServicePort,
    address: IpAddr,
    name: PortName,
    /// The name as it stands in comments.
    id: Text,
    /// The comment of rules about the service address.
    cluster_ip: Match,
    backends: Backends,
}

impl Lowering<'_, '_> {
    fn protocol(&self) -> Protocol {
        self.port.port.protocol
    }

    /// Matches the service address and port.
    fn portal(&self, comment: Match) -> [Match; 4] {
        let (protocol, number) = (self.protocol(), self.port.port.number);
        [
            Match::Destination { not: false, net: IpNet::from(self.address) },
            Match::Protocol(protocol),
            comment,
            Match::DestinationPort(protocol, number),
        ]
    }

    /// The chain that a policy leads to.
    fn chain(&self, policy: Policy) -> ChainName {
        match policy {
            Policy::Cluster => self.name.cluster(),
            Policy::Local => self.name.local(),
        }
    }

    /// What happens to traffic that a policy leaves no endpoint: it is refused if there is none
    /// at all, and dropped if there are some on other nodes.
    fn unserved(&self) -> (Match, Target) {
        let (what, target) = if self.backends.any() {
            ("has no local endpoints", Target::Drop)
        } else {
            ("has no endpoints", Target::Reject)
        };
        (Match::Comment(format!("{} {what}", self.id).into()), target)
    }

    /// Traffic to the service address.
    fn cluster_ip(&mut self) {
        let (policy, origin) = (self.service.internal_traffic, self.port.span);
        if self.backends.serves(policy) {
            let matches = self.portal(self.cluster_ip.clone());
            let target = Target::Jump(self.chain(policy));
            self.kube.shared.services.push(matches, target, origin);
        } else {
            let (comment, target) = self.unserved();
            let matches = self.portal(comment);
            self.kube.shared.refused.push(matches, target, origin);
        }
    }

    /// Traffic to the port on this node.
    fn node_port(&mut self) {
        let Some(number) = self.port.node_port else { return };
        let (protocol, origin) = (self.protocol(), self.port.span);
        let port = || Match::DestinationPort(protocol, number);
        if self.backends.any() {
            let id = Match::Comment(Text::clone(&self.id));
            let target = Target::Jump(self.name.external());
            let matches = [Match::Protocol(protocol), id, port()];
            self.kube.shared.node_ports.push(matches, target, origin);
        }
        if !self.backends.serves(self.service.external_traffic) {
            let (comment, target) = self.unserved();
            let local = Match::LocalAddress(Side::Destination);
            let matches = [Match::Protocol(protocol), comment, local, port()];
            self.kube.shared.refused_outside.push(matches, target, origin);
        }
    }

    /// The service port's own chains.
    fn chains(&mut self) {
        let origin = self.port.span;
        if self.service.kind == ServiceKind::NodePort && self.backends.any() {
            let rules = self.external();
            self.kube.chain(self.name.external(), rules, origin);
        }
        for policy in [Policy::Cluster, Policy::Local] {
            let backends = match policy {
                Policy::Cluster => self.backends.cluster(),
                Policy::Local => self.backends.local(),
            };
            if !backends.is_empty() {
                let mut rules = Rules::with_capacity(backends.len() + 1, backends.len() * 2 + 5);
                self.masquerade_outsiders(policy, &mut rules);
                self.spread(&backends, &mut rules);
                self.kube.chain(self.chain(policy), rules, origin);
            }
        }
        for backend in self.backends.reachable() {
            let rules = self.endpoint(backend);
            self.kube.chain(backend.chain, rules, backend.origin);
        }
    }

    /// Traffic to the service address that does not come from a pod is masqueraded, so that the
    /// reply comes back this way.
    fn masquerade_outsiders(&self, policy: Policy, rules: &mut Rules) {
        let source = match (&self.kube.detector, self.kube.proxy.masquerade_all) {
            _ if policy != self.service.internal_traffic => return,
            (_, true) => None,
            (Some(detector), false) => Some(detector.is_local(false)),
            (None, false) => return,
        };
        let portal = self.portal(self.cluster_ip.clone());
        let matches = source.into_iter().chain(portal);
        rules.push(matches, Target::Jump(mark_masq()), self.port.span);
    }

    /// Traffic from outside the cluster.
    fn external(&self) -> Rules {
        let about = |what: &str| {
            Match::Comment(format!("{what} for {} external destinations", self.id).into())
        };
        let (policy, origin) = (self.service.external_traffic, self.port.span);
        let mut rules = Rules::default();
        if policy == Policy::Cluster {
            let masquerade = Target::Jump(mark_masq());
            rules.push([about("masquerade traffic")], masquerade, origin);
        } else {
            // Pods and the node itself are not outside: they may use every endpoint.
            let cluster = || Target::Jump(self.name.cluster());
            let node = || Match::LocalAddress(Side::Source);
            if let Some(detector) = &self.kube.detector {
                let matches = [detector.is_local(true), about("pod traffic")];
                rules.push(matches, cluster(), origin);
            }
            let matches = [about("masquerade LOCAL traffic"), node()];
            rules.push(matches, Target::Jump(mark_masq()), origin);
            rules.push([about("route LOCAL traffic"), node()], cluster(), origin);
        }
        if self.backends.serves(policy) {
            rules.push([], Target::Jump(self.chain(policy)), origin);
        }
        rules
    }

    /// Spreads connections over endpoints: those of clients that were here lately go where they
    /// went, each other one to any endpoint with equal probability.
    fn spread(&self, backends: &[&Backend], rules: &mut Rules) {
        let mut to = |backend: &Backend, condition: Option<Match>| {
            let comment = Match::Comment(Text::clone(&backend.comment));
            let matches = [comment].into_iter().chain(condition);
            rules.push(matches, Target::Jump(backend.chain), backend.origin);
        };
        if let Some(seconds) = self.service.affinity {
            for backend in backends {
                to(backend, Some(Match::RecentlySeen { list: list(backend), seconds }));
            }
        }
        for (backend, left) in backends.iter().zip((1..=backends.len()).rev()) {
            to(backend, (left > 1).then(|| Match::Random(Probability::one_in(left))));
        }
    }

    /// The chain of one endpoint: its own traffic is masqueraded, so that the reply does not
    /// take the short way; everything is sent to it.
    fn endpoint(&self, backend: &Backend) -> Rules {
        let (id, protocol) = (|| Match::Comment(Text::clone(&self.id)), self.protocol());
        let own = Match::Source { not: false, net: IpNet::from(backend.address.ip()) };
        let remember = self.service.affinity.map(|_| Match::Remember(list(backend)));
        let mut rules = Rules::with_capacity(2, 5 + usize::from(remember.is_some()));
        rules.push([own, id()], Target::Jump(mark_masq()), backend.origin);
        let head = [Match::Protocol(protocol), id()].into_iter().chain(remember);
        let matches = head.chain([Match::Transport(protocol)]);
        rules.push(matches, Target::Dnat(backend.address), backend.origin);
        rules
    }
}

/// The list of clients that were sent to an endpoint lately: it has the name of its chain.
fn list(backend: &Backend) -> Text {
    backend.chain.as_str().into()
}
