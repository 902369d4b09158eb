//! Asserts, and what is known of the way out of a node.

use netc_lang::{Diagnostic, Span, Spanned, code};
use std::net::IpAddr;

pub(crate) fn of_what_reaches(word: &str, at: Span) -> Diagnostic {
    Diagnostic::at(code::CONTRADICTION, at, format!("`{word}` says nothing for `cannot-reach`"))
        .help("remove it, or claim that it `reaches`")
}

pub(crate) fn node_on_node(at: Span) -> Diagnostic {
    Diagnostic::at(code::CONTRADICTION, at, "a node is not `on` another one")
        .help("write `via node NAME`, or `via device NAME on NODE`")
}

pub(crate) fn gateway_and_none(gateway: Span, none: Span) -> Diagnostic {
    Diagnostic::at(code::CONTRADICTION, gateway, "a gateway of a node that has none")
        .label(none, "`none` here")
        .help("keep one of the two")
}

pub(crate) fn uplink_out_of_reach(gateway: &Spanned<IpAddr>, node: &str) -> Diagnostic {
    let message = format!("the gateway {} is in no network of node {node}", gateway.value);
    Diagnostic::at(code::GATEWAY_OUT_OF_REACH, gateway.span, message)
        .here("no address of the node has it in its network")
        .help("state the node's address with the length of its network: `address 192.168.0.10/24 on eth0`")
}

pub(crate) fn own_gateway(gateway: &Spanned<IpAddr>, node: &str) -> Diagnostic {
    let message = format!("the gateway {} is node {node} itself", gateway.value);
    Diagnostic::at(code::RESERVED_ADDRESS, gateway.span, message)
        .help("name the router, or write `gateway none` if there is none")
}
