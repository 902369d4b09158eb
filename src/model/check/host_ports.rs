//! Host ports of pods, and what else is on their node.

use crate::model::{Cluster, Docker, Family, Node, Pod, Published, fault};
use netc_lang::{Diagnostic, QualifiedName};
use std::collections::{BTreeMap, BTreeSet};

/// Reports host ports that lead nowhere or are held twice, sandboxes of one id, and routes of pods
/// that cannot be.
pub(crate) fn check(cluster: &Cluster, faults: &mut Vec<Diagnostic>) {
    let mut pods: Vec<Vec<&Pod>> = cluster.nodes.iter().map(|_| Vec::new()).collect();
    for pod in cluster.pods.iter().filter(|pod| !pod.state.host_network) {
        if let Some(own) = pod.node.and_then(|node| pods.get_mut(node.0 as usize)) {
            own.push(pod);
        }
    }
    for (node, pods) in
        cluster.nodes.iter().zip(&pods).filter(|(node, _)| node.attachment.is_some())
    {
        sandboxes(pods, faults);
        for pod in pods {
            let lacks = |one: &&Published| {
                !Family::ALL
                    .iter()
                    .any(|family| one.is_of(*family) && pod.addresses.get(*family).is_some())
            };
            let all = pod.template.mappings.iter().filter(lacks);
            faults.extend(all.map(|one| fault::host_port_without_address(&pod.name, one)));
        }
        held_twice(node, pods, faults);
        routes(node, faults);
    }
    node_ports(cluster, faults);
}

/// Chains are named after sandboxes.
fn sandboxes(pods: &[&Pod], faults: &mut Vec<Diagnostic>) {
    let mut seen: BTreeMap<&str, &Pod> = BTreeMap::new();
    for pod in pods {
        // Two pods of one name are another fault.
        if let Some(earlier) = seen.insert(&pod.sandbox, pod)
            && earlier.name != pod.name
        {
            faults.push(fault::sandbox_twice(&pod.sandbox, &pod.name, pod.span, earlier.span));
        }
    }
}

/// The plugin would make rules for both, and the first ones would win; what Docker publishes too
/// would depend on whose rules come first.
fn held_twice(node: &Node, pods: &[&Pod], faults: &mut Vec<Diagnostic>) {
    let all = pods.iter().flat_map(|pod| pod.template.mappings.iter().map(|one| (one, &pod.name)));
    let mut held: BTreeMap<_, Vec<(&Published, &QualifiedName)>> = BTreeMap::new();
    let mut told = BTreeSet::new();
    for (one, name) in all {
        let others = held.entry((one.port, one.target.protocol)).or_default();
        let met = others.iter().find(|(other, _)| other.meets(one));
        if let Some((other, owner)) = met
            && told.insert((other.span, one.span))
        {
            faults.push(fault::host_port_twice(one, &node.name, (owner, other.span)));
        }
        others.push((one, name));
    }
    for published in node.docker.iter().flat_map(Docker::held) {
        let others = held.get(&(published.port, published.target.protocol));
        let met = others.into_iter().flatten().find(|(other, _)| other.meets(published));
        if let Some((one, name)) = met
            && told.insert((published.span, one.span))
        {
            faults.push(fault::host_port_published(one, name, published.span));
        }
    }
}

/// Warns of host ports that are node ports of services too.
fn node_ports(cluster: &Cluster, faults: &mut Vec<Diagnostic>) {
    if cluster.proxy.is_none() {
        return;
    }
    let mut held = BTreeMap::new();
    for service in &cluster.services {
        for port in &service.ports {
            if let Some(number) = port.node_port {
                held.insert((number, port.port.protocol), (&service.name, port.span));
            }
        }
    }
    for pod in &cluster.pods {
        for one in &pod.template.mappings {
            if let Some((service, at)) = held.get(&(one.port, one.target.protocol)) {
                faults.push(fault::published_node_port(one, service, *at));
            }
        }
    }
}

/// The next hop of a route must be within the block.
fn routes(node: &Node, faults: &mut Vec<Diagnostic>) {
    let Some(own) = &node.attachment else { return };
    for route in &own.routes {
        let family = Family::of_net(route.destination);
        let (Some(block), Some(hop)) = (node.blocks.get(family), route.gateway) else { continue };
        if own.bridge().is_none() && node.gateways.get(family) != Some(&hop) {
            faults.push(fault::hop_without_bridge(hop, route.span));
        } else if !block.contains(&hop) {
            faults.push(fault::hop_outside_block(hop, route.span, *block, &node.name));
        }
    }
}
