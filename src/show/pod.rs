//! A pod.

use super::Card;
use super::space::{Space, published};
use crate::graph::Ordered;
use crate::lower::pod_namespace;
use crate::model::{Node, Pod};
use serde_json::json;

/// What is shown of a pod on a node of the cluster; without it the cluster knows nothing of the pod
/// but its addresses.
#[must_use]
pub fn pod(pod: &Pod, on: Option<(&Node, &Ordered)>) -> Card {
    let name = pod.name.to_string();
    let place = on
        .map_or("a node of another cluster".to_owned(), |(node, _)| format!("node {}", node.name));
    let mut card = Card::new(format!("pod {name} on {place}"), "pod", &name);
    card.field("node", json!(on.map(|(node, _)| &node.name)));
    let members: Vec<&str> = pod.template.containers.iter().map(String::as_str).collect();
    match on {
        Some((node, ordered)) => {
            let owner = match pod.state.host_network {
                true => ("the node", "the pod has no namespace of its own"),
                false => (
                    "the pod's infra container",
                    "it holds the namespace; the pod's containers join it, and leave it as they come and go",
                ),
            };
            let name = (!pod.state.host_network).then(|| pod_namespace(pod));
            Space { name, owner, members }.show(node, ordered, &mut card);
            published(pod.template.mappings.iter(), &mut card);
        }
        None => {
            let own: Vec<String> = pod.addresses.values().map(ToString::to_string).collect();
            own.iter().for_each(|address| card.row("address", address.as_str()));
            card.field("addresses", json!(own));
        }
    }
    let ports = pod.template.ports.iter().map(|port| match &port.name {
        Some(name) => format!("{} ({name})", port.port.value),
        None => port.port.value.to_string(),
    });
    let ports: Vec<String> = ports.collect();
    if !ports.is_empty() {
        card.row("listens on", ports.join(", "));
    }
    let ports = pod.template.ports.iter();
    let ports = ports.map(|port| json!({ "name": port.name, "port": port.port.value.to_string() }));
    card.field("ports", ports.collect());
    card
}
