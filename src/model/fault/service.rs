//! Services, ports and endpoints.

use crate::model::stated::SliceDecl;
use crate::model::{Family, Pod, PodPort, Special};
use netc_lang::suggest::did_you_mean;
use netc_lang::{Diagnostic, Pair, Port, Protocol, QualifiedName, Span, Spanned, code};
use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};
use std::ops::RangeInclusive;

/// Two statements that are one too many.
fn twice(code: code::Code, message: String, at: Span, earlier: Span) -> Diagnostic {
    Diagnostic::at(code, at, message).here("again here").label(earlier, "first here")
}

pub(crate) fn shared_pod_port(port: Port, at: Span, earlier: Span) -> Diagnostic {
    twice(code::DUPLICATE_PORT, format!("port {port} is used twice in one pod"), at, earlier)
        .help("all containers of a pod share its network: let one of them use another port")
}

pub(crate) fn duplicate_port_name(what: &str, name: &str, at: Span, earlier: Span) -> Diagnostic {
    twice(code::DUPLICATE_PORT, format!("two ports of one {what} are named `{name}`"), at, earlier)
        .help("rename one of them")
}

pub(crate) fn duplicate_service_port(port: Port, at: Span, earlier: Span) -> Diagnostic {
    twice(code::DUPLICATE_PORT, format!("port {port} stands twice in one service"), at, earlier)
        .help("remove one of them, or change its number or protocol")
}

pub(crate) fn duplicate_node_port(number: u16, at: Span, earlier: Span) -> Diagnostic {
    twice(code::DUPLICATE_PORT, format!("node port {number} is taken already"), at, earlier)
        .help("choose another one, or leave it out to get the lowest free one")
}

/// Two services that are reached by one address and port. What a Kubernetes cluster allows is no
/// error, however unwise.
pub(crate) fn shared_portal(
    (address, protocol, number): (Option<IpAddr>, Protocol, u16),
    fact: bool,
    at: Span,
    earlier: Span,
) -> Diagnostic {
    let Some(address) = address else {
        let fault = duplicate_node_port(number, at, earlier);
        return if fact { Diagnostic { code: code::SHARED_PORTAL, ..fault } } else { fault };
    };
    let code = if fact { code::SHARED_PORTAL } else { code::DUPLICATE_PORT };
    let portal = SocketAddr::new(address, number);
    twice(code, format!("two services answer to {portal}/{protocol}"), at, earlier)
        .help("give one of them another port or address, or say `shared-portals` in one of them")
}

pub(crate) fn nameless_port(at: Span) -> Diagnostic {
    Diagnostic::at(code::UNKNOWN_PORT, at, "a port of several needs a name")
        .help("write `port NAME NUMBER`")
}

pub(crate) fn service_without_port(name: &QualifiedName, at: Span) -> Diagnostic {
    Diagnostic::at(code::SERVICE_WITHOUT_PORT, at, format!("service {name} has no port"))
        .help("add one, such as `port 80`")
}

pub(crate) fn timeout_without_affinity(at: Span) -> Diagnostic {
    Diagnostic::at(code::CONTRADICTION, at, "a timeout says nothing for `affinity none`")
        .help("remove it, or write `affinity client-ip`")
}

pub(crate) fn select_and_endpoints(name: &QualifiedName, at: Span, select: Span) -> Diagnostic {
    Diagnostic::at(
        code::CONTRADICTION,
        at,
        format!("service {name} selects pods and states endpoints"),
    )
    .label(select, "selects pods here")
    .help("keep one of the two")
}

pub(crate) fn endpoints_and_none(at: Span, none: Span) -> Diagnostic {
    Diagnostic::at(code::CONTRADICTION, at, "an endpoint of a service without endpoints")
        .label(none, "says that there are none")
        .help("remove one of the two")
}

pub(crate) fn no_address_here(name: &QualifiedName, what: &str, at: Span) -> Diagnostic {
    Diagnostic::at(code::CONTRADICTION, at, format!("service {name} is {what} and has an address"))
        .help("remove the address, or choose another type")
}

pub(crate) fn external_name_without_host(name: &QualifiedName, at: Span) -> Diagnostic {
    let message = format!("service {name} does not say what it stands for");
    Diagnostic::at(code::CONTRADICTION, at, message)
        .help("add the name, such as `host db.example.com`, or choose another type")
}

pub(crate) fn needs_type(what: &str, types: &str, at: Span) -> Diagnostic {
    let first = types.split([' ', ',']).next().unwrap_or(types);
    Diagnostic::at(code::CONTRADICTION, at, format!("`{what}` needs a service of type {types}"))
        .help(format!("add `type {first}`, or remove it"))
}

/// External addresses that no packet from outside can have.
pub(crate) fn unusable_external_ip(address: IpAddr, at: Span) -> Option<Diagnostic> {
    let special = Special::of(address)?;
    let message = format!("{address} is {special}: it cannot lead to this cluster");
    Some(
        Diagnostic::at(code::RESERVED_ADDRESS, at, message)
            .help("state an address that something routes to the nodes"),
    )
}

pub(crate) fn target_with_endpoints(at: Span) -> Diagnostic {
    Diagnostic::at(code::CONTRADICTION, at, "a target says nothing beside `endpoint`")
        .help("endpoints state their own ports: remove it")
}

pub(crate) fn address_outside_families(family: Family, at: Span, families: Span) -> Diagnostic {
    Diagnostic::at(
        code::CONTRADICTION,
        at,
        format!("an {family} address, but `families` leaves {family} out"),
    )
    .label(families, "the families")
    .help("add the family, or remove the address")
}

pub(crate) fn endpoint_without_port<'a>(
    name: Option<Spanned<&str>>,
    at: Span,
    known: impl Iterator<Item = &'a str>,
) -> Diagnostic {
    match name {
        Some(name) => Diagnostic::at(
            code::UNKNOWN_PORT,
            name.span,
            format!("the service has no port `{}`", name.value),
        )
        .maybe_help(did_you_mean(name.value, known)),
        None => Diagnostic::at(
            code::UNKNOWN_PORT,
            at,
            "an endpoint of a service with several ports must name its port",
        )
        .help("write `endpoint NAME ADDRESS:PORT`"),
    }
}

pub(crate) fn duplicate_endpoint(address: SocketAddr, at: Span, earlier: Span) -> Diagnostic {
    twice(code::DUPLICATE_ADDRESS, format!("the endpoint {address} stands twice"), at, earlier)
        .help("remove one of them")
}

pub(crate) fn foreign_endpoint(
    name: &QualifiedName,
    family: Family,
    at: Span,
    service: Span,
) -> Diagnostic {
    Diagnostic::at(
        code::MISSING_FAMILY,
        at,
        format!("an {family} endpoint, but service {name} has no {family} address"),
    )
    .label(service, "the service")
    .help("give the service an address of that family, or remove the endpoint")
}

/// A target that no pod has. In a Kubernetes cluster that is a service without endpoints.
pub(crate) fn unknown_target<'a>(
    name: &Spanned<String>,
    fact: bool,
    known: impl Iterator<Item = &'a PodPort>,
) -> Diagnostic {
    let known: BTreeSet<(&str, String)> = known
        .filter_map(|port| {
            let own = port.name.as_deref()?;
            Some((own, format!("`{own}` on {}", port.port.value)))
        })
        .collect();
    let (name, at) = (name.value.as_str(), name.span);
    let code = if fact { code::SELECTS_NOTHING } else { code::UNKNOWN_PORT };
    let help = did_you_mean(name, known.iter().map(|(own, _)| *own)).unwrap_or_else(|| {
        if known.is_empty() {
            format!("name the port in the pods: `port {name} NUMBER`")
        } else {
            let names: Vec<&str> = known.iter().map(|(_, shown)| shown.as_str()).collect();
            format!("the pods have {}", names.join(", "))
        }
    });
    Diagnostic::at(
        code,
        at,
        format!("no selected pod has a port named `{name}` with that protocol"),
    )
    .help(help)
}

pub(crate) fn selects_nothing(
    name: &QualifiedName,
    select: &Spanned<Vec<Pair>>,
    pods: &[Pod],
) -> Diagnostic {
    let keys = select.value.iter().map(|label| &label.key);
    let near = keys.flat_map(|key| {
        let own = pods.iter().filter(|pod| pod.name.namespace == name.namespace);
        own.flat_map(move |pod| pod.template.labels.iter().filter(move |label| label.key == *key))
    });
    let values: BTreeSet<String> =
        near.map(|label| format!("{}={}", label.key, label.value)).collect();
    let wanted: Vec<String> =
        select.value.iter().map(|label| format!("{}={}", label.key, label.value)).collect();
    let near =
        wanted.iter().find_map(|label| did_you_mean(label, values.iter().map(String::as_str)));
    let help = near.unwrap_or_else(|| {
        format!(
            "a service selects pods of its own namespace, here `{}`, by all of its labels",
            name.namespace
        )
    });
    Diagnostic::at(code::SELECTS_NOTHING, select.span, format!("service {name} selects no pod"))
        .here("no pod has these labels: connections are refused")
        .help(help)
}

/// Slices of services that are not there: nothing leads to their endpoints.
pub(crate) fn slices_without_service(slices: &[SliceDecl]) -> Option<Diagnostic> {
    const LISTED: usize = 5;
    let first = slices.iter().map(|slice| slice.span).min()?;
    let names: BTreeSet<String> = slices.iter().map(|slice| slice.service.to_string()).collect();
    let mut listed: Vec<String> = names.iter().take(LISTED).cloned().collect();
    if names.len() > LISTED {
        listed.push("…".into());
    }
    let message = format!("endpoints of services that are not there: {}", listed.join(", "));
    Some(
        Diagnostic::at(code::UNUSED_OBJECTS, first, message)
            .help("add the services, or leave their endpoints out"),
    )
}

pub(crate) fn no_endpoints(name: &QualifiedName, at: Span) -> Diagnostic {
    Diagnostic::at(code::SELECTS_NOTHING, at, format!("service {name} has no endpoints"))
        .here("connections are refused")
        .help("add `select KEY=VALUE` or `endpoint ADDRESS:PORT`")
}

pub(crate) fn node_port_outside(
    number: u16,
    at: Span,
    range: &Spanned<RangeInclusive<u16>>,
) -> Diagnostic {
    let (first, last) = (range.value.start(), range.value.end());
    Diagnostic::at(
        code::NODE_PORT_RANGE,
        at,
        format!("node port {number} is not within {first}-{last}"),
    )
    .label(range.span, "the range of node ports")
    .help("choose another one, or leave it out to get the lowest free one")
}

pub(crate) fn no_node_port_left(range: &Spanned<RangeInclusive<u16>>, at: Span) -> Diagnostic {
    let (first, last) = (range.value.start(), range.value.end());
    Diagnostic::at(code::EXHAUSTED, at, "no node port is left")
        .label(range.span, format!("all of {first}-{last} is taken"))
        .help("make the range larger")
}

pub(crate) fn ephemeral_node_ports(range: &Spanned<RangeInclusive<u16>>) -> Diagnostic {
    let (first, last) = (range.value.start(), range.value.end());
    Diagnostic::at(
        code::NODE_PORTS_EPHEMERAL,
        range.span,
        format!("the node ports {first}-{last} meet the ports that Linux gives to clients"),
    )
    .here("net.ipv4.ip_local_port_range is 32768-60999 by default")
    .help("end the range at 32767, or reserve it: net.ipv4.ip_local_reserved_ports")
}
