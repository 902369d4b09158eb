//! Routes.

use super::{Id, Netns, Text};
use ipnet::IpNet;
use std::net::IpAddr;

/// The routing protocol number of netc's routes (`rtm_protocol` in linux/rtnetlink.h; free in
/// /etc/iproute2/rt_protos). It tells them from everybody else's.
pub const PROTOCOL: u8 = 110;

/// The number of the main table, which is asked for every packet unless rules say otherwise
/// (`RT_TABLE_MAIN` in linux/rtnetlink.h).
pub const MAIN_TABLE: u32 = 254;

/// A route.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Route {
    /// Where it is.
    pub netns: Netns,
    /// The table that it is in.
    pub table: u32,
    /// Where it leads.
    pub destination: IpNet,
    /// The next hop.
    pub gateway: IpAddr,
    /// The device.
    pub link: Text,
    /// The gateway is taken to be on the link, whatever its address (ip-route(8), `onlink`).
    pub onlink: bool,
    /// Who made it (`rtm_protocol`): [`PROTOCOL`] if netc did.
    pub protocol: u8,
    /// What makes the gateway reachable: the device, and the address whose network it is in.
    pub after: Vec<Id>,
}

impl Route {
    pub(super) fn id(&self) -> Id {
        Id::Route(self.netns.clone(), self.table, self.destination)
    }

    pub(super) fn needs(&self) -> impl Iterator<Item = Id> {
        self.netns.needs().into_iter().chain(self.after.iter().cloned())
    }
}
