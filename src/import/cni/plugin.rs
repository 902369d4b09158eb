//! The plugin that joins pods: bridge, ptp, or flannel's, which hands over to one of them (netspec
//! 2.2, 2.8, 2.9).

use super::address::{self, Addresses};
use super::{left_out, unknown};
use crate::import::object::Object;
use crate::import::tree::Node;
use crate::import::value::Wrong;
use netc_lang::schema::Shape;
use netc_lang::suggest::one_of;

/// How pods are joined to their node.
pub(super) struct Joined {
    /// The name of the bridge; none for ptp.
    pub(super) bridge: Option<SeenBridge>,
    pub(super) mtu: Option<u32>,
    pub(super) masquerade: bool,
    pub(super) addresses: Addresses,
}

/// What only bridges have.
pub(super) struct SeenBridge {
    pub(super) name: String,
    pub(super) gateway: bool,
    pub(super) default_gateway: bool,
    pub(super) hairpin: bool,
    pub(super) promiscuous: bool,
    pub(super) isolate: bool,
    pub(super) vlan: Option<u32>,
}

/// What every plugin may have.
const COMMON: [&str; 9] =
    ["cniVersion", "name", "type", "capabilities", "ipam", "dns", "args", "ipMasq", "mtu"];

/// What only the bridge plugin has.
const BRIDGE: [&str; 15] = [
    "bridge",
    "isGateway",
    "isDefaultGateway",
    "forceAddress",
    "hairpinMode",
    "promiscMode",
    "vlan",
    "vlanTrunk",
    "preserveDefaultVlan",
    "macspoofchk",
    "enabledad",
    "disableContainerInterface",
    "portIsolation",
    "ipMasqBackend",
    "runtimeConfig",
];

/// What flannel's plugin has beside.
const FLANNEL: [&str; 4] = ["delegate", "subnetFile", "dataDir", "runtimeConfig"];

pub(super) fn read(object: &mut Object<'_, '_>, plugin: &Node<'_>) -> Option<Joined> {
    if !object.is_map(plugin) {
        return None;
    }
    let Some((node, kind)) = object.text(plugin, "type") else {
        object.missing(plugin, "type", "name the plugin: `bridge`, `ptp` or `flannel`");
        return None;
    };
    match kind {
        "bridge" => Some(bridge(object, plugin, false)),
        "ptp" => Some(point_to_point(object, plugin)),
        "flannel" => flannel(object, plugin),
        _ => {
            let known = one_of(["bridge", "ptp", "flannel"]);
            object.wrong(node, Wrong::new("is a plugin that netc has nothing for", known));
            None
        }
    }
}

/// `flannel` says how flannel's plugin asks for it: the bridge is always a gateway then, and the
/// addresses are those that flannel gave to the node.
fn bridge(object: &mut Object<'_, '_>, plugin: &Node<'_>, flannel: bool) -> Joined {
    let known: Vec<&str> = COMMON.into_iter().chain(BRIDGE).collect();
    unknown(object, plugin, "the plugin bridge", &known);
    let name = object.text(plugin, "bridge").and_then(|(node, _)| {
        object.value(node, |text| match Shape::Device.read(text, false) {
            Ok(_) => Ok(text.to_owned()),
            Err(_) => Err(Wrong::new("is not a device name", "at most 15 characters, no `/`")),
        })
    });
    let mut switch = |key: &str| object.switch(plugin, key);
    let default_gateway = switch("isDefaultGateway").unwrap_or_default();
    let gateway = switch("isGateway").unwrap_or(flannel) || default_gateway;
    let hairpin = switch("hairpinMode").unwrap_or_default();
    let isolate = switch("portIsolation").unwrap_or_default();
    let promiscuous = switch("promiscMode").unwrap_or_default();
    if (hairpin, promiscuous) == (true, true)
        && let Some(node) = plugin.get("promiscMode")
    {
        let why = "a bridge cannot be promiscuous and have ports in hairpin mode";
        object.contradiction(node, why, "remove one of `promiscMode` and `hairpinMode`");
    }
    left_out_options(object, plugin);
    // 0 stands for none.
    let vlan = object.bounded(plugin, "vlan", (0, 4094));
    let vlan = vlan.map(|(_, vlan)| vlan).filter(|vlan| *vlan > 0);
    let name = name.map_or_else(|| "cni0".to_owned(), |name| name.value);
    let bridge = SeenBridge { name, gateway, default_gateway, hairpin, promiscuous, isolate, vlan };
    joined(object, plugin, Some(bridge), flannel)
}

/// Options of the plugin that the language does not have.
fn left_out_options(object: &mut Object<'_, '_>, plugin: &Node<'_>) {
    for (key, help) in [
        ("macspoofchk", "netc does not compare Ethernet addresses"),
        ("disableContainerInterface", "pods have their device up"),
        ("enabledad", "addresses are allocated: nobody else has them"),
    ] {
        if let (Some(true), Some(node)) = (object.switch(plugin, key), plugin.get(key)) {
            object.faults.push(left_out(node.span, format!("`{key}`"), help));
        }
    }
    if let Some(node) = plugin.get("vlanTrunk") {
        object.faults.push(left_out(node.span, "`vlanTrunk`", "pods of a node are in one segment"));
    }
}

fn point_to_point(object: &mut Object<'_, '_>, plugin: &Node<'_>) -> Joined {
    let known: Vec<&str> = COMMON.into_iter().chain(["ipMasqBackend", "runtimeConfig"]).collect();
    unknown(object, plugin, "the plugin ptp", &known);
    joined(object, plugin, None, false)
}

fn joined(
    object: &mut Object<'_, '_>,
    plugin: &Node<'_>,
    bridge: Option<SeenBridge>,
    flannel: bool,
) -> Joined {
    let backend = object.text(plugin, "ipMasqBackend");
    if let Some((node, _)) = backend.filter(|(_, backend)| *backend == "nftables") {
        let help = "netc makes the chains of iptables that do the same";
        object.faults.push(left_out(node.span, "`ipMasqBackend`", help));
    }
    let mtu = object.bounded(plugin, "mtu", (0, 65535));
    let addresses = match flannel {
        true => Addresses::default(),
        false => address::read(object, plugin),
    };
    Joined {
        bridge,
        // 0 stands for the kernel's own.
        mtu: mtu.map(|(_, mtu)| mtu).filter(|mtu| *mtu > 0),
        masquerade: object.switch(plugin, "ipMasq").unwrap_or_default(),
        addresses,
    }
}

/// Flannel's plugin hands over to `delegate`, a bridge unless it says otherwise.
fn flannel(object: &mut Object<'_, '_>, plugin: &Node<'_>) -> Option<Joined> {
    let known: Vec<&str> = COMMON.into_iter().chain(FLANNEL).collect();
    unknown(object, plugin, "flannel's plugin", &known);
    let at = plugin.get("type").map_or(plugin.span, |node| node.span);
    object.faults.push(left_out(
        at,
        "the network of the pods, which flannel knows",
        "state the cluster's `pods` and `overlay`: they are in flannel's net-conf.json",
    ));
    let none = Node { span: plugin.span, kind: crate::import::tree::Kind::Map(Vec::new()) };
    let delegate = object.map(plugin, "delegate").unwrap_or(&none);
    match object.text(delegate, "type") {
        None | Some((_, "bridge")) => Some(bridge(object, delegate, true)),
        Some((_, "ptp")) => Some(joined(object, delegate, None, true)),
        Some((node, _)) => {
            let known = one_of(["bridge", "ptp"]);
            object.wrong(node, Wrong::new("is a plugin that netc has nothing for", known));
            None
        }
    }
}
