//! Tracked connections over netlink (linux/netfilter/nfnetlink_conntrack.h).

use super::error::KernelError;
use super::machine::Machine;
use super::module;
use super::socket::Socket;
use crate::model::Family;
use crate::object::{Flush, Netns, State};
use crate::plan::Live;
use netlink_packet_core::Nla;
use netlink_packet_netfilter::conntrack::{
    ConntrackAttribute as Attribute, ConntrackMessage, IPTuple, ProtoTuple, Protocol, Tuple,
};
use netlink_packet_netfilter::{
    NetfilterHeader, NetfilterMessage as Message, NetfilterMessageInner, NetfilterProtoFamily,
};
use nix::errno::Errno;
use std::collections::BTreeMap;
use std::net::IpAddr;

/// The number of an entry, and its zone: with the tuple they name one entry and no other
/// (`enum ctattr_type`).
const CTA_ID: u16 = 12;
const CTA_ZONE: u16 = 18;

/// The flushes of one family with their places in the list, by what they look for.
struct Flushes<'f> {
    family: Family,
    wanted: BTreeMap<(Option<IpAddr>, u16), (usize, &'f Flush)>,
}

/// An entry that is to go.
struct Stale {
    /// The places of the flushes that want it gone: one by its address, one by its port alone.
    places: Vec<usize>,
    /// What names it: never empty, for then every entry would be meant.
    name: Vec<Attribute>,
}

/// Counts the stale connections. Without the module that lists them nothing is listed: to ask
/// would load it.
pub(super) fn observe(
    machine: &mut Machine,
    wanted: &[&Flush],
    live: &mut Live,
) -> Result<(), KernelError> {
    let mut known = None;
    for family in Family::ALL {
        let flushes = Flushes::new(family, wanted);
        if flushes.wanted.is_empty() || !*known.get_or_insert_with(module::lists_connections) {
            continue;
        }
        let stale = flushes.stale(machine.socket(&Netns::Node)?)?;
        for place in stale.iter().flat_map(|one| &one.places) {
            if let Some(flush) = wanted.get(*place) {
                *live.stale.entry(State::Flush((*flush).clone()).id()).or_default() += 1;
            }
        }
    }
    Ok(())
}

/// Deletes what is stale by the flushes of a family. What has ended by itself is gone as well.
pub(super) fn forget(
    machine: &mut Machine,
    family: Family,
    wanted: &[&Flush],
) -> Result<(), KernelError> {
    let flushes = Flushes::new(family, wanted);
    let socket = machine.socket(&Netns::Node)?;
    for Stale { name, .. } in flushes.stale(socket)? {
        match socket.request(&flushes.message(ConntrackMessage::Delete(name)), 0) {
            Ok(()) | Err(KernelError::Netlink { errno: Errno::ENOENT, .. }) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

impl<'f> Flushes<'f> {
    /// Those of a family.
    fn new(family: Family, wanted: &[&'f Flush]) -> Flushes<'f> {
        let own = wanted.iter().enumerate().filter(|(_, flush)| flush.family == family);
        let wanted = own.map(|(place, flush)| ((flush.destination, flush.port), (place, *flush)));
        Flushes { family, wanted: wanted.collect() }
    }

    /// The entries that are to go.
    fn stale(&self, socket: &mut Socket<Message>) -> Result<Vec<Stale>, KernelError> {
        let question = self.message(ConntrackMessage::Get(Vec::new()));
        socket.dump(&question, |answer| match answer.inner {
            NetfilterMessageInner::Conntrack(ConntrackMessage::New(entry)) => self.catch(entry),
            _ => None,
        })
    }

    fn message(&self, message: ConntrackMessage) -> Message {
        let family = match self.family {
            Family::V4 => NetfilterProtoFamily::IPv4,
            Family::V6 => NetfilterProtoFamily::IPv6,
        };
        Message::new(NetfilterHeader::new(family, 0, 0), message)
    }

    /// The entry, if it is to go.
    fn catch(&self, entry: Vec<Attribute>) -> Option<Stale> {
        let (destination, port) = entry.iter().find_map(|attribute| match attribute {
            Attribute::CtaTupleOrig(tuple) => destination(tuple),
            _ => None,
        })?;
        let source = entry.iter().find_map(|attribute| match attribute {
            Attribute::CtaTupleReply(tuple) => source(tuple),
            _ => None,
        })?;
        let keys = [(Some(destination), port), (None, port)];
        let wanted = keys.iter().filter_map(|key| self.wanted.get(key));
        let places: Vec<usize> =
            wanted.filter(|(_, flush)| !flush.keeps(source)).map(|(place, _)| *place).collect();
        if places.is_empty() {
            return None;
        }
        let names = |attribute: &Attribute| match attribute {
            Attribute::CtaTupleOrig(_) => true,
            Attribute::Other(other) => matches!(other.kind(), CTA_ID | CTA_ZONE),
            _ => false,
        };
        Some(Stale { places, name: entry.into_iter().filter(names).collect() })
    }
}

/// Where the packets of one direction of a UDP connection go to.
fn destination(tuple: &[Tuple]) -> Option<(IpAddr, u16)> {
    let (mut address, mut port, mut udp) = (None, None, false);
    for part in tuple {
        match part {
            Tuple::Ip(fields) => {
                address = fields.iter().find_map(|field| match field {
                    IPTuple::DestinationAddress(address) => Some(*address),
                    _ => None,
                });
            }
            Tuple::Proto(fields) => {
                udp = fields.contains(&ProtoTuple::Protocol(Protocol::Udp));
                port = fields.iter().find_map(|field| match field {
                    ProtoTuple::DestinationPort(port) => Some(*port),
                    _ => None,
                });
            }
            _ => {}
        }
    }
    address.zip(port).filter(|_| udp)
}

/// Where the packets of one direction of a connection come from.
fn source(tuple: &[Tuple]) -> Option<IpAddr> {
    tuple.iter().find_map(|part| match part {
        Tuple::Ip(fields) => fields.iter().find_map(|field| match field {
            IPTuple::SourceAddress(address) => Some(*address),
            _ => None,
        }),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flush(destination: Option<&str>, port: u16, keep: &[&str]) -> Flush {
        Flush {
            family: Family::V4,
            destination: destination.map(|address| address.parse().unwrap()),
            port,
            keep: keep.iter().map(|address| address.parse().unwrap()).collect(),
            table: crate::object::Aside(None),
        }
    }

    fn tuple(protocol: Protocol, source: &str, to: &str, port: u16) -> Vec<Tuple> {
        vec![
            Tuple::Ip(vec![
                IPTuple::SourceAddress(source.parse().unwrap()),
                IPTuple::DestinationAddress(to.parse().unwrap()),
            ]),
            Tuple::Proto(vec![
                ProtoTuple::Protocol(protocol),
                ProtoTuple::SourcePort(4000),
                ProtoTuple::DestinationPort(port),
            ]),
        ]
    }

    /// The places of the flushes that catch a connection to an address and port which another
    /// address answers.
    fn caught(protocol: Protocol, to: &str, port: u16, answered_by: &str) -> Vec<usize> {
        let all = [
            flush(Some("10.96.0.10"), 53, &["10.244.0.2", "10.244.0.3"]),
            flush(None, 30053, &["10.244.0.2"]),
            flush(Some("10.96.0.10"), 30053, &["10.244.0.9"]),
        ];
        let wanted =
            all.iter().zip(0..).map(|(one, place)| ((one.destination, one.port), (place, one)));
        let flushes = Flushes { family: Family::V4, wanted: wanted.collect() };
        let entry = vec![
            Attribute::CtaTupleOrig(tuple(protocol, "10.244.1.7", to, port)),
            Attribute::CtaTupleReply(tuple(protocol, answered_by, "10.244.1.7", 4000)),
            Attribute::CtaMark(7),
        ];
        let Some(stale) = flushes.catch(entry) else { return Vec::new() };
        assert_eq!(stale.name, [Attribute::CtaTupleOrig(tuple(protocol, "10.244.1.7", to, port))]);
        stale.places
    }

    #[test]
    fn only_udp_to_the_service_that_no_kept_address_answers_is_caught() {
        assert_eq!(caught(Protocol::Udp, "10.96.0.10", 53, "10.244.0.4"), [0]);
        assert_eq!(caught(Protocol::Udp, "10.96.0.10", 53, "10.244.0.3"), [0; 0]);
        assert_eq!(caught(Protocol::Udp, "10.96.0.10", 54, "10.244.0.4"), [0; 0]);
        assert_eq!(caught(Protocol::Udp, "10.96.0.11", 53, "10.244.0.4"), [0; 0]);
        assert_eq!(caught(Protocol::Tcp, "10.96.0.10", 53, "10.244.0.4"), [0; 0]);
    }

    #[test]
    fn a_node_port_has_any_address() {
        assert_eq!(caught(Protocol::Udp, "192.168.0.10", 30053, "10.244.0.3"), [1]);
        assert_eq!(caught(Protocol::Udp, "192.168.0.10", 30053, "10.244.0.2"), [0; 0]);
        assert_eq!(caught(Protocol::Udp, "10.96.0.10", 30053, "10.244.0.4"), [2, 1]);
        assert_eq!(caught(Protocol::Udp, "10.96.0.10", 30053, "10.244.0.2"), [2]);
    }
}
