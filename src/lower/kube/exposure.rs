//! How a service can be reached from outside the cluster, in one family.

use crate::model::{Family, Policy, Service, ServicePort};
use ipnet::IpNet;
use std::net::IpAddr;

/// The ways to a service port from outside, as kube-proxy's `BaseServicePortInfo` has them.
pub(super) struct Exposure {
    pub(super) external_ips: Vec<IpAddr>,
    pub(super) load_balancer_ips: Vec<IpAddr>,
    /// From where the load balancer may be reached; empty means from everywhere.
    pub(super) source_ranges: Vec<IpNet>,
    pub(super) node_port: Option<u16>,
}

impl Exposure {
    pub(super) fn new(service: &Service, port: &ServicePort, family: Family) -> Exposure {
        let own = |addresses: &[IpAddr]| {
            let own = addresses.iter().filter(|address| Family::of(**address) == family);
            own.copied().collect()
        };
        let ranges = service.source_ranges.iter().filter(|net| Family::of_net(**net) == family);
        let mut source_ranges: Vec<IpNet> = ranges.copied().collect();
        // A range that holds everything lifts the restriction.
        if source_ranges.iter().any(|net| net.prefix_len() == 0) {
            source_ranges.clear();
        }
        Exposure {
            external_ips: own(&service.external_ips),
            load_balancer_ips: own(&service.load_balancer_ips),
            source_ranges,
            node_port: port.node_port,
        }
    }

    /// Whether there is any way from outside.
    pub(super) fn any(&self) -> bool {
        self.node_port.is_some()
            || !self.load_balancer_ips.is_empty()
            || !self.external_ips.is_empty()
    }

    /// Whether traffic may go to endpoints on any node.
    pub(super) fn uses_cluster(&self, service: &Service) -> bool {
        service.internal_traffic == Policy::Cluster || self.any()
    }

    /// Whether some traffic must stay on the node that it came to.
    pub(super) fn uses_local(&self, service: &Service) -> bool {
        service.internal_traffic == Policy::Local
            || (service.external_traffic == Policy::Local && self.any())
    }
}
