//! Networks, blocks and MTUs.

use crate::model::check::Claim;
use crate::model::{Family, PodNetwork};
use ipnet::IpNet;
use netc_lang::{Diagnostic, QualifiedName, Span, Spanned, code};
use std::fmt::Display;

pub(crate) fn two_of_a_family(what: &str, family: Family, at: Span, earlier: Span) -> Diagnostic {
    Diagnostic::at(code::CONTRADICTION, at, format!("two {family} {what}"))
        .here("again here")
        .label(earlier, "first here")
        .help("there is at most one for each family: keep one of them")
}

pub(crate) fn bad_block_length(network: IpNet, length: u8, at: Span) -> Diagnostic {
    let (shortest, longest) = (network.prefix_len(), Family::of_net(network).bits() - 2);
    let message = format!("{network} cannot be divided into blocks of length /{length}");
    Diagnostic::at(code::BAD_NETWORK, at, message).help(if shortest > longest {
        format!("it must have room for a gateway and a pod: at least a /{longest}")
    } else {
        format!("blocks of it have a length from /{shortest} to /{longest}")
    })
}

pub(crate) fn block_too_small(block: IpNet, at: Span) -> Diagnostic {
    let longest = Family::of_net(block).bits() - 2;
    Diagnostic::at(code::BAD_NETWORK, at, format!("the block {block} has no room for pods"))
        .help(format!("it needs a gateway and at least one pod: /{longest} or shorter"))
}

pub(crate) fn block_outside(block: IpNet, at: Span, network: IpNet, stated: Span) -> Diagnostic {
    let message = format!("the block {block} is not within the pod network {network}");
    Diagnostic::at(code::OUTSIDE_NETWORK, at, message)
        .label(stated, "the pod network")
        .help(format!("choose a block of {network}"))
}

pub(crate) fn blocks_overlap(block: IpNet, at: Span, holder: (&str, IpNet, Span)) -> Diagnostic {
    let (node, other, span) = holder;
    Diagnostic::at(
        code::OVERLAPPING_NETWORKS,
        at,
        format!("the block {block} overlaps node {node}'s {other}"),
    )
    .label(span, "the other block")
    .help("remove the statement to get the lowest free block")
}

pub(crate) fn no_block_left(pods: &PodNetwork, node: &str, at: Span) -> Diagnostic {
    let PodNetwork { network, per_node, span } = pods;
    Diagnostic::at(code::EXHAUSTED, at, format!("no block is left for node {node}"))
        .label(*span, format!("{network} in blocks of /{per_node}"))
        .help("make the network larger or the blocks smaller")
}

pub(crate) fn block_full(
    block: IpNet,
    node: &str,
    stated: Span,
    missing: usize,
    at: Span,
) -> Diagnostic {
    let pods = if missing == 1 { "pod has" } else { "pods have" };
    Diagnostic::at(
        code::EXHAUSTED,
        at,
        format!("{missing} {pods} no address left in node {node}'s block {block}"),
    )
    .label(stated, "the node")
    .help("make the blocks larger (`per-node`), or put the pods on more nodes")
}

pub(crate) fn no_pod_network(what: &str, family: Family, at: Span, cluster: Span) -> Diagnostic {
    Diagnostic::at(
        code::NO_POD_NETWORK,
        at,
        format!("{what}, but the cluster has no {family} pod network"),
    )
    .here("nothing is made for it")
    .label(cluster, "the cluster")
    .help(format!("add an {family} network to the cluster's `pods`, or remove this"))
}

pub(crate) fn pods_without_network(name: &QualifiedName, at: Span, cluster: Span) -> Diagnostic {
    Diagnostic::at(
        code::MISSING_FAMILY,
        at,
        format!("pod {name} cannot have an address: the cluster has no pod network"),
    )
    .label(cluster, "the cluster")
    .help("add `pods 10.244.0.0/16` to the cluster")
}

pub(crate) fn no_service_network(
    name: &QualifiedName,
    family: Family,
    at: Span,
    cluster: Span,
) -> Diagnostic {
    Diagnostic::at(code::MISSING_FAMILY, at, format!("service {name} needs an {family} address, but the cluster has no {family} service network"))
        .label(cluster, "the cluster")
        .help("add `services NETWORK` to the cluster, or state the service's `ip`")
}

pub(crate) fn no_service_address_left(network: &Spanned<IpNet>, at: Span) -> Diagnostic {
    Diagnostic::at(code::EXHAUSTED, at, "no service address is left")
        .label(network.span, format!("all of {} is taken", network.value))
        .help("make the service network larger")
}

pub(crate) fn networks_overlap(first: &Claim, second: &Claim, free: Option<IpNet>) -> Diagnostic {
    let (a, b) = (first.network, second.network);
    let shared = if a.prefix_len() >= b.prefix_len() { a } else { b };
    let help = match free {
        Some(free) => format!("they share {shared}; the nearest free block of that size is {free}"),
        None => format!("they share {shared}; move one of them"),
    };
    let message = format!("{b}, {}, overlaps {}", second.owner, first.owner);
    Diagnostic::at(code::OVERLAPPING_NETWORKS, second.span, message)
        .here(format!("{b}: {}", second.owner))
        .label(first.span, format!("{a}: {}", first.owner))
        .help(help)
}

pub(crate) fn mtu_too_large(
    mtu: Spanned<u32>,
    overlay: &str,
    overhead: u32,
    node: &str,
    smallest: Spanned<u32>,
) -> Diagnostic {
    let fits = smallest.value.saturating_sub(overhead);
    Diagnostic::at(
        code::MTU_TOO_LARGE,
        mtu.span,
        format!("an MTU of {} does not fit through node {node}", mtu.value),
    )
    .label(
        smallest.span,
        format!("its device has an MTU of {}, {overlay} adds {overhead} bytes", smallest.value),
    )
    .help(format!("write `mtu {fits}` or less, or remove it"))
}

pub(crate) fn mtu_too_small_for_v6(mtu: u32, least: u32, at: Span) -> Diagnostic {
    Diagnostic::at(
        code::MTU_TOO_LARGE,
        at,
        format!("pods would have an MTU of {mtu}, too small for IPv6"),
    )
    .help(format!("IPv6 needs {least}: raise the MTU of the nodes, or leave out the IPv6 network"))
}

pub(crate) fn node_without_address(
    node: &str,
    family: Family,
    overlay: &str,
    at: Span,
) -> Diagnostic {
    Diagnostic::at(
        code::MISSING_FAMILY,
        at,
        format!("node {node} has no {family} address, which `overlay {overlay}` needs"),
    )
    .help(format!("state it: `address …` with an {family} address"))
}

pub(crate) fn node_without_device(node: &str, overlay: &str, at: Span) -> Diagnostic {
    let message = format!(
        "no device is stated for this address of node {node}; `overlay {overlay}` needs it"
    );
    Diagnostic::at(code::MISSING_FAMILY, at, message)
        .help(format!("add `node {node} {{ address ADDRESS on DEVICE }}` to a .netc source"))
}

/// Two forms of source that say different things of one node.
pub(crate) fn sources_disagree<T: Display>(
    node: &str,
    what: &str,
    own: &Spanned<T>,
    fact: &Spanned<T>,
) -> Diagnostic {
    let message = format!("the sources do not agree on the {what} of node {node}");
    Diagnostic::at(code::CONTRADICTION, own.span, message)
        .here(own.value.to_string())
        .label(fact.span, fact.value.to_string())
        .help("change one of them, or say it in one place only")
}

pub(crate) fn not_one_segment(
    first: (&str, IpNet, Span),
    second: (&str, IpNet, Span),
) -> Diagnostic {
    let message = format!(
        "host-gw cannot reach node {} from node {}: they are on different segments",
        second.0, first.0
    );
    Diagnostic::at(code::NOT_ONE_SEGMENT, second.2, message)
        .here(format!("in {}", second.1))
        .label(first.2, format!("in {}", first.1))
        .help("use `overlay vxlan`, or state the prefix length of the network they share: `address A/LENGTH on …`")
}

pub(crate) fn vtep_without_vxlan(at: Span, overlay: Span) -> Diagnostic {
    Diagnostic::at(code::CONTRADICTION, at, "`vtep` says nothing without `overlay vxlan`")
        .label(overlay, "the overlay")
        .help("remove it")
}
