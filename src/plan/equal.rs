//! When a live object is as desired: one answer for each kind.

use crate::object::{Link, LinkKind, State};

/// How a live object differs from the desired one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Difference {
    /// Not at all.
    None,
    /// In something that can be changed in place; what it is now.
    InPlace(String),
    /// In something that cannot: it has to be made anew.
    Remake(String),
}

/// Compares a desired object with the live one of the same identity. Chains and jumps are
/// compared as text, elsewhere.
pub(super) fn compare(desired: &State, live: &State) -> Difference {
    let in_place = |same: bool, was: String| {
        if same { Difference::None } else { Difference::InPlace(was) }
    };
    match (desired, live) {
        (State::Sysctl(new), State::Sysctl(old)) => {
            in_place(new.accepts(&old.value), format!("was {}", old.value))
        }
        (State::Link(new), State::Link(old)) => link(new, old),
        (State::Port(new), State::Port(old)) => {
            let hairpin = if old.hairpin { "on" } else { "off" };
            let same = (&new.bridge, new.hairpin) == (&old.bridge, old.hairpin);
            in_place(same, format!("was in {}, hairpin {hairpin}", old.bridge))
        }
        (State::Neighbour(new), State::Neighbour(old)) => {
            in_place(new.mac == old.mac, format!("was {}", old.mac))
        }
        (State::Fdb(new), State::Fdb(old)) => {
            in_place(new.destination == old.destination, format!("was {}", old.destination))
        }
        (State::Route(new), State::Route(old)) => {
            let same = (new.gateway, &new.link, new.onlink) == (old.gateway, &old.link, old.onlink);
            in_place(same, format!("was via {} dev {}", old.gateway, old.link))
        }
        // The others are their identity: they are there or not.
        _ => Difference::None,
    }
}

/// Name and namespace are the identity. The kernel adds many attributes of its own; only what
/// netc states is compared.
fn link(new: &Link, old: &Link) -> Difference {
    let same_kind = match (&new.kind, &old.kind) {
        (LinkKind::Bridge, LinkKind::Bridge) => true,
        (LinkKind::Veth(new), LinkKind::Veth(old)) => {
            (&new.netns, &new.name) == (&old.netns, &old.name)
        }
        (new, old) => new == old,
    };
    if !same_kind {
        let was = match &old.kind {
            LinkKind::Other(kind) => format!("was {kind}"),
            _ => "had other attributes".into(),
        };
        return Difference::Remake(was);
    }
    let mut was = Vec::new();
    if new.mtu != old.mtu {
        was.push(format!("mtu {}", old.mtu));
    }
    if let (Some(mac), Some(other)) = (new.mac, old.mac)
        && mac != other
    {
        was.push(format!("address {other}"));
    }
    if let (LinkKind::Veth(peer), LinkKind::Veth(other)) = (&new.kind, &old.kind)
        && peer.mac != other.mac
    {
        was.push(format!("peer address {}", other.mac));
    }
    if new.alias != old.alias {
        was.push(format!("alias {:?}", &*old.alias));
    }
    if was.is_empty() {
        Difference::None
    } else {
        Difference::InPlace(format!("was {}", was.join(", ")))
    }
}
