//! The `pod-network` statement.

use super::ClusterDecl;
use super::cluster::report_options;
use super::per_family;
use crate::model::{
    Attachment, AttachmentKind, Bridge, Family, PerFamily, PodMasquerade, PodRoute, PortMap, fault,
};
use ipnet::IpNet;
use netc_lang::{Diagnostic, Item, Span, Spanned};
use std::net::IpAddr;
use std::ops::RangeInclusive;

/// The longest name of a device (`IFNAMSIZ` in linux/if.h, which counts the byte at its end).
const LONGEST_DEVICE: usize = 15;

/// How pods are joined to their node, as stated.
pub(crate) struct AttachmentDecl {
    /// `None` if something else joins them.
    pub(crate) kind: Option<AttachmentKind>,
    network: Option<String>,
    pub(crate) mtu: Option<Spanned<u32>>,
    default_gateway: bool,
    pub(crate) masquerade: PodMasquerade,
    pub(crate) ranges: Vec<Spanned<RangeInclusive<IpAddr>>>,
    pub(crate) gateways: PerFamily<Spanned<IpAddr>>,
    pub(crate) routes: Vec<PodRoute>,
    pub(crate) port_map: PortMap,
    emit: bool,
    pub(crate) span: Span,
}

impl AttachmentDecl {
    /// What is stated, and what follows from the cluster: its name, the MTU that fits, and the routes
    /// to all pods that flannel's CNI plugin asks for (netspec 2.8).
    pub(crate) fn resolve(&self, cluster: &ClusterDecl, mtu: u32) -> Option<Attachment> {
        let mut routes = self.routes.clone();
        let networks = cluster.pod_networks.values().filter(|_| cluster.overlay.kind.is_flannel());
        for network in networks.map(|pods| pods.network) {
            if routes.iter().all(|route| route.destination != network) {
                routes.push(PodRoute { destination: network, gateway: None, span: self.span });
            }
        }
        Some(Attachment {
            kind: self.kind.clone()?,
            network: self.network.clone().unwrap_or_else(|| cluster.name.clone()),
            mtu: self.mtu.map_or(mtu, |mtu| mtu.value),
            default_gateway: self.default_gateway,
            masquerade: self.masquerade,
            routes,
            ranges: self.ranges.iter().map(|range| range.value.clone()).collect(),
            port_map: self.port_map,
            emit: self.emit,
            span: self.span,
        })
    }
}

/// `pod-network KIND { … }`; a bridge if it is missing.
pub(super) fn read(
    item: Option<&Item>,
    cluster: Span,
    faults: &mut Vec<Diagnostic>,
) -> AttachmentDecl {
    let word = item.and_then(|item| item.one::<&str>("kind")).map_or("bridge", |kind| kind.value);
    let allowed = |keyword: &str| match word {
        "none" => false,
        "ptp" => {
            !matches!(keyword, "name" | "gateway" | "hairpin" | "promiscuous" | "isolate" | "vlan")
        }
        _ => true,
    };
    report_options(item, "pod-network", word, allowed, faults);
    let child = |keyword| item.and_then(|item| item.child(keyword));
    let local = child("host-local");
    let ranges = local.into_iter().flat_map(|item| item.children("range"));
    let gateway = switch(child("gateway"));
    let default_gateway = switch(child("default-gateway"));
    if let (Some(false), Some(true)) = (gateway, default_gateway)
        && let (Some(none), Some(default)) = (child("gateway"), child("default-gateway"))
    {
        faults.push(fault::default_gateway_without_one(default.span, none.span));
    }
    if let (Some(true), Some(promiscuous)) = (switch(child("hairpin")), child("promiscuous"))
        && let Some(hairpin) = child("hairpin")
    {
        faults.push(fault::hairpin_and_promiscuous(promiscuous.span, hairpin.span));
    }
    let kind = kind(word, item, gateway);
    if let (Some(AttachmentKind::Bridge(bridge)), Some(vlan)) = (&kind, child("vlan"))
        && bridge.gateway
        && bridge.gateway_device().len() > LONGEST_DEVICE
    {
        let name = child("name").map_or(vlan.span, |name| name.span);
        faults.push(fault::gateway_device_too_long(&bridge.gateway_device(), name, vlan.span));
    }
    AttachmentDecl {
        kind,
        network: child("network").and_then(|item| item.one::<&str>("name")).map(owned),
        mtu: child("mtu").and_then(|item| item.one("bytes")),
        default_gateway: default_gateway.or(gateway).unwrap_or(true),
        masquerade: masquerade(child("masquerade")),
        ranges: ranges.filter_map(|item| item.one("range")).collect(),
        gateways: gateways(local, faults),
        routes: local.map(routes).unwrap_or_default(),
        port_map: port_map(child("port-map"), faults),
        emit: child("emit").is_some(),
        span: item.map_or(cluster, |item| item.span),
    }
}

fn owned(word: Spanned<&str>) -> String {
    word.value.to_owned()
}

/// A switch that is on if its statement says nothing more.
fn switch(item: Option<&Item>) -> Option<bool> {
    item.map(|item| item.one("switch").is_none_or(|switch| switch.value))
}

fn kind(word: &str, item: Option<&Item>, gateway: Option<bool>) -> Option<AttachmentKind> {
    let child = |keyword| item.and_then(|item| item.child(keyword));
    let name = child("name").and_then(|item| item.one::<&str>("device"));
    let promiscuous = child("promiscuous").is_some();
    match word {
        "none" => None,
        "ptp" => Some(AttachmentKind::PointToPoint),
        _ => Some(AttachmentKind::Bridge(Bridge {
            name: name.map_or_else(|| "cni0".to_owned(), owned),
            gateway: gateway.unwrap_or(true),
            // The plugin knows only one of the two.
            hairpin: switch(child("hairpin")).unwrap_or(!promiscuous),
            promiscuous,
            isolate: child("isolate").is_some(),
            vlan: child("vlan").and_then(|item| item.one("number")).and_then(number),
        })),
    }
}

/// The schema has it within 16 bits.
fn number(vlan: Spanned<u32>) -> Option<u16> {
    vlan.value.try_into().ok()
}

fn masquerade(item: Option<&Item>) -> PodMasquerade {
    match item.map(|item| item.one::<&str>("form")) {
        None => PodMasquerade::None,
        Some(form) => {
            PodMasquerade::Chain { legacy: form.is_some_and(|form| form.value == "legacy") }
        }
    }
}

fn gateways(local: Option<&Item>, faults: &mut Vec<Diagnostic>) -> PerFamily<Spanned<IpAddr>> {
    let all = local.into_iter().flat_map(|item| item.children("gateway"));
    let all = all.filter_map(|item| item.one("address"));
    per_family(all, Family::of, "gateways of one block", faults)
}

fn routes(local: &Item) -> Vec<PodRoute> {
    let all = local.children("route").filter_map(|item| {
        let gateway = item.one::<IpAddr>("address").map(|gateway| gateway.value);
        let destination = item.one::<IpNet>("network")?.value;
        Some(PodRoute { destination, gateway, span: item.span })
    });
    all.collect()
}

fn port_map(item: Option<&Item>, faults: &mut Vec<Diagnostic>) -> PortMap {
    let child = |keyword| item.and_then(|item| item.child(keyword));
    let snat = switch(child("snat")).unwrap_or(true);
    let all = child("masquerade-all");
    for option in [all, child("mark-bit")].into_iter().flatten().filter(|_| !snat) {
        faults.push(fault::nothing_to_mark(option.keyword, option.span));
    }
    let bit = child("mark-bit").and_then(|item| item.one::<u32>("bit"));
    PortMap {
        snat,
        masquerade_all: all.is_some(),
        mark: 1 << bit.map_or(13, |bit| bit.value),
        span: item.map(|item| item.span),
    }
}
