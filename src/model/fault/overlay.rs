//! What an overlay cannot do, or lacks.

use crate::model::{Family, PublicKey, WireguardMode};
use netc_lang::{Diagnostic, Span, code};

pub(crate) fn emulate_says_nothing(at: Span) -> Diagnostic {
    Diagnostic::at(code::CONTRADICTION, at, "`emulate` says nothing here")
        .here("netc does as flannel does in any case")
        .help("remove it; it is for `rules nftables`, and for vxlan with an IPv6 pod network")
}

pub(crate) fn overlay_without_v6(overlay: &str, network: Span, at: Span) -> Diagnostic {
    let message = format!("`overlay {overlay}` carries IPv4 alone");
    Diagnostic::at(code::MISSING_FAMILY, network, message)
        .here("this network is IPv6")
        .label(at, "the overlay")
        .help("leave out the IPv6 network, or use `overlay vxlan` or `overlay wireguard`")
}

pub(crate) fn port_without_device(
    overlay: &str,
    mode: Option<WireguardMode>,
    at: Span,
) -> Diagnostic {
    let place = match mode {
        Some(mode) => format!("in mode {mode}"),
        None => format!("for `overlay {overlay}`"),
    };
    let message = format!("a second port says nothing {place}");
    Diagnostic::at(code::CONTRADICTION, at, message)
        .here("there is one port for both families")
        .help("remove it; it is for `overlay wireguard` in mode separate")
}

pub(crate) fn node_without_length(node: &str, family: Family, at: Span) -> Diagnostic {
    let message = format!("the {family} address of node {node} is stated without a prefix length");
    Diagnostic::at(code::MISSING_ARGUMENT, at, message)
        .here("`direct-routing` tells by it which nodes share a network")
        .help("state the length: `address A/LENGTH on …`")
}

pub(crate) fn node_without_keys(node: &str, at: Span) -> Diagnostic {
    let message = format!("node {node} has no key, which `overlay wireguard` needs");
    Diagnostic::at(code::MISSING_STATEMENT, at, message).help(
        "make one on the node with `wg genkey`, and state what `wg pubkey` prints of it: \
         `wireguard { public-key \"…\" }`",
    )
}

pub(crate) fn no_public_key(at: Span) -> Diagnostic {
    Diagnostic::at(code::MISSING_STATEMENT, at, "the public key is not stated")
        .help("state what `wg pubkey` prints of the private key: `public-key \"…\"`")
}

pub(crate) fn duplicate_key(
    key: PublicKey,
    (node, at): (&str, Span),
    (other, earlier): (&str, Span),
) -> Diagnostic {
    let message = format!("the nodes {other} and {node} have the same public key {key}");
    Diagnostic::at(code::DUPLICATE_ADDRESS, at, message)
        .here("again here")
        .label(earlier, "first here")
        .help("give each node a key of its own")
}

pub(crate) fn keys_without_wireguard(at: Span, overlay: Span) -> Diagnostic {
    Diagnostic::at(code::CONTRADICTION, at, "`wireguard` says nothing without `overlay wireguard`")
        .label(overlay, "the overlay")
        .help("remove it")
}

pub(crate) fn one_port_for_two(port: u16, at: Span) -> Diagnostic {
    let message = format!("both devices of wireguard would listen at port {port}");
    Diagnostic::at(code::DUPLICATE_PORT, at, message)
        .help("state another one behind `ipv6`, or use `mode auto`, which needs only one device")
}

pub(crate) fn vxlan_too_large_for_v6(at: Span) -> Diagnostic {
    let message = "packets of IPv6 pods can be 20 bytes larger than the nodes' devices take";
    Diagnostic::at(code::MTU_OF_FLANNEL, at, message)
        .here("flannel's MTU, for `emulate flannel` is stated")
        .help("remove `emulate flannel`, or state an `mtu` that is 20 bytes smaller")
}

pub(crate) fn carried_by_others(at: Span) -> Diagnostic {
    let message = "netc makes the device flannel0 and the route to it, but does not carry packets";
    Diagnostic::at(code::CARRIED_BY_OTHERS, at, message)
        .here("something must have the device open")
        .help("run a forwarder on every node, or use another overlay, such as vxlan")
}
