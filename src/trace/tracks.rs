//! What the connection tracking of each namespace remembers of the connection in question.

use super::{Packet, Payload, Place, Who};
use crate::object::VirtualAddress;

/// A connection as each namespace on its way knows it.
#[derive(Clone, Default, Debug)]
pub struct Tracks(Vec<Track>);

/// A connection as one namespace knows it (`struct nf_conn` in the kernel).
#[derive(Clone, Debug)]
pub struct Track {
    /// The namespace.
    pub place: Place,
    /// The first packet as it came.
    pub original: Ends,
    /// The first packet as it went on: its answer comes from the destination to the source.
    pub translated: Ends,
    /// The virtual server of IPVS that it is of.
    pub server: Option<VirtualAddress>,
}

/// From where to where.
#[derive(Clone, PartialEq, Debug)]
pub struct Ends {
    /// The source.
    pub source: Who,
    /// The destination.
    pub destination: Who,
    /// The ports, or what takes their place.
    pub payload: Payload,
}

impl Ends {
    /// Those of a packet.
    #[must_use]
    pub fn of(packet: &Packet) -> Ends {
        Ends {
            source: packet.source.clone(),
            destination: packet.destination.clone(),
            payload: packet.payload,
        }
    }
}

impl Track {
    /// Whether its destination was translated.
    #[must_use]
    pub fn dnat(&self) -> bool {
        let of = |ends: &Ends| (ends.destination.clone(), ends.payload.destination());
        of(&self.original) != of(&self.translated)
    }

    /// Whether its source was.
    #[must_use]
    pub fn snat(&self) -> bool {
        self.original.source != self.translated.source
    }

    /// Whether a packet is its answer, as it comes in.
    #[must_use]
    pub fn is_answer(&self, packet: &Packet) -> bool {
        let Ends { source, destination, payload } = &self.translated;
        packet.source == *destination
            && packet.destination == *source
            && packet.payload == payload.answer()
    }
}

impl Tracks {
    /// What a namespace remembers.
    pub fn of<'t>(&'t self, place: &Place) -> impl Iterator<Item = &'t Track> {
        self.0.iter().filter(move |track| track.place == *place)
    }

    /// What a namespace remembers last.
    pub fn last_of(&mut self, place: &Place) -> Option<&mut Track> {
        self.0.iter_mut().rev().find(|track| track.place == *place)
    }

    /// Another connection.
    pub fn add(&mut self, track: Track) {
        self.0.push(track);
    }

    /// Every end of every connection.
    pub(super) fn ends(&mut self) -> impl Iterator<Item = &mut Who> {
        self.0.iter_mut().flat_map(|track| {
            let Track { original, translated, .. } = track;
            [
                &mut original.source,
                &mut original.destination,
                &mut translated.source,
                &mut translated.destination,
            ]
        })
    }
}
