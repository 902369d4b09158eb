//! Checks of the resolved cluster that nobody else makes for the user (netspec section 5).

mod docker;
mod docker_network;
mod host_ports;
mod marks;
mod mtu;
mod node_ports;
mod overlap;
mod pod_network;
mod portals;
mod primitives;
mod proxy;
mod underlay;
mod wireguard;

pub(super) use docker::{node_ports as published_ports, stated as docker};
pub(super) use host_ports::check as host_ports;
pub(super) use marks::check as marks;
pub(super) use mtu::{check as mtu, choose as choose_mtu, of_node as node_mtu};
pub(super) use node_ports::check as node_ports;
pub(super) use overlap::{Claim, check as overlap};
pub(super) use pod_network::check as pod_networks;
pub(super) use portals::check as portals;
pub(crate) use portals::shared as shared_portals;
pub(super) use primitives::check as primitives;
pub(super) use proxy::check as proxy;
pub(super) use underlay::check as underlay;
pub(super) use wireguard::check as wireguard;
