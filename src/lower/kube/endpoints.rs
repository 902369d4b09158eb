//! Which endpoints serve which traffic (netspec 4.2).

use super::Kube;
use super::names::PortName;
use crate::model::{Family, Policy, Service, ServiceKind, ServicePort};
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
    /// It is on this node.
    pub(super) local: bool,
    pub(super) origin: Span,
}

/// The endpoints of a service port as one node sees them.
pub(super) struct Backends {
    /// The endpoints that some traffic through this node can reach, in the string order of their
    /// addresses.
    reachable: Vec<Backend>,
    /// There is an endpoint on any node.
    any: bool,
    /// There is an endpoint on this node.
    any_local: bool,
    /// Traffic may go to endpoints on any node.
    uses_cluster: bool,
    /// Some traffic must stay on this node.
    uses_local: bool,
}

impl Backends {
    pub(super) fn new(
        kube: &Kube,
        service: &Service,
        port: &ServicePort,
        name: &PortName,
    ) -> Backends {
        let external = service.kind == ServiceKind::NodePort;
        let mut backends = Backends {
            reachable: Vec::with_capacity(port.endpoints.len()),
            any: false,
            any_local: false,
            uses_cluster: service.internal_traffic == Policy::Cluster || external,
            uses_local: service.internal_traffic == Policy::Local
                || (external && service.external_traffic == Policy::Local),
        };
        let mut text = String::new();
        for endpoint in &port.endpoints {
            if Family::of(endpoint.address.ip()) != kube.family {
                continue;
            }
            let local = endpoint.node == Some(kube.node);
            backends.any = true;
            backends.any_local |= local;
            // A name costs a hash: what no traffic reaches gets none.
            if backends.uses_cluster || (backends.uses_local && local) {
                text.clear();
                push_socket(&mut text, endpoint.address);
                backends.reachable.push(Backend {
                    address: endpoint.address,
                    text: ArrayString::from(&text).unwrap_or_default(),
                    chain: name.endpoint(&text),
                    local,
                    origin: endpoint.span,
                });
            }
        }
        backends.reachable.sort_by(|a, b| a.text.as_str().cmp(b.text.as_str()));
        backends.reachable.dedup_by_key(|backend| backend.address);
        backends
    }

    /// Whether there is any endpoint on any node.
    pub(super) fn any(&self) -> bool {
        self.any
    }

    /// The endpoints for traffic under a policy.
    pub(super) fn under(&self, policy: Policy) -> impl Iterator<Item = &Backend> + Clone {
        let all = self.reachable.iter();
        all.filter(move |backend| match policy {
            Policy::Cluster => self.uses_cluster,
            Policy::Local => self.uses_local && backend.local,
        })
    }

    /// The endpoints that some traffic through this node can reach.
    pub(super) fn reachable(&self) -> &[Backend] {
        &self.reachable
    }

    /// Whether a policy leaves an endpoint to traffic.
    pub(super) fn serves(&self, policy: Policy) -> bool {
        match policy {
            Policy::Cluster => self.any,
            Policy::Local => self.any_local,
        }
    }
}
