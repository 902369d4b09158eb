//! Layout `flat`, netc's own: services have elements of maps, and share all chains.
//!
//! The endpoints of a service port are numbered. `endpoints-0` says which is the first one of each
//! address, protocol and port, `endpoints-1` which is the second, and so on. `pick-3` goes on in one
//! of the chains `slot-0`, `slot-1` and `slot-2`, and `slot-1` translates to what `endpoints-1` says.
//! So a packet passes by three lookups whatever services there are, an endpoint more or less is an
//! element or two, and no service needs an anonymous set, of which each makes a transaction slower
//! by all that is in it (notes/010).
//!
//! One map with the number in its key would do, but nft 1.0.6 has no type for such a number: a map
//! that is declared by `typeof` cannot be used in later transactions (notes/004).

use super::View;
use super::own::External;
use super::port::{Kind, Lowering};
use crate::lower::kube::backends::Backends;
use crate::model::{Family, Policy};
use crate::object::text::{push_address, push_number};
use crate::object::{Aside, Field, Lines, NftChain, NftSet, Portal, Statement};
use netc_lang::Span;
use std::collections::BTreeSet;
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::ops::Range;

/// The endpoints of a service port by number. Those of policy `local` come first and those of the
/// cluster last: what both have is in the middle.
pub(super) struct Slots {
    all: Vec<(SocketAddr, Span)>,
    local: Pick,
    cluster: Pick,
}

/// Some endpoints of a service port: so many from this number on.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct Pick {
    first: usize,
    count: usize,
}

/// How traffic comes in from outside: to these endpoints, or, under policy `local`, to so many
/// others unless it comes from pods or the node itself.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct Entry {
    cluster: Pick,
    local: Option<usize>,
}

impl Slots {
    pub(super) fn new<N>(backends: &Backends<N>) -> Slots {
        let rank = |local, cluster| match (local, cluster) {
            (true, false) => 0,
            (true, true) => 1,
            (false, _) => 2,
        };
        let mut all: Vec<_> = backends.reachable().iter().collect();
        all.sort_by_key(|one| rank(one.serves(Policy::Local), one.serves(Policy::Cluster)));
        let count = |policy| backends.under(policy).count();
        let (local, cluster) = (count(Policy::Local), count(Policy::Cluster));
        Slots {
            local: Pick { first: 0, count: local },
            cluster: Pick { first: all.len().saturating_sub(cluster), count: cluster },
            all: all.into_iter().map(|one| (one.address, one.origin)).collect(),
        }
    }

    fn under(&self, policy: Policy) -> Pick {
        match policy {
            Policy::Cluster => self.cluster,
            Policy::Local => self.local,
        }
    }
}

impl Pick {
    fn range(self) -> Range<usize> {
        self.first..self.first + self.count
    }

    fn chain(self) -> String {
        format!("pick-{self}")
    }
}

impl fmt::Display for Pick {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Pick { first: 0, count } => write!(f, "{count}"),
            Pick { first, count } => write!(f, "{count}-from-{first}"),
        }
    }
}

impl Entry {
    fn chain(self) -> String {
        match self {
            Entry { cluster, local: None } => format!("external-{cluster}"),
            Entry { cluster, local: Some(local) } => format!("external-local-{local}-of-{cluster}"),
        }
    }
}

/// What the services of one family share.
#[derive(Default)]
pub(super) struct Flat {
    /// By number.
    slots: Vec<Slot>,
    picks: BTreeSet<Pick>,
    entries: BTreeSet<Entry>,
}

/// The endpoints of one number: elements of maps.
#[derive(Default)]
struct Slot {
    /// By address, protocol and port.
    services: Lines,
    /// By protocol and port.
    node_ports: Lines,
}

impl Flat {
    /// Makes endpoints known for traffic to an address or to the node port, and says which chain
    /// sends it there. A firewall is the service's own.
    pub(super) fn lead(
        &mut self,
        lowering: &Lowering,
        slots: &Slots,
        address: Option<IpAddr>,
        kind: Kind,
    ) -> Option<String> {
        let (range, chain) = match kind {
            Kind::Of(policy) => {
                let pick = slots.under(policy);
                self.picks.insert(pick);
                (pick.range(), pick.chain())
            }
            Kind::External => self.enter(slots, lowering.service.external_traffic),
            Kind::Firewall => return None,
        };
        self.slots.resize_with(self.slots.len().max(range.end), Slot::default);
        let places = self.slots.iter_mut().zip(&slots.all);
        for (slot, (socket, origin)) in places.take(range.end).skip(range.start) {
            let lines = if address.is_some() { &mut slot.services } else { &mut slot.node_ports };
            lines.push(*origin, |text| {
                lowering.push_portal(text, address);
                text.push_str(" : ");
                push_address(text, socket.ip());
                text.push_str(" . ");
                push_number(text, socket.port().into());
            });
        }
        Some(chain)
    }

    /// The endpoints that traffic from outside can reach, and the chain of such traffic.
    fn enter(&mut self, slots: &Slots, policy: Policy) -> (Range<usize>, String) {
        self.picks.insert(slots.cluster);
        let (range, local) = match policy {
            Policy::Cluster => (slots.cluster.range(), None),
            Policy::Local => (0..slots.all.len(), Some(slots.local.count)),
        };
        if local.is_some_and(|count| count > 0) {
            self.picks.insert(slots.local);
        }
        let entry = Entry { cluster: slots.cluster, local };
        self.entries.insert(entry);
        (range, entry.chain())
    }

    /// The shared chains.
    pub(super) fn chains(&self, view: &View) -> Vec<NftChain> {
        let picks = self.picks.iter().map(|pick| pick_chain(*pick, view));
        let entries = self.entries.iter().map(|entry| entry_chain(*entry, view));
        let slots = self.slots.iter().enumerate();
        let slots = slots.map(|(number, slot)| slot.chain(number, view));
        entries.chain(picks).chain(slots).collect()
    }

    /// The maps of endpoints.
    pub(super) fn into_maps(self, family: Family) -> Vec<NftSet> {
        let key = [Field::Address(family), Field::Protocol, Field::Port];
        let (_, node_port) = key.split_at(1);
        let map = |name: String, key: &[Field], elements: Lines, comment: String| NftSet {
            comment: Aside(Some(comment.into())),
            elements: elements.into_elements(),
            ..NftSet::new(name, key, &[Field::Address(family), Field::Port])
        };
        let mut maps = Vec::with_capacity(self.slots.len());
        for (number, Slot { services, node_ports }) in self.slots.into_iter().enumerate() {
            if !services.is_empty() {
                let comment = format!("endpoint {number} of services");
                maps.push(map(services_map(number), &key, services, comment));
            }
            if !node_ports.is_empty() {
                let comment = format!("endpoint {number} of node ports");
                maps.push(map(node_ports_map(number), node_port, node_ports, comment));
            }
        }
        maps
    }
}

impl Slot {
    /// Sends a packet to the endpoint of this number. What is for an address of a service is none
    /// for a node port: it would have come to the chain of that.
    fn chain(&self, number: usize, view: &View) -> NftChain {
        let mut chain = NftChain::new(slot_chain(number), view.proxy.span);
        let mut by = |portal, map: String| {
            let translate = [Statement::DnatBy(portal, &map)];
            chain.rule(view.family, &[], &translate, &[], view.proxy.span);
        };
        if !self.services.is_empty() {
            by(Portal::Service, services_map(number));
        }
        if !self.node_ports.is_empty() {
            by(Portal::NodePort, node_ports_map(number));
        }
        chain
    }
}

/// Picks one of some endpoints, each as likely.
fn pick_chain(pick: Pick, view: &View) -> NftChain {
    let slots: Vec<String> = pick.range().map(slot_chain).collect();
    let slots: Vec<&str> = slots.iter().map(String::as_str).collect();
    let statement = match slots.as_slice() {
        [only] => Statement::Goto(only),
        all => Statement::GotoAmong(all),
    };
    let mut chain = NftChain::new(pick.chain(), view.proxy.span);
    chain.rule(view.family, &[], &[statement], &[], view.proxy.span);
    chain
}

fn entry_chain(entry: Entry, view: &View) -> NftChain {
    let cluster = entry.cluster.chain();
    let local = entry.local.map(|count| Pick { first: 0, count });
    let policy = if local.is_some() { Policy::Local } else { Policy::Cluster };
    let served = match local {
        Some(local) => (local.count > 0).then(|| local.chain()),
        None => Some(cluster.clone()),
    };
    let external = External { policy, cluster: &cluster, served: served.as_deref() };
    external.chain(entry.chain(), view, view.proxy.span)
}

fn slot_chain(number: usize) -> String {
    format!("slot-{number}")
}

fn services_map(number: usize) -> String {
    format!("endpoints-{number}")
}

fn node_ports_map(number: usize) -> String {
    format!("nodeport-endpoints-{number}")
}
