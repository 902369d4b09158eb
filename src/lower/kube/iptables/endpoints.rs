//! The endpoints of a service port with their chains.

use super::Kube;
use super::names::{self, PortName};
use crate::lower::kube::categories::{Categories, Serves};
use crate::lower::kube::exposure::Exposure;
use crate::model::{Endpoint, Family, Policy, Service, ServicePort};
use crate::object::ChainName;
use crate::object::text::push_socket;
use arrayvec::ArrayString;
use netc_lang::Span;
use std::net::SocketAddr;

/// An endpoint with its chain.
pub(super) struct Backend {
    pub(super) address: SocketAddr,
    /// The address as text: the longest is an IPv6 address in brackets and a port.
    pub(super) text: ArrayString<48>,
    pub(super) chain: ChainName,
    serves: Serves,
    pub(super) origin: Span,
}

/// The endpoints of a service port as one node sees them.
pub(super) struct Backends {
    /// The endpoints that some traffic through this node can reach, in the string order of their
    /// addresses.
    reachable: Vec<Backend>,
    /// There is a usable endpoint on any node.
    any: bool,
}

impl Backends {
    pub(super) fn new(
        kube: &Kube,
        service: &Service,
        port: &ServicePort,
        exposure: &Exposure,
        name: &PortName,
    ) -> Backends {
        let own = port.endpoints.iter().filter(|one| Family::of(one.address.ip()) == kube.family);
        let endpoints: Vec<&Endpoint> = own.collect();
        let (uses_cluster, uses_local) =
            (exposure.uses_cluster(service), exposure.uses_local(service));
        let Categories { serves, any } =
            Categories::new(&endpoints, kube.here, uses_cluster, uses_local);
        let mut reachable = Vec::with_capacity(endpoints.len());
        let mut key = name.key.clone();
        for (endpoint, serves) in endpoints.into_iter().zip(serves) {
            // A name costs a hash: what no traffic reaches gets none.
            if serves.cluster || serves.local {
                key.truncate(name.key.len());
                push_socket(&mut key, endpoint.address);
                let text = key.get(name.key.len()..).unwrap_or_default();
                reachable.push(Backend {
                    address: endpoint.address,
                    text: ArrayString::from(text).unwrap_or_default(),
                    chain: names::endpoint(&key),
                    serves,
                    origin: endpoint.span,
                });
            }
        }
        reachable.sort_unstable_by(|a, b| a.text.as_str().cmp(b.text.as_str()));
        reachable.dedup_by_key(|backend| backend.address);
        Backends { reachable, any }
    }

    /// Whether there is any usable endpoint on any node.
    pub(super) fn any(&self) -> bool {
        self.any
    }

    /// The endpoints for traffic under a policy.
    pub(super) fn under(&self, policy: Policy) -> impl Iterator<Item = &Backend> + Clone {
        let all = self.reachable.iter();
        all.filter(move |backend| match policy {
            Policy::Cluster => backend.serves.cluster,
            Policy::Local => backend.serves.local,
        })
    }

    /// The endpoints that some traffic through this node can reach.
    pub(super) fn reachable(&self) -> &[Backend] {
        &self.reachable
    }

    /// Whether a policy leaves an endpoint to traffic.
    pub(super) fn serves(&self, policy: Policy) -> bool {
        self.under(policy).next().is_some()
    }
}
