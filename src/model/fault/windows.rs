//! Windows nodes.

use crate::model::Vxlan;
use ipnet::IpNet;
use netc_lang::{Diagnostic, QualifiedName, Span, Spanned, code};
use std::net::IpAddr;

pub(crate) fn kernelspace_on_linux(node: &str, at: Span, proxy: Span) -> Diagnostic {
    let message = format!("node {node} runs Linux, which has no `proxy kernelspace`");
    Diagnostic::at(code::KERNELSPACE_ON_LINUX, at, message)
        .label(proxy, "the mode of every node")
        .help(
            "state `os windows` if it does run Windows, or give the cluster another mode: Windows nodes use \
             kernelspace by themselves",
        )
}

pub(crate) fn kernelspace_says_nothing(node: &str, at: Span) -> Diagnostic {
    let message = format!("`kernelspace` says nothing on node {node}, which runs Linux");
    Diagnostic::at(code::CONTRADICTION, at, message).help("state `os windows`, or remove it")
}

pub(crate) fn not_on_windows(
    what: &str,
    node: &str,
    at: Span,
    os: Span,
    help: &'static str,
) -> Diagnostic {
    let message = format!("node {node} runs Windows, which has no {what}");
    Diagnostic::at(code::NOT_ON_WINDOWS, at, message).label(os, "it runs Windows").help(help)
}

pub(crate) fn without_source_vip(node: &str, at: Span) -> Diagnostic {
    let message = format!("node {node} has no source address for services in an overlay");
    Diagnostic::at(code::MISSING_STATEMENT, at, message)
        .help("state an address of its block that no pod has: `kernelspace { source-vip ADDRESS }`")
}

pub(crate) fn source_vip_outside(vip: Spanned<IpAddr>, node: &str, block: IpNet) -> Diagnostic {
    let message = format!("{} is not within node {node}'s block {block}", vip.value);
    Diagnostic::at(code::OUTSIDE_NETWORK, vip.span, message)
        .help(format!("choose an address of {block} that no pod has"))
}

pub(crate) fn source_vip_taken(vip: Spanned<IpAddr>) -> Diagnostic {
    let message = format!("{} is the gateway of the node's pods", vip.value);
    Diagnostic::at(code::DUPLICATE_ADDRESS, vip.span, message)
        .help("choose another address of the node's block")
}

pub(crate) fn kept_by_windows(address: IpAddr, at: Span) -> Diagnostic {
    let message = format!("{address} is kept by the pod's node, which runs Windows");
    Diagnostic::at(code::RESERVED_ADDRESS, at, message)
        .here("the source address of services, or that of the node's own endpoint")
        .help("choose another address of the node's block")
}

pub(crate) fn vxlan_of_windows(vxlan: &Vxlan, at: Span, os: Span) -> Diagnostic {
    let message =
        format!("Windows nodes cannot join a vxlan of VNI {} and port {}", vxlan.vni, vxlan.port);
    Diagnostic::at(code::VXLAN_OF_WINDOWS, at, message)
        .label(os, "a node that runs Windows")
        .help("Windows needs port 4789 and a VNI of 4096 or more: `overlay vxlan { vni 4096; port 4789 }`")
}

pub(crate) fn vtep_of_windows(node: &str, at: Span) -> Diagnostic {
    let message = format!("node {node} does not say which Ethernet address its vxlan has");
    Diagnostic::at(code::VTEP_OF_WINDOWS, at, message)
        .here("Windows chooses that itself")
        .help("state what `(Get-HnsNetwork).Policies.DRMacAddress` says on the node: `vtep MAC`; without it the other nodes send to an address that it does not have")
}

pub(crate) fn kernelspace_differs(name: &QualifiedName, what: &[String], at: Span) -> Diagnostic {
    let message = format!("Windows nodes serve {name} otherwise: {}", what.join("; "));
    Diagnostic::at(code::KERNELSPACE_DIFFERS, at, message).help(
        "so does kube-proxy's kernelspace mode; let clients on Linux nodes use such a service alone, or change it",
    )
}
