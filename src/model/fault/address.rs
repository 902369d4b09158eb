//! Addresses of nodes, pods and services.

use ipnet::IpNet;
use netc_lang::{Diagnostic, Mac, Span, Spanned, code};
use std::fmt::Display;
use std::net::IpAddr;

pub(crate) fn duplicate_address(
    address: IpAddr,
    kind: &str,
    other: &dyn Display,
    at: Span,
    earlier: Span,
) -> Diagnostic {
    Diagnostic::at(
        code::DUPLICATE_ADDRESS,
        at,
        format!("{kind} {other} has the address {address} already"),
    )
    .here("again here")
    .label(earlier, "first here")
    .help("give one of them another address")
}

pub(crate) fn duplicate_vtep(mac: Mac, at: Span, earlier: Span) -> Diagnostic {
    Diagnostic::at(
        code::DUPLICATE_ADDRESS,
        at,
        format!("two vxlan devices have the Ethernet address {mac}"),
    )
    .here("again here")
    .label(earlier, "first here")
    .help("state another one with `vtep`")
}

pub(crate) fn pod_on_gateway(address: IpAddr, at: Span) -> Diagnostic {
    Diagnostic::at(
        code::RESERVED_ADDRESS,
        at,
        format!("{address} is the gateway of the node's block"),
    )
    .help("choose another address: no pod gets the gateway's")
}

pub(crate) fn pod_outside_block(
    address: IpAddr,
    at: Span,
    block: IpNet,
    node: &str,
    stated: Span,
) -> Diagnostic {
    Diagnostic::at(
        code::OUTSIDE_NETWORK,
        at,
        format!("{address} is not a pod address of node {node}'s block {block}"),
    )
    .label(stated, "the node")
    .help(format!("choose an address of {block}, or put the pod on the node that has it"))
}

pub(crate) fn service_outside(address: IpAddr, at: Span, network: &Spanned<IpNet>) -> Diagnostic {
    let message = format!("{address} is not within the service network {}", network.value);
    Diagnostic::at(code::OUTSIDE_NETWORK, at, message)
        .label(network.span, "the service network")
        .help(format!("choose an address of {}", network.value))
}

pub(crate) fn not_a_host(address: IpAddr, network: IpNet, at: Span) -> Diagnostic {
    let which = if address == network.network() { "network" } else { "broadcast" };
    Diagnostic::at(
        code::RESERVED_ADDRESS,
        at,
        format!("{address} is the {which} address of {network}"),
    )
    .help("choose another address")
}
