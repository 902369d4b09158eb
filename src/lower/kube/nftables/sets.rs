//! The sets and maps that all services share.

use super::View;
use crate::model::Family;
use crate::object::text::push_address;
use crate::object::{Aside, Field, Lines, NftSet};
use netc_lang::Span;
use std::net::IpAddr;

/// The sets and maps of one family, in kube-proxy's order.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Which {
    /// Connections of endpoints on this node to themselves.
    Hairpin,
    /// The addresses of services.
    ClusterIps,
    /// The addresses of the node on which node ports answer.
    NodePortAddresses,
    /// What becomes of traffic to services without endpoints.
    Unserved,
    /// What becomes of traffic to node ports without endpoints.
    UnservedNodePorts,
    /// Load balancers that only some may reach.
    Firewall,
    /// Where traffic to the addresses of services goes.
    Services,
    /// Where traffic to node ports goes.
    NodePorts,
}

impl Which {
    const ALL: [Which; 8] = [
        Which::Hairpin,
        Which::ClusterIps,
        Which::NodePortAddresses,
        Which::Unserved,
        Which::UnservedNodePorts,
        Which::Firewall,
        Which::Services,
        Which::NodePorts,
    ];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Which::Hairpin => "hairpin-connections",
            Which::ClusterIps => "cluster-ips",
            Which::NodePortAddresses => "nodeport-ips",
            Which::Unserved => "no-endpoint-services",
            Which::UnservedNodePorts => "no-endpoint-nodeports",
            Which::Firewall => "firewall-ips",
            Which::Services => "service-ips",
            Which::NodePorts => "service-nodeports",
        }
    }

    const fn comment(self) -> &'static str {
        match self {
            Which::Hairpin => "service hairpin connections",
            Which::ClusterIps => "Active ClusterIPs",
            Which::NodePortAddresses => "IPs that accept NodePort traffic",
            Which::Unserved => "vmap to drop or reject packets to services with no endpoints",
            Which::UnservedNodePorts => {
                "vmap to drop or reject packets to service nodeports with no endpoints"
            }
            Which::Firewall => "destinations that are subject to LoadBalancerSourceRanges",
            Which::Services => "ClusterIP, ExternalIP and LoadBalancer IP traffic",
            Which::NodePorts => "NodePort traffic",
        }
    }

    fn key(self, family: Family) -> Vec<Field> {
        use Field::{Address, Port, Protocol};
        let address = || Address(family);
        match self {
            Which::Hairpin => vec![address(), address(), Protocol, Port],
            Which::ClusterIps | Which::NodePortAddresses => vec![address()],
            Which::Unserved | Which::Firewall | Which::Services => vec![address(), Protocol, Port],
            Which::UnservedNodePorts | Which::NodePorts => vec![Protocol, Port],
        }
    }

    fn value(self) -> &'static [Field] {
        match self {
            Which::Hairpin | Which::ClusterIps | Which::NodePortAddresses => &[],
            _ => &[Field::Verdict],
        }
    }

    /// Whether there is such a set.
    fn is_used(self, view: &View) -> bool {
        match self {
            Which::Hairpin => !view.older,
            Which::NodePortAddresses => view.node_ports.is_some(),
            _ => true,
        }
    }
}

/// The sets of one family being filled.
#[derive(Default)]
pub(super) struct Sets([Lines; Which::ALL.len()]);

impl Sets {
    /// Puts an element into a set, as `write` appends it to a text.
    pub(super) fn insert(&mut self, which: Which, origin: Span, write: impl FnOnce(&mut String)) {
        if let Some(lines) = self.0.get_mut(which as usize) {
            lines.push(origin, write);
        }
    }

    /// Puts addresses into a set.
    pub(super) fn fill(&mut self, which: Which, addresses: &[IpAddr], origin: Span) {
        for address in addresses {
            self.insert(which, origin, |out| push_address(out, *address));
        }
    }

    /// The sets with what was put into them. Of two services that want one address and port the
    /// last one gets it, as kube-proxy overwrites what it made before (`ensureElem`).
    pub(super) fn finish(self, view: &View) -> Vec<NftSet> {
        let all = Which::ALL.into_iter().zip(self.0);
        let used = all.filter(|(which, _)| which.is_used(view));
        let set = |(which, elements): (Which, Lines)| NftSet {
            comment: Aside(Some(which.comment().into())),
            elements: elements.into_elements(),
            ..NftSet::new(which.name(), &which.key(view.family), which.value())
        };
        used.map(set).collect()
    }
}
