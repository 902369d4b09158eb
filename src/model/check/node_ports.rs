//! Node ports and the ports of clients.

use super::userspace;
use crate::model::declare::ClusterDecl;
use crate::model::fault;
use netc_lang::Diagnostic;
use std::ops::RangeInclusive;

/// The ports that Linux gives to clients: net.ipv4.ip_local_port_range (ip-sysctl.rst).
pub(super) const EPHEMERAL: RangeInclusive<u16> = 32768..=60999;

/// Whether two ranges have a port in common.
pub(super) fn meet(one: &RangeInclusive<u16>, other: &RangeInclusive<u16>) -> bool {
    one.start() <= other.end() && other.start() <= one.end()
}

/// Warns when a client's port could be taken for a node port.
pub(crate) fn check(cluster: &ClusterDecl, faults: &mut Vec<Diagnostic>) {
    let range = &cluster.node_ports;
    if meet(&range.value, &EPHEMERAL) {
        faults.push(fault::ephemeral_node_ports(range));
    }
    userspace::ranges(cluster, faults);
}
