//! `pod` and `pods` statements.

use super::service::{number, remark};
use super::{Output, joined, name};
use crate::model::PodPort;
use crate::model::stated::{Placement, PodDecl};
use std::collections::BTreeSet;

pub(super) fn print(out: &mut Output, pod: &PodDecl, nodes: &BTreeSet<&str>) {
    let own = name(&pod.name);
    let head = match &pod.placement {
        Placement::On(node) if !nodes.contains(node.value.as_str()) => {
            let node = &node.value;
            return out.line(format_args!("\n# pod {own} is on node {node}, which is not stated"));
        }
        Placement::On(node) => format!("pod {own} on {}", node.value),
        Placement::Replicas { count, nodes } if nodes.is_empty() => {
            format!("pods {own} replicas {count}")
        }
        Placement::Replicas { count, nodes } => {
            let nodes = joined(nodes.iter().map(|node| &node.value), ", ");
            format!("pods {own} replicas {count} on {nodes}")
        }
    };
    out.block(head, |out| {
        let labels = pod.template.labels.iter();
        let labels = labels.map(|label| format!("{}={}", label.key, label.value));
        let labels = joined(labels, " ");
        if !labels.is_empty() {
            out.line(format_args!("labels {labels}"));
        }
        ports(out, &pod.template.ports);
        out.list("ip", pod.addresses.values().map(|address| address.value));
        if !pod.state.ready {
            out.line("ready off");
        }
        if pod.state.terminating {
            out.line("terminating");
        }
        if pod.state.host_network {
            out.line("host-network");
        }
    });
}

/// The ports. Containers may give one port two names, or two ports one name; in the language, where
/// all containers of a pod are one, that can only be a remark.
fn ports(out: &mut Output, ports: &[PodPort]) {
    let mut names = BTreeSet::new();
    let mut numbers = BTreeSet::new();
    for port in ports {
        let new_name = port.name.as_ref().is_none_or(|name| names.insert(name));
        let new = numbers.insert(port.port.value) && new_name;
        let name = port.name.as_ref().map_or_else(String::new, |name| format!("{name} "));
        out.line(format_args!("{}port {name}{}", remark(!new), number(port.port.value)));
    }
}
