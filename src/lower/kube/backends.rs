//! The endpoints of a service port as one node sees them.

use super::categories::{Categories, Here, Serves};
use super::exposure::Exposure;
use crate::model::{Endpoint, Family, Policy, Service, ServicePort};
use crate::object::text::push_socket;
use arrayvec::ArrayString;
use netc_lang::Span;
use std::net::SocketAddr;

/// An endpoint with what is named after it.
pub(super) struct Backend<N> {
    pub(super) address: SocketAddr,
    /// The address as text: the longest is an IPv6 address in brackets and a port.
    pub(super) text: ArrayString<48>,
    /// Its names, as the proxy's mode has them.
    pub(super) name: N,
    serves: Serves,
    /// Whether it is on this node.
    pub(super) is_local: bool,
    pub(super) origin: Span,
}

impl<N> Backend<N> {
    /// Whether it serves traffic under a policy.
    pub(super) fn serves(&self, policy: Policy) -> bool {
        match policy {
            Policy::Cluster => self.serves.cluster,
            Policy::Local => self.serves.local,
        }
    }
}

/// The endpoints of a service port as one node sees them.
pub(super) struct Backends<N> {
    /// The endpoints that some traffic through this node can reach, in the string order of their
    /// addresses.
    reachable: Vec<Backend<N>>,
    /// There is a usable endpoint on any node.
    any: bool,
}

impl<N> Backends<N> {
    /// `name` gives the names of an endpoint by its address and the text of that.
    pub(super) fn new(
        (here, family): (Here, Family),
        service: &Service,
        port: &ServicePort,
        exposure: &Exposure,
        mut name: impl FnMut(SocketAddr, &str) -> N,
    ) -> Backends<N> {
        let own = port.endpoints.iter().filter(|one| Family::of(one.address.ip()) == family);
        let endpoints: Vec<&Endpoint> = own.collect();
        let (uses_cluster, uses_local) =
            (exposure.uses_cluster(service), exposure.uses_local(service));
        let Categories { serves, any } =
            Categories::new(&endpoints, here, uses_cluster, uses_local);
        let mut reachable = Vec::with_capacity(endpoints.len());
        let mut text = String::new();
        for (endpoint, serves) in endpoints.into_iter().zip(serves) {
            // A name costs a hash: what no traffic reaches gets none.
            if serves.cluster || serves.local {
                text.clear();
                push_socket(&mut text, endpoint.address);
                reachable.push(Backend {
                    address: endpoint.address,
                    text: ArrayString::from(&text).unwrap_or_default(),
                    name: name(endpoint.address, &text),
                    serves,
                    is_local: endpoint.node == Some(here.id),
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
    pub(super) fn under(&self, policy: Policy) -> impl Iterator<Item = &Backend<N>> + Clone {
        self.reachable.iter().filter(move |backend| backend.serves(policy))
    }

    /// The endpoints that some traffic through this node can reach.
    pub(super) fn reachable(&self) -> &[Backend<N>] {
        &self.reachable
    }

    /// The same, with their names.
    pub(super) fn into_reachable(self) -> Vec<Backend<N>> {
        self.reachable
    }

    /// Whether a policy leaves an endpoint to traffic.
    pub(super) fn serves(&self, policy: Policy) -> bool {
        self.under(policy).next().is_some()
    }
}
