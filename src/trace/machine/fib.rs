//! Routing: which table is asked, and what it says (ip-route(8), ip-rule(8)).

use super::super::Decided;
use crate::emit;
use crate::model::Family;
use crate::object::{MAIN_TABLE, PolicyAction, PolicyRule, Route, RouteKind, Text};
use ipnet::IpNet;
use netc_lang::Span;
use rustc_hash::FxHashMap;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

/// The number of the table of a namespace's own addresses (`RT_TABLE_LOCAL` in linux/rtnetlink.h).
pub(super) const LOCAL_TABLE: u32 = 255;

/// The number of the table that is asked last (`RT_TABLE_DEFAULT`).
const DEFAULT_TABLE: u32 = 253;

/// The routes of a namespace, and the rules by which they are asked.
#[derive(Clone, Default, Debug)]
pub struct Fib {
    tables: BTreeMap<u32, Routes>,
    /// By family and priority. Those that the kernel has from the beginning are not among them.
    rules: BTreeMap<(Family, u32), (PolicyRule, Option<Span>)>,
}

/// Who made a route.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Made {
    /// It is an object, or was found.
    Stated,
    /// The kernel, for an address.
    ByKernel,
    /// Nobody is known to: it is taken for granted.
    Assumed,
}

/// The routes of a table.
#[derive(Clone, Default, Debug)]
struct Routes {
    entries: FxHashMap<IpNet, Entry>,
    /// The lengths of their prefixes, the longest first.
    lengths: BTreeSet<Reverse<u8>>,
}

/// A route.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The route.
    pub route: Route,
    /// The statement that made it.
    pub origin: Option<Span>,
    /// Nobody states it: it is taken for granted.
    pub assumed: bool,
}

impl Entry {
    /// The route in the words of ip-route(8).
    #[must_use]
    pub fn decided(&self) -> Decided {
        let Route { destination, kind, .. } = &self.route;
        let whole = destination.prefix_len() == destination.max_prefix_len();
        let to = match destination.prefix_len() {
            0 => "default".to_owned(),
            _ if whole => destination.addr().to_string(),
            _ => destination.to_string(),
        };
        let way = emit::way(&self.route);
        // The word for its kind stands before the destination.
        let mut line = match way.strip_prefix(kind.word()) {
            Some(rest) => format!("{} {to}{rest}", kind.word()),
            None => format!("{to} {way}"),
        };
        if self.assumed {
            line.push_str(" (assumed)");
        }
        Decided::new(line, self.origin)
    }
}

/// A route that was found: the table that it is in, the route, and the rule of the routing policy that
/// sent the packet there, if one did.
pub type Matched<'f> = (u32, &'f Entry, Option<&'f PolicyRule>);

/// What a packet asks with.
#[derive(Clone, Copy, Debug)]
pub struct Lookup<'p> {
    /// Where it comes from, if that is known.
    pub source: Option<IpAddr>,
    /// Its mark.
    pub mark: u32,
    /// The device that it came in by; `lo`, if it was sent here.
    pub input: &'p str,
}

impl Fib {
    pub(super) fn add(&mut self, route: Route, origin: Option<Span>, made: Made) {
        let table = self.tables.entry(route.table).or_default();
        table.lengths.insert(Reverse(route.destination.prefix_len()));
        let entry = Entry { route, origin, assumed: made == Made::Assumed };
        match table.entries.get_mut(&entry.route.destination) {
            // What is stated counts before all else.
            Some(_) if made != Made::Stated => {}
            Some(known) => *known = entry,
            None => {
                table.entries.insert(entry.route.destination, entry);
            }
        }
    }

    pub(super) fn rule(&mut self, rule: PolicyRule, origin: Option<Span>) {
        self.rules.insert((rule.family, rule.priority), (rule, origin));
    }

    /// Whether rules of the routing policy ask where packets come from.
    #[must_use]
    pub fn asks_source(&self) -> bool {
        self.rules.values().any(|(rule, _)| rule.from.is_some())
    }

    /// Whether an address has a route of its own in the table of local ones.
    #[must_use]
    pub fn is_local(&self, address: IpAddr) -> bool {
        let table = self.tables.get(&LOCAL_TABLE);
        let entry = table.and_then(|table| table.find(address));
        entry.is_some_and(|entry| entry.route.kind == RouteKind::Local)
    }

    /// The route of a destination, the table that it is in, and the rule that sent the packet
    /// there; `Err` with the rule, if one refuses it.
    ///
    /// # Errors
    /// A rule of the routing policy refuses the packet.
    pub fn find(
        &self,
        destination: IpAddr,
        lookup: &Lookup,
    ) -> Result<Option<Matched<'_>>, &PolicyRule> {
        let family = Family::of(destination);
        let own = self.rules.range((family, 0)..=(family, u32::MAX));
        let own = own.map(|((_, priority), (rule, _))| (*priority, Some(rule)));
        // `fib_default_rules_init` in net/ipv4/fib_rules.c
        let fixed = [(0, LOCAL_TABLE), (32766, MAIN_TABLE), (32767, DEFAULT_TABLE)];
        let mut all: Vec<(u32, u32, Option<&PolicyRule>)> =
            fixed.into_iter().map(|(priority, table)| (priority, table, None)).collect();
        all.extend(own.map(|(priority, rule)| (priority, 0, rule)));
        all.sort_by_key(|(priority, ..)| *priority);
        let mut least = 0;
        for (priority, table, rule) in all {
            if priority < least {
                continue;
            }
            let table = match rule {
                None => table,
                Some(rule) if !fits(rule, destination, lookup) => continue,
                Some(rule) => match rule.action {
                    PolicyAction::Table(table) => table,
                    PolicyAction::Goto(to) => {
                        least = to;
                        continue;
                    }
                    PolicyAction::Nop => continue,
                    _ => return Err(rule),
                },
            };
            let found = self.tables.get(&table).and_then(|routes| routes.find(destination));
            if let Some(entry) = found {
                return Ok(Some((table, entry, rule)));
            }
        }
        Ok(None)
    }
}

impl Routes {
    fn find(&self, destination: IpAddr) -> Option<&Entry> {
        self.lengths.iter().find_map(|Reverse(length)| {
            let net = IpNet::new(destination, *length).ok()?.trunc();
            self.entries.get(&net)
        })
    }
}

/// Whether a rule of the routing policy is for a packet (`fib_rule_match` in net/core/fib_rules.c).
fn fits(rule: &PolicyRule, destination: IpAddr, lookup: &Lookup) -> bool {
    let within = |net: Option<IpNet>, address: Option<IpAddr>| {
        net.is_none_or(|net| match address {
            Some(address) => net.contains(&address),
            None => net.prefix_len() == 0,
        })
    };
    let device = |wanted: &Option<Text>, found: &str| {
        wanted.as_ref().is_none_or(|wanted| **wanted == *found)
    };
    let selects = within(rule.from, lookup.source)
        && within(rule.to, Some(destination))
        && device(&rule.iif, lookup.input)
        // No socket of a walk is bound to a device.
        && rule.oif.is_none()
        && rule.mark.is_none_or(|(value, mask)| lookup.mark & mask == value);
    selects != rule.not
}
