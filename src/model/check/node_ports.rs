//! Node ports and the ports of clients.

use crate::model::declare::ClusterDecl;
use crate::model::fault;
use netc_lang::Diagnostic;
use std::ops::RangeInclusive;

/// The ports that Linux gives to clients: net.ipv4.ip_local_port_range (ip-sysctl.rst).
const EPHEMERAL: RangeInclusive<u16> = 32768..=60999;

/// Warns when a client's port could be taken for a node port.
pub(crate) fn check(cluster: &ClusterDecl, faults: &mut Vec<Diagnostic>) {
    let range = &cluster.node_ports;
    if range.value.start() <= EPHEMERAL.end() && EPHEMERAL.start() <= range.value.end() {
        faults.push(fault::ephemeral_node_ports(range));
    }
}
