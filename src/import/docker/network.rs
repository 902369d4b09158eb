//! One network, as `docker network inspect` prints it (Docker's API, `NetworkInspect`).

use super::left_out;
use crate::import::object::Object;
use crate::import::tree::Node;
use crate::import::value::{self, Wrong};
use crate::model::stated::NetworkDecl;
use crate::model::{Family, GatewayMode, PerFamily, number};
use ipnet::IpNet;
use netc_lang::schema::Shape;
use netc_lang::{Spanned, code, has_errors};
use std::net::IpAddr;

/// A network, and what it says of its containers.
pub(super) struct SeenNetwork {
    pub(super) id: String,
    /// Nothing is to become of it.
    pub(super) is_left_out: bool,
    pub(super) decl: NetworkDecl,
    pub(super) members: Vec<Member>,
}

/// A container as its network knows it.
pub(super) struct Member {
    pub(super) id: String,
    pub(super) name: Spanned<String>,
    pub(super) addresses: PerFamily<Spanned<IpAddr>>,
}

/// Docker's options that stand for something in the language, or for nothing there.
const KNOWN: [&str; 11] = [
    "com.docker.network.bridge.default_bridge",
    ICC,
    MASQUERADE,
    BIND,
    DEVICE,
    MTU,
    "com.docker.network.bridge.gateway_mode_ipv4",
    "com.docker.network.bridge.gateway_mode_ipv6",
    "com.docker.network.host_ipv4",
    "com.docker.network.host_ipv6",
    "com.docker.network.container_iface_prefix",
];
const ICC: &str = "com.docker.network.bridge.enable_icc";
const MASQUERADE: &str = "com.docker.network.bridge.enable_ip_masquerade";
const BIND: &str = "com.docker.network.bridge.host_binding_ipv4";
const DEVICE: &str = "com.docker.network.bridge.name";
const MTU: &str = "com.docker.network.driver.mtu";

/// Reads a network; nothing comes of those that are no networks of this node.
pub(super) fn read(object: &mut Object<'_, '_>) -> Option<SeenNetwork> {
    let root = object.root;
    let driver = object.text(root, "Driver").map_or("bridge", |(_, driver)| driver);
    if matches!(driver, "host" | "null") || object.switch(root, "ConfigOnly") == Some(true) {
        return None;
    }
    let Some(at) = root.get("Name") else {
        object.missing(root, "Name", "write it anew: `docker network inspect NETWORK`");
        return None;
    };
    let name = object.value(at, docker_name)?;
    let mut is_left_out = driver != "bridge";
    if is_left_out {
        let what = format!("network {} has the driver {driver}", name.value);
        object.faults.push(left_out(name.span, what, "netc compiles those of the driver bridge"));
    }
    let id = object.text(root, "Id").map_or_else(String::new, |(_, id)| id.to_owned());
    let mut decl = plain(name, object.switch(root, "Internal") == Some(true));
    if !is_left_out {
        decl.gateways = gateways(object);
        options(object, &id, &mut decl);
        if decl.gateways.is_empty() {
            is_left_out = true;
            // A faulty one has been reported.
            let own = object.faults.get(object.others..).unwrap_or_default();
            if !has_errors(own) {
                let what = format!("network {} has no subnet", decl.name.value);
                let help = "write the whole of it: `docker network inspect NETWORK`";
                object.faults.push(left_out(decl.name.span, what, help));
            }
        }
    }
    Some(SeenNetwork { id, is_left_out, decl, members: members(object) })
}

/// A network of which nothing more is known.
pub(super) fn plain(name: Spanned<String>, internal: bool) -> NetworkDecl {
    NetworkDecl {
        span: name.span,
        mtu: Spanned::new(1500, name.span),
        name,
        device: None,
        gateways: PerFamily::default(),
        internal,
        icc: true,
        masquerade: true,
        modes: PerFamily::default(),
        snat: PerFamily::default(),
        bind: None,
    }
}

/// The name of a network or container.
pub(super) fn docker_name(text: &str) -> Result<String, Wrong> {
    let text = text.strip_prefix('/').unwrap_or(text);
    let fault = Shape::DockerName.read(text, false).err();
    fault.map_or_else(
        || Ok(text.to_owned()),
        |fault| Err(Wrong::new(fault.reason, "choose another one")),
    )
}

/// The addresses of the bridge. A network without a gateway gets its first address, as Docker has
/// it.
fn gateways(object: &mut Object<'_, '_>) -> PerFamily<Spanned<IpNet>> {
    let mut all = PerFamily::default();
    let Some(ipam) = object.map(object.root, "IPAM") else { return all };
    let off = [("EnableIPv4", Family::V4), ("EnableIPv6", Family::V6)];
    let off = off.map(|(key, family)| (object.switch(object.root, key) == Some(false), family));
    for entry in object.list(ipam, "Config") {
        let Some(stated) = entry.get("Subnet") else {
            object.missing(entry, "Subnet", "write it anew: `docker network inspect NETWORK`");
            continue;
        };
        let Some(subnet) = object.value(stated, value::network) else { continue };
        let family = Family::of_net(subnet.value);
        if off.contains(&(true, family)) {
            continue;
        }
        let gateway = match object.text(entry, "Gateway") {
            Some((node, _)) => object.value(node, |text| gateway(text, subnet.value)),
            None => Some(Spanned::new(first(subnet.value), subnet.span)),
        };
        let Some(gateway) = gateway else { continue };
        if all.get(family).is_some() {
            let what = format!("a second {family} subnet of network {}", object.name);
            object.faults.push(left_out(subnet.span, what, "one network has one of each family"));
        } else if let Ok(net) = IpNet::new(gateway.value, subnet.value.prefix_len()) {
            all.insert(family, Spanned::new(net, gateway.span));
        }
    }
    all
}

fn first(subnet: IpNet) -> IpAddr {
    Family::of_net(subnet).address(number(subnet.network()).saturating_add(1))
}

/// A gateway's address; some releases write the length behind it.
fn gateway(text: &str, subnet: IpNet) -> Result<IpAddr, Wrong> {
    let address = value::address(text.split_once('/').map_or(text, |(address, _)| address))?;
    if subnet.contains(&address) {
        return Ok(address);
    }
    Err(Wrong::new(format!("is not within {subnet}"), "write it anew, or mend it"))
}

/// Driver options.
fn options(object: &mut Object<'_, '_>, id: &str, decl: &mut NetworkDecl) {
    // `br-` and the first digits of the id, if the network does not say otherwise.
    let short = id.get(..12).filter(|_| decl.name.value != "bridge");
    decl.device = short.map(|id| Spanned::new(format!("br-{id}"), decl.name.span));
    let Some(options) = object.map(object.root, "Options") else { return };
    // What is off by default and says so says nothing.
    let silent = |node: &Node<'_>| matches!(node.text(), Some("" | "false"));
    for entry in options.entries().iter().filter(|entry| !silent(&entry.value)) {
        if KNOWN.contains(&entry.key.as_ref()) {
            continue;
        }
        let what = format!("the option {} of network {}", entry.key, object.name);
        object.faults.push(left_out(entry.key_span, what, "netc has no word for it"));
    }
    let device = object.text(options, DEVICE);
    if let Some(device) = device.and_then(|(node, _)| object.value(node, device_name)) {
        let usual = decl.name.value == "bridge" && device.value == "docker0";
        decl.device = (!usual).then_some(device);
    }
    decl.icc = switch(object, options, ICC);
    decl.masquerade = switch(object, options, MASQUERADE);
    if let Some((node, _)) = object.text(options, MTU)
        && let Some(mtu) = object.value(node, mtu)
        && mtu.value > 0
    {
        decl.mtu = mtu;
    }
    for (family, end) in [(Family::V4, "ipv4"), (Family::V6, "ipv6")] {
        if decl.gateways.get(family).is_some() {
            outside(object, options, (family, end), decl);
        }
    }
    // What is outside of the node is nothing to an internal network.
    if decl.internal {
        (decl.modes, decl.snat) = Default::default();
        return;
    }
    if let Some((node, text)) = object.text(options, BIND)
        && text != "0.0.0.0"
    {
        decl.bind = object.value(node, value::address);
        let translates = |bind: &Spanned<IpAddr>| decl.translates(Family::of(bind.value));
        decl.bind = decl.bind.filter(translates);
    }
}

/// How a family is connected with what lies outside of the node.
fn outside(
    object: &mut Object<'_, '_>,
    options: &Node<'_>,
    (family, end): (Family, &str),
    decl: &mut NetworkDecl,
) {
    let key = format!("com.docker.network.bridge.gateway_mode_{end}");
    let mode = object.text(options, &key).and_then(|(node, text)| {
        let mode = match text {
            "nat" => return None,
            "nat-unprotected" => GatewayMode::NatUnprotected,
            "routed" => GatewayMode::Routed,
            _ => {
                let what = format!("the gateway mode {text} of network {}", object.name);
                object.faults.push(left_out(node.span, what, "netc has no word for it"));
                return None;
            }
        };
        Some(Spanned::new(mode, node.span))
    });
    mode.and_then(|mode| decl.modes.insert(family, mode));
    let key = format!("com.docker.network.host_{end}");
    let source = object.text(options, &key);
    let source = source.and_then(|(node, _)| object.address(node));
    // Where nothing is hidden it is nothing to anybody.
    let source = source.filter(|_| decl.masquerade && decl.translates(family));
    source.and_then(|source| decl.snat.insert(family, source));
}

fn device_name(text: &str) -> Result<String, Wrong> {
    let fault = Shape::Device.read(text, false).err();
    fault.map_or_else(
        || Ok(text.to_owned()),
        |fault| Err(Wrong::new(fault.reason, "choose another one")),
    )
}

/// 0 stands for what the route out of the node has.
fn mtu(text: &str) -> Result<u32, Wrong> {
    let mtu = text.parse().ok().filter(|mtu| *mtu == 0 || (576..=65535).contains(mtu));
    mtu.ok_or_else(|| Wrong::new("is not an MTU", "choose a number from 576 to 65535"))
}

/// An option that is on unless it says otherwise.
fn switch(object: &mut Object<'_, '_>, options: &Node<'_>, key: &str) -> bool {
    let Some((node, text)) = object.text(options, key) else { return true };
    // As Go's strconv.ParseBool has it.
    match text {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => true,
        "0" | "f" | "F" | "false" | "FALSE" | "False" => false,
        _ => {
            let why = format!("`{text}` is neither true nor false");
            object.report(code::BAD_FIELD_VALUE, node, why, "write \"true\" or \"false\"");
            true
        }
    }
}

/// What the network says of its containers.
fn members(object: &mut Object<'_, '_>) -> Vec<Member> {
    let Some(containers) = object.map(object.root, "Containers") else { return Vec::new() };
    let mut members = Vec::new();
    for entry in containers.entries() {
        if !object.is_map(&entry.value) {
            continue;
        }
        let Some((at, _)) = object.text(&entry.value, "Name") else { continue };
        let Some(name) = object.value(at, docker_name) else { continue };
        let addresses = ["IPv4Address", "IPv6Address"]
            .into_iter()
            .filter_map(|key| {
                let (node, _) = object.text(&entry.value, key)?;
                object.value(node, with_length)
            })
            .map(|address| (Family::of(address.value), address))
            .collect();
        members.push(Member { id: entry.key.to_string(), name, addresses });
    }
    members
}

/// An address with the length of its network.
fn with_length(text: &str) -> Result<IpAddr, Wrong> {
    value::address(text.split_once('/').map_or(text, |(address, _)| address))
}
