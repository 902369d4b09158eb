//! Ingresses, what serves them, and their certificates.

use crate::model::stated::{IngressDecl, ServiceDecl};
use crate::model::{PathKind, ServiceKind};
use netc_lang::suggest::did_you_mean;
use netc_lang::{Diagnostic, PortName, Protocol, QualifiedName, Span, Spanned, code};

pub(crate) fn one_port_for_both(port: u16, at: Span, http: Span) -> Diagnostic {
    let message = format!("port {port} is for HTTP and for HTTPS");
    Diagnostic::at(code::DUPLICATE_PORT, at, message)
        .label(http, "for HTTP")
        .help("choose another one for one of them")
}

/// What only the service of a controller has.
pub(crate) fn controller_needs(what: &str, kind: &str, at: Span) -> Diagnostic {
    Diagnostic::at(code::CONTRADICTION, at, format!("`{what}` needs a service of type {kind}"))
        .help(format!("add `service-type {kind}`, or remove it"))
}

pub(crate) fn third_node_port(at: Span) -> Diagnostic {
    Diagnostic::at(
        code::EXTRA_ARGUMENT,
        at,
        "a third node port, but there are HTTP and HTTPS alone",
    )
    .help("remove it")
}

pub(crate) fn host_without_path(host: &Spanned<String>) -> Diagnostic {
    let message = format!("nothing is served for the host `{}`", host.value);
    Diagnostic::at(code::EMPTY_INGRESS, host.span, message)
        .help("add a path, such as `path / -> web:80`, or `default -> web:80`")
}

pub(crate) fn ingress_of_nothing(name: &QualifiedName, at: Span) -> Diagnostic {
    Diagnostic::at(code::EMPTY_INGRESS, at, format!("ingress {name} leads to nothing"))
        .help("add a path, such as `path / -> web:80`, or `default -> web:80`")
}

pub(crate) fn backend_elsewhere(other: &str, name: &str, own: &str, at: Span) -> Diagnostic {
    let message =
        format!("`{name}` of namespace `{other}` is not for an ingress of namespace `{own}`");
    Diagnostic::at(code::CONTRADICTION, at, message)
        .here("an ingress leads to services of its own namespace")
        .help(format!("move the ingress to `{other}`, or name a service of `{own}`"))
}

pub(crate) fn secret_without(name: &QualifiedName, keyword: &str, at: Span) -> Diagnostic {
    let message = format!("secret {name} does not say where its {keyword} is");
    Diagnostic::at(code::MISSING_STATEMENT, at, message)
        .help(format!("add `{keyword} \"/etc/netc/{}.{keyword}\"`", name.name))
}

/// A backend whose service is not there.
pub(crate) fn unknown_backend(
    service: &QualifiedName,
    at: Span,
    known: &[ServiceDecl],
) -> Diagnostic {
    let message = format!("there is no service {service}");
    let own = known.iter().filter(|one| one.name.namespace == service.namespace);
    let near = did_you_mean(&service.name, own.map(|one| one.name.name.as_str()));
    let elsewhere = known.iter().find(|one| one.name.name == service.name);
    let help = near.unwrap_or_else(|| match elsewhere {
        Some(other) => format!(
            "an ingress leads to services of its own namespace, and this one is {}",
            other.name
        ),
        None => "add it, or name another one".into(),
    });
    Diagnostic::at(code::UNKNOWN_BACKEND, at, message).help(help)
}

/// A backend whose service has no such port.
pub(crate) fn unknown_backend_port(port: &PortName, at: Span, service: &ServiceDecl) -> Diagnostic {
    let name = &service.name;
    let message = format!("service {name} has no TCP port `{port}`");
    let own = || service.ports.iter().filter(|own| own.port.protocol == Protocol::Tcp);
    let near = match port {
        PortName::Name(port) => did_you_mean(port, own().filter_map(|own| own.name.as_deref())),
        PortName::Number(_) => None,
    };
    let known: Vec<String> = own()
        .map(|own| match &own.name {
            Some(name) => format!("{name} {}", own.port.number),
            None => own.port.number.to_string(),
        })
        .collect();
    let help = near.unwrap_or_else(|| match known.as_slice() {
        [] => "add one to the service".into(),
        known => format!("it has {}", known.join(", ")),
    });
    Diagnostic::at(code::UNKNOWN_BACKEND, at, message).label(service.span, "the service").help(help)
}

/// A backend that cannot be found or used: a warning if it is a fact that it is stated so.
pub(crate) fn of_backend(fault: Diagnostic, fact: bool) -> Diagnostic {
    if !fact {
        return fault;
    }
    let message = format!("{}: what leads to it has no answer", fault.message);
    Diagnostic { code: code::LEFT_OUT_BACKEND, message, ..fault }
}

pub(crate) fn external_backend(service: &ServiceDecl, at: Span) -> Diagnostic {
    let message =
        format!("service {} is of type {}", service.name, ServiceKind::ExternalName.word());
    let help = match &service.host {
        Some(host) => format!(
            "state the addresses of `{}` as endpoints of a service: `endpoint ADDRESS:PORT`",
            host.value
        ),
        None => "state endpoints of a service: `endpoint ADDRESS:PORT`".into(),
    };
    Diagnostic::at(code::NAMED_BACKEND, at, message)
        .here("it has no endpoints: only a name server knows where it is")
        .label(service.span, "the service")
        .help(help)
}

/// A claim on a host and path that another rule has.
pub(crate) fn claimed_twice(
    (host, path, kind): (Option<&str>, &str, PathKind),
    (own, at): (&QualifiedName, Span),
    (other, earlier): (&QualifiedName, Span),
) -> Diagnostic {
    let host = host.unwrap_or("every host");
    let kind = match kind {
        PathKind::Exact => "exactly",
        PathKind::Prefix => "and what is below it",
    };
    let message = format!("`{path}` of {host}, {kind}, is claimed twice");
    let whose =
        |name: &QualifiedName| if own == other { String::new() } else { format!(" by {name}") };
    Diagnostic::at(code::CLAIMED_TWICE, at, message)
        .here(format!("again here{}", whose(own)))
        .label(earlier, format!("first here{}", whose(other)))
        .help("keep one of them, or give one another host or path")
}

pub(crate) fn two_defaults(
    (own, at): (&QualifiedName, Span),
    (other, earlier): (&QualifiedName, Span),
) -> Diagnostic {
    Diagnostic::at(code::CLAIMED_TWICE, at, "two ingresses serve what no ingress is for")
        .here(format!("again here by {own}"))
        .label(earlier, format!("first here by {other}"))
        .help("keep one `default`, or say it in `ingress` of `cluster`")
}

pub(crate) fn two_secrets(
    host: Option<&str>,
    secrets: [&QualifiedName; 2],
    at: Span,
    earlier: Span,
) -> Diagnostic {
    let [own, other] = secrets;
    let host = host.map_or_else(|| "every host".to_owned(), |host| format!("the host `{host}`"));
    Diagnostic::at(code::TWO_CERTIFICATES, at, format!("two certificates for {host}"))
        .here(format!("{own} here"))
        .label(earlier, format!("{other} here"))
        .help("keep one of them")
}

pub(crate) fn unserved(ingresses: &[IngressDecl]) -> Option<Diagnostic> {
    const LISTED: usize = 5;
    let first = ingresses.first()?;
    let mut names: Vec<String> =
        ingresses.iter().take(LISTED).map(|one| one.name.to_string()).collect();
    if ingresses.len() > LISTED {
        names.push("…".into());
    }
    let message = format!("nobody serves the ingresses: {}", names.join(", "));
    Some(
        Diagnostic::at(code::UNSERVED_INGRESSES, first.span, message)
            .help("add `ingress nginx` or `ingress haproxy` to `cluster`"),
    )
}

pub(crate) fn foreign_class<'a>(
    ingress: &QualifiedName,
    class: Option<&str>,
    at: Span,
    served: impl Iterator<Item = &'a str>,
) -> Diagnostic {
    let served: Vec<&str> = served.collect();
    let Some(class) = class else {
        let message =
            format!("nobody serves ingress {ingress}: the default class is for something else");
        return Diagnostic::at(code::FOREIGN_CLASS, at, message)
            .help(format!("state its class: `{}`", served.join("`, `")));
    };
    let message = format!("nobody serves ingress {ingress} of class `{class}`");
    let near = did_you_mean(class, served.iter().copied());
    Diagnostic::at(code::FOREIGN_CLASS, at, message)
        .help(near.unwrap_or_else(|| format!("served are ingresses of `{}`", served.join("`, `"))))
}

pub(crate) fn host_without_rule(host: &Spanned<String>) -> Diagnostic {
    let message = format!("a certificate for `{}`, which is no host of the ingress", host.value);
    Diagnostic::at(code::IDLE_CERTIFICATE, host.span, message)
        .help("add the host, or leave it out here")
}

pub(crate) fn unused_secret<'a>(
    name: &QualifiedName,
    at: Span,
    wanted: impl Iterator<Item = &'a str>,
) -> Diagnostic {
    Diagnostic::at(code::IDLE_CERTIFICATE, at, format!("no ingress uses the secret {name}")).help(
        did_you_mean(&name.name, wanted).unwrap_or_else(|| {
            format!(
                "add `tls {}` to an ingress of namespace `{}`, or remove it",
                name.name, name.namespace
            )
        }),
    )
}

pub(crate) fn backend_without_endpoints(service: &QualifiedName, at: Span) -> Diagnostic {
    let message = format!("no endpoint of service {service} is ready");
    Diagnostic::at(code::IDLE_BACKEND, at, message)
        .here("the answer is 503 Service Unavailable")
        .help("`netc show service` tells what it selects")
}

pub(crate) fn controller_port_taken(
    port: u16,
    node: &str,
    holder: &str,
    at: Span,
    held: Span,
) -> Diagnostic {
    let message = format!("port {port} of node {node} is for ingresses, and {holder}");
    Diagnostic::at(code::INGRESS_PORT_TAKEN, at, message)
        .label(held, "taken here")
        .help("choose another port for one of them, or other nodes: `on`, `http` and `https` of `ingress`")
}

pub(crate) fn ingress_on_windows(node: &Spanned<String>, os: Span) -> Diagnostic {
    let message = format!("node {} runs Windows, where netc serves no ingresses", node.value);
    Diagnostic::at(code::NOT_ON_WINDOWS, node.span, message)
        .label(os, "the node runs Windows")
        .help("name Linux nodes; without `on` all of them serve")
}
