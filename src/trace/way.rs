//! A packet on its way.

use super::{Packet, Place, Server, Tracks, Trail, Who};
use std::net::IpAddr;

/// A packet somewhere on its way, and what it has passed. Where something is left to chance, or is
/// not the same for all that it may be of, the way divides.
#[derive(Clone, Debug)]
pub struct Way {
    /// With what probability a packet of this source and destination comes here.
    pub share: f64,
    /// The packet as it is here.
    pub packet: Packet,
    /// Where it is.
    pub place: Place,
    /// Who asked: the source of the first packet when it was sent.
    pub client: Who,
    /// Who got it, if somebody did: what walks since is the answer.
    pub server: Option<Server>,
    /// What it has passed.
    pub trail: Trail,
    /// What the connection tracking of the namespaces on the way remembers.
    pub tracks: Tracks,
}

/// For which packets of a way something holds.
#[derive(Debug)]
pub enum Holds {
    /// For all.
    Yes,
    /// For none.
    No,
    /// For some: the ways of these, and of the others.
    Partly(Box<(Way, Way)>),
}

impl From<bool> for Holds {
    fn from(holds: bool) -> Holds {
        if holds { Holds::Yes } else { Holds::No }
    }
}

impl Way {
    /// For which sources something holds.
    #[must_use]
    pub fn by_source(&self, test: impl Fn(IpAddr) -> bool) -> Holds {
        self.by(&self.packet.source, test)
    }

    /// For which destinations something holds.
    #[must_use]
    pub fn by_destination(&self, test: impl Fn(IpAddr) -> bool) -> Holds {
        self.by(&self.packet.destination, test)
    }

    /// For which sources and destinations together something holds. One of the two ends is a
    /// single address: nobody asks from several to several that overlap.
    #[must_use]
    pub fn by_both(&self, test: impl Fn(IpAddr, IpAddr) -> bool) -> Holds {
        let Packet { source, destination, .. } = &self.packet;
        match source {
            Who::One(source) => self.by(destination, |destination| test(*source, destination)),
            Who::Any(_) => self.by(source, |source| test(source, destination.first())),
        }
    }

    /// Something holds with a probability.
    #[must_use]
    pub fn by_chance(&self, probability: f64) -> Holds {
        if probability >= 1.0 {
            return Holds::Yes;
        }
        if probability <= 0.0 {
            return Holds::No;
        }
        Holds::Partly(Box::new((self.part(probability), self.part(1.0 - probability))))
    }

    /// The same with a part of its share.
    #[must_use]
    pub fn part(&self, probability: f64) -> Way {
        Way { share: self.share * probability, ..self.clone() }
    }

    /// One that begins somewhere.
    #[must_use]
    pub fn new(place: Place, packet: Packet) -> Way {
        let (client, trail, tracks) = (packet.source.clone(), Trail::default(), Tracks::default());
        Way { share: 1.0, packet, place, client, server: None, trail, tracks }
    }

    /// One from outside, for tests.
    #[cfg(test)]
    pub(crate) fn sample(source: Who, destination: Who, payload: super::Payload) -> Way {
        Way::new(Place::Outside, Packet::new(source, destination, payload))
    }

    fn by(&self, who: &Who, test: impl Fn(IpAddr) -> bool) -> Holds {
        if let Who::One(address) = who {
            return test(*address).into();
        }
        match who.split(test) {
            (Some(yes), Some(no)) => {
                Holds::Partly(Box::new((self.only(who, &yes), self.only(who, &no))))
            }
            (yes, _) => yes.is_some().into(),
        }
    }

    /// The way of some only of those that it was of.
    fn only(&self, all: &Who, some: &Who) -> Way {
        let mut way = self.clone();
        let Way { client, packet, server, tracks, .. } = &mut way;
        let ends = [client, &mut packet.source, &mut packet.destination];
        let seen = server.iter_mut().flat_map(|own| [&mut own.address, &mut own.client]);
        for who in ends.into_iter().chain(seen).chain(tracks.ends()).filter(|who| who.is(all)) {
            *who = some.clone();
        }
        way
    }
}
