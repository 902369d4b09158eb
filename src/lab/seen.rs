//! What is seen of a lab that runs: which of its hosts are alive, and what has passed on its links.

use super::mishap::Inmate;
use std::collections::BTreeMap;
use std::time::Duration;

/// What has passed on a link since it was made, as its owner has it: in is what it got.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Counters {
    /// Packets in and out.
    pub packets: (u64, u64),
    /// Bytes in and out.
    pub bytes: (u64, u64),
    /// Packets that were dropped or broken, either way.
    pub lost: u64,
}

/// A link as it was found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SeenLink {
    /// The owner's device.
    pub device: String,
    /// Something is at its other end.
    pub up: bool,
    /// What has passed.
    pub counters: Counters,
}

/// What is seen of a lab at one time.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Seen {
    /// The hosts by their names.
    pub hosts: BTreeMap<String, SeenHost>,
    /// The links of those pods and containers that were looked at.
    pub pods: BTreeMap<Inmate, Vec<SeenLink>>,
}

/// What is seen of a host.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct SeenHost {
    /// Its process runs.
    pub alive: bool,
    /// Its underlay links.
    pub links: Vec<SeenLink>,
}

/// Whether a node is what its sources say now.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Drift {
    /// An apply would have nothing to do.
    InStep,
    /// An apply would change so many things.
    Differs(usize),
    /// It cannot be told: it is down, its sources are broken, or something is in the way.
    Unknown,
}

impl Drift {
    /// In a few words.
    #[must_use]
    pub fn words(self) -> String {
        match self {
            Drift::InStep => "in step".to_owned(),
            Drift::Differs(1) => "1 difference".to_owned(),
            Drift::Differs(count) => format!("{count} differences"),
            Drift::Unknown => "not to be told".to_owned(),
        }
    }

    /// How many there are, where that is known.
    #[must_use]
    pub fn differences(self) -> Option<usize> {
        match self {
            Drift::InStep => Some(0),
            Drift::Differs(count) => Some(count),
            Drift::Unknown => None,
        }
    }
}

impl Counters {
    /// Of several links together.
    #[must_use]
    pub fn sum(links: &[SeenLink]) -> Counters {
        links.iter().fold(Counters::default(), |sum, link| sum.plus(link.counters))
    }

    /// Both together.
    #[must_use]
    pub fn plus(self, other: Counters) -> Counters {
        self.with(other, u64::saturating_add)
    }

    /// What has passed in a second since an earlier look.
    #[must_use]
    pub fn per_second(self, before: Counters, time: Duration) -> Counters {
        let millis = u64::try_from(time.as_millis()).unwrap_or(u64::MAX).max(1);
        let rate = |passed: u64| (passed.saturating_mul(1000).saturating_add(millis / 2)) / millis;
        self.with(before, |now, then| rate(now.saturating_sub(then)))
    }

    fn with(self, other: Counters, each: impl Fn(u64, u64) -> u64) -> Counters {
        let both = |one: (u64, u64), two: (u64, u64)| (each(one.0, two.0), each(one.1, two.1));
        Counters {
            packets: both(self.packets, other.packets),
            bytes: both(self.bytes, other.bytes),
            lost: each(self.lost, other.lost),
        }
    }

    /// The same as the other end of the link has it.
    #[must_use]
    pub fn turned(self) -> Counters {
        let (packets, bytes) = ((self.packets.1, self.packets.0), (self.bytes.1, self.bytes.0));
        Counters { packets, bytes, lost: self.lost }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_of_a_second() {
        let before = Counters { packets: (10, 0), bytes: (1000, 0), lost: 7 };
        let now = Counters { packets: (30, 0), bytes: (4000, 5), lost: 0 };
        let rate = now.per_second(before, Duration::from_millis(2000));
        assert_eq!(rate, Counters { packets: (10, 0), bytes: (1500, 3), lost: 0 });
        assert_eq!(now.turned().bytes, (5, 4000));
        let link = SeenLink { device: "eth0".into(), up: true, counters: now };
        assert_eq!(Counters::sum(&[link.clone(), link]).packets, (60, 0));
    }
}
