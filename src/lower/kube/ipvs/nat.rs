//! The chains of the nat table (`writeIptablesRules` of kube-proxy's
//! `pkg/proxy/ipvs/proxier.go`): what is masqueraded, and what needs no further look.

use super::View;
use super::sets::{Sets, Which};
use crate::lower::kube::masquerade;
use crate::lower::kube::node_ports::loopback;
use crate::model::Family;
use crate::object::{ChainName, Chains, Match, SetName, Side, Target};
use ipnet::IpNet;
use netc_lang::{Protocol, Span};

pub(super) fn chains(ipvs: &View, sets: &Sets) -> Chains {
    let mut nat = Nat {
        ipvs,
        sets,
        span: ipvs.proxy.span,
        mark_masq: ChainName::new(&["KUBE-MARK-MASQ"]),
        out: Chains::new(ipvs.family),
    };
    nat.services();
    nat.postrouting();
    nat.node_ports();
    nat.load_balancers();
    masquerade::set_mark(ipvs.proxy, &mut nat.out);
    nat.out
}

/// Address and port of the destination.
const DST: &str = "dst,dst";

struct Nat<'a> {
    ipvs: &'a View<'a>,
    sets: &'a Sets,
    span: Span,
    mark_masq: ChainName,
    out: Chains,
}

impl Nat<'_> {
    fn begin(&mut self, name: &str) {
        self.out.begin(ChainName::new(&[name]), self.span);
    }

    /// A rule for what is in a set; none if the set is empty.
    fn rule(&mut self, which: Which, directions: &'static str, more: &[Match], to: Target) {
        if self.sets.is_empty(which) {
            return;
        }
        let name: SetName = self.sets.name(which);
        let comment = [which.comment()];
        let mut matches = vec![Match::Comment(&comment), Match::InSet { name: &name, directions }];
        matches.extend(more);
        self.out.rule(&matches, to, self.span);
    }

    fn services(&mut self) {
        let (ipvs, mark_masq) = (self.ipvs, self.mark_masq);
        let mark_masq = Target::Jump(&mark_masq);
        self.begin("KUBE-SERVICES");
        let net = match ipvs.family {
            Family::V4 => loopback(),
            Family::V6 => IpNet::from(Family::V6.address(1)),
        };
        self.out.rule(&[Match::Source { not: false, net }], Target::Return, self.span);
        let balancers = ChainName::new(&["KUBE-LOAD-BALANCER"]);
        self.rule(Which::LoadBalancer, DST, &[], Target::Jump(&balancers));
        // Without a way to tell outsiders, what a node sends from an address of a service is
        // masqueraded: kube-ipvs0 has these addresses, so the kernel may well choose one.
        let (directions, outsiders) = match &ipvs.detector {
            _ if ipvs.proxy.masquerade_all => (DST, Match::Any),
            Some(detector) => (DST, detector.is_local(false)),
            None => ("src,dst", Match::Any),
        };
        self.rule(Which::ClusterIp, directions, &[outsiders], mark_masq);
        self.rule(Which::ExternalIp, DST, &[], mark_masq);
        for which in [Which::ExternalIp, Which::ExternalIpLocal] {
            self.external_ips(which);
        }
        let node_ports = ChainName::new(&["KUBE-NODE-PORT"]);
        let here = Match::local(Side::Destination);
        self.out.rule(&[here], Target::Jump(&node_ports), self.span);
        for which in [Which::ClusterIp, Which::LoadBalancer] {
            if !self.sets.is_empty(which) {
                let name = &self.sets.name(which);
                let within = Match::InSet { name, directions: DST };
                self.out.rule(&[within], Target::Accept, self.span);
            }
        }
    }

    /// What comes from other machines, and what is sent to an address of this one.
    fn external_ips(&mut self, which: Which) {
        let foreign = [Match::NotByBridgePort, Match::foreign(Side::Source)];
        self.rule(which, DST, &foreign, Target::Accept);
        let here = [Match::local(Side::Destination)];
        self.rule(which, DST, &here, Target::Accept);
    }

    fn postrouting(&mut self) {
        self.begin("KUBE-POSTROUTING");
        let masquerade = Target::Masquerade { random_fully: false };
        self.rule(Which::LoopBack, "dst,dst,src", &[], masquerade);
        masquerade::postrouting(self.ipvs.proxy, &mut self.out);
    }

    fn node_ports(&mut self) {
        let mark_masq = self.mark_masq;
        self.begin("KUBE-NODE-PORT");
        for protocol in [Protocol::Tcp, Protocol::Udp, Protocol::Sctp] {
            let directions = if protocol == Protocol::Sctp { DST } else { "dst" };
            let of = [Match::Protocol(protocol)];
            self.rule(Which::NodePortLocal(protocol), directions, &of, Target::Return);
            self.rule(Which::NodePort(protocol), directions, &of, Target::Jump(&mark_masq));
        }
    }

    fn load_balancers(&mut self) {
        let mark_masq = self.mark_masq;
        self.begin("KUBE-LOAD-BALANCER");
        self.rule(Which::LoadBalancerLocal, DST, &[], Target::Return);
        self.out.rule(&[], Target::Jump(&mark_masq), self.span);
    }
}
