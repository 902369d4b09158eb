//! The `cluster` statement.

use super::{per_family, proxy};
use crate::model::{
    Bridge, Family, FlannelRules, Overlay, OverlayKind, PerFamily, PodNetwork, Proxy, fault,
};
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
    pub(crate) bridge: Option<Bridge>,
    pub(crate) proxy: Option<Proxy>,
    pub(crate) dns: PerFamily<Spanned<IpAddr>>,
    pub(crate) reserved: Vec<Reserved>,
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
    Some(ClusterDecl {
        name,
        span: item.span,
        pod_networks: pod_networks(item.child("pods"), faults),
        service_networks: per_family(services, Family::of_net, "service networks", faults),
        node_ports: node_ports.unwrap_or(Spanned::new(30000..=32767, item.span)),
        mtu: overlay.and_then(|item| item.child("mtu")).and_then(|item| item.one("bytes")),
        overlay: read_overlay(overlay, item.span, faults),
        bridge: read_bridge(item.child("pod-network"), item.span, faults),
        proxy: proxy::read(item.child("proxy"), item.span, faults),
        dns: per_family(dns, Family::of, "name servers", faults),
        reserved: reserved.collect(),
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

/// `overlay KIND { … }`
fn read_overlay(item: Option<&Item>, cluster: Span, faults: &mut Vec<Diagnostic>) -> Overlay {
    let Some(item) = item else {
        return Overlay {
            kind: OverlayKind::None,
            masquerade: false,
            rules: FlannelRules::Iptables,
            span: cluster,
        };
    };
    let child = |keyword| item.child(keyword);
    let number = |keyword| child(keyword).and_then(|item| item.one::<u32>("number"));
    let kind = match item.one::<&str>("kind").map_or("none", |kind| kind.value) {
        "vxlan" => OverlayKind::Vxlan {
            vni: number("vni").map_or(1, |vni| vni.value),
            port: child("port").and_then(|item| item.one("number")).map_or(8472, |port| port.value),
        },
        "host-gw" => OverlayKind::HostGw,
        "static" => OverlayKind::Static,
        _ => OverlayKind::None,
    };
    let vxlan = matches!(kind, OverlayKind::Vxlan { .. });
    let allowed = |keyword: &str| match keyword {
        "vni" | "port" => vxlan,
        "masquerade" | "rules" | "emulate" => kind.is_flannel(),
        "mtu" => kind != OverlayKind::None,
        _ => true,
    };
    report_options(Some(item), "overlay", kind.word(), allowed, faults);
    let masquerade = child("masquerade").and_then(|item| item.one("switch"));
    let masquerade = masquerade.map_or(kind.is_flannel(), |switch| switch.value);
    let rules =
        if kind.is_flannel() { flannel_rules(item, faults) } else { FlannelRules::Iptables };
    Overlay { kind, masquerade, rules, span: item.span }
}

/// `rules` and `emulate` of an overlay that is flannel's.
fn flannel_rules(item: &Item, faults: &mut Vec<Diagnostic>) -> FlannelRules {
    let rules = item.child("rules").and_then(|item| item.one::<&str>("kind"));
    let emulate = item.child("emulate");
    if rules.is_some_and(|rules| rules.value == "nftables") {
        return FlannelRules::Nftables { faulty: emulate.is_some() };
    }
    faults.extend(emulate.map(|item| fault::emulate_without_nftables(item.span)));
    FlannelRules::Iptables
}

/// `pod-network KIND { … }`
fn read_bridge(item: Option<&Item>, cluster: Span, faults: &mut Vec<Diagnostic>) -> Option<Bridge> {
    if is_none(item) {
        report_options(item, "pod-network", "none", |_| false, faults);
        return None;
    }
    let child = |keyword| item.and_then(|item| item.child(keyword));
    let name = child("name").and_then(|item| item.one::<&str>("device"));
    let hairpin = child("hairpin").and_then(|item| item.one("switch"));
    Some(Bridge {
        name: name.map_or("cni0", |name| name.value).to_owned(),
        hairpin: hairpin.is_none_or(|switch| switch.value),
        span: item.map_or(cluster, |item| item.span),
    })
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
