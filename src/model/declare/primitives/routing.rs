//! Routes, and rules of the routing policy.

use super::word;
use crate::model::{Family, PlainRoute, Policing, fault};
use crate::object::{MAIN_TABLE, PolicyAction, RouteKind, RouteScope};
use ipnet::IpNet;
use netc_lang::{Diagnostic, Item, Marked, Spanned};
use std::net::IpAddr;

/// `route [TYPE] DESTINATION [via GATEWAY] [dev DEVICE] [in NETNS] [table TABLE] [{ … }]`
pub(super) fn route(item: &Item, faults: &mut Vec<Diagnostic>) -> Option<PlainRoute> {
    let kind = item.one::<&str>("type").map_or(RouteKind::Unicast, |kind| {
        let found = RouteKind::ALL.into_iter().find(|one| one.word() == kind.value);
        found.unwrap_or(RouteKind::Unicast)
    });
    let gateway = item.one::<IpAddr>("gateway");
    let option = |keyword| item.child(keyword);
    let source = option("source").and_then(|item| item.one::<IpAddr>("address"));
    let known = gateway.or(source).map_or(Family::V4, |address| Family::of(address.value));
    let destination = match item.one::<IpNet>("destination") {
        Some(destination) => destination,
        None => Spanned::new(known.default_route(), item.given("destination")?.span),
    };
    let family = Family::of_net(destination.value);
    for other in [gateway, source].into_iter().flatten() {
        if Family::of(other.value) != family {
            faults.push(fault::mixed_route(destination, other));
            return None;
        }
    }
    let stated = option("scope").and_then(|item| item.one::<&str>("scope"));
    if let (Family::V6, Some(stated)) = (family, &stated) {
        faults.push(fault::scope_of_v6(stated.span));
    }
    let scope =
        stated.and_then(|word| RouteScope::ALL.into_iter().find(|one| one.word() == word.value));
    let scope = scope.unwrap_or(match (family, kind) {
        (Family::V4, RouteKind::Local) => RouteScope::Host,
        (Family::V4, RouteKind::Unicast) if gateway.is_none() => RouteScope::Link,
        _ => RouteScope::Global,
    });
    Some(PlainRoute {
        span: item.span,
        netns: word(item, "netns"),
        table: item.one("table").map_or(MAIN_TABLE, |table| table.value),
        kind,
        destination,
        gateway,
        device: word(item, "device"),
        source,
        scope,
        onlink: option("onlink").is_some(),
    })
}

/// `rule [not] [from NETWORK] … priority PRIORITY [table TABLE] …`
pub(super) fn rule(item: &Item, faults: &mut Vec<Diagnostic>) -> Option<Policing> {
    let (from, to) = (item.one::<IpNet>("from"), item.one::<IpNet>("to"));
    let mark = item.one::<Marked>("mark");
    let (iif, oif) = (word(item, "iif"), word(item, "oif"));
    let stated = item.one::<&str>("family").map(|family| match family.value {
        "ipv6" => Spanned::new(Family::V6, family.span),
        _ => Spanned::new(Family::V4, family.span),
    });
    let of = |net: &Spanned<IpNet>| Spanned::new(Family::of_net(net.value), net.span);
    let mut families = stated.into_iter().chain(from.iter().map(of)).chain(to.iter().map(of));
    let family = families.next();
    if let (Some(family), Some(other)) =
        (family, families.find(|other| family.is_some_and(|one| one.value != other.value)))
    {
        faults.push(fault::mixed_rule(family, other));
        return None;
    }
    let not = item.given("not").is_some();
    if not && from.is_none() && to.is_none() && iif.is_none() && oif.is_none() && mark.is_none() {
        faults.push(fault::rule_for_nothing(item.span));
    }
    Some(Policing {
        span: item.span,
        netns: word(item, "netns"),
        family: family.map_or(Family::V4, |family| family.value),
        not,
        from: asked(from, faults),
        to: asked(to, faults),
        iif,
        oif,
        mark,
        priority: item.one("priority")?,
        action: action(item, faults)?,
    })
}

/// Everything is what a rule fits that says nothing.
fn asked(net: Option<Spanned<IpNet>>, faults: &mut Vec<Diagnostic>) -> Option<Spanned<IpNet>> {
    let net = net?;
    if net.value.prefix_len() == 0 {
        faults.push(fault::everything(net));
        return None;
    }
    Some(net)
}

/// The one thing that is done with packets.
fn action(item: &Item, faults: &mut Vec<Diagnostic>) -> Option<PolicyAction> {
    let table = item.one("table").map(|table| table.map(PolicyAction::Table));
    let goto = item.one("goto").map(|goto| goto.map(PolicyAction::Goto));
    let word = item.one::<&str>("action").and_then(|word| {
        let found = PolicyAction::WORDS.into_iter().find(|one| one.word() == word.value);
        found.map(|action| Spanned::new(action, word.span))
    });
    let mut all = [table, goto, word].into_iter().flatten();
    match (all.next(), all.next()) {
        (Some(only), None) => Some(only.value),
        (Some(first), Some(second)) => {
            faults.push(fault::two_actions(second.span, first.span));
            None
        }
        (None, _) => {
            faults.push(fault::rule_without_action(item.span));
            None
        }
    }
}
