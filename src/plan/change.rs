//! Changes: what is there, what is to be there instead, and where that was asked for.

use super::thing::{Key, Thing};
use crate::object::State;
use netc_lang::{Sources, Span};
use std::sync::Arc;

/// One change.
#[derive(Clone, Debug)]
pub struct Change<'t> {
    /// What changes.
    pub key: Key,
    /// What is there now; nothing if it is to be made.
    pub from: Option<Thing<'t>>,
    /// What is to be there; nothing if it is to be removed.
    pub to: Option<Thing<'t>>,
    /// What has to be done.
    pub kind: Kind,
    /// How that which is there differs, for people: `was mtu 1400`. Empty if there is nothing to
    /// say.
    pub was: String,
    /// The device or namespace that takes it along when it goes: the change is not carried out on
    /// its own.
    pub with: Option<Key>,
    /// Where it was asked for.
    pub origin: Origin,
}

/// What has to be done with a thing.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Kind {
    /// Make it.
    Make,
    /// Change it in place.
    Update,
    /// Remove it and make it anew.
    Replace,
    /// Remove it.
    Remove,
}

impl Kind {
    /// The word for machines.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Kind::Make => "make",
            Kind::Update => "update",
            Kind::Replace => "replace",
            Kind::Remove => "remove",
        }
    }

    /// The mark for people.
    #[must_use]
    pub fn mark(self) -> char {
        match self {
            Kind::Make => '+',
            Kind::Update => '~',
            Kind::Replace => '!',
            Kind::Remove => '-',
        }
    }
}

/// Where a change was asked for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Origin {
    /// By a statement of the sources at hand.
    Source(Span),
    /// By a statement of sources that were at hand when the plan was saved: `lab.netc:3:1`.
    Saved(Arc<str>),
    /// By no statement: what is removed has left the sources.
    Nowhere,
}

impl Origin {
    /// The statement, if the sources are at hand.
    #[must_use]
    pub fn span(&self) -> Option<Span> {
        match self {
            Origin::Source(span) => Some(*span),
            _ => None,
        }
    }

    /// The position for people; `None` if there is none.
    #[must_use]
    pub fn shown(&self, sources: &Sources) -> Option<String> {
        match self {
            Origin::Source(span) => Some(sources.locate(*span).to_string()),
            Origin::Saved(text) => Some(text.to_string()),
            Origin::Nowhere => None,
        }
    }
}

impl Change<'_> {
    /// Whether connections that are open may suffer while it is made: a device goes away or
    /// changes its address, or leaves its bridge, or a route is missing for a moment.
    ///
    /// Those through virtual servers do not: the kernel keeps what it has picked for them, whatever
    /// else changes (ip_vs_edit_service and ip_vs_edit_dest in ip_vs_ctl.c), and a real server that
    /// goes waits for the end of its own.
    #[must_use]
    pub fn cuts_traffic(&self) -> bool {
        let states =
            (self.from.as_ref().and_then(Thing::state), self.to.as_ref().and_then(Thing::state));
        match (self.kind, states) {
            (_, (Some(State::Link(_)), Some(State::Link(_)))) => {
                self.kind == Kind::Replace || self.readdresses()
            }
            (Kind::Update, (Some(State::Port(old)), Some(State::Port(new)))) => {
                old.bridge != new.bridge
            }
            (Kind::Replace, (Some(State::Route(_)), Some(State::Route(_)))) => true,
            _ => false,
        }
    }

    /// Whether the Ethernet address of a device, or of its other end, becomes another.
    #[must_use]
    pub fn readdresses(&self) -> bool {
        let side = |thing: &Option<Thing>| match thing.as_ref().and_then(Thing::state) {
            Some(State::Link(link)) => Some(link.addresses()),
            _ => None,
        };
        match (side(&self.from), side(&self.to)) {
            (Some((old, old_peer)), Some((new, new_peer))) => {
                (new.is_some() && old != new) || old_peer != new_peer
            }
            _ => false,
        }
    }

    /// Whether it can be called for again at any time: the next packet of a client may make a
    /// connection stale, whatever was done before.
    #[must_use]
    pub fn recurs(&self) -> bool {
        matches!(self.to.as_ref().and_then(Thing::state), Some(State::Flush(_)))
    }

    /// The same, holding all it says.
    #[must_use]
    pub fn into_owned(self) -> Change<'static> {
        Change {
            key: self.key,
            from: self.from.map(Thing::into_owned),
            to: self.to.map(Thing::into_owned),
            kind: self.kind,
            was: self.was,
            with: self.with,
            origin: self.origin,
        }
    }
}
