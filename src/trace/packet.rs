//! Packets.

use super::Who;
use crate::model::Family;
use crate::object::{Side, Text, VirtualAddress};
use netc_lang::Protocol;
use std::fmt;

/// What a namespace sees of a packet: the first one of a connection, or its answer.
#[derive(Clone, PartialEq, Debug)]
pub struct Packet {
    /// Where it comes from.
    pub source: Who,
    /// Where it goes.
    pub destination: Who,
    /// What it carries.
    pub payload: Payload,
    /// Its mark in this namespace.
    pub mark: u32,
    /// What the connection tracking of this namespace knows of it.
    pub tracked: Tracked,
    /// The device that it came in by; `None` if it was sent here.
    pub input: Option<Device>,
    /// The device that it is to go out by, once that is known.
    pub output: Option<Device>,
}

/// A device that a packet passes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Device {
    /// Its name; that of the bridge if it is passed by one of its ports.
    pub name: Text,
    /// The port of the bridge, if the packet is bridged.
    pub port: Option<Text>,
}

/// What a packet carries.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Payload {
    /// A protocol with ports.
    Ports {
        /// The protocol.
        protocol: Protocol,
        /// The source port; any free one if there is none.
        source: Option<u16>,
        /// The destination port; the client's, which is any free one, if there is none.
        destination: Option<u16>,
    },
    /// An echo request of ICMP, or of ICMPv6, or the reply to it.
    Echo {
        /// The reply.
        reply: bool,
    },
    /// A packet of IPv4 (protocol 4).
    Ipip,
}

/// What connection tracking knows of a packet (`enum ip_conntrack_info` and `enum ip_conntrack_status`
/// in the kernel's nf_conntrack_common.h).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Tracked {
    /// The state.
    pub state: TrackState,
    /// It goes against the direction of the first packet.
    pub reply: bool,
    /// The destination of the connection was translated.
    pub dnat: bool,
    /// Its source was.
    pub snat: bool,
    /// The virtual server of IPVS that the connection is of.
    pub server: Option<VirtualAddress>,
}

/// The state of a connection as rules ask for it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TrackState {
    /// The first packet.
    New,
    /// There was an answer.
    Established,
    /// It is not tracked.
    Untracked,
    /// Nothing is known that it could belong to.
    Invalid,
}

impl Tracked {
    /// The first packet of a connection.
    pub const NEW: Tracked =
        Tracked { state: TrackState::New, reply: false, dnat: false, snat: false, server: None };
}

impl Packet {
    /// A packet that is sent.
    #[must_use]
    pub fn new(source: Who, destination: Who, payload: Payload) -> Packet {
        let (mark, tracked) = (0, Tracked::NEW);
        Packet { source, destination, payload, mark, tracked, input: None, output: None }
    }

    /// The address at one end.
    #[must_use]
    pub fn end(&self, side: Side) -> &Who {
        match side {
            Side::Source => &self.source,
            Side::Destination => &self.destination,
        }
    }

    /// Another address and port at one end.
    pub(super) fn put(&mut self, side: Side, who: Who, port: Option<u16>) {
        match side {
            Side::Source => self.source = who,
            Side::Destination => self.destination = who,
        }
        self.payload = self.payload.with(side, port);
    }

    /// Its family.
    #[must_use]
    pub fn family(&self) -> Family {
        self.destination.family()
    }
}

impl Payload {
    /// The protocol, if it is one with ports.
    #[must_use]
    pub fn protocol(self) -> Option<Protocol> {
        match self {
            Payload::Ports { protocol, .. } => Some(protocol),
            _ => None,
        }
    }

    /// The source port, if it is known.
    #[must_use]
    pub fn source(self) -> Option<u16> {
        match self {
            Payload::Ports { source, .. } => source,
            _ => None,
        }
    }

    /// The destination port, if it is known.
    #[must_use]
    pub fn destination(self) -> Option<u16> {
        match self {
            Payload::Ports { destination, .. } => destination,
            _ => None,
        }
    }

    /// The name of the protocol as rules have it: `icmp`, of IPv6 `ipv6-icmp`.
    #[must_use]
    pub fn name(self, family: Family) -> &'static str {
        match (self, family) {
            (Payload::Ports { protocol, .. }, _) => protocol.name(),
            (Payload::Echo { .. }, Family::V4) => "icmp",
            (Payload::Echo { .. }, Family::V6) => "ipv6-icmp",
            (Payload::Ipip, _) => "ipencap",
        }
    }

    /// The same with another port at one end.
    pub(super) fn with(self, side: Side, port: Option<u16>) -> Payload {
        match (self, side) {
            (Payload::Ports { protocol, destination, .. }, Side::Source) => {
                Payload::Ports { protocol, source: port, destination }
            }
            (Payload::Ports { protocol, source, .. }, Side::Destination) => {
                Payload::Ports { protocol, source, destination: port }
            }
            (other, _) => other,
        }
    }

    /// The port at one end, if it is known.
    #[must_use]
    pub fn port(self, side: Side) -> Option<u16> {
        match side {
            Side::Source => self.source(),
            Side::Destination => self.destination(),
        }
    }

    /// What the answer carries.
    #[must_use]
    pub fn answer(self) -> Payload {
        match self {
            Payload::Ports { protocol, source, destination } => {
                Payload::Ports { protocol, source: destination, destination: source }
            }
            Payload::Echo { reply } => Payload::Echo { reply: !reply },
            Payload::Ipip => Payload::Ipip,
        }
    }
}

impl fmt::Display for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.port {
            Some(port) => write!(f, "{}({port})", self.name),
            None => f.write_str(&self.name),
        }
    }
}
