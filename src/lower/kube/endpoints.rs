//! Which endpoints serve which traffic (netspec 4.2).

use super::names::PortName;
use crate::model::{Family, NodeId, Policy, Service, ServiceKind, ServicePort};
use crate::object::text::push_socket;
use crate::object::{ChainName, Text};
use netc_lang::Span;
use std::net::SocketAddr;

/// An endpoint with its chain.
pub(super) struct Backend {
    pub(super) address: SocketAddr,
    pub(super) chain: ChainName,
    /// The comment of the rules that lead to it: `ID -> ADDRESS:PORT`.
    pub(super) comment: Text,
    /// It is on this node.
    pub(super) local: bool,
    pub(super) origin: Span,
}

/// The endpoints of a service port as one node sees them, in the string order of their
/// addresses.
pub(super) struct Backends {
    all: Vec<Backend>,
    /// Traffic may go to endpoints on any node.
    uses_cluster: bool,
    /// Some traffic must stay on this node.
    uses_local: bool,
}

impl Backends {
    pub(super) fn new(
        service: &Service,
        port: &ServicePort,
        family: Family,
        node: NodeId,
        name: &PortName,
    ) -> Backends {
        let own = port.endpoints.iter().filter(|one| Family::of(one.address.ip()) == family);
        let mut comment = format!("{} -> ", name.id);
        let prefix = comment.len();
        let mut all: Vec<Backend> = own
            .map(|endpoint| {
                comment.truncate(prefix);
                push_socket(&mut comment, endpoint.address);
                Backend {
                    address: endpoint.address,
                    chain: name.endpoint(comment.get(prefix..).unwrap_or_default()),
                    comment: comment.as_str().into(),
                    local: endpoint.node == Some(node),
                    origin: endpoint.span,
                }
            })
            .collect();
        all.sort_by(|a, b| a.comment.cmp(&b.comment));
        let external = service.kind == ServiceKind::NodePort;
        Backends {
            all,
            uses_cluster: service.internal_traffic == Policy::Cluster || external,
            uses_local: service.internal_traffic == Policy::Local
                || (external && service.external_traffic == Policy::Local),
        }
    }

    /// Whether there is any endpoint on any node.
    pub(super) fn any(&self) -> bool {
        !self.all.is_empty()
    }

    /// The endpoints for traffic that may go anywhere.
    pub(super) fn cluster(&self) -> Vec<&Backend> {
        self.all.iter().filter(|_| self.uses_cluster).collect()
    }

    /// The endpoints for traffic that stays on this node.
    pub(super) fn local(&self) -> Vec<&Backend> {
        self.all.iter().filter(|backend| self.uses_local && backend.local).collect()
    }

    /// The endpoints that some traffic through this node can reach.
    pub(super) fn reachable(&self) -> impl Iterator<Item = &Backend> {
        let reach = |backend: &&Backend| self.uses_cluster || (self.uses_local && backend.local);
        self.all.iter().filter(reach)
    }

    /// Whether a policy leaves an endpoint to traffic.
    pub(super) fn serves(&self, policy: Policy) -> bool {
        match policy {
            Policy::Cluster => self.any(),
            Policy::Local => self.all.iter().any(|backend| backend.local),
        }
    }
}
