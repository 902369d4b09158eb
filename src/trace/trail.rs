//! What a packet has passed.

use super::{Device, Payload, Way, Who};
use crate::model::NodeId;
use crate::object::{Hook, Netns, Side, Table, Text, VirtualAddress};
use netc_lang::Span;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

/// The steps of a way. Ways that divide share what lies behind them.
#[derive(Clone, Default, Debug)]
pub struct Trail(Option<Arc<Link>>);

#[derive(Debug)]
struct Link {
    step: Step,
    before: Trail,
}

/// Something that happens to a packet.
#[derive(Clone, Debug)]
pub struct Step {
    /// Where.
    pub place: Place,
    /// What.
    pub event: Event,
    /// The rule, route or entry that decides it.
    pub decided: Option<Decided>,
    /// Where the packet comes from, after it.
    pub source: Who,
    /// Where it goes, after it.
    pub destination: Who,
    /// What it carries, after it.
    pub payload: Payload,
}

/// Where a packet is.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Place {
    /// In a network namespace of a node.
    Node(NodeId, Netns),
    /// Outside of the cluster.
    Outside,
}

/// A line that decides, in the words of the tool that shows it, and the statement behind it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Decided {
    /// The line: a rule, a route, an entry.
    pub line: Text,
    /// The statement, if one of the sources made it.
    pub origin: Option<Span>,
}

/// What happens to a packet.
#[derive(Clone, PartialEq, Debug)]
pub enum Event {
    /// A process sends it.
    Sent,
    /// It comes in by a device.
    In(Device),
    /// It goes out by a device.
    Out(Device),
    /// A rule of the routing policy sends it to this table.
    Table(u32),
    /// A route is found: the next hop, if there is one, and the device, if it does not end here.
    Routed {
        /// The table.
        table: u32,
        /// The next hop.
        gateway: Option<IpAddr>,
        /// The device.
        device: Option<Text>,
    },
    /// The chains of a hook are passed from here on.
    Hook(Hook),
    /// A rule matches.
    Rule {
        /// The table.
        table: RuleTable,
        /// The chain.
        chain: Text,
        /// The mark after it, where it changes the mark.
        mark: Option<u32>,
        /// With what probability it matches, where that is left to chance.
        chance: Option<f64>,
    },
    /// A set or map has an element that the rule before looks up: the element decides.
    Element {
        /// The set.
        set: Text,
    },
    /// A rule has something in it that the walk cannot judge: it is taken as not matching.
    Unjudged {
        /// The table.
        table: RuleTable,
        /// The chain.
        chain: Text,
    },
    /// An address is translated.
    Translated {
        /// Which.
        side: Side,
        /// What it was.
        from: (Who, Option<u16>),
        /// What it is now.
        to: (IpAddr, Option<u16>),
    },
    /// The translation of its connection is undone on the answer.
    Restored {
        /// Of which address.
        side: Side,
        /// What it was.
        from: (Who, Option<u16>),
        /// What it is now.
        to: (Who, Option<u16>),
    },
    /// IPVS hands the connection to a real server.
    Scheduled {
        /// The virtual server.
        server: VirtualAddress,
        /// The real server.
        real: SocketAddr,
        /// How it was picked.
        scheduler: Text,
    },
    /// A bridge hands it to a port; back to the one that it came by, if it is a hairpin.
    Bridged {
        /// The bridge.
        bridge: Text,
        /// The port.
        port: Text,
        /// Back to where it came from.
        hairpin: bool,
    },
    /// A neighbour is known by an entry.
    Neighbour(IpAddr),
    /// It is put into another packet, which has a way of its own.
    Wrapped {
        /// The device: `flannel.1`.
        device: Text,
        /// The kind of the device, as ip-link(8) names it.
        kind: &'static str,
    },
    /// It is taken out of the other packet.
    Unwrapped {
        /// The device.
        device: Text,
    },
    /// It crosses what joins the nodes.
    Wire {
        /// To whom.
        to: IpAddr,
    },
    /// A program takes the connection, and opens one of its own, whose first packet goes on.
    Relayed {
        /// The program: `nginx`.
        program: &'static str,
        /// To whom.
        to: SocketAddr,
    },
    /// The answer of that other connection: the program answers the first one.
    Returned {
        /// The program.
        program: &'static str,
    },
    /// A process gets it.
    Delivered,
}

/// The table of a rule.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum RuleTable {
    /// One of iptables.
    Iptables(Table),
    /// One of nf_tables.
    Nft(Text),
}

impl Trail {
    /// The same, and a step more.
    #[must_use]
    pub fn with(&self, step: Step) -> Trail {
        Trail(Some(Arc::new(Link { step, before: self.clone() })))
    }

    /// The steps, the last one first.
    pub fn backwards(&self) -> impl Iterator<Item = &Step> {
        let mut next = self.0.as_deref();
        std::iter::from_fn(move || {
            let link = next?;
            next = link.before.0.as_deref();
            Some(&link.step)
        })
    }

    /// The steps in order.
    #[must_use]
    pub fn steps(&self) -> Vec<&Step> {
        let mut all: Vec<&Step> = self.backwards().collect();
        all.reverse();
        all
    }
}

impl Drop for Link {
    /// One after the other: a long trail must not take as many frames of the stack.
    fn drop(&mut self) {
        let mut next = self.before.0.take();
        while let Some(link) = next {
            next = Arc::try_unwrap(link).ok().and_then(|mut link| link.before.0.take());
        }
    }
}

impl Decided {
    /// A line that a statement made.
    #[must_use]
    pub fn new(line: impl Into<Text>, origin: Option<Span>) -> Decided {
        Decided { line: line.into(), origin }
    }
}

impl Way {
    /// Notes what happens.
    pub fn note(&mut self, event: Event, decided: Option<Decided>) {
        let Way { place, packet, .. } = self;
        let step = Step {
            place: place.clone(),
            event,
            decided,
            source: packet.source.clone(),
            destination: packet.destination.clone(),
            payload: packet.payload,
        };
        self.trail = self.trail.with(step);
    }
}
