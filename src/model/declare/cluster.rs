//! The `cluster` statement.

use super::{AttachmentDecl, BgpDecl, ControllerDecl, LoadBalancersDecl};
use super::{bgp, ingress, load_balancers, overlay, per_family, pod_network, proxy};
use crate::model::{Family, Overlay, PerFamily, PodNetwork, Proxy, fault};
use ipnet::IpNet;
use netc_lang::{Diagnostic, Item, Span, Spanned};
use std::net::IpAddr;
use std::ops::RangeInclusive;

/// The cluster as stated.
pub(crate) struct ClusterDecl {
    pub(crate) name: String,
    pub(crate) span: Span,
    pub(crate) pod_networks: PerFamily<PodNetwork>,
    pub(crate) service_networks: PerFamily<Spanned<IpNet>>,
    pub(crate) node_ports: Spanned<RangeInclusive<u16>>,
    pub(crate) overlay: Overlay,
    pub(crate) mtu: Option<Spanned<u32>>,
    pub(crate) attachment: AttachmentDecl,
    pub(crate) proxy: Option<Proxy>,
    pub(crate) dns: PerFamily<Spanned<IpAddr>>,
    pub(crate) reserved: Vec<Reserved>,
    /// What serves ingresses.
    pub(crate) ingress: Option<ControllerDecl>,
    pub(crate) load_balancers: Option<LoadBalancersDecl>,
    /// What nodes tell routers, as far as it could be read.
    pub(crate) bgp: Option<BgpDecl>,
    pub(crate) bgp_stated: bool,
}

/// A network that something else uses.
pub(crate) struct Reserved {
    pub(crate) network: Spanned<IpNet>,
    pub(crate) label: Option<String>,
}

/// `cluster NAME { … }`
pub(super) fn read(item: &Item, faults: &mut Vec<Diagnostic>) -> Option<ClusterDecl> {
    let name = item.one::<&str>("name")?.value.to_owned();
    let services = item.children("services").flat_map(|item| item.all("network"));
    let dns = item.children("dns").flat_map(|item| item.all("address"));
    let node_ports = item.child("node-ports").and_then(|item| item.one("range"));
    let overlay = item.child("overlay");
    let reserved = item.children("reserve").filter_map(|item| {
        let label = item.one::<&str>("label").map(|label| label.value.to_owned());
        Some(Reserved { network: item.one("network")?, label })
    });
    let pods = pod_networks(item.child("pods"), faults);
    Some(ClusterDecl {
        name,
        span: item.span,
        service_networks: per_family(services, Family::of_net, "service networks", faults),
        node_ports: node_ports.unwrap_or(Spanned::new(30000..=32767, item.span)),
        mtu: overlay.and_then(|item| item.child("mtu")).and_then(|item| item.one("bytes")),
        overlay: overlay::read(overlay, item.span, &pods, faults),
        pod_networks: pods,
        attachment: pod_network::read(item.child("pod-network"), item.span, faults),
        proxy: proxy::read(item.child("proxy"), item.span, faults),
        dns: per_family(dns, Family::of, "name servers", faults),
        reserved: reserved.collect(),
        ingress: item.child("ingress").and_then(|item| ingress::controller(item, faults)),
        load_balancers: item.child("load-balancers").map(load_balancers::read),
        bgp: item.child("bgp").and_then(|item| bgp::read(item, faults)),
        bgp_stated: item.child("bgp").is_some(),
    })
}

/// `pods NETWORK [per-node LENGTH], …`
fn pod_networks(item: Option<&Item>, faults: &mut Vec<Diagnostic>) -> PerFamily<PodNetwork> {
    let mut all = PerFamily::default();
    let Some(item) = item else { return all };
    let mut lengths = item.all::<u8>("per-node").peekable();
    let mut networks = item.all::<IpNet>("network").peekable();
    while let Some(network) = networks.next() {
        let family = Family::of_net(network.value);
        // A length belongs to the network before it: it stands before the next network.
        let next = networks.peek().map_or(u32::MAX, |next| next.span.start);
        let length = lengths.next_if(|length| length.span.start < next);
        let stated = length.map_or(family.default_block(), |length| length.value);
        let per_node = stated.max(if length.is_some() { 0 } else { network.value.prefix_len() });
        if per_node < network.value.prefix_len() || per_node > family.bits() - 2 {
            let at = length.map_or(network.span, |length| length.span);
            faults.push(fault::bad_block_length(network.value, per_node, at));
            continue;
        }
        let new = PodNetwork { network: network.value, per_node, span: network.span };
        if let Some(earlier) = all.insert(family, new) {
            faults.push(fault::two_of_a_family("pod networks", family, new.span, earlier.span));
        }
    }
    all
}

/// Whether the statement is there and its kind is `none`.
pub(super) fn is_none(item: Option<&Item>) -> bool {
    item.and_then(|item| item.one::<&str>("kind")).is_some_and(|kind| kind.value == "none")
}

/// Reports options that say nothing for the kind at hand.
pub(super) fn report_options(
    item: Option<&Item>,
    what: &str,
    kind: &str,
    allowed: impl Fn(&str) -> bool,
    faults: &mut Vec<Diagnostic>,
) {
    let options = item.into_iter().flat_map(|item| &item.items);
    for option in options.filter(|option| !allowed(option.keyword)) {
        faults.push(fault::option_of_another_kind(what, kind, option.keyword, option.span));
    }
}
