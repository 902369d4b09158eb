//! Checks of the resolved cluster that nobody else makes for the user (netspec section 5).

mod devices;
mod docker;
mod docker_network;
mod host_ports;
mod ingress;
mod load_balancers;
mod marks;
mod mtu;
mod node_ports;
mod overlap;
mod pod_network;
mod portals;
mod primitives;
mod proxy;
mod underlay;
mod uplink;
mod userspace;
mod windows;
mod wireguard;

pub(super) use load_balancers::{announce, bgp, bind as load_balancers, check as pools};
pub(super) use mtu::{choose as choose_mtu, of_node as node_mtu};
pub(super) use node_ports::check as node_ports;
pub(super) use overlap::Claim;
pub(super) use pod_network::check as pod_networks;
pub(super) use portals::check as portals;
pub(crate) use portals::shared as shared_portals;
pub(super) use primitives::check as primitives;
pub(super) use windows::{Held, stated as windows};

use super::Cluster;
use super::bind::{BoundDocker, Nodes};
use super::declare::ClusterDecl;
use netc_lang::Diagnostic;

/// What pods, services, nodes and Docker have, each for itself.
pub(super) fn side_by_side(
    cluster: &ClusterDecl,
    nodes: &Nodes,
    dockers: &[BoundDocker],
    faults: &mut Vec<Diagnostic>,
) {
    overlap::check(cluster, nodes, dockers, faults);
    docker::stated(dockers, faults);
    devices::check(cluster, nodes, dockers, faults);
    uplink::check(nodes, faults);
}

/// What packets between nodes need.
pub(super) fn overlay(cluster: &ClusterDecl, nodes: &Nodes, faults: &mut Vec<Diagnostic>) {
    underlay::check(cluster, nodes, faults);
    mtu::check(cluster, nodes, faults);
    wireguard::check(cluster, nodes, faults);
}

/// What can be told of the whole cluster alone.
pub(super) fn finished(cluster: &Cluster, faults: &mut Vec<Diagnostic>) {
    proxy::check(cluster, faults);
    userspace::check(cluster, faults);
    windows::services(cluster, faults);
    docker::node_ports(cluster, faults);
    host_ports::check(cluster, faults);
    ingress::check(cluster, faults);
    marks::check(cluster, faults);
}
