//! The sets of kube-proxy (netspec 4.6; its `pkg/proxy/ipvs/proxier.go` and `ipset/ipset.go`). All
//! are there, also when they are empty.

use crate::model::Family;
use crate::object::{Ipset, Member, Objects, SetKind, SetName};
use netc_lang::{Diagnostic, Protocol, Span, code};
use std::net::IpAddr;

/// The sets of one family.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Which {
    /// The endpoints on this node, which may reach themselves by a service.
    LoopBack,
    /// The addresses of services.
    ClusterIp,
    /// External addresses of policy `cluster`.
    ExternalIp,
    /// External addresses of policy `local`.
    ExternalIpLocal,
    /// The addresses of load balancers.
    LoadBalancer,
    /// Those that only some may reach.
    Firewalled,
    /// Those of policy `local`.
    LoadBalancerLocal,
    /// Those that the node itself may reach.
    SourceIp,
    /// The networks that may reach them.
    SourceCidr,
    /// Node ports.
    NodePort(Protocol),
    /// Those of policy `local`.
    NodePortLocal(Protocol),
    /// Ports on which the node says whether it has local endpoints.
    HealthCheck,
    /// The addresses on kube-ipvs0.
    Bound,
}

use Protocol::{Sctp, Tcp, Udp};

/// All sets, in kube-proxy's order, with the end of the name and the comment of the rules that
/// look into them.
const ALL: [(Which, &str, &str); 17] = [
    (
        Which::LoopBack,
        "LOOP-BACK",
        "Kubernetes endpoints dst ip:port, source ip for solving hairpin purpose",
    ),
    (Which::ClusterIp, "CLUSTER-IP", "Kubernetes service cluster ip + port for masquerade purpose"),
    (
        Which::ExternalIp,
        "EXTERNAL-IP",
        "Kubernetes service external ip + port for masquerade and filter purpose",
    ),
    (
        Which::ExternalIpLocal,
        "EXTERNAL-IP-LOCAL",
        "Kubernetes service external ip + port with externalTrafficPolicy=local",
    ),
    (Which::LoadBalancer, "LOAD-BALANCER", "Kubernetes service lb portal"),
    (
        Which::Firewalled,
        "LOAD-BALANCER-FW",
        "Kubernetes service load balancer ip + port for load balancer with sourceRange",
    ),
    (
        Which::LoadBalancerLocal,
        "LOAD-BALANCER-LOCAL",
        "Kubernetes service load balancer ip + port with externalTrafficPolicy=local",
    ),
    (
        Which::SourceIp,
        "LOAD-BALANCER-SOURCE-IP",
        "Kubernetes service load balancer ip + port + source IP for packet filter purpose",
    ),
    (
        Which::SourceCidr,
        "LOAD-BALANCER-SOURCE-CIDR",
        "Kubernetes service load balancer ip + port + source cidr for packet filter purpose",
    ),
    (Which::NodePort(Tcp), "NODE-PORT-TCP", "Kubernetes nodeport TCP port for masquerade purpose"),
    (
        Which::NodePortLocal(Tcp),
        "NODE-PORT-LOCAL-TCP",
        "Kubernetes nodeport TCP port with externalTrafficPolicy=local",
    ),
    (Which::NodePort(Udp), "NODE-PORT-UDP", "Kubernetes nodeport UDP port for masquerade purpose"),
    (
        Which::NodePortLocal(Udp),
        "NODE-PORT-LOCAL-UDP",
        "Kubernetes nodeport UDP port with externalTrafficPolicy=local",
    ),
    (
        Which::NodePort(Sctp),
        "NODE-PORT-SCTP-HASH",
        "Kubernetes nodeport SCTP port for masquerade purpose with type 'hash ip:port'",
    ),
    (
        Which::NodePortLocal(Sctp),
        "NODE-PORT-LOCAL-SCTP-HASH",
        "Kubernetes nodeport SCTP port with externalTrafficPolicy=local with type 'hash ip:port'",
    ),
    (Which::HealthCheck, "HEALTH-CHECK-NODE-PORT", "Kubernetes health check node port"),
    (Which::Bound, "IPVS-IPS", ""),
];

impl Which {
    /// The comment of rules that look into the set.
    pub(super) fn comment(self) -> &'static str {
        ALL.iter().find(|(which, ..)| *which == self).map_or("", |(.., comment)| comment)
    }

    fn kind(self) -> SetKind {
        match self {
            Which::LoopBack | Which::SourceIp => SetKind::AddressPortAddress,
            Which::SourceCidr => SetKind::AddressPortNetwork,
            Which::NodePort(Tcp | Udp) | Which::NodePortLocal(Tcp | Udp) | Which::HealthCheck => {
                SetKind::Port
            }
            Which::Bound => SetKind::Address,
            _ => SetKind::AddressPort,
        }
    }
}

/// A set being filled.
struct Filling {
    which: Which,
    name: SetName,
    members: Vec<Member>,
}

/// The sets of one family.
pub(super) struct Sets {
    family: Family,
    all: Vec<Filling>,
}

impl Sets {
    pub(super) fn new(family: Family) -> Sets {
        let all = ALL.iter().map(|(which, end, _)| Filling {
            which: *which,
            name: name(family, end),
            members: Vec::new(),
        });
        Sets { family, all: all.collect() }
    }

    /// Puts a member into a set.
    pub(super) fn insert(&mut self, which: Which, member: Member) {
        if let Some(set) = self.all.iter_mut().find(|set| set.which == which) {
            set.members.push(member);
        }
    }

    /// Puts addresses into a set.
    pub(super) fn fill(&mut self, which: Which, addresses: impl Iterator<Item = IpAddr>) {
        if let Some(set) = self.all.iter_mut().find(|set| set.which == which) {
            set.members.extend(addresses.map(Member::Address));
        }
    }

    /// The name of a set.
    pub(super) fn name(&self, which: Which) -> SetName {
        let name = self.all.iter().find(|set| set.which == which).map(|set| set.name);
        name.unwrap_or(SetName::new(""))
    }

    /// Whether nothing was put into a set.
    pub(super) fn is_empty(&self, which: Which) -> bool {
        self.all.iter().all(|set| set.which != which || set.members.is_empty())
    }

    /// Sets of hashes hold no more than their `maxelem`, which is what kube-proxy makes them with.
    pub(super) fn report_full(&mut self, objects: &mut Objects, at: Span) {
        for set in &mut self.all {
            set.members.sort_unstable();
            set.members.dedup();
            if set.members.len() > Ipset::MOST {
                objects.reject(full(set.name, set.members.len(), at));
            }
        }
    }

    /// The sets with what was put into them.
    pub(super) fn finish(self) -> impl Iterator<Item = Ipset> {
        let family = self.family;
        let all = self.all.into_iter();
        all.map(move |set| Ipset::new(set.name, set.which.kind(), family, set.members))
    }
}

/// The name of a set: kube-proxy cuts those of IPv6 to what the kernel takes.
fn name(family: Family, end: &str) -> SetName {
    let prefix = match family {
        Family::V4 => "KUBE-",
        Family::V6 => "KUBE-6-",
    };
    SetName::new(&[prefix, end].concat())
}

fn full(name: SetName, members: usize, at: Span) -> Diagnostic {
    let most = Ipset::MOST;
    let message = format!("the set {name} would have {members} members, and can have {most}");
    Diagnostic::at(code::SET_TOO_LARGE, at, message)
        .help("spread the services over more clusters, or choose `proxy iptables`")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn no_two_sets_have_one_name_however_it_is_cut() {
        let names = Family::ALL.into_iter().flat_map(|family| ALL.map(|all| name(family, all.1)));
        let names: Vec<SetName> = names.collect();
        assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), 34);
        assert!(names.iter().any(|name| name.as_str() == "KUBE-6-LOAD-BALANCER-SOURCE-CID"));
    }

    #[test]
    fn a_set_that_is_too_large_is_reported_with_its_size() {
        let mut sets = Sets::new(Family::V4);
        let port = |number: u16| Member::Port(number);
        (0..=u16::MAX).map(port).for_each(|one| sets.insert(Which::HealthCheck, one));
        let mut objects = Objects::default();
        sets.report_full(&mut objects, Span::default());
        assert!(objects.finish().1.is_empty());
        sets.insert(Which::HealthCheck, Member::Address("10.0.0.1".parse().unwrap()));
        let mut objects = Objects::default();
        sets.report_full(&mut objects, Span::default());
        let faults = objects.finish().1;
        assert!(faults[0].message.contains("65537 members"), "{}", faults[0].message);
    }
}
