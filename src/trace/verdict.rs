//! What rules decide.

use super::Way;
use crate::model::Family;
use crate::object::{Ipset, SetName};
use rustc_hash::FxHashMap;
use std::net::IpAddr;

/// A way behind the rules of a hook, and what they decided.
#[derive(Debug)]
pub struct Judged {
    /// The way, with the rules that matched on its trail and with the mark that they left.
    pub way: Way,
    /// What becomes of the packet.
    pub verdict: Verdict,
}

/// What becomes of a packet.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// It goes on, as a rule or the policy of the chain lets it.
    Accept,
    /// It is dropped in silence.
    Drop,
    /// It is refused: its sender is told.
    Reject(Refusal),
    /// It goes on with another address.
    Translate(Translation),
}

/// What a sender is told.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Refusal {
    /// That nobody has the port (ICMP port unreachable).
    PortUnreachable,
    /// That the connection is reset (TCP RST).
    Reset,
    /// That it must not (ICMP administratively prohibited, or another reason of a rule's own).
    Prohibited,
}

/// Another address for a packet and all others of its connection.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Translation {
    /// Another destination.
    Destination {
        /// The address; the same one if there is none.
        address: Option<IpAddr>,
        /// The port; the same one if there is none.
        port: Option<u16>,
    },
    /// The namespace itself, at this port.
    Redirect(Option<u16>),
    /// Another source.
    Source {
        /// The address.
        address: IpAddr,
        /// The port; the same one if there is none.
        port: Option<u16>,
    },
    /// The address of the device that it goes out by.
    Masquerade,
}

/// What rules ask beside the packet.
pub struct View<'v> {
    /// The family.
    pub family: Family,
    /// Whether an address is one of the namespace's own.
    pub is_local: &'v dyn Fn(IpAddr) -> bool,
    /// The sets.
    pub sets: &'v FxHashMap<SetName, Ipset>,
}
