//! Questions and answers.

use super::{Payload, Place, Way, Who};
use crate::model::NodeId;
use crate::object::Text;
use std::net::IpAddr;

/// What becomes of a packet, and of its answer?
#[derive(Clone, PartialEq, Debug)]
pub struct Question {
    /// Where it is sent. Where the sources are several, the namespace of the first one.
    pub place: Place,
    /// Its source address; what the kernel picks if there is none. Outside there always is one. Pods
    /// that are asked for at once are all on one node, and joined to it by its bridge.
    pub source: Option<Who>,
    /// Where it is to go.
    pub destination: Who,
    /// What it carries.
    pub payload: Payload,
    /// From outside, to what is no address of a node: the node that it comes to.
    pub through: Option<NodeId>,
}

/// What becomes of it.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Every way that it may take. The shares of those of one client are one in sum.
    pub ways: Vec<Ended>,
}

/// A way to its end: to the destination and, if that is reached, back to where it began.
#[derive(Clone, Debug)]
pub struct Ended {
    /// The way. Its trail has what the packet passed, then [`Event::Delivered`](super::Event), then
    /// what the answer passed.
    pub way: Way,
    /// Why there is no answer, if there is none.
    pub failure: Option<Failure>,
}

/// Who got a packet.
#[derive(Clone, PartialEq, Debug)]
pub struct Server {
    /// Where.
    pub place: Place,
    /// The address at which it did.
    pub address: Who,
    /// The port.
    pub port: Option<u16>,
    /// The source that it saw.
    pub client: Who,
}

/// Why there is no answer.
#[derive(Clone, PartialEq, Debug)]
pub struct Failure {
    /// Where the packet, or the answer, was then.
    pub place: Place,
    /// What the client sees of it.
    pub symptom: Symptom,
    /// What the reason is.
    pub cause: Cause,
}

/// What a client sees.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Symptom {
    /// Nothing, until it no longer waits.
    Silence,
    /// That the connection is refused.
    Refused,
    /// That the network or the host cannot be reached.
    Unreachable,
    /// Nobody can tell: netc does not know what becomes of the packet there.
    Unknown,
}

/// Why a packet does not get on. What the last step of the trail tells is not repeated.
#[derive(Clone, PartialEq, Debug)]
pub enum Cause {
    /// A rule drops or refuses it: the last step.
    Rule,
    /// The bridge would have to send it back by the port that it came by.
    Hairpin {
        /// The bridge.
        bridge: Text,
        /// The port.
        port: Text,
    },
    /// The bridge keeps both ports apart.
    Isolated {
        /// The bridge.
        bridge: Text,
        /// The port that it came by.
        port: Text,
        /// The one that it would have to go out by.
        other: Text,
    },
    /// The ports are in different vlans of the bridge.
    Vlan {
        /// The bridge.
        bridge: Text,
    },
    /// There is no route to it.
    NoRoute(IpAddr),
    /// A route, or a rule of the routing policy, refuses it: the last step.
    RouteRefuses,
    /// The namespace does not forward.
    NotForwarding {
        /// The parameter that is off.
        parameter: Text,
    },
    /// A source that leads elsewhere than it came from is not taken.
    ReversePath {
        /// The parameter that says so.
        parameter: Text,
    },
    /// Addresses of loopback are not taken from, or sent to, a network.
    Loopback,
    /// It comes from elsewhere with a source address that is the namespace's own.
    OwnSource(IpAddr),
    /// Nobody has the address on that link.
    NoNeighbour {
        /// The address.
        address: IpAddr,
        /// The device.
        device: Text,
    },
    /// The device is down.
    Down(Text),
    /// No peer of the device is responsible for it.
    NoPeer {
        /// The device.
        device: Text,
        /// The address.
        address: IpAddr,
    },
    /// It leaves the cluster for an address that only the cluster knows.
    Lost(IpAddr),
    /// Nobody is known to listen on the port there.
    NotListening {
        /// The port.
        port: Option<u16>,
    },
    /// A virtual server has no real server.
    NoRealServer,
    /// The answer comes from another address than the one that was asked: its translation was not
    /// undone.
    OtherAnswer {
        /// Who answers.
        from: IpAddr,
    },
    /// It does not fit the next device, and cannot be told so.
    TooLong {
        /// The device.
        device: Text,
        /// Its MTU, in bytes.
        mtu: u32,
    },
    /// It passes more places than its time to live allows.
    Loop,
    /// The node runs Windows: what it makes of packets is not known.
    Windows,
}

impl Ended {
    /// Who got the packet, if somebody did.
    #[must_use]
    pub fn server(&self) -> Option<&Server> {
        self.way.server.as_ref()
    }

    /// Whether it ends where nothing is known: at a node that runs Windows.
    #[must_use]
    pub fn is_unjudged(&self) -> bool {
        self.failure.as_ref().is_some_and(|failure| failure.cause == Cause::Windows)
    }

    /// Whether the answer came back.
    #[must_use]
    pub fn is_answered(&self) -> bool {
        self.failure.is_none()
    }
}

impl Answer {
    /// With what probability there is an answer, for the client that has the least.
    #[must_use]
    pub fn least(&self) -> f64 {
        let clients = self.ways.iter().flat_map(|ended| ended.way.client.all());
        let clients: std::collections::BTreeSet<&IpAddr> = clients.collect();
        let answered = |client: &IpAddr| -> f64 {
            let own = self.ways.iter().filter(|ended| ended.way.client.all().contains(client));
            own.filter(|ended| ended.is_answered()).map(|ended| ended.way.share).sum()
        };
        clients.into_iter().map(answered).fold(1.0, f64::min)
    }
}
