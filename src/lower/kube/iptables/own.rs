//! The chains of a service port's own (netspec 4.4).

use super::port::Lowering;
use crate::lower::kube::backends;
use crate::model::Policy;
use crate::object::{ChainName, Chains, Match, Probability, Side, Target};
use ipnet::IpNet;

type Backend = backends::Backend<ChainName>;

impl Lowering<'_> {
    pub(super) fn chains(&self, out: &mut Chains) {
        if self.exposure.any() && self.backends.any() {
            self.external(out);
        }
        if self.is_restricted() && !self.exposure.load_balancer_ips.is_empty() {
            self.firewall(out);
        }
        for policy in [Policy::Cluster, Policy::Local] {
            if self.backends.serves(policy) {
                out.begin(*self.chain(policy), self.port.span);
                self.masquerade_outsiders(policy, out);
                self.spread(policy, out);
            }
        }
        for backend in self.backends.reachable() {
            self.endpoint(backend, out);
        }
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
            let node = Match::local(Side::Source);
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

    /// The chain of traffic to a load balancer that only some may reach. A node that is among
    /// them sends from the balancer's own address when it connects to it.
    fn firewall(&self, out: &mut Chains) {
        let origin = self.port.span;
        let (ranges, addresses) = (&self.exposure.source_ranges, &self.exposure.load_balancer_ips);
        let node = self.kube.here.node.address(self.kube.family);
        let own = node.is_some_and(|own| ranges.iter().any(|net| net.contains(&own.address)));
        let itself = addresses.iter().filter(|_| own).map(|address| IpNet::from(*address));
        out.begin(self.name.firewall, origin);
        for net in ranges.iter().copied().chain(itself) {
            let comment = [self.id(), " loadbalancer IP"];
            let matches = [Match::Source { not: false, net }, Match::Comment(&comment)];
            out.rule(&matches, Target::Jump(&self.name.external), origin);
        }
        let comment = ["other traffic to ", self.id(), " will be dropped by KUBE-PROXY-FIREWALL"];
        out.rule(&[Match::Comment(&comment)], Target::None, origin);
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
        let matches = self.portal(outsider, self.address, &comment);
        out.rule(&matches, self.mark_masq(), self.port.span);
    }

    /// Spreads connections over endpoints: those of clients that were here lately go where they
    /// went, each other one to any endpoint with equal probability.
    fn spread(&self, policy: Policy, out: &mut Chains) {
        let backends = self.backends.under(policy);
        let mut to = |backend: &Backend, condition: Match| {
            let comment = [self.id(), " -> ", &backend.text];
            let matches = [self.about(&comment), condition];
            out.rule(&matches, Target::Jump(&backend.name), backend.origin);
        };
        if let Some(seconds) = self.service.affinity {
            for backend in backends.clone() {
                to(backend, Match::RecentlySeen { list: &backend.name, seconds });
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
        let id = [self.id()];
        let comment = self.about(&id);
        let itself = Match::Source { not: false, net: IpNet::from(backend.address.ip()) };
        out.begin(backend.name, origin);
        out.rule(&[itself, comment], self.mark_masq(), origin);
        let remember = match self.service.affinity {
            Some(_) => Match::Remember(&backend.name),
            None => Match::Any,
        };
        let matches = [Match::Protocol(protocol), comment, remember, Match::Transport(protocol)];
        out.rule(&matches, Target::Dnat(&backend.text), origin);
    }

    /// The comment of a rule about one endpoint. There are so many of them that a large cluster
    /// does without.
    fn about<'c>(&self, comment: &'c [&'c str]) -> Match<'c> {
        if self.kube.large { Match::Any } else { Match::Comment(comment) }
    }
}
