//! The chains of the filter table (`writeIptablesRules` of kube-proxy's
//! `pkg/proxy/ipvs/proxier.go`): who may reach a load balancer, and what of a node is reached by
//! the addresses of services.

use super::View;
use super::sets::{Sets, Which};
use crate::lower::kube::masquerade;
use crate::object::{ChainName, Chains, ConntrackStates, Match, Target, VirtualAddress};
use ipnet::IpNet;
use netc_lang::Span;

pub(super) fn chains(ipvs: &View, sets: &Sets, barred: &[(VirtualAddress, Span)]) -> Chains {
    let span = ipvs.proxy.span;
    let mut filter = Filter { sets, span, out: Chains::new(ipvs.family) };
    filter.begin("KUBE-FORWARD");
    masquerade::forward(ipvs.proxy, &mut filter.out);
    filter.begin("KUBE-NODE-PORT");
    filter.about(Which::HealthCheck, "dst", Target::Accept);
    filter.firewall();
    filter.access();
    filter.bar(barred);
    filter.out
}

struct Filter<'a> {
    sets: &'a Sets,
    span: Span,
    out: Chains,
}

impl Filter<'_> {
    fn begin(&mut self, name: &str) {
        self.out.begin(ChainName::new(&[name]), self.span);
    }

    /// A rule, with its comment, for what is in a set.
    fn about(&mut self, which: Which, directions: &'static str, to: Target) {
        let name = self.sets.name(which);
        let comment = [which.comment()];
        let within = Match::InSet { name: &name, directions };
        self.out.rule(&[Match::Comment(&comment), within], to, self.span);
    }

    /// The same if the set is not empty.
    fn about_some(&mut self, which: Which, directions: &'static str, to: Target) {
        if !self.sets.is_empty(which) {
            self.about(which, directions, to);
        }
    }

    /// Load balancers that only some may reach.
    fn firewall(&mut self) {
        let ranges = ChainName::new(&["KUBE-SOURCE-RANGES-FIREWALL"]);
        self.begin("KUBE-PROXY-FIREWALL");
        self.about_some(Which::Firewalled, "dst,dst", Target::Jump(&ranges));
        self.begin("KUBE-SOURCE-RANGES-FIREWALL");
        for which in [Which::SourceCidr, Which::SourceIp] {
            self.about_some(which, "dst,dst,src", Target::Return);
        }
        self.out.rule(&[], Target::Drop, self.span);
    }

    /// By the addresses of services nothing is reached but services: the node has these addresses,
    /// so without this whatever listens on all of its addresses would answer.
    fn access(&mut self) {
        self.begin("KUBE-IPVS-FILTER");
        let served = [
            (Which::LoadBalancer, "dst,dst"),
            (Which::ClusterIp, "dst,dst"),
            (Which::ExternalIp, "dst,dst"),
            (Which::ExternalIpLocal, "dst,dst"),
            (Which::HealthCheck, "dst"),
        ];
        for (which, directions) in served {
            let name = &self.sets.name(which);
            self.out.rule(&[Match::InSet { name, directions }], Target::Return, self.span);
        }
        let name = &self.sets.name(Which::Bound);
        let new = Match::Conntrack { not: false, states: ConntrackStates::New };
        let bound = Match::InSet { name, directions: "dst" };
        self.out.rule(&[new, bound], Target::Reject, self.span);
    }

    /// What the node itself may not reach. It is looked at behind IPVS, so it is told by the
    /// connection; the node sends from the address that it connects to.
    fn bar(&mut self, barred: &[(VirtualAddress, Span)]) {
        self.begin("KUBE-IPVS-OUT-FILTER");
        for (at, origin) in barred {
            let itself = Match::Source { not: false, net: IpNet::from(at.socket.ip()) };
            self.out.rule(&[itself, Match::OfVirtual(*at)], Target::Drop, *origin);
        }
    }
}
