//! Pod objects, and the pod templates of workloads.

use super::labels;
use super::object::Object;
use super::tree::Node;
use super::value::{Wrong, port_name, subdomain};
use crate::model::stated::{Form, Placement, PodDecl};
use crate::model::{Family, PerFamily, PodPort, PodState, PodTemplate};
use netc_lang::{Port, Protocol, Spanned};
use std::collections::BTreeSet;
use std::net::IpAddr;
use std::sync::Arc;

/// The words for protocols.
pub(super) const PROTOCOLS: [(&str, Protocol); 3] =
    [("TCP", Protocol::Tcp), ("UDP", Protocol::Udp), ("SCTP", Protocol::Sctp)];

/// What comes of a Pod object.
pub(super) enum Found {
    Pod(PodDecl),
    /// It has ended: it has no network any more.
    Finished,
    /// No node has it yet, or it has no address yet.
    Unscheduled,
}

/// Reads a pod.
pub(super) fn read(object: &mut Object<'_, '_>) -> Found {
    let root = object.root;
    let status = object.map(root, "status").filter(|status| !status.entries().is_empty());
    let phase = status.and_then(|status| object.text(status, "phase")).map_or("", |(_, one)| one);
    if matches!(phase, "Succeeded" | "Failed") {
        return Found::Finished;
    }
    let Some(spec) = object.map(root, "spec") else {
        object.missing(root, "spec", "a pod has containers: write `spec: {containers: […]}`");
        return Found::Unscheduled;
    };
    let node = object.text(spec, "nodeName");
    let node = node.filter(|(node, _)| object.value(node, subdomain).is_some());
    let addresses = status.map(|status| addresses(object, status)).unwrap_or_default();
    let placement = match node {
        Some((node, name)) => Placement::On(Spanned::new(name.to_owned(), node.span)),
        // A manifest: whoever writes none about nodes lets netc choose.
        None => Placement::Replicas { count: 1, nodes: Vec::new() },
    };
    let (template, host_network) = template(object, root, spec);
    if status.is_some() && (node.is_none() || addresses.is_empty()) {
        return Found::Unscheduled;
    }
    let deleted = root.get("metadata").and_then(|one| one.get("deletionTimestamp"));
    Found::Pod(PodDecl {
        name: object.qualified(),
        span: object.named_at(),
        form: Form::Kubernetes,
        placement,
        template: Arc::new(template),
        addresses,
        state: PodState {
            ready: status.is_none_or(|status| is_ready(object, status)),
            terminating: deleted.is_some(),
            host_network,
        },
        sandbox: None,
    })
}

/// `status.podIPs`, or `status.podIP` alone: one address of each family.
fn addresses(object: &mut Object<'_, '_>, status: &Node<'_>) -> PerFamily<Spanned<IpAddr>> {
    let mut all = PerFamily::default();
    let stated: Vec<&Node<'_>> =
        object.list(status, "podIPs").iter().filter_map(|entry| entry.get("ip")).collect();
    let single = status.get("podIP").filter(|_| stated.is_empty());
    for node in stated.into_iter().chain(single).filter(|node| node.text() != Some("")) {
        let Some(address) = object.address(node) else { continue };
        if all.insert(Family::of(address.value), address).is_some() {
            let help = "a pod has one address of each family";
            object.wrong(node, Wrong::new("is a second address of its family", help));
        }
    }
    all
}

/// The condition `Ready`.
fn is_ready(object: &mut Object<'_, '_>, status: &Node<'_>) -> bool {
    let conditions = object.list(status, "conditions").iter();
    let is =
        |node: &Node<'_>, key: &str, value: &str| node.get(key).and_then(Node::text) == Some(value);
    conditions.filter(|one| is(one, "type", "Ready")).any(|one| is(one, "status", "True"))
}

/// Labels and ports of a pod, and whether it uses its node's network. `parent` is what has the
/// metadata: the pod, or the template of a workload.
pub(super) fn template(
    object: &mut Object<'_, '_>,
    parent: &Node<'_>,
    spec: &Node<'_>,
) -> (PodTemplate, bool) {
    let metadata = object.map(parent, "metadata");
    let labels = metadata.map(|metadata| labels::read(object, metadata, "labels"));
    let (mut ports, mut containers) = (Vec::new(), Vec::new());
    let own = |container: &Node<'_>| container.get("name").and_then(Node::text).map(str::to_owned);
    for container in object.list(spec, "containers") {
        containers.extend(own(container));
        container_ports(object, container, &mut ports);
    }
    for container in object.list(spec, "initContainers") {
        // One that is always restarted runs beside the others: a sidecar.
        if container.get("restartPolicy").and_then(Node::text) == Some("Always") {
            containers.extend(own(container));
            container_ports(object, container, &mut ports);
        }
    }
    let ports = once_each(ports);
    let host_network = object.switch(spec, "hostNetwork").unwrap_or_default();
    let labels = labels.unwrap_or_default();
    (PodTemplate { labels, containers, ports, ..PodTemplate::default() }, host_network)
}

/// Containers may well repeat each other: that says nothing new.
fn once_each(ports: Vec<PodPort>) -> Vec<PodPort> {
    let named = ports.iter().filter(|port| port.name.is_some()).map(|port| port.port.value);
    let named: BTreeSet<Port> = named.collect();
    let mut seen = BTreeSet::new();
    let mut kept = Vec::with_capacity(ports.len());
    for port in ports {
        let number = port.port.value;
        let says = port.name.is_some() || !named.contains(&number);
        let new = says && seen.insert((port.name.clone(), number));
        kept.extend(new.then_some(port));
    }
    kept
}

fn container_ports(object: &mut Object<'_, '_>, container: &Node<'_>, ports: &mut Vec<PodPort>) {
    if !object.is_map(container) {
        return;
    }
    for entry in object.list(container, "ports") {
        if !object.is_map(entry) {
            continue;
        }
        let name = entry.get("name").filter(|name| name.text() != Some(""));
        let name = name
            .and_then(|name| object.value(name, |text| port_name(text).map(|()| text.to_owned())));
        let protocol = object.choice(entry, "protocol", &PROTOCOLS);
        let protocol = protocol.map_or(Protocol::Tcp, |(_, protocol)| protocol);
        if entry.get("containerPort").is_none() {
            object.missing(entry, "containerPort", "write the port that the container listens on");
            continue;
        }
        let Some((node, number)) = object.port(entry, "containerPort") else { continue };
        let port = PodPort {
            name: name.map(|name| name.value),
            port: Spanned::new(Port { number, protocol }, node.span),
        };
        ports.push(port);
    }
}
