//! Addresses of load balancers, and what routers are told.

use crate::model::{Advertised, Announce, Family};
use netc_lang::{Diagnostic, QualifiedName, Span, Spanned, code};
use std::net::IpAddr;
use std::ops::RangeInclusive;

/// A range as it is written.
fn shown(range: &RangeInclusive<IpAddr>) -> String {
    let (first, last) = (range.start(), range.end());
    if first == last { first.to_string() } else { format!("{first}-{last}") }
}

pub(crate) fn pool_with_address(
    range: &Spanned<RangeInclusive<IpAddr>>,
    address: IpAddr,
    owner: &str,
    at: Span,
) -> Diagnostic {
    let message = format!("{address} of the load balancers is the address of {owner}");
    Diagnostic::at(code::DUPLICATE_ADDRESS, range.span, message)
        .here(shown(&range.value))
        .label(at, owner.to_owned())
        .help("leave it out: state the addresses before it and behind it, `FIRST-LAST, FIRST-LAST`")
}

pub(crate) fn load_balancer_outside(address: &Spanned<IpAddr>, pool: Span) -> Diagnostic {
    let message = format!("{} is none of the cluster's load-balancer addresses", address.value);
    Diagnostic::at(code::OUTSIDE_NETWORK, address.span, message)
        .label(pool, "the addresses")
        .help("add it to `load-balancers`, or name who looks after it: `load-balancer-class NAME`")
}

/// An address that a Kubernetes service asks for in vain.
pub(crate) fn requested_outside(
    service: &QualifiedName,
    address: &Spanned<IpAddr>,
    pool: Span,
) -> Diagnostic {
    let address_text = address.value;
    let message =
        format!("service {service} asks for {address_text}, which netc does not give out");
    Diagnostic::at(code::UNANNOUNCED, address.span, message)
        .here("the service gets no load-balancer address")
        .label(pool, "the addresses to give out")
        .help("add it to `load-balancers`, or remove `loadBalancerIP`")
}

pub(crate) fn no_load_balancer_left(family: Family, pool: Span, at: Span) -> Diagnostic {
    let message = format!("no {family} load-balancer address is left");
    Diagnostic::at(code::EXHAUSTED, at, message)
        .label(pool, "all of these are taken")
        .help("add addresses to `load-balancers`")
}

pub(crate) fn no_load_balancer_of_family(
    service: &QualifiedName,
    at: Span,
    pool: Span,
) -> Diagnostic {
    let message =
        format!("service {service} has no family of the cluster's load-balancer addresses");
    Diagnostic::at(code::MISSING_FAMILY, at, message).label(pool, "the addresses").help(
        "add addresses of its family to `load-balancers`, or give it the other family: `families`",
    )
}

/// An address that no node could have beside its own.
pub(crate) fn cannot_announce(address: IpAddr, device: Option<&str>, at: Span) -> Diagnostic {
    let device = device.map_or_else(String::new, |device| format!(" on {device}"));
    let message =
        format!("no node can announce {address}: none has an address of its network{device}");
    Diagnostic::at(code::CANNOT_ANNOUNCE, at, message).help(
        "state the nodes' devices, `address ADDRESS/LENGTH on DEVICE`, or choose addresses of their \
         network, or write `announce bgp`",
    )
}

/// An address that all nodes leave alone.
pub(crate) fn nobody_announces(address: IpAddr, service: &QualifiedName, at: Span) -> Diagnostic {
    let message = format!("nobody announces {address}: no node has ready endpoints of {service}");
    Diagnostic::at(code::UNANNOUNCED, at, message)
        .here("`external-traffic local` leaves it to nodes with endpoints")
        .help("put endpoints on nodes that may announce it, or write `external-traffic cluster`")
}

pub(crate) fn announce_without_bgp(at: Span) -> Diagnostic {
    let message = "`announce bgp` needs to know the routers";
    Diagnostic::at(code::MISSING_STATEMENT, at, message)
        .help("add `bgp { as 64512; peer ADDRESS as NUMBER }` to the cluster")
}

pub(crate) fn announce_unadvertised(announce: &Announce, at: Span, bgp: Span) -> Diagnostic {
    let message =
        format!("`announce {}`, but `advertise` leaves the load balancers out", announce.word());
    Diagnostic::at(code::CONTRADICTION, at, message)
        .label(bgp, "what routers are told")
        .help("add `load-balancers` to `advertise`")
}

pub(crate) fn bgp_without(what: &str, example: &str, at: Span) -> Diagnostic {
    Diagnostic::at(code::MISSING_STATEMENT, at, format!("`bgp` has no `{what}`"))
        .help(format!("add one, such as `{example}`"))
}

/// Routes of which there are none.
pub(crate) fn nothing_to_advertise(what: &Spanned<Advertised>) -> Diagnostic {
    let (word, missing) = match what.value {
        Advertised::LoadBalancers => ("load-balancers", "no load-balancer addresses"),
        Advertised::Pods => ("pods", "no pod network"),
        Advertised::Services => ("services", "no service network"),
    };
    let message = format!("there is nothing to advertise: the cluster has {missing}");
    Diagnostic::at(code::MISSING_STATEMENT, what.span, message)
        .help(format!("add `{word} …` to the cluster, or choose what to `advertise`"))
}

pub(crate) fn node_without_router_id(node: &str, at: Span, bgp: Span) -> Diagnostic {
    let message = format!("node {node} has no IPv4 address to be its router id");
    Diagnostic::at(code::MISSING_FAMILY, at, message)
        .label(bgp, "needed here")
        .help("add one, or write `router-id hash`")
}

pub(crate) fn node_without_session(node: &str, family: Family, at: Span, peer: Span) -> Diagnostic {
    let message = format!("node {node} has no {family} address to reach the router from");
    Diagnostic::at(code::MISSING_FAMILY, at, message)
        .label(peer, "the router")
        .help("add one, or name the nodes that talk to this router: `peer … { on NODE, … }`")
}

pub(crate) fn peer_out_of_reach(peer: &Spanned<IpAddr>, node: &str, at: Span) -> Diagnostic {
    let message = format!("{} is in no network of node {node}", peer.value);
    Diagnostic::at(code::PEER_OUT_OF_REACH, peer.span, message)
        .label(at, "the node")
        .help("write `multihop 2`, or name the nodes that reach it: `on NODE, …`")
}

/// A router that one node is to talk to by two statements.
pub(crate) fn peer_twice(peer: &Spanned<IpAddr>, node: &str, earlier: Span) -> Diagnostic {
    let message = format!("node {node} is to talk to {} twice", peer.value);
    Diagnostic::at(code::REPEATED_STATEMENT, peer.span, message)
        .here("again here")
        .label(earlier, "first here")
        .help("keep one of them, or name the nodes that each is for: `on NODE, …`")
}

pub(crate) fn peer_is_node(peer: &Spanned<IpAddr>, node: &str, at: Span) -> Diagnostic {
    let message = format!("{} is node {node} itself", peer.value);
    Diagnostic::at(code::PEER_OUT_OF_REACH, peer.span, message)
        .label(at, "the node")
        .help("name the nodes that talk to it: `on NODE, …`")
}
