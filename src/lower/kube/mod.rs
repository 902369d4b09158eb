//! Services as kube-proxy 1.36 programs them: `iptables/` in iptables mode, `ipvs/` in IPVS mode,
//! `nftables/` in nftables mode, and beside them what all modes go by.
//!
//! Both families always get the skeleton, as kube-proxy runs for both; services fill it where
//! they have an address of the family.

mod backends;
mod categories;
mod conntrack;
mod detector;
mod exposure;
mod flush;
mod iptables;
mod ipvs;
mod masquerade;
mod nftables;
mod node_ports;
mod serving;

pub(crate) use serving::{
    Answer, Serving, endpoint_chain, node_port_addresses, own_chains, table_name,
};

use super::Context;
use crate::model::{Cluster, Family, Proxy, ProxyMode, Service};

pub(super) fn lower(cx: &mut Context, proxy: &Proxy) {
    conntrack::lower(cx, proxy);
    match &proxy.mode {
        ProxyMode::Ipvs(settings) if !cx.facts.lacks_ipvs => ipvs::lower(cx, proxy, settings),
        ProxyMode::Nftables(settings) => nftables::lower(cx, proxy, *settings),
        ProxyMode::Ipvs(_) | ProxyMode::Iptables => iptables::lower(cx, proxy),
    }
    let table = matches!(proxy.mode, ProxyMode::Nftables(_)).then(|| nftables::TABLE.into());
    for family in Family::ALL {
        flush::lower(cx, family, table.as_ref());
    }
}

fn programmed(cluster: &Cluster) -> impl Iterator<Item = &Service> {
    cluster.services.iter().filter(|service| service.is_programmed())
}
