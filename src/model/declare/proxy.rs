//! The `proxy` statement.

use super::cluster::{is_none, report_options};
use crate::model::{
    DetectLocal, Engine, Ipvs, Layout, Nftables, NodePortAddresses, Proxy, ProxyMode, Userspace,
    fault,
};
use netc_lang::{Diagnostic, Item, Seconds, Span};
use std::ops::RangeInclusive;
use std::time::Duration;

/// `proxy KIND { … }`
pub(super) fn read(
    item: Option<&Item>,
    cluster: Span,
    faults: &mut Vec<Diagnostic>,
) -> Option<Proxy> {
    let span = item.map_or(cluster, |item| item.span);
    if is_none(item) {
        report_options(item, "proxy", "none", |_| false, faults);
        return None;
    }
    let kind = item.and_then(|item| item.one::<&str>("kind")).map_or("", |kind| kind.value);
    let mode = match (kind, item) {
        ("ipvs", Some(item)) => ProxyMode::Ipvs(read_ipvs(item, faults)),
        ("nftables", Some(item)) => ProxyMode::Nftables(Nftables { layout: layout(item) }),
        ("userspace", Some(item)) => ProxyMode::Userspace(read_userspace(item, faults)),
        ("kernelspace", _) => ProxyMode::Kernelspace,
        _ => ProxyMode::Iptables,
    };
    let allowed = |keyword: &str| match keyword {
        _ if kind == "kernelspace" => false,
        "ports" | "engine" => kind == "userspace",
        "naming" => matches!(kind, "userspace" | "iptables"),
        // Nothing is masqueraded, and every local address answers.
        _ if kind == "userspace" => false,
        "localhost-node-ports" => kind == "iptables",
        "scheduler" | "strict-arp" | "fallback" | "strict" | "drain" => kind == "ipvs",
        "layout" => kind == "nftables",
        _ => true,
    };
    report_options(item, "proxy", mode.word(), allowed, faults);
    let child = |keyword| item.and_then(|item| item.child(keyword));
    let switch = |keyword| child(keyword).and_then(|item| item.one::<bool>("switch"));
    let bit = child("masquerade-bit").and_then(|item| item.one::<u32>("bit"));
    let naming = child("naming").and_then(|item| item.one::<&str>("scheme"));
    Some(Proxy {
        mode,
        masquerade_all: child("masquerade-all").is_some(),
        node_port_addresses: node_port_addresses(child("node-port-addresses"), kind),
        localhost_node_ports: switch("localhost-node-ports").is_none_or(|switch| switch.value),
        detect_local: detect_local(child("detect-local"), faults),
        masquerade_mark: 1 << bit.map_or(14, |bit| bit.value),
        random_fully: switch("random-fully").is_none_or(|switch| switch.value),
        legacy_names: naming.is_some_and(|naming| naming.value == "legacy"),
        span,
    })
}

/// The options of `proxy ipvs`.
fn read_ipvs(item: &Item, faults: &mut Vec<Diagnostic>) -> Ipvs {
    let has = |keyword| item.child(keyword).is_some();
    let stated = item.child("scheduler");
    let scheduler = stated.and_then(|item| item.one("name")).map_or("rr", |name| name.value);
    let option = |name| stated.and_then(|item| item.one::<&str>(name));
    if !matches!(scheduler, "sh" | "mh") {
        for option in ["fallback", "port"].into_iter().filter_map(option) {
            faults.push(fault::scheduler_option(scheduler, option));
        }
    }
    let fallback = item.child("fallback").and_then(|item| item.one::<&str>("kind"));
    let drain = item.child("drain").and_then(|item| item.one::<Seconds>("time"));
    Ipvs {
        scheduler: scheduler.to_owned(),
        scheduler_fallback: option("fallback").is_some(),
        // kube-proxy sets it for `mh` whatever is asked (`pkg/proxy/ipvs/proxier.go`).
        scheduler_port: option("port").is_some() || scheduler == "mh",
        strict_arp: has("strict-arp"),
        fallback: fallback.is_none_or(|kind| kind.value != "none"),
        strict: has("strict"),
        drain: Duration::from_secs(drain.map_or(30, |time| time.value.0.into())),
    }
}

/// The ports of the proxy if none are stated: below the node ports.
const PORTS: RangeInclusive<u16> = 28000..=29999;

/// The options of `proxy userspace`.
fn read_userspace(item: &Item, faults: &mut Vec<Diagnostic>) -> Userspace {
    faults.push(fault::userspace_is_gone(item.span));
    let stated = item.child("ports").and_then(|item| item.one::<RangeInclusive<u16>>("range"));
    let engine = item.child("engine").and_then(|item| item.one::<&str>("program"));
    Userspace {
        ports: stated.as_ref().map_or(PORTS, |range| range.value.clone()),
        stated: stated.map(|range| range.span),
        engine: match engine.map_or("", |engine| engine.value) {
            "haproxy" => Engine::Haproxy,
            _ => Engine::Nginx,
        },
    }
}

/// The layout of `proxy nftables`.
fn layout(item: &Item) -> Layout {
    let stated = item.child("layout").and_then(|item| item.one::<&str>("name"));
    match stated.map_or("", |name| name.value) {
        "1.35" => Layout::Older,
        "flat" => Layout::Flat,
        _ => Layout::Current,
    }
}

/// In nftables mode kube-proxy answers on the primary addresses alone, if nothing is said.
fn node_port_addresses(item: Option<&Item>, kind: &str) -> NodePortAddresses {
    let Some(item) = item else {
        return match kind {
            "nftables" => NodePortAddresses::Primary,
            _ => NodePortAddresses::All,
        };
    };
    if item.all::<&str>("address").next().is_some() {
        return NodePortAddresses::Primary;
    }
    NodePortAddresses::Within(item.all("address").map(|network| network.value).collect())
}

fn detect_local(item: Option<&Item>, faults: &mut Vec<Diagnostic>) -> DetectLocal {
    let Some(item) = item else { return DetectLocal::ClusterCidr };
    let kind = item.one::<&str>("kind").map_or("", |kind| kind.value);
    let device = item.one::<&str>("device");
    let named = matches!(kind, "bridge" | "interface-prefix");
    if named != device.is_some() {
        faults.push(fault::detector_device(kind, named, item.span));
    }
    let device = device.map_or_else(String::new, |device| device.value.to_owned());
    match kind {
        "node-cidr" => DetectLocal::NodeCidr,
        "bridge" => DetectLocal::Bridge(device),
        "interface-prefix" => DetectLocal::InterfacePrefix(device),
        "none" => DetectLocal::None,
        _ => DetectLocal::ClusterCidr,
    }
}
