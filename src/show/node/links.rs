//! What devices know: neighbours, forwarding entries, peers; and parameters.

use super::states;
use crate::graph::Ordered;
use crate::object::{Netns, State};
use crate::show::table::Table;

/// As `ip neigh` shows them.
pub(super) fn neighbours(ordered: &Ordered) -> Table {
    let mut table = Table::new(&["address", "device", "mac"]);
    for state in states(ordered) {
        if let State::Neighbour(own) = state
            && own.netns == Netns::Node
        {
            let (address, mac) = (own.address.to_string(), own.mac.to_string());
            table.row([address.into(), own.link.to_string().into(), mac.into()]);
        }
    }
    table
}

/// As `bridge fdb` shows them: the permanent ones of vxlan devices. What bridges learn is no object.
pub(super) fn forwarding(ordered: &Ordered) -> Table {
    let mut table = Table::new(&["mac", "device", "to"]);
    for state in states(ordered) {
        if let State::Fdb(own) = state
            && own.netns == Netns::Node
        {
            let (mac, to) = (own.mac.to_string(), own.destination.to_string());
            table.row([mac.into(), own.link.to_string().into(), to.into()]);
        }
    }
    table
}

/// As `wg show` shows them.
pub(super) fn peers(ordered: &Ordered) -> Table {
    let mut table = Table::new(&["peer", "device", "endpoint", "allowed"]);
    for state in states(ordered) {
        if let State::WireguardPeer(own) = state {
            table.row([
                own.public_key.to_string().into(),
                own.link.to_string().into(),
                own.endpoint.map(|endpoint| endpoint.to_string()).into(),
                own.allowed.iter().map(ToString::to_string).collect::<Vec<_>>().into(),
            ]);
        }
    }
    table
}

/// As `sysctl` shows them: those of the node's own namespace.
pub(super) fn parameters(ordered: &Ordered) -> Table {
    let mut table = Table::new(&["parameter", "value"]);
    for state in states(ordered) {
        if let State::Sysctl(own) = state
            && own.netns == Netns::Node
        {
            let least = if own.minimum { " at least" } else { "" };
            table.row([own.key.to_string().into(), format!("{}{least}", own.value).into()]);
        }
    }
    table
}
