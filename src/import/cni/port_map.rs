//! The plugin for host ports (netspec 2.7).

use super::{left_out, unknown};
use crate::import::object::Object;
use crate::import::tree::Node;

/// What is said of host ports.
pub(super) struct SeenPortMap {
    pub(super) snat: bool,
    pub(super) masquerade_all: bool,
    pub(super) bit: u32,
}

const KNOWN: [&str; 12] = [
    "cniVersion",
    "name",
    "type",
    "capabilities",
    "runtimeConfig",
    "snat",
    "masqAll",
    "markMasqBit",
    "externalSetMarkChain",
    "conditionsV4",
    "conditionsV6",
    "backend",
];

pub(super) fn read(object: &mut Object<'_, '_>, plugin: &Node<'_>) -> SeenPortMap {
    unknown(object, plugin, "the plugin portmap", &KNOWN);
    for (key, help) in [
        ("conditionsV4", "`host-port ADDRESS:PORT -> PORT` answers at one address alone"),
        ("conditionsV6", "`host-port ADDRESS:PORT -> PORT` answers at one address alone"),
        ("externalSetMarkChain", "host ports have a mark of their own"),
    ] {
        if let Some(node) = plugin.get(key) {
            object.faults.push(left_out(node.span, format!("`{key}`"), help));
        }
    }
    if let (Some(_), Some(node)) = (plugin.get("externalSetMarkChain"), plugin.get("markMasqBit")) {
        let why = "`externalSetMarkChain` and `markMasqBit` exclude each other";
        object.contradiction(node, why, "remove one of them");
    }
    let backend = object.text(plugin, "backend");
    if let Some((node, _)) = backend.filter(|(_, backend)| *backend == "nftables") {
        let help = "netc makes the chains of iptables that do the same";
        object.faults.push(left_out(node.span, "`backend`", help));
    }
    let bit = object.bounded(plugin, "markMasqBit", (0, 31));
    SeenPortMap {
        snat: object.switch(plugin, "snat").unwrap_or(true),
        masquerade_all: object.switch(plugin, "masqAll").unwrap_or_default(),
        bit: bit.map_or(13, |(_, bit)| bit),
    }
}
