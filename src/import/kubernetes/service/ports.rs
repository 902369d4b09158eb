//! The ports of a service.

use super::Spec;
use crate::import::kubernetes::pod::PROTOCOLS;
use crate::import::object::Object;
use crate::import::tree::{Kind, Node};
use crate::import::value::{Wrong, label, port_name};
use crate::model::ServiceKind;
use crate::model::stated::{PortDecl, Target};
use netc_lang::{Port, Protocol, Spanned};
use std::collections::BTreeSet;
use std::fmt::Display;

/// kubelet listens here: a load balancer that opens it would open every node.
const KUBELET: u16 = 10250;

/// Reads the ports.
pub(super) fn read(object: &mut Object<'_, '_>, spec: &Spec<'_, '_>) -> Vec<PortDecl> {
    let list = object.list(spec.node, "ports");
    let needed = !spec.headless && spec.kind != ServiceKind::ExternalName;
    if needed && spec.node.lacks("ports") {
        object.missing(spec.node, "ports", "write at least one port, such as `{port: 80}`");
    }
    let mut taken = Taken::default();
    let mut ports = Vec::with_capacity(list.len());
    for entry in list {
        if !object.is_map(entry) {
            continue;
        }
        let Some(port) = read_port(object, spec, entry, list.len() > 1) else { continue };
        taken.add(object, entry, &port);
        ports.push(port);
    }
    ports
}

fn read_port(
    object: &mut Object<'_, '_>,
    spec: &Spec<'_, '_>,
    entry: &Node<'_>,
    several: bool,
) -> Option<PortDecl> {
    let name = object.text(entry, "name");
    let name =
        name.and_then(|(node, _)| object.value(node, |text| label(text).map(|()| text.to_owned())));
    if several && entry.get("name").is_none_or(|name| name.text() == Some("")) {
        object.missing(entry, "name", "of several ports each has a name");
    }
    let protocol = object.choice(entry, "protocol", &PROTOCOLS);
    let protocol = protocol.map_or(Protocol::Tcp, |(_, protocol)| protocol);
    let target = target(object, entry);
    let node_port = object.port_or_none(entry, "nodePort");
    let wanted = entry.get("nodePort").filter(|_| node_port.is_some());
    if let (Some(node), false) = (wanted, spec.kind.has_node_ports()) {
        let help = "remove it, or write `type: NodePort`";
        object.contradiction(node, "needs a service of type NodePort or LoadBalancer", help);
    }
    if entry.get("port").is_none() {
        object.missing(entry, "port", "write the port of the service");
        return None;
    }
    let (node, number) = object.port(entry, "port")?;
    if number == KUBELET && spec.kind == ServiceKind::LoadBalancer {
        let wrong = Wrong::new("is kubelet's own port on every node", "choose another port");
        object.wrong(node, wrong);
    }
    Some(PortDecl {
        name: name.map(|name| name.value),
        port: Port { number, protocol },
        target: target.unwrap_or(Target::Number(number)),
        node_port,
        proxy_port: None,
        span: node.span,
        endpoints: Vec::new(),
    })
}

/// `targetPort`, a number or the name of a port of the pods; nothing, 0 and the empty text mean
/// the same number as `port`.
fn target(object: &mut Object<'_, '_>, entry: &Node<'_>) -> Option<Target> {
    let node = entry.get("targetPort")?;
    match &node.kind {
        Kind::Number(0) => None,
        Kind::Text(text) if text.is_empty() => None,
        Kind::Text(_) => {
            let name = object.value(node, |text| port_name(text).map(|()| text.to_owned()))?;
            Some(Target::Name(name))
        }
        _ => object.port(entry, "targetPort").map(|(_, number)| Target::Number(number)),
    }
}

/// What the earlier ports have.
#[derive(Default)]
struct Taken {
    names: BTreeSet<String>,
    ports: BTreeSet<Port>,
    node_ports: BTreeSet<(u16, Protocol)>,
}

impl Taken {
    /// Adds what a port has; what an earlier one has already is reported.
    fn add(&mut self, object: &mut Object<'_, '_>, entry: &Node<'_>, port: &PortDecl) {
        let mut report = |key: &str, what: &dyn Display, help: &str| {
            let at = entry.get(key).unwrap_or(entry);
            object.contradiction(at, format!("another port has {what} already"), help);
        };
        if let Some(name) = &port.name
            && !self.names.insert(name.clone())
        {
            report("name", &format!("the name `{name}`"), "rename one of them");
        }
        if !self.ports.insert(port.port) {
            report("port", &port.port, "remove one of them, or change its number or protocol");
        }
        if let Some(Spanned { value: number, .. }) = port.node_port
            && !self.node_ports.insert((number, port.port.protocol))
        {
            let help = "choose another one, or leave it out to get a free one";
            report("nodePort", &format!("the node port {number}"), help);
        }
    }
}
