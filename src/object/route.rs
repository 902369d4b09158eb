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
    /// What becomes of packets.
    pub kind: RouteKind,
    /// Where it leads.
    pub destination: IpNet,
    /// The next hop; without one the destination is on the link.
    pub gateway: Option<IpAddr>,
    /// The device; `None` where packets go nowhere.
    pub link: Option<Text>,
    /// The gateway is taken to be on the link, whatever its address (ip-route(8), `onlink`).
    pub onlink: bool,
    /// How far away the destination is. IPv6 knows only [`RouteScope::Global`].
    pub scope: RouteScope,
    /// The address that connections of the node's own come from, if it is not the kernel's to choose.
    pub source: Option<IpAddr>,
    /// Who made it (`rtm_protocol`): [`PROTOCOL`] if netc did.
    pub protocol: u8,
    /// What makes the gateway reachable: the device, and the address whose network it is in.
    pub after: Vec<Id>,
}

/// What becomes of packets that take a route (`rtm_type` in linux/rtnetlink.h).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum RouteKind {
    /// They go to the gateway, or to the destination itself.
    Unicast,
    /// They are the node's own.
    Local,
    /// They are dropped in silence.
    Blackhole,
    /// They are refused as unreachable.
    Unreachable,
    /// They are refused as prohibited.
    Prohibit,
}

impl RouteKind {
    /// All of them.
    pub const ALL: [RouteKind; 5] = [
        RouteKind::Unicast,
        RouteKind::Local,
        RouteKind::Blackhole,
        RouteKind::Unreachable,
        RouteKind::Prohibit,
    ];

    /// The word of ip-route(8).
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            RouteKind::Unicast => "unicast",
            RouteKind::Local => "local",
            RouteKind::Blackhole => "blackhole",
            RouteKind::Unreachable => "unreachable",
            RouteKind::Prohibit => "prohibit",
        }
    }
}

/// How far away a destination is (`rtm_scope` in linux/rtnetlink.h).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum RouteScope {
    /// Beyond a gateway, or anywhere.
    Global,
    /// On the link.
    Link,
    /// On this host.
    Host,
}

impl RouteScope {
    /// All of them.
    pub const ALL: [RouteScope; 3] = [RouteScope::Global, RouteScope::Link, RouteScope::Host];

    /// The word of ip-route(8).
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            RouteScope::Global => "global",
            RouteScope::Link => "link",
            RouteScope::Host => "host",
        }
    }
}

impl Route {
    /// A route of netc's in the main table by a gateway.
    #[must_use]
    pub fn via(netns: Netns, destination: IpNet, gateway: IpAddr, link: Text) -> Route {
        Route {
            gateway: Some(gateway),
            scope: RouteScope::Global,
            ..Route::on_link(netns, destination, link)
        }
    }

    /// A route of netc's in the main table to what is on a link.
    #[must_use]
    pub fn on_link(netns: Netns, destination: IpNet, link: Text) -> Route {
        let scope = match destination {
            IpNet::V4(_) => RouteScope::Link,
            IpNet::V6(_) => RouteScope::Global,
        };
        Route {
            netns,
            table: MAIN_TABLE,
            kind: RouteKind::Unicast,
            destination,
            gateway: None,
            link: Some(link),
            onlink: false,
            scope,
            source: None,
            protocol: PROTOCOL,
            after: Vec::new(),
        }
    }
}

impl Route {
    pub(super) fn id(&self) -> Id {
        Id::Route(self.netns.clone(), self.table, self.destination)
    }

    pub(super) fn needs(&self) -> impl Iterator<Item = Id> {
        self.netns.needs().into_iter().chain(self.after.iter().cloned())
    }
}
