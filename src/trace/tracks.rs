//! What the connection tracking of each namespace remembers of the connection in question.

use super::{Packet, Payload, Place, Who};
use crate::object::VirtualAddress;
use netc_lang::Protocol;

/// A connection as each namespace on its way knows it.
#[derive(Clone, Default, Debug)]
pub struct Tracks {
    all: Vec<Track>,
    /// The one that the packet is known to be of where it is now.
    current: Option<usize>,
}

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
    /// The namespace has seen an answer.
    pub answered: bool,
    /// Rules were asked for another destination.
    pub asked_destination: bool,
    /// Rules were asked for another source.
    pub asked_source: bool,
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
    /// A connection that begins.
    #[must_use]
    pub fn new(place: Place, packet: &Packet) -> Track {
        Track {
            place,
            original: Ends::of(packet),
            translated: Ends::of(packet),
            server: None,
            answered: false,
            asked_destination: false,
            asked_source: false,
        }
    }

    /// Whether its destination was translated: what IPVS does is none of this.
    #[must_use]
    pub fn dnat(&self) -> bool {
        let of = |ends: &Ends| (ends.destination.clone(), ends.payload.destination());
        self.server.is_none() && of(&self.original) != of(&self.translated)
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
    /// Finds what a namespace remembers of a packet that comes in: whether it is an answer.
    pub(super) fn find(&mut self, place: &Place, packet: &Packet) -> Option<bool> {
        let here = self.all.iter().enumerate().rev().filter(|(_, track)| track.place == *place);
        let known = here.into_iter().find_map(|(index, track)| {
            let answer = track.is_answer(packet);
            (answer || track.original == Ends::of(packet)).then_some((index, answer))
        });
        self.current = known.map(|(index, _)| index);
        let answer = known.map(|(_, answer)| answer);
        if let Some(track) = self.current_mut() {
            track.answered |= answer == Some(true);
        }
        answer
    }

    /// Whether a namespace on the way of a connection of this protocol has seen nothing of its
    /// answer. IPVS looks after its own.
    pub(super) fn is_one_sided(&self, protocol: Option<Protocol>) -> bool {
        let of_one_side = |track: &Track| {
            let own = track.original.payload.protocol() == protocol;
            own && !track.answered && track.server.is_none()
        };
        self.all.iter().any(of_one_side)
    }

    /// Another connection, which the packet is the first one of.
    pub(super) fn begin(&mut self, track: Track) {
        self.current = Some(self.all.len());
        self.all.push(track);
    }

    /// The connection that the packet is of where it is now.
    #[must_use]
    pub fn current(&self) -> Option<&Track> {
        self.all.get(self.current?)
    }

    /// The same, to be changed.
    pub(super) fn current_mut(&mut self) -> Option<&mut Track> {
        self.all.get_mut(self.current?)
    }

    /// The packet leaves the namespace.
    pub(super) fn leave(&mut self) {
        self.current = None;
    }

    /// Every end of every connection.
    pub(super) fn ends(&mut self) -> impl Iterator<Item = &mut Who> {
        self.all.iter_mut().flat_map(|track| {
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
