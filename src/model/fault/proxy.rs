//! Services and the proxy that programs them.

use netc_lang::{Diagnostic, QualifiedName, Span, Spanned, code};
use std::net::IpAddr;

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
