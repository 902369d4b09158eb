//! The chain of an endpoint, and the set of its clients.

use super::names::PortName;
use super::{Output, View};
use crate::lower::kube::backends::Backend;
use crate::model::{Service, ServicePort};
use crate::object::{Condition, Field, NftChain, NftSet, Statement};
use ipnet::IpNet;
use std::net::SocketAddr;

/// The names of what an endpoint has.
pub(super) struct Names {
    /// Its chain.
    pub(super) chain: String,
    /// The set of clients that were sent there lately, if it is to remember them.
    pub(super) affinity: Option<String>,
}

impl Names {
    pub(super) fn new(name: &PortName, service: &Service, address: SocketAddr) -> Names {
        let base = name.endpoint(address);
        let affinity = service.affinity.map(|_| ["affinity-", &base].concat());
        Names { chain: ["endpoint-", &base].concat(), affinity }
    }
}

/// The chain of one endpoint, if it has one: clients are remembered, everything is sent to it. Up
/// to 1.35 its own traffic is masqueraded here, so that the reply does not take the short way.
pub(super) fn lower(
    view: &View,
    service: &Service,
    port: &ServicePort,
    backend: Backend<Option<Names>>,
    out: &mut Output,
) {
    let Some(names) = backend.name else { return };
    let (family, origin) = (view.family, backend.origin);
    let mut chain = NftChain::new(names.chain, origin);
    if view.older {
        let nets = [IpNet::from(backend.address.ip())];
        let itself = Condition::Source { not: false, nets: &nets };
        chain.rule(family, &[itself], &[view.mark()], &[], origin);
    }
    if let Some(set) = names.affinity {
        chain.rule(family, &[], &[Statement::Remember(&set)], &[], origin);
        let timeout = service.affinity;
        let clients = NftSet::new(set, &[Field::Address(family)], &[]);
        out.affinity.push(NftSet { timeout, ..clients });
    }
    let protocol = Condition::Protocol(port.port.protocol);
    chain.rule(family, &[protocol], &[Statement::Dnat(backend.address)], &[], origin);
    out.chains.push(chain);
}
