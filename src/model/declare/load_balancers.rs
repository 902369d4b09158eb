//! The `load-balancers` statement.

use crate::model::Announce;
use ipnet::IpNet;
use netc_lang::{Item, Span, Spanned};
use std::net::IpAddr;
use std::ops::RangeInclusive;

/// Addresses for load balancers as stated.
pub(crate) struct LoadBalancersDecl {
    pub(crate) ranges: Vec<Spanned<RangeInclusive<IpAddr>>>,
    pub(crate) announce: Announce,
    /// Where it is stated how.
    pub(crate) announced: Span,
    /// The nodes that may announce them; all of them if none is named.
    pub(crate) nodes: Vec<Spanned<String>>,
    pub(crate) span: Span,
}

/// `load-balancers ADDRESSES, … { announce WAY; on NODE, … }`
pub(super) fn read(item: &Item) -> LoadBalancersDecl {
    let networks = item.all::<IpNet>("addresses").map(|net| net.map(of_network));
    let mut ranges: Vec<_> = networks.chain(item.all("addresses")).collect();
    ranges.sort_by_key(|range| *range.value.start());
    let announce = item.child("announce");
    let device = announce.and_then(|item| item.one::<&str>("device"));
    let device = device.map(|device| device.value.to_owned());
    let way = announce.and_then(|item| item.one::<&str>("way"));
    LoadBalancersDecl {
        ranges,
        announce: match way.map_or("arp", |way| way.value) {
            "bgp" => Announce::Bgp,
            "none" => Announce::None,
            _ => Announce::Arp { device },
        },
        announced: announce.map_or(item.span, |item| item.span),
        nodes: nodes(item),
        span: item.span,
    }
}

/// `on NODE, …`
pub(super) fn nodes(item: &Item) -> Vec<Spanned<String>> {
    let names = item.children("on").flat_map(|item| item.all::<&str>("node"));
    names.map(|name| name.map(str::to_owned)).collect()
}

/// All addresses of a network, but for the first one in IPv6: all routers of a segment have that
/// (RFC 4291 section 2.6.1).
fn of_network(net: IpNet) -> RangeInclusive<IpAddr> {
    let first = match net {
        IpNet::V6(own) if own.prefix_len() < 127 => own.hosts().nth(1).map(IpAddr::V6),
        _ => None,
    };
    first.unwrap_or(net.network())..=net.broadcast()
}
