//! The virtual servers of one family, and the addresses to which they answer.

use super::View;
use super::parameters::MODULE;
use super::reals::Reals;
use crate::model::Service;
use crate::object::{Id, VirtualAddress, VirtualServer};
use netc_lang::Span;
use std::net::IpAddr;
use std::sync::Arc;

/// Virtual servers as the services ask for them.
#[derive(Default)]
pub(super) struct Servers {
    all: Vec<(VirtualServer, Span)>,
    bound: Vec<(VirtualAddress, Span)>,
}

/// An address that the node is to have for its virtual servers.
pub(super) struct Bound {
    pub(super) address: IpAddr,
    pub(super) servers: Vec<VirtualAddress>,
    pub(super) origin: Span,
}

impl Servers {
    /// Asks for a virtual server.
    pub(super) fn add(
        &mut self,
        ipvs: &View,
        service: &Service,
        address: VirtualAddress,
        reals: &Reals,
        origin: Span,
    ) {
        let server = VirtualServer {
            address,
            scheduling: ipvs.scheduling.clone(),
            persistence: service.affinity,
            mask: ipvs.family.bits(),
            reals: Arc::clone(&reals.servers),
            origins: reals.origins.clone(),
            after: vec![Id::Module(MODULE.into())],
        };
        self.all.push((server, origin));
    }

    /// Asks for the address of a virtual server to be on kube-ipvs0.
    pub(super) fn bind(&mut self, address: VirtualAddress, origin: Span) {
        self.bound.push((address, origin));
    }

    /// Each virtual server once, and each address with its servers. Of two services that want one
    /// address and port the last one gets it, as kube-proxy overwrites what it made before.
    pub(super) fn finish(mut self) -> (Vec<(VirtualServer, Span)>, Vec<Bound>) {
        self.all.reverse();
        self.all.sort_by_key(|(server, _)| server.address);
        self.all.dedup_by_key(|(server, _)| server.address);
        self.bound.sort_by_key(|(address, _)| *address);
        self.bound.dedup_by_key(|(address, _)| *address);
        let groups = self.bound.chunk_by(|(a, _), (b, _)| a.socket.ip() == b.socket.ip());
        let group = |group: &[(VirtualAddress, Span)]| {
            let (first, origin) = group.first()?;
            let servers = group.iter().map(|(server, _)| *server).collect();
            Some(Bound { address: first.socket.ip(), servers, origin: *origin })
        };
        let bound = groups.filter_map(group).collect();
        (self.all, bound)
    }
}
