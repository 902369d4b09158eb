//! Reading the live node into the same object types as the desired state: all that is netc's own,
//! and what stands where something of netc's is to be. Reading changes nothing.

mod parameters;
mod services;
mod space;
mod survey;
mod tables;

pub use survey::survey;

use super::error::KernelError;
use super::machine::Machine;
use super::{address, balancer, conntrack, module, nsid, wireguard, xtables};
use crate::object::{Id, LinkKind, Module, Netns, NetnsObject, RouteKind, State, Text};
use crate::plan::{Key, Live, Record, Target};
use rustc_hash::FxHashSet;
use space::Space;
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

/// What is looked for beside netc's own.
pub struct Interest<'i> {
    states: Vec<&'i State>,
    ids: FxHashSet<Id>,
    /// The addresses that are to be held for others to find.
    held: FxHashSet<Id>,
    record: &'i Record,
    /// Whether what is of interest counts as netc's own, whatever mark it bears.
    adopt: bool,
    /// Whether everything is of interest.
    all: bool,
}

impl<'i> Interest<'i> {
    /// Interest in these objects, and in what is recorded of earlier runs.
    pub fn new(
        states: impl Iterator<Item = &'i State>,
        record: &'i Record,
        adopt: bool,
    ) -> Interest<'i> {
        let states: Vec<&State> =
            states.chain(record.originals.values()).chain(record.parameters.values()).collect();
        let ids = states.iter().map(|state| state.id()).collect();
        let held = states.iter().filter(|state| matches!(state, State::Address(own) if own.held));
        let held = held.map(|state| state.id()).collect();
        Interest { states, ids, held, record, adopt, all: false }
    }

    /// The same, and in all things that a target names, those that are not to be there among them:
    /// what stands on a device of somebody else's would not be seen otherwise.
    #[must_use]
    pub fn with(mut self, target: &Target) -> Interest<'i> {
        self.ids.extend(target.things().filter_map(|(key, _)| match key {
            Key::Object(id) => Some(id.clone()),
            _ => None,
        }));
        self
    }

    /// Whether an address is one that is, or was, to be held for others to find.
    fn holds(&self, id: &Id) -> bool {
        self.held.contains(id) || self.record.addresses.contains(id)
    }

    fn has(&self, id: &Id) -> bool {
        self.all || self.ids.contains(id)
    }

    /// Whether tables of nf_tables are of interest.
    fn has_tables(&self) -> bool {
        self.all || self.ids.iter().any(|id| matches!(id, Id::NftTable(..)))
    }

    /// Whether there are to be routes in a namespace by which addresses are its own.
    fn has_locals(&self, netns: &Netns) -> bool {
        let local = |state: &&State| match state {
            State::Route(route) => route.kind == RouteKind::Local && route.netns == *netns,
            _ => false,
        };
        self.states.iter().any(local)
    }

    /// Whether there are to be rules of iptables.
    fn has_rules(&self) -> bool {
        self.all
            || self.states.iter().any(|state| matches!(state, State::Ruleset(_) | State::Jump(_)))
    }

    /// The namespaces, the node's own among them.
    fn spaces(&self) -> BTreeSet<Netns> {
        let named = self.states.iter().filter_map(|state| match state {
            State::Netns(netns) => Some(&netns.name),
            _ => None,
        });
        let named = named.chain(&self.record.netns);
        named.map(|name| Netns::Named(Text::clone(name))).chain([Netns::Node]).collect()
    }
}

/// The live state of a node.
///
/// # Errors
/// Something could not be read.
pub fn observe(machine: &mut Machine, interest: &Interest) -> Result<Live, KernelError> {
    let mut live = Live::default();
    let mut spaces = BTreeMap::new();
    for netns in interest.spaces() {
        if machine.has(&netns)? {
            let space = Space::read(machine.socket(&netns)?, interest.has_locals(&netns))?;
            spaces.insert(netns, space);
        }
    }
    introduce(machine, &mut spaces, interest)?;
    space::objects(&spaces, interest, &mut live);
    wireguard(machine, interest, &mut live)?;
    for netns in spaces.keys() {
        if let Netns::Named(name) = netns {
            let owned = interest.adopt || interest.record.netns.contains(name);
            live.insert(State::Netns(NetnsObject { name: Text::clone(name) }), owned);
        }
        parameters::read(machine, interest, netns, &mut live)?;
    }
    for state in &interest.states {
        if let State::Module(wanted) = state
            && module::present(&wanted.name)
        {
            live.insert(State::Module(Module { name: Text::clone(&wanted.name) }), true);
        }
    }
    services::sets(machine, interest, &mut live)?;
    services::virtual_servers(machine, interest, &mut live)?;
    balancer::observe(machine, &interest.states, &mut live)?;
    tables::read(machine, interest, &mut live)?;
    live.rules = xtables::read(machine, interest.has_rules() || interest.record.managed)?;
    let flushes = interest.states.iter().filter_map(|state| match state {
        State::Flush(flush) => Some(flush),
        _ => None,
    });
    conntrack::observe(machine, &flushes.collect::<Vec<_>>(), &mut live)?;
    Ok(live)
}

/// Asks by which numbers namespaces know those in which the other ends of their devices may be.
fn introduce(
    machine: &mut Machine,
    spaces: &mut BTreeMap<Netns, Space>,
    interest: &Interest,
) -> Result<(), KernelError> {
    for (here, there) in space::acquaintances(spaces, interest) {
        let number = nsid::of(machine, &here, &there)?;
        if let (Some(space), Some(number)) = (spaces.get_mut(&here), number) {
            space.know(there, number);
        }
    }
    Ok(())
}

/// What the devices of wireguard that were looked at are told.
fn wireguard(
    machine: &mut Machine,
    interest: &Interest,
    live: &mut Live,
) -> Result<(), KernelError> {
    let devices = live.states.values().filter_map(|found| match &found.state {
        State::Link(link) if link.kind == LinkKind::Wireguard => {
            Some((link.netns.clone(), Text::clone(&link.name), found.owned))
        }
        _ => None,
    });
    for (netns, name, owned) in devices.collect::<Vec<_>>() {
        for mut state in wireguard::list(machine, &netns, &name)? {
            interest.states.iter().for_each(|wanted| know_file(&mut state, wanted));
            // What can bear no mark counts as netc's own where it is of interest.
            if owned || interest.has(&state.id()) {
                live.insert(state, true);
            }
        }
    }
    Ok(())
}

/// Where a key is the wanted one its file is known too: what was taken away can be brought back.
fn know_file(found: &mut State, wanted: &State) {
    match (found, wanted) {
        (State::Wireguard(found), State::Wireguard(wanted)) if found == wanted => {
            found.private_key_file = wanted.private_key_file.clone();
        }
        (State::WireguardPeer(found), State::WireguardPeer(wanted)) if found == wanted => {
            found.preshared_key_file = wanted.preshared_key_file.clone();
        }
        _ => {}
    }
}

/// All addresses of the node's own namespace.
///
/// # Errors
/// They could not be read.
pub fn addresses(machine: &mut Machine) -> Result<Vec<IpAddr>, KernelError> {
    let all = address::list(machine.socket(&Netns::Node)?)?;
    Ok(all.into_iter().map(|own| own.net.addr()).collect())
}
