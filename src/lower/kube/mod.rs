//! Services as kube-proxy 1.36 programs them: `iptables/` in iptables mode, `ipvs/` in IPVS mode,
//! `nftables/` in nftables mode, and beside them what all modes go by; `userspace/` as kube-proxy 1.25
//! did in its userspace mode.
//!
//! Both families always get the skeleton, as kube-proxy runs for both; services fill it where
//! they have an address of the family.

mod backends;
mod categories;
mod conntrack;
mod detector;
mod exposure;
mod flush;
mod health;
mod iptables;
mod ipvs;
mod masquerade;
mod nftables;
mod node_ports;
mod serving;
mod userspace;

pub(crate) use health::{HealthCheck, health_addresses, health_checks};
pub(crate) use serving::{
    Answer, Serving, endpoint_chain, node_port_addresses, own_chains, table_name,
};

pub(super) use ipvs::STRICT_ARP;
pub(super) use nftables::TABLE;
pub(crate) use userspace::servers as userspace_servers;
pub(super) use userspace::streams;

use super::Context;
use crate::model::{Cluster, Family, Proxy, ProxyMode, Service};

pub(super) fn lower(cx: &mut Context, proxy: &Proxy) {
    conntrack::lower(cx, proxy);
    match &proxy.mode {
        ProxyMode::Ipvs(settings) if !cx.facts.lacks_ipvs => ipvs::lower(cx, proxy, settings),
        ProxyMode::Nftables(settings) => nftables::lower(cx, proxy, *settings),
        ProxyMode::Ipvs(_) | ProxyMode::Iptables => iptables::lower(cx, proxy),
        // Flushes follow when all addresses of the node are known.
        ProxyMode::Userspace(_) => return userspace::lower(cx, proxy),
        // Of Windows nodes alone, which have no such objects.
        ProxyMode::Kernelspace => return,
    }
    let table = matches!(proxy.mode, ProxyMode::Nftables(_)).then(|| TABLE.into());
    for family in Family::ALL {
        flush::lower(cx, family, table.as_ref());
    }
}

/// What depends on all other objects of the node.
pub(super) fn lower_last(cx: &mut Context, proxy: &Proxy) {
    if matches!(proxy.mode, ProxyMode::Userspace(_)) {
        userspace::flush(cx);
    }
}

fn programmed(cluster: &Cluster) -> impl Iterator<Item = &Service> {
    cluster.services.iter().filter(|service| service.is_programmed())
}
