//! When a thing that was found is as wanted: one answer for each kind, with what the kernel adds
//! of its own.

use super::balancer;
use super::serving;
use super::tables;
use super::thing::{Jumps, Thing};
use super::wireguard;
use crate::emit::{policy, way};
use crate::object::{Link, LinkKind, Place, Route, State};

/// How a thing that was found differs from the wanted one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Difference {
    /// Not at all.
    None,
    /// In something that can be changed in place; what it is now.
    InPlace(String),
    /// In something that cannot: it has to be made anew.
    Remake(String),
}

/// Compares a wanted thing with the one that was found under its key.
pub(super) fn things(wanted: &Thing, found: &Thing, others: u32) -> Difference {
    match (wanted, found) {
        (Thing::Object(wanted), Thing::Object(found)) => states(wanted, found),
        // Both are as iptables-save prints them.
        (Thing::Chain(wanted), Thing::Chain(found)) => {
            in_place(wanted.text == found.text, || had_rules(&wanted.text, &found.text))
        }
        (Thing::Jumps(wanted), Thing::Jumps(found)) => {
            in_place(jumps_in_place(wanted, found, others), || misplaced(wanted, found))
        }
        _ => Difference::None,
    }
}

pub(super) fn in_place(same: bool, was: impl FnOnce() -> String) -> Difference {
    if same { Difference::None } else { Difference::InPlace(was()) }
}

fn had_rules(wanted: &str, found: &str) -> String {
    let rules = |count| if count == 1 { "1 rule".into() } else { format!("{count} rules") };
    let count = found.lines().count();
    if count != wanted.lines().count() {
        return format!("had {}", rules(count));
    }
    let other = wanted.lines().zip(found.lines()).filter(|(wanted, found)| wanted != found);
    match other.count() {
        1 => "1 rule was another".into(),
        other => format!("{} were others", rules(other)),
    }
}

/// Whether the jumps are the wanted ones, in order, and each where it belongs among so many rules
/// of others. What is to be behind all others may have some behind it: they came later, and
/// whoever added them wanted them last.
fn jumps_in_place(wanted: &Jumps, found: &Jumps, others: u32) -> bool {
    let place = |wanted: Place, found: Place| match (wanted, found) {
        (Place::Top(_), Place::Behind(count)) => count == 0,
        (Place::Behind(wanted), Place::Behind(count)) => count == wanted.min(others),
        _ => true,
    };
    wanted.rules.len() == found.rules.len()
        && wanted
            .rules
            .iter()
            .zip(&found.rules)
            .all(|((to, line), (from, other))| line == other && place(*to, *from))
}

/// What is wrong with jumps that are not where they belong.
fn misplaced(wanted: &Jumps, found: &Jumps) -> String {
    let has = |jumps: &Jumps, line: &String| jumps.rules.iter().any(|(_, other)| other == line);
    let missing = wanted.rules.iter().filter(|(_, line)| !has(found, line)).count();
    let more = found.rules.iter().filter(|(_, line)| !has(wanted, line)).count();
    let behind = found.rules.iter().find_map(|(place, line)| match place {
        Place::Behind(count) if *count > 0 && has(wanted, line) => Some(*count),
        _ => None,
    });
    match (missing, more, behind) {
        (0, 0, Some(1)) => "out of place, behind 1 rule of others".into(),
        (0, 0, Some(count)) => format!("out of place, behind {count} rules of others"),
        (0, 0, None) => "out of order".into(),
        (missing, 0, _) => format!("{missing} of {} missing", wanted.rules.len()),
        (0, more, _) => format!("{more} too many"),
        (missing, more, _) => format!("{missing} missing, {more} others"),
    }
}

/// Compares a wanted object with the one of the same identity.
fn states(wanted: &State, found: &State) -> Difference {
    match (wanted, found) {
        (State::Sysctl(new), State::Sysctl(old)) => {
            in_place(new.accepts(&old.value), || format!("was {}", old.value))
        }
        (State::Link(new), State::Link(old)) => link(new, old),
        (State::Port(new), State::Port(old)) => {
            let hairpin = if old.hairpin { "on" } else { "off" };
            let isolated = match (old.isolated, new.isolated) {
                (false, false) => "",
                (true, _) => ", isolated on",
                (false, true) => ", isolated off",
            };
            let vlan = match (old.vlan, new.vlan) {
                (None, None) => String::new(),
                (Some(vlan), _) => format!(", vlan {vlan}"),
                (None, Some(_)) => ", no vlan of its own".to_owned(),
            };
            in_place(new == old, || {
                format!("was in {}, hairpin {hairpin}{isolated}{vlan}", old.bridge)
            })
        }
        (State::Neighbour(new), State::Neighbour(old)) => {
            in_place(new.mac == old.mac, || format!("was {}", old.mac))
        }
        (State::Fdb(new), State::Fdb(old)) => {
            in_place(new.destination == old.destination, || format!("was {}", old.destination))
        }
        (State::Wireguard(new), State::Wireguard(old)) => {
            in_place(new == old, || format!("was {}", wireguard::device(old)))
        }
        (State::WireguardPeer(new), State::WireguardPeer(old)) => {
            in_place(new == old, || format!("was {}", wireguard::peer(old)))
        }
        (State::Route(new), State::Route(old)) => route(new, old),
        (State::PolicyRule(new), State::PolicyRule(old)) if new == old => Difference::None,
        // The kernel knows no way to change one.
        (State::PolicyRule(_), State::PolicyRule(old)) => {
            Difference::Remake(format!("was {}", policy(old)))
        }
        (State::Set(new), State::Set(old)) => serving::set(new, old),
        (State::Virtual(new), State::Virtual(old)) => serving::server(new, old),
        (State::Balancer(new), State::Balancer(old)) => balancer::compare(new, old),
        (State::NftTable(new), State::NftTable(old)) => tables::table(new, old),
        (State::Address(new), State::Address(old)) if new.held != old.held => {
            let was = if old.held { "was not preferred" } else { "was preferred" };
            Difference::Remake(was.to_owned())
        }
        // The others are their identity: they are there or not.
        _ => Difference::None,
    }
}

/// The kernel adds a priority and, for IPv6, a preference.
fn route(new: &Route, old: &Route) -> Difference {
    let said = |route: &Route| Route { after: Vec::new(), ..route.clone() };
    if said(new) == said(old) {
        return Difference::None;
    }
    let was = format!("was {}", way(old));
    // The kernel refuses a gateway on the link that another device leads to, even if that is what
    // the route to be replaced does (ipv6/route.c, `ip6_route_check_nh_onlink`).
    let in_its_way = new.onlink
        && new.link != old.link
        && new.gateway.is_some_and(|own| own.is_ipv6() && new.destination.contains(&own));
    if in_its_way { Difference::Remake(was) } else { Difference::InPlace(was) }
}

/// Name and namespace are the identity. The kernel adds many attributes of its own; only what
/// netc states is compared.
fn link(new: &Link, old: &Link) -> Difference {
    let same_kind = match (&new.kind, &old.kind) {
        (LinkKind::Bridge { .. }, LinkKind::Bridge { .. }) => true,
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
        // The kernel forgets all neighbours of a device whose address changes, permanent ones too
        // (neigh_changeaddr in net/core/neighbour.c).
        if matches!(new.kind, LinkKind::Vxlan(_)) {
            return Difference::Remake(format!("was address {other}"));
        }
        was.push(format!("address {other}"));
    }
    if let (LinkKind::Veth(peer), LinkKind::Veth(other)) = (&new.kind, &old.kind)
        && peer.mac != other.mac
    {
        was.push(format!("peer address {}", other.mac));
    }
    if new.promiscuous != old.promiscuous {
        was.push(format!("promisc {}", if old.promiscuous { "on" } else { "off" }));
    }
    if let (LinkKind::Bridge { .. }, LinkKind::Bridge { vlan_filtering }) = (&new.kind, &old.kind)
        && new.kind != old.kind
    {
        was.push(format!("vlan_filtering {}", u8::from(*vlan_filtering)));
    }
    if new.alias != old.alias {
        was.push(format!("alias {:?}", &*old.alias));
    }
    in_place(was.is_empty(), || format!("was {}", was.join(", ")))
}
