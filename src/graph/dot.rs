//! Graphs in the DOT language of Graphviz.

use super::{Ordered, detail};
use crate::model::{Cluster, NodeId, Pod, ServiceKind};
use std::collections::BTreeSet;
use std::fmt::Write;

/// The dependency graph of one node: an arrow leads from what is needed to what needs it, and
/// what is of one layer stands on one line. Every chain has a box.
#[must_use]
pub fn dependencies(name: &str, ordered: &Ordered) -> String {
    let mut out = format!("digraph {} {{\n", quote(name));
    out.push_str("    rankdir=LR;\n    node [shape=box, fontname=\"monospace\"];\n");
    let items = detail(ordered);
    for (place, item) in items.iter().enumerate() {
        line(&mut out, &format!("n{place} [label={}];", quote(&item.item.to_string())));
    }
    for (place, item) in items.iter().enumerate() {
        for need in &item.needs {
            line(&mut out, &format!("n{need} -> n{place};"));
        }
    }
    let layers = items.iter().map(|item| item.layer).max().map_or(0, |last| last + 1);
    for layer in 0..layers {
        let members = items.iter().enumerate().filter(|(_, item)| item.layer == layer);
        let members: Vec<String> = members.map(|(place, _)| format!("n{place}")).collect();
        line(&mut out, &format!("{{ rank=same; {}; }}", members.join("; ")));
    }
    out.push_str("}\n");
    out
}

/// The topology of the cluster: nodes with their pods, and services with their endpoints.
#[must_use]
pub fn topology(cluster: &Cluster) -> String {
    let mut out = format!("graph {} {{\n", quote(&cluster.name));
    out.push_str("    node [shape=box, fontname=\"monospace\"];\n");
    line(
        &mut out,
        &format!("underlay [shape=ellipse, label={}];", quote(cluster.overlay.kind.word())),
    );
    for (node, id) in cluster.nodes.iter().zip((0..).map(NodeId)) {
        let addresses = node.addresses.iter().map(|own| own.address.to_string());
        let blocks = node.blocks.values().map(ToString::to_string);
        let zone = node.zone.iter().map(|zone| format!("zone {zone}"));
        let label: Vec<String> =
            [node.name.clone()].into_iter().chain(addresses).chain(blocks).chain(zone).collect();
        line(&mut out, &format!("node{} [label={}];", id.0, quote(&label.join("\n"))));
        line(&mut out, &format!("node{} -- underlay;", id.0));
    }
    for (index, pod) in cluster.pods.iter().enumerate() {
        line(&mut out, &format!("pod{index} [style=rounded, label={}];", quote(&pod_label(pod))));
        if let Some(node) = pod.node {
            line(&mut out, &format!("pod{index} -- node{};", node.0));
        }
    }
    services(&mut out, cluster);
    out.push_str("}\n");
    out
}

fn services(out: &mut String, cluster: &Cluster) {
    for (index, service) in cluster.services.iter().enumerate() {
        let addresses = service.addresses.values().map(ToString::to_string);
        let headless = (service.kind == ServiceKind::Headless).then(|| "headless".to_owned());
        let ports = service.ports.iter().map(|port| match port.node_port {
            Some(number) => format!("{} node port {number}", port.port),
            None => port.port.to_string(),
        });
        let name = [service.name.to_string()];
        let label: Vec<String> =
            name.into_iter().chain(addresses).chain(headless).chain(ports).collect();
        line(out, &format!("service{index} [shape=oval, label={}];", quote(&label.join("\n"))));
        let endpoints = service.ports.iter().flat_map(|port| &port.endpoints);
        let endpoints: BTreeSet<_> = endpoints.map(|endpoint| endpoint.address.ip()).collect();
        for address in endpoints {
            let pod = cluster
                .pods
                .iter()
                .position(|pod| pod.addresses.values().any(|own| *own == address));
            match pod {
                Some(pod) => line(out, &format!("service{index} -- pod{pod} [style=dashed];")),
                None => {
                    let address = quote(&address.to_string());
                    line(out, &format!("service{index} -- {address} [style=dashed];"));
                }
            }
        }
    }
}

fn pod_label(pod: &Pod) -> String {
    let addresses = pod.addresses.values().map(ToString::to_string);
    let label: Vec<String> = [pod.name.to_string()].into_iter().chain(addresses).collect();
    label.join("\n")
}

fn line(out: &mut String, text: &str) {
    // Writing to a string cannot fail.
    let _ = writeln!(out, "    {text}");
}

fn quote(text: &str) -> String {
    let escaped = text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
    format!("\"{escaped}\"")
}
