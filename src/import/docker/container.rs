//! One container, as `docker inspect` prints it (Docker's API, `ContainerInspect`).

use super::left_out;
use super::network::docker_name;
use crate::import::object::Object;
use crate::import::tree::{Entry, Node};
use crate::import::value::{self, Wrong};
use crate::model::{Family, PerFamily};
use ipnet::IpNet;
use netc_lang::schema::Shape;
use netc_lang::{FromValue, Port, Span, Spanned};
use std::net::IpAddr;

/// A container that runs.
pub(super) struct SeenContainer {
    pub(super) id: String,
    pub(super) name: Spanned<String>,
    /// `host`, `none`, `container:ID`, or a network.
    pub(super) mode: Spanned<String>,
    /// The networks that it is in.
    pub(super) joined: Vec<Joined>,
    pub(super) ports: Vec<SeenPort>,
}

/// A network as a container in it knows it.
pub(super) struct Joined {
    pub(super) name: Spanned<String>,
    pub(super) id: String,
    /// The addresses of the bridge, with the length of the network.
    pub(super) gateways: PerFamily<Spanned<IpNet>>,
    pub(super) addresses: PerFamily<Spanned<IpAddr>>,
}

/// A published port at one of the node's addresses.
pub(super) struct SeenPort {
    /// Any, if there is none.
    pub(super) address: Option<IpAddr>,
    /// None where nothing is translated.
    pub(super) port: Option<u16>,
    pub(super) target: Port,
    pub(super) span: Span,
}

/// Reads a container; nothing comes of one that does not run, as it has no network.
pub(super) fn read(object: &mut Object<'_, '_>) -> Option<SeenContainer> {
    let root = object.root;
    let Some(at) = root.get("Name") else {
        object.missing(root, "Name", "write it anew: `docker inspect CONTAINER`");
        return None;
    };
    let name = object.value(at, docker_name)?;
    let state = object.map(root, "State");
    if state.and_then(|state| object.switch(state, "Running")) == Some(false) {
        let what = format!("container {} does not run", name.value);
        object.faults.push(left_out(name.span, what, "it has no network until it is started"));
        return None;
    }
    let host = object.map(root, "HostConfig");
    let mode = host.and_then(|host| object.text(host, "NetworkMode"));
    let mode = mode.map_or(Spanned::new("default".to_owned(), name.span), |(node, mode)| {
        Spanned::new(mode.to_owned(), node.span)
    });
    let id = object.text(root, "Id").map_or_else(String::new, |(_, id)| id.to_owned());
    let settings = object.map(root, "NetworkSettings");
    let networks = settings.and_then(|settings| object.map(settings, "Networks"));
    let networks = networks.map(Node::entries).unwrap_or_default();
    let joined = networks.iter().filter_map(|entry| joined(object, entry)).collect();
    let ports = settings.and_then(|settings| object.map(settings, "Ports"));
    let ports = ports.map(Node::entries).unwrap_or_default();
    let ports = ports.iter().flat_map(|entry| published(object, entry)).collect();
    Some(SeenContainer { id, name, mode, joined, ports })
}

/// A network that it is in.
fn joined(object: &mut Object<'_, '_>, entry: &Entry<'_>) -> Option<Joined> {
    if !object.is_map(&entry.value) {
        return None;
    }
    let name = Spanned::new(entry.key.to_string(), entry.key_span);
    let id =
        object.text(&entry.value, "NetworkID").map_or_else(String::new, |(_, id)| id.to_owned());
    let keys = [
        (Family::V4, "IPAddress", "Gateway", "IPPrefixLen"),
        (Family::V6, "GlobalIPv6Address", "IPv6Gateway", "GlobalIPv6PrefixLen"),
    ];
    let (mut addresses, mut gateways) = (PerFamily::default(), PerFamily::default());
    for (family, own, gateway, length) in keys {
        let address = object.text(&entry.value, own);
        let Some(address) = address.and_then(|(node, _)| object.address(node)) else { continue };
        addresses.insert(family, address);
        let bits = i64::from(family.bits());
        let length = object.bounded(&entry.value, length, (0, bits));
        let gateway = object.text(&entry.value, gateway);
        let gateway = gateway.and_then(|(node, _)| object.address(node));
        let (Some(gateway), Some((_, length))) = (gateway, length) else { continue };
        let length = u8::try_from(length).unwrap_or(family.bits());
        if let Ok(net) = IpNet::new(gateway.value, length) {
            gateways.insert(family, Spanned::new(net, gateway.span));
        }
    }
    Some(Joined { name, id, gateways, addresses })
}

/// `"80/tcp": [{"HostIp": "0.0.0.0", "HostPort": "8080"}]`; nothing for a port that is only exposed.
fn published(object: &mut Object<'_, '_>, entry: &Entry<'_>) -> Vec<SeenPort> {
    let target = Shape::Port.read(&entry.key, false);
    let target = match &target {
        Ok(value) => Port::from_value(value),
        Err(fault) => {
            let wrong = Wrong::new(format!("the key {} {}", entry.key, fault.reason), "mend it");
            object.wrong(&entry.value, wrong);
            None
        }
    };
    let Some(target) = target else { return Vec::new() };
    let mut ports = Vec::new();
    for binding in entry.value.elements() {
        let address = object.text(binding, "HostIp");
        let address = address.and_then(|(node, _)| object.value(node, value::address));
        let port = object.text(binding, "HostPort").and_then(|(node, _)| object.value(node, port));
        ports.push(SeenPort {
            address: address.map(|address| address.value),
            port: port.map(|port| port.value).filter(|port| *port > 0),
            target,
            span: entry.key_span,
        });
    }
    ports
}

fn port(text: &str) -> Result<u16, Wrong> {
    text.parse().map_err(|_| Wrong::new("is not a port", "ports are 1 to 65535"))
}
