//! Pod networks and host ports.

use crate::model::Published;
use ipnet::IpNet;
use netc_lang::{Diagnostic, QualifiedName, Span, Spanned, code};
use std::net::IpAddr;
use std::ops::RangeInclusive;

pub(crate) fn default_gateway_without_one(at: Span, none: Span) -> Diagnostic {
    let message = "pods cannot have a default route by a gateway that there is not";
    Diagnostic::at(code::CONTRADICTION, at, message)
        .label(none, "no gateway")
        .help("remove one of the two; for a gateway of somebody else's write `route 0.0.0.0/0` in `host-local`")
}

pub(crate) fn hairpin_and_promiscuous(at: Span, hairpin: Span) -> Diagnostic {
    let message = "a promiscuous bridge cannot have ports in hairpin mode";
    Diagnostic::at(code::CONTRADICTION, at, message)
        .label(hairpin, "hairpin mode")
        .help("remove one of the two: packets that come back would come twice")
}

pub(crate) fn gateway_device_too_long(device: &str, at: Span, vlan: Span) -> Diagnostic {
    let message =
        format!("the gateway's device `{device}` would have a name of more than 15 characters");
    Diagnostic::at(code::CONTRADICTION, at, message)
        .label(vlan, "the vlan is part of its name")
        .help("give the bridge a shorter name")
}

pub(crate) fn nothing_to_mark(keyword: &str, at: Span) -> Diagnostic {
    Diagnostic::at(code::CONTRADICTION, at, format!("`{keyword}` says nothing with `snat off`"))
        .help("remove it: nothing is marked, and nothing takes the node's address")
}

pub(crate) fn gateway_outside_block(
    gateway: Spanned<IpAddr>,
    block: IpNet,
    node: &str,
    stated: Span,
) -> Diagnostic {
    let message = format!("{} is not an address of node {node}'s block {block}", gateway.value);
    Diagnostic::at(code::OUTSIDE_NETWORK, gateway.span, message)
        .label(stated, "the node")
        .help(format!("choose an address of {block}; one for a single node stands in a `pod-network` of that node"))
}

pub(crate) fn range_outside_block(
    range: &Spanned<RangeInclusive<IpAddr>>,
    block: IpNet,
    node: &str,
    stated: Span,
) -> Diagnostic {
    let (first, last) = (range.value.start(), range.value.end());
    let message = format!(
        "{first}-{last} does not lie within the pod addresses of node {node}'s block {block}"
    );
    Diagnostic::at(code::OUTSIDE_NETWORK, range.span, message)
        .label(stated, "the node")
        .help(format!("choose addresses of {block}; ranges for a single node stand in a `pod-network` of that node"))
}

pub(crate) fn ranges_overlap(
    range: &Spanned<RangeInclusive<IpAddr>>,
    earlier: &Spanned<RangeInclusive<IpAddr>>,
) -> Diagnostic {
    let show = |range: &RangeInclusive<IpAddr>| format!("{}-{}", range.start(), range.end());
    let message = format!("{} overlaps {}", show(&range.value), show(&earlier.value));
    Diagnostic::at(code::OVERLAPPING_NETWORKS, range.span, message)
        .label(earlier.span, "the other range")
        .help("let one end before the other begins")
}

pub(crate) fn ranges_full(node: &str, ranges: Span, missing: usize, at: Span) -> Diagnostic {
    let pods = if missing == 1 { "pod has" } else { "pods have" };
    let message = format!("{missing} {pods} no address left in the ranges of node {node}");
    Diagnostic::at(code::EXHAUSTED, at, message)
        .label(ranges, "the ranges begin here")
        .help("make them larger, or put the pods on more nodes")
}

pub(crate) fn pod_outside_ranges(
    address: IpAddr,
    at: Span,
    node: &str,
    ranges: Span,
) -> Diagnostic {
    let message = format!("{address} is in none of the ranges for pods of node {node}");
    Diagnostic::at(code::OUTSIDE_NETWORK, at, message)
        .label(ranges, "the ranges begin here")
        .help("choose an address of a range, or add a range")
}

pub(crate) fn hop_outside_block(hop: IpAddr, at: Span, block: IpNet, node: &str) -> Diagnostic {
    let message = format!("pods of node {node} cannot reach the gateway {hop} of this route");
    Diagnostic::at(code::OUTSIDE_NETWORK, at, message)
        .help(format!("it has to be an address of their block, {block}"))
}

pub(crate) fn hop_without_bridge(hop: IpAddr, at: Span) -> Diagnostic {
    let message = format!("pods without a bridge cannot reach {hop} but by their gateway");
    Diagnostic::at(code::CONTRADICTION, at, message)
        .help("remove `via`, or use `pod-network bridge`")
}

pub(crate) fn host_port_of_host_network(name: &QualifiedName, at: Span) -> Diagnostic {
    let message = format!("pod {name} is in its node's network: it cannot have host ports");
    Diagnostic::at(code::CONTRADICTION, at, message)
        .help("what it listens on is on the node already: remove this")
}

pub(crate) fn host_port_without_network(
    name: &QualifiedName,
    node: &str,
    at: Span,
    network: Span,
) -> Diagnostic {
    let message =
        format!("pod {name} cannot have host ports: something else joins it to node {node}");
    Diagnostic::at(code::CONTRADICTION, at, message)
        .label(network, "the pod network")
        .help("remove this, or state a `pod-network` of netc's")
}

pub(crate) fn host_port_without_address(name: &QualifiedName, one: &Published) -> Diagnostic {
    let message = format!("pod {name} has no address of this family to lead to");
    Diagnostic::at(code::MISSING_FAMILY, one.span, message)
        .help("state an address of the node of the other family, or none")
}

pub(crate) fn host_port_twice(
    one: &Published,
    node: &str,
    (other, earlier): (&QualifiedName, Span),
) -> Diagnostic {
    let (port, protocol) = (one.port, one.target.protocol);
    let message = format!("port {port}/{protocol} of node {node} leads to pod {other} already");
    let fault = Diagnostic::at(code::DUPLICATE_PORT, one.span, message);
    let fault = if earlier == one.span {
        fault
    } else {
        fault.here("again here").label(earlier, "first here")
    };
    fault.help("choose another port or address, or put the pods on different nodes")
}

pub(crate) fn sandbox_twice(id: &str, name: &QualifiedName, at: Span, earlier: Span) -> Diagnostic {
    let message = format!("pod {name} has the sandbox {id} too");
    Diagnostic::at(code::DUPLICATE_NAME, at, message)
        .here("again here")
        .label(earlier, "first here")
        .help("the chains of both would have one name: state another `sandbox`")
}

pub(crate) fn host_port_published(
    one: &Published,
    name: &QualifiedName,
    published: Span,
) -> Diagnostic {
    let (port, protocol) = (one.port, one.target.protocol);
    let message =
        format!("port {port}/{protocol} of the node leads to pod {name}, and Docker publishes it");
    Diagnostic::at(code::DUPLICATE_PORT, one.span, message)
        .here("a host port here")
        .label(published, "published here")
        .help("choose another port for one of them, or put both at different addresses")
}

pub(crate) fn mark_of_two(mark: u32, at: Span, other: Span) -> Diagnostic {
    let message = format!("the mark {mark:#x} has two meanings on one node");
    Diagnostic::at(code::MARK_IN_USE, at, message)
        .here("for host ports")
        .label(other, "used here too")
        .help("choose another `mark-bit` or `masquerade-bit`: CNI's own is 13, kube-proxy's 14")
}

pub(crate) fn mark_of_the_kubelet(what: &str, mark: u32, at: Span) -> Diagnostic {
    let message =
        format!("the mark {mark:#x} of {what} is the one with which kubelets drop packets");
    Diagnostic::at(code::MARK_IN_USE, at, message)
        .help("choose another bit than 15: kubelets up to 1.26 have rules for that one")
}

pub(crate) fn mark_unknown_to_flannel(known: u32, proxy: Span, overlay: Span) -> Diagnostic {
    let message = format!("flannel knows the proxy's mark only as {known:#x}");
    Diagnostic::at(code::UNHEEDED_MARK, proxy, message)
        .here("the proxy has another mark")
        .label(overlay, "flannel's rules")
        .help("leave `masquerade-bit` at 14, or remove `emulate flannel`: as it is, flannel's rules do not leave alone what the proxy has marked")
}

pub(crate) fn pod_mtu_too_large(
    mtu: Spanned<u32>,
    overlay: &str,
    fits: u32,
    at: Span,
) -> Diagnostic {
    let message = format!("packets of {} bytes do not fit through the overlay", mtu.value);
    Diagnostic::at(code::MTU_TOO_LARGE, mtu.span, message)
        .label(at, format!("`overlay {overlay}` carries {fits} bytes at most"))
        .help(format!("write `mtu {fits}` or less, or remove it"))
}

pub(crate) fn services_astray(at: Span, proxy: Span) -> Diagnostic {
    let message = "pods in a vlan do not reach one another by a service where both are on one node";
    Diagnostic::at(code::SERVICES_ASTRAY, at, message)
        .here("the bridge takes answers past the node")
        .label(proxy, "the proxy")
        .help("add `masquerade-all` to the proxy, or remove `vlan`")
}

pub(crate) fn pods_hidden(at: Span, overlay: Span) -> Diagnostic {
    let message = "what pods send to pods of other nodes takes their node's address";
    Diagnostic::at(code::PODS_HIDDEN, at, message)
        .here("`masquerade` knows only the block of its own node")
        .label(overlay, "the overlay carries it")
        .help("remove `masquerade`: overlays of flannel's masquerade what leaves the cluster")
}

pub(crate) fn bridge_on_own_device(name: &str, at: Span, held: Span) -> Diagnostic {
    let message = format!("the bridge {name} would take the place of the node's own device");
    Diagnostic::at(code::RESERVED_NAME, at, message)
        .label(held, "its address is on that device")
        .help("choose another name for the bridge, such as `cni0`")
}
