//! Docker's networks and containers.

use crate::model::declare::NetworkDecl;
use crate::model::{Family, Published, Special};
use ipnet::IpNet;
use netc_lang::suggest::did_you_mean;
use netc_lang::{Diagnostic, QualifiedName, Span, Spanned, code};
use std::net::IpAddr;

pub(crate) fn docker_twice(node: &str, at: Span, earlier: Span) -> Diagnostic {
    Diagnostic::at(code::DUPLICATE_NAME, at, format!("Docker of node {node} is stated twice"))
        .here("again here")
        .label(earlier, "first here")
        .help("put all its networks and containers into one block")
}

pub(crate) fn network_named_as_mode(name: &Spanned<String>) -> Diagnostic {
    let message = format!("a network cannot be called `{}`", name.value);
    Diagnostic::at(code::CONTRADICTION, name.span, message)
        .help("it is the word for containers without a network of their own: choose another name")
}

pub(crate) fn network_without_address(name: &str, at: Span) -> Diagnostic {
    Diagnostic::at(code::MISSING_STATEMENT, at, format!("the network `{name}` has no address"))
        .help("state its gateway's, with the length of the network: `address 172.18.0.1/16`")
}

pub(crate) fn gateway_without_length(address: IpAddr, at: Span) -> Diagnostic {
    let message = format!("`{address}` has no prefix length");
    Diagnostic::at(code::WRONG_ARGUMENT, at, message).help(format!(
        "write the length of the network behind the gateway's address: `{address}/16`"
    ))
}

pub(crate) fn docker_network_size(net: IpNet, longest: u8, at: Span) -> Diagnostic {
    let message = format!("{} cannot be a network of containers", net.trunc());
    Diagnostic::at(code::BAD_NETWORK, at, message)
        .help(format!("it needs a gateway and at least one container: /1 to /{longest}"))
}

pub(crate) fn unknown_network<'a>(
    name: &str,
    node: &str,
    at: Span,
    known: impl Iterator<Item = &'a str>,
) -> Diagnostic {
    let words = known.chain(["host", "none"]);
    let help = did_you_mean(name, words)
        .unwrap_or_else(|| format!("state it: `network {name} {{ address 172.18.0.1/16 }}`"));
    let message = format!("Docker of node {node} has no network `{name}`");
    Diagnostic::at(code::UNKNOWN_DOCKER, at, message).help(help)
}

pub(crate) fn unknown_container<'a>(
    name: &Spanned<&str>,
    node: &str,
    home: Option<&str>,
    known: impl Iterator<Item = &'a str>,
) -> Diagnostic {
    let message = format!("Docker of node {node} has no container `{}`", name.value);
    let help = match home {
        Some(home) => {
            format!("it is on node {home}: only containers of one node share a namespace")
        }
        None => did_you_mean(name.value, known)
            .unwrap_or_else(|| format!("state it: `container {}`", name.value)),
    };
    Diagnostic::at(code::UNKNOWN_DOCKER, name.span, message).help(help)
}

pub(crate) fn shares_with_itself(name: &str, at: Span) -> Diagnostic {
    let message = format!("container {name} cannot be in the namespace of itself");
    Diagnostic::at(code::CONTRADICTION, at, message).help("name another container, or a network")
}

pub(crate) fn share_in_a_circle(names: &[&str], at: Span) -> Diagnostic {
    let message =
        format!("the containers {} are in each other's namespaces in a circle", names.join(", "));
    Diagnostic::at(code::CONTRADICTION, at, message)
        .help("give one of them a network: it owns the namespace then")
}

pub(crate) fn container_on_gateway(address: IpAddr, network: &str, at: Span) -> Diagnostic {
    let message = format!("{address} is the gateway of the network {network}");
    Diagnostic::at(code::RESERVED_ADDRESS, at, message).help("choose another address")
}

pub(crate) fn container_outside(
    address: IpAddr,
    gateway: IpNet,
    network: &NetworkDecl,
    at: Span,
) -> Diagnostic {
    let (name, net) = (&network.name.value, gateway.trunc());
    let message = format!("{address} is not a container's address of the network {name}, {net}");
    Diagnostic::at(code::OUTSIDE_NETWORK, at, message)
        .label(network.span, "the network")
        .help(format!("choose an address of {net}"))
}

pub(crate) fn network_without_family(
    network: &NetworkDecl,
    family: Family,
    at: Span,
) -> Diagnostic {
    let message = format!("the network {} has no {family} addresses", network.name.value);
    Diagnostic::at(code::MISSING_FAMILY, at, message)
        .label(network.span, "the network")
        .help(format!("add an {family} address to it, or remove this one"))
}

pub(crate) fn docker_network_full(gateway: IpNet, network: &NetworkDecl, at: Span) -> Diagnostic {
    let message = format!("no address of the network {} is left", network.name.value);
    Diagnostic::at(code::EXHAUSTED, at, message)
        .label(network.span, format!("all of {} is taken", gateway.trunc()))
        .help("make the network larger")
}

pub(crate) fn address_without_network(mode: &str, at: Span) -> Diagnostic {
    let message = format!("a container with `network {mode}` has no addresses of its own");
    Diagnostic::at(code::CONTRADICTION, at, message)
        .help("remove the address, or put the container into a network")
}

pub(crate) fn published_without_network(mode: &str, at: Span) -> Diagnostic {
    let message = format!("a container with `network {mode}` cannot publish ports");
    let help = match mode {
        "host" => "what it listens on is on the node already: remove this",
        "none" => "nothing reaches it: remove this, or put the container into a network",
        _ => "publish the port with the container that owns the namespace",
    };
    Diagnostic::at(code::CONTRADICTION, at, message).help(help)
}

pub(crate) fn published_internally(network: &str, at: Span) -> Diagnostic {
    let message = format!("the network {network} is internal: none of its ports can be published");
    Diagnostic::at(code::CONTRADICTION, at, message)
        .help("remove this, or put the container into a network that is not internal")
}

pub(crate) fn published_twice(one: &Published, earlier: Span) -> Diagnostic {
    let (port, protocol) = (one.port, one.target.protocol);
    let message = format!("port {port}/{protocol} of the node is published twice");
    Diagnostic::at(code::DUPLICATE_PORT, one.span, message)
        .here("again here")
        .label(earlier, "first here")
        .help("publish one of them at another port, or both at different addresses")
}

pub(crate) fn published_node_port(
    one: &Published,
    service: &QualifiedName,
    at: Span,
) -> Diagnostic {
    let (port, protocol) = (one.port, one.target.protocol);
    let message = format!("port {port}/{protocol} is a node port of service {service} too");
    Diagnostic::at(code::PUBLISHED_NODE_PORT, one.span, message)
        .here("published here")
        .label(at, "the service's port")
        .help("the service gets the connections: publish another port")
}

pub(crate) fn ranges_of_two_lengths(
    (first, last): (u16, u16),
    (inner, innermost): (u16, u16),
    at: Span,
) -> Diagnostic {
    let (outside, inside) = (u32::from(last - first) + 1, u32::from(innermost - inner) + 1);
    let ports = if outside == 1 { "port" } else { "ports" };
    let message = format!("{outside} {ports} of the node cannot lead to {inside} of the container");
    let help = match inner.checked_add(last - first) {
        Some(end) => format!("state as many of each: `{first}-{last} -> {inner}-{end}`"),
        None => "state as many of each".to_owned(),
    };
    let help = if outside == 1 { "state as many of each".to_owned() } else { help };
    Diagnostic::at(code::CONTRADICTION, at, message).help(help)
}

pub(crate) fn says_nothing(option: &str, of: &str, at: Span) -> Diagnostic {
    Diagnostic::at(code::CONTRADICTION, at, format!("`{option}` says nothing with {of}"))
        .help("remove one of them")
}

pub(crate) fn gateway_mode_of_28(mode: &str, at: Span) -> Diagnostic {
    let message = format!("`gateway-mode {mode}` is not for `layout 27`");
    Diagnostic::at(code::CONTRADICTION, at, message)
        .help("choose `layout 28` or `rules nftables`, or remove it")
}

pub(crate) fn published_where_routed(network: &str, address: IpAddr, at: Span) -> Diagnostic {
    let family = Family::of(address);
    let message =
        format!("the network {network} is routed in {family}: no port of {address} leads there");
    Diagnostic::at(code::CONTRADICTION, at, message)
        .help("remove the address: the container's port is opened at its own address")
}

/// Addresses that no packet that leaves the node can come from.
pub(crate) fn unusable_source(address: IpAddr, at: Span) -> Option<Diagnostic> {
    let what = Special::of(address).map(|special| special.to_string());
    let what = what.or_else(|| address.is_multicast().then(|| "a multicast address".to_owned()))?;
    let message = format!("{address} is {what}: packets cannot come from it");
    Some(
        Diagnostic::at(code::RESERVED_ADDRESS, at, message)
            .help("state one of the node's addresses"),
    )
}

pub(crate) fn docker_mtu_too_small(network: &NetworkDecl, least: u32) -> Diagnostic {
    let (name, mtu) = (&network.name.value, network.mtu);
    let message = format!("an MTU of {} is too small for IPv6", mtu.value);
    Diagnostic::at(code::MTU_TOO_LARGE, mtu.span, message).help(format!(
        "IPv6 needs {least}: raise it, or leave out the IPv6 address of the network {name}"
    ))
}
