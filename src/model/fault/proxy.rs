//! Services and the proxy that programs them.

use netc_lang::{Diagnostic, QualifiedName, Span, Spanned, code};
use std::net::IpAddr;
use std::ops::RangeInclusive;

pub(crate) fn scheduler_option(scheduler: &str, option: Spanned<&str>) -> Diagnostic {
    let message = format!("the scheduler `{scheduler}` takes no `{}`", option.value);
    Diagnostic::at(code::CONTRADICTION, option.span, message)
        .help("remove it: only `sh` and `mh` take `fallback` and `port`")
}

pub(crate) fn unheeded_weight(what: &str, at: Span, proxy: Option<Span>) -> Diagnostic {
    let fault =
        Diagnostic::at(code::UNHEEDED_WEIGHT, at, format!("{what} does not go by weights"))
            .here("has a weight")
            .help("remove the weight, or choose a scheduler that goes by it, such as `proxy ipvs { scheduler wrr }`");
    match proxy {
        Some(proxy) => fault.label(proxy, "the proxy"),
        None => fault,
    }
}

pub(crate) fn address_of_a_node(address: IpAddr, at: Span, node: Span) -> Diagnostic {
    let message = format!("the service's address {address} is an address of a node");
    Diagnostic::at(code::DUPLICATE_ADDRESS, at, message).label(node, "the node has it").help(
        "give the service another address: with `proxy ipvs` every node has those of all services",
    )
}

pub(crate) fn local_falls_back(
    name: &QualifiedName,
    (without, all): (usize, usize),
    at: Span,
) -> Diagnostic {
    let message = format!(
        "traffic to service {name} does not stay on its node: {without} of {all} nodes have no endpoint"
    );
    Diagnostic::at(code::LOCAL_FALLS_BACK, at, message)
        .here("has policy `local`")
        .help("as kube-proxy's IPVS mode does, such a node sends it to endpoints elsewhere; write `strict` in `proxy ipvs` to have it refused")
}

pub(crate) fn refused_by_the_kernel(name: &QualifiedName, at: Span) -> Diagnostic {
    let message = format!("service {name} has no endpoint, and no rule that refuses connections");
    Diagnostic::at(code::NO_REJECT, at, message)
        .help("as in kube-proxy's IPVS mode, the kernel's virtual server refuses them; `strict` in `proxy ipvs` says that this is known")
}

pub(crate) fn userspace_is_gone(at: Span) -> Diagnostic {
    Diagnostic::at(code::USERSPACE_IS_GONE, at, "Kubernetes 1.26 removed the userspace mode")
        .here("every connection is taken by a program and opened anew: endpoints see the node's address")
        .help("write `proxy iptables` or `proxy nftables`, unless this is how the cluster must stay")
}

pub(crate) fn proxy_port_of_no_use(mode: &str, at: Span) -> Diagnostic {
    Diagnostic::at(code::CONTRADICTION, at, format!("`proxy-port` says nothing for `proxy {mode}`"))
        .help("remove it, or write `proxy userspace`")
}

pub(crate) fn proxy_port_outside(
    stated: Spanned<u16>,
    range: &RangeInclusive<u16>,
    at: Span,
) -> Diagnostic {
    let (first, last) = (range.start(), range.end());
    let message = format!("the proxy's port {} is not within {first}-{last}", stated.value);
    Diagnostic::at(code::PROXY_PORT, stated.span, message)
        .label(at, "the range of the proxy's ports")
        .help("choose another one, or leave it out to get the lowest free one")
}

pub(crate) fn proxy_port_twice(stated: Spanned<u16>, earlier: Span) -> Diagnostic {
    let message = format!("the proxy's port {} is taken already", stated.value);
    Diagnostic::at(code::DUPLICATE_PORT, stated.span, message)
        .here("again here")
        .label(earlier, "first here")
        .help("choose another one, or leave it out to get the lowest free one")
}

pub(crate) fn no_proxy_port_left(
    range: &RangeInclusive<u16>,
    stated: Span,
    at: Span,
) -> Diagnostic {
    let (first, last) = (range.start(), range.end());
    Diagnostic::at(code::EXHAUSTED, at, "the proxy has no port left")
        .label(stated, format!("all of {first}-{last} is taken"))
        .help("make the range larger: `ports` of `proxy userspace`")
}

pub(crate) fn proxy_ports_meet(
    range: &RangeInclusive<u16>,
    at: Span,
    node_ports: &Spanned<RangeInclusive<u16>>,
) -> Diagnostic {
    let (first, last) = (range.start(), range.end());
    let message = format!("the proxy's ports {first}-{last} meet the node ports");
    Diagnostic::at(code::PROXY_PORT, at, message)
        .label(node_ports.span, "the range of node ports")
        .help("keep the two ranges apart")
}

pub(crate) fn ephemeral_proxy_ports(range: &RangeInclusive<u16>, at: Span) -> Diagnostic {
    let (first, last) = (range.start(), range.end());
    let message =
        format!("the proxy's ports {first}-{last} meet the ports that Linux gives to clients");
    Diagnostic::at(code::NODE_PORTS_EPHEMERAL, at, message)
        .here("net.ipv4.ip_local_port_range is 32768-60999 by default")
        .help("choose a range below 30000, or reserve it: net.ipv4.ip_local_reserved_ports")
}

/// A port of the proxy that somebody else on a node has.
pub(crate) fn proxy_port_held(
    (number, service, at): (u16, &QualifiedName, Span),
    (what, node, held): (&str, &str, Span),
) -> Diagnostic {
    let message = format!("the proxy's port {number} of service {service} is held on {node}");
    Diagnostic::at(code::PROXY_PORT, at, message)
        .label(held, what.to_owned())
        .help("state another one: `port … proxy-port NUMBER`, or move `ports` of `proxy userspace`")
}

pub(crate) fn sctp_in_userspace(at: Span) -> Diagnostic {
    Diagnostic::at(code::NO_SCTP, at, "the userspace mode passes on no SCTP")
        .help("write `proxy iptables`, `ipvs` or `nftables`, or remove the port")
}

pub(crate) fn udp_by_haproxy(at: Span, proxy: Span) -> Diagnostic {
    Diagnostic::at(code::NO_UDP, at, "HAProxy passes on no UDP")
        .label(proxy, "the proxy")
        .help("write `engine nginx` in `proxy userspace`")
}

pub(crate) fn local_in_userspace(name: &QualifiedName, at: Span) -> Diagnostic {
    let message = format!("traffic to service {name} does not stay on its node");
    Diagnostic::at(code::LOCAL_FALLS_BACK, at, message).here("has policy `local`").help(
        "the userspace mode knows no policies: every node passes connections on to all endpoints",
    )
}

pub(crate) fn sources_in_userspace(name: &QualifiedName, at: Span) -> Diagnostic {
    let message = format!("the load balancer of service {name} may be reached from everywhere");
    Diagnostic::at(code::UNHEEDED_SOURCES, at, message)
        .here("has source ranges")
        .help("the userspace mode heeds none: write `proxy iptables` or `nftables`, or remove them")
}
