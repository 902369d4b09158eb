//! Looks for what a packet is in what a rule lists, or in a set or map.

use super::super::verdict::View;
use super::super::{Packet, Way};
use super::Rules;
use super::field::{Ends, Field, Value};
use super::groups::{Groups, groups};
use super::index::{Found, Unknown, find, fit};
use super::rule::Among;
use std::net::IpAddr;

/// What was seen.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) enum Seen<'t> {
    /// The packet has no such field: the rule is not for it.
    Absent,
    /// What is looked into has nothing of the kind.
    Nothing,
    /// This.
    Has(Found<'t>),
    /// It is not known what is looked into.
    Unknown,
}

/// What is looked for, and in what.
#[derive(Clone, Copy)]
pub(super) struct Look<'l, 't> {
    pub(super) rules: &'t Rules,
    pub(super) view: &'l View<'l>,
    pub(super) key: &'l [Field],
    pub(super) among: &'l Among<'t>,
}

impl<'t> Look<'_, 't> {
    /// What is seen of a packet.
    pub(super) fn all(self, way: &Way) -> Groups<Seen<'t>> {
        groups(way, self.ends(), |from, to| self.one(&way.packet, from, to))
    }

    /// Whether a condition holds that asks for it, or for nothing of it.
    pub(super) fn holds(self, way: &Way, not: bool) -> Groups<Result<bool, Unknown>> {
        groups(way, self.ends(), |from, to| match self.one(&way.packet, from, to) {
            Seen::Absent => Ok(false),
            Seen::Nothing => Ok(not),
            Seen::Has(_) => Ok(!not),
            Seen::Unknown => Err(Unknown),
        })
    }

    fn ends(self) -> Ends {
        self.key.iter().map(Field::ends).fold(Ends::default(), |all, one| Ends {
            source: all.source || one.source,
            destination: all.destination || one.destination,
        })
    }

    /// What is seen of a packet from one address to another.
    fn one(self, packet: &Packet, source: IpAddr, destination: IpAddr) -> Seen<'t> {
        let value = |field: &Field| field.value(packet, (source, destination), self.view);
        let Some(values) = self.key.iter().map(value).collect::<Option<Vec<Value>>>() else {
            return Seen::Absent;
        };
        let found = match self.among {
            Among::Listed(entries) => {
                let entry = entries.iter().find(|(patterns, _)| fit(patterns, &values));
                Ok(entry.map(|(_, value)| Found { value, element: None }))
            }
            Among::Named(name) => match self.rules.set(name) {
                Some(set) => find(set, self.key, &values),
                None => Err(Unknown),
            },
            Among::Numbered(_) => Err(Unknown),
        };
        match found {
            Ok(Some(found)) => Seen::Has(found),
            Ok(None) => Seen::Nothing,
            Err(Unknown) => Seen::Unknown,
        }
    }
}
