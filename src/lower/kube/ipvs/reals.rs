//! The real servers behind a service port.

use super::View;
use crate::lower::kube::categories::{Categories, Serves};
use crate::lower::kube::exposure::Exposure;
use crate::model::{Endpoint, Policy, Service};
use crate::object::{Aside, Forwarding, RealServer};
use netc_lang::Span;
use std::sync::Arc;

/// Real servers, sorted by address, and the statement behind each.
#[derive(Clone, Default)]
pub(super) struct Reals {
    pub(super) servers: Arc<[RealServer]>,
    pub(super) origins: Aside<Arc<[Span]>>,
}

/// The real servers of one service port for traffic under each policy.
pub(super) struct Policies {
    cluster: Reals,
    local: Reals,
}

impl Policies {
    pub(super) fn new(
        ipvs: &View,
        service: &Service,
        exposure: &Exposure,
        endpoints: &[&Endpoint],
    ) -> Policies {
        let (cluster, local) = (exposure.uses_cluster(service), exposure.uses_local(service));
        let serves = Categories::new(endpoints, ipvs.here, cluster, local).serves;
        let pick = |uses: bool, of: fn(&Serves) -> bool| match uses {
            true => Reals::new(endpoints.iter().zip(&serves).filter(|(_, serves)| of(serves))),
            false => Reals::default(),
        };
        let cluster = pick(cluster, |serves| serves.cluster);
        let own = pick(local, |serves| serves.local);
        // kube-proxy sends traffic that should stay on the node to any endpoint if the node has
        // none: without that, pods of such a node could not reach the address at all.
        let nowhere = own.servers.is_empty() && !ipvs.settings.strict;
        let local = if nowhere { cluster.clone() } else { own };
        Policies { cluster, local }
    }

    pub(super) fn under(&self, policy: Policy) -> &Reals {
        match policy {
            Policy::Cluster => &self.cluster,
            Policy::Local => &self.local,
        }
    }
}

impl Reals {
    fn new<'e>(serving: impl Iterator<Item = (&'e &'e Endpoint, &'e Serves)>) -> Reals {
        let mut all: Vec<(RealServer, Span)> =
            serving.map(|(one, _)| (real(one), one.span)).collect();
        all.sort_by_key(|(real, _)| real.socket);
        all.dedup_by_key(|(real, _)| real.socket);
        Reals {
            servers: all.iter().map(|(real, _)| *real).collect(),
            origins: Aside(all.iter().map(|(_, origin)| *origin).collect()),
        }
    }
}

fn real(endpoint: &Endpoint) -> RealServer {
    RealServer {
        socket: endpoint.address,
        weight: endpoint.weight.unwrap_or(1).into(),
        forwarding: Forwarding::Masquerade,
    }
}
