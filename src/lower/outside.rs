//! Addresses of load balancers that this node holds for others to find.

use super::Context;
use crate::model::{Announce, Family, LoadBalancers, ProxyMode};
use crate::object::{Address, Id, Netns, State, Sysctl, Table};
use ipnet::IpNet;

pub(super) fn lower(cx: &mut Context, own: &LoadBalancers) {
    if matches!(own.announce, Announce::Arp { .. }) && !own.addresses.is_empty() {
        parameters(cx);
    }
    let services = &cx.cluster.services;
    for (held, device) in own.of_node(cx.id, cx.node) {
        let first = held.services.first().and_then(|place| services.get(*place));
        let address = Address {
            held: true,
            after: answering(cx, Family::of(held.address)),
            ..Address::new(Netns::Node, device.into(), IpNet::from(held.address))
        };
        let origin = first.map_or(own.span, |service| service.span);
        cx.objects.add(State::Address(address), origin);
    }
}

/// In IPVS mode all nodes have all addresses of services, on a device that is never up: only the one
/// that has an address on the device that is asked may answer ARP for it (arp_ignore in the kernel's
/// ip-sysctl.rst; netspec 4.5).
fn parameters(cx: &mut Context) {
    let Some(proxy) = &cx.cluster.proxy else { return };
    if !matches!(proxy.mode, ProxyMode::Ipvs(_)) || cx.facts.lacks_ipvs {
        return;
    }
    for (key, value) in super::kube::STRICT_ARP {
        let (netns, key, value) = (Netns::Node, key.into(), value.into());
        let sysctl = Sysctl { netns, key, value, minimum: false, after: None };
        cx.objects.add(State::Sysctl(sysctl), proxy.span);
    }
}

/// What is to be there before packets come for an address: the rules that take them.
fn answering(cx: &Context, family: Family) -> Vec<Id> {
    let Some(proxy) = &cx.cluster.proxy else { return Vec::new() };
    match &proxy.mode {
        ProxyMode::Nftables(_) => vec![Id::NftTable(family, super::kube::TABLE.into())],
        _ => vec![Id::Ruleset(family, Table::Nat)],
    }
}
