//! The chains of a service port's own.

use super::endpoint::Names;
use super::port::{Kind, Lowering};
use super::{Output, View};
use crate::model::Policy;
use crate::object::{Condition, NftChain, Statement};
use ipnet::IpNet;
use netc_lang::Span;
use std::net::SocketAddr;

impl Lowering<'_> {
    pub(super) fn chains(&self, out: &mut Output) {
        let shared = self.slots.is_some();
        if self.exposure.any() && self.backends.any() && !shared {
            out.chains.push(self.external());
        }
        if self.is_restricted() {
            out.chains.push(self.firewall());
        }
        if shared {
            return;
        }
        for policy in [Policy::Cluster, Policy::Local] {
            if self.backends.serves(policy) {
                let mut chain = NftChain::new(self.chain(Kind::Of(policy)), self.port.span);
                self.masquerade_outsiders(policy, &mut chain);
                self.spread(policy, &mut chain);
                out.chains.push(chain);
            }
        }
    }

    /// The chain of traffic from outside the cluster.
    fn external(&self) -> NftChain {
        let policy = self.service.external_traffic;
        let cluster = self.chain(Kind::Of(Policy::Cluster));
        let served = self.backends.serves(policy).then(|| self.chain(Kind::Of(policy)));
        let external = External { policy, cluster: &cluster, served: served.as_deref() };
        external.chain(self.chain(Kind::External), self.view, self.port.span)
    }

    /// The chain of traffic to a load balancer that only some may reach. A node that is among
    /// them sends from the balancer's own address when it connects to it.
    fn firewall(&self) -> NftChain {
        let (ranges, addresses) = (&self.exposure.source_ranges, &self.exposure.load_balancer_ips);
        let node = self.view.here.node.address(self.view.family);
        let own = node.is_some_and(|own| ranges.iter().any(|net| net.contains(&own.address)));
        let itself = addresses.iter().filter(|_| own).map(|address| IpNet::from(*address));
        let nets: Vec<IpNet> = ranges.iter().copied().chain(itself).collect();
        let mut chain = NftChain::new(self.chain(Kind::Firewall), self.port.span);
        let others = [Condition::Source { not: true, nets: &nets }];
        chain.rule(self.view.family, &others, &[Statement::Drop], &[], self.port.span);
        chain
    }

    /// Traffic to the service address that does not come from a pod is masqueraded, so that the
    /// reply comes back this way. Since 1.36 one rule for all services does this.
    fn masquerade_outsiders(&self, policy: Policy, chain: &mut NftChain) {
        let view = self.view;
        let outsider = match (&view.detector, view.proxy.masquerade_all) {
            _ if !view.older || policy != self.service.internal_traffic => return,
            (_, true) => Condition::Any,
            (Some(detector), false) => detector.condition(false),
            (None, false) => return,
        };
        let nets = [IpNet::from(self.address)];
        let conditions = [Condition::Destination { not: false, nets: &nets }, outsider];
        chain.rule(view.family, &conditions, &[view.mark()], &[], self.port.span);
    }

    /// Spreads connections over endpoints: those of clients that were here lately go where they
    /// went, each other one to any endpoint with equal probability.
    fn spread(&self, policy: Policy, chain: &mut NftChain) {
        let (family, origin) = (self.view.family, self.port.span);
        let backends = self.backends.under(policy);
        let names = backends.clone().filter_map(|backend| {
            let names = backend.name.as_ref()?;
            Some((names, backend.origin))
        });
        for (Names { chain: to, affinity }, origin) in names.clone() {
            if let Some(set) = affinity {
                let (lately, to) = (Condition::SourceIn(set), Statement::Goto(to));
                chain.rule(family, &[lately], &[to], &[], origin);
            }
        }
        let chains: Vec<&str> = names.map(|(names, _)| names.chain.as_str()).collect();
        if !chains.is_empty() {
            chain.rule(family, &[], &[Statement::GotoAmong(&chains)], &[], origin);
            return;
        }
        let sockets: Vec<SocketAddr> = backends.map(|backend| backend.address).collect();
        let protocol = Condition::Protocol(self.protocol());
        chain.rule(family, &[protocol], &[Statement::DnatAmong(&sockets)], &[], origin);
    }
}

/// What becomes of traffic from outside the cluster.
pub(super) struct External<'a> {
    pub(super) policy: Policy,
    /// The chain of all endpoints.
    pub(super) cluster: &'a str,
    /// The chain of those that the policy leaves it, if there are any.
    pub(super) served: Option<&'a str>,
}

impl External<'_> {
    pub(super) fn chain(&self, name: String, view: &View, origin: Span) -> NftChain {
        let mut chain = NftChain::new(name, origin);
        let mut rule = |source: Condition, target: Statement, comment: &[&str]| {
            chain.rule(view.family, &[source], &[target], comment, origin);
        };
        if self.policy == Policy::Cluster {
            let comment: &[&str] = if view.older { &[] } else { &["masquerade"] };
            rule(Condition::Any, view.mark(), comment);
        } else {
            // Pods and the node itself are not outside: they may use every endpoint.
            let (node, cluster) = (Condition::SourceLocal, Statement::Goto(self.cluster));
            if let Some(detector) = &view.detector {
                rule(detector.condition(true), cluster, &["short-circuit pod traffic"]);
            }
            rule(node, view.mark(), &["masquerade local traffic"]);
            rule(node, cluster, &["short-circuit local traffic"]);
        }
        if let Some(served) = self.served {
            rule(Condition::Any, Statement::Goto(served), &[]);
        }
        chain
    }
}
