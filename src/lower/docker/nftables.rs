//! The table of Docker's nftables back end (netspec 3.4; the counters of its rules are left out, as
//! what they have counted is nobody's wish).

use super::iptables::link_local;
use super::port::Port;
use super::{Here, Local};
use crate::lower::Context;
use crate::model::{Family, GatewayMode};
use crate::object::{Base, Condition, Field, Lines, NftChain, NftSet, NftTable, State, Statement};
use ipnet::IpNet;
use netc_lang::Span;

const TABLE: &str = "docker-bridges";

/// The chain of what is meant for the node itself.
const NAT: &str = "nat-prerouting-and-output";

/// Priorities of base chains (nft(8), `priority`): raw, dstnat, filter, srcnat.
const RAW: i32 = -300;
const DSTNAT: i32 = -100;
const FILTER: i32 = 0;
const SRCNAT: i32 = 100;

const MASQUERADE: Statement = Statement::Masquerade { random_fully: false };

pub(super) fn lower(cx: &mut Context, here: &Here) {
    let mut table = NftTable::new(here.family, TABLE, None);
    let networks = here.networks();
    for kind in KINDS {
        table.sets.push(kind.map(&networks));
    }
    table.chains.extend(entries(here));
    table.chains.push(translations(here, &networks));
    table.chains.push(raw(here, &networks));
    for local in &networks {
        table.chains.extend(of_network(here, *local));
    }
    cx.objects.add(State::NftTable(table), here.docker.span);
}

/// What every network has a chain for, and a map that leads there.
#[derive(Clone, Copy)]
struct Kind {
    map: &'static str,
    chain: &'static str,
}

const KINDS: [Kind; 4] = [FORWARD_IN, FORWARD_OUT, POSTROUTING_IN, POSTROUTING_OUT];
const FORWARD_IN: Kind = Kind { map: "filter-forward-in-jumps", chain: "filter-forward-in__" };
const FORWARD_OUT: Kind = Kind { map: "filter-forward-out-jumps", chain: "filter-forward-out__" };
const POSTROUTING_IN: Kind =
    Kind { map: "nat-postrouting-in-jumps", chain: "nat-postrouting-in__" };
const POSTROUTING_OUT: Kind =
    Kind { map: "nat-postrouting-out-jumps", chain: "nat-postrouting-out__" };

impl Kind {
    fn name(self, local: Local) -> String {
        format!("{}{}", self.chain, local.network.device)
    }

    fn map(self, networks: &[Local]) -> NftSet {
        let mut map = NftSet::new(self.map, &[Field::Device], &[Field::Verdict]);
        let mut elements = Lines::default();
        for local in networks {
            let line = format!("\"{}\" : jump {}", local.network.device, self.name(*local));
            elements.push(local.span, |out| out.push_str(&line));
        }
        map.elements = elements.sorted();
        map
    }
}

/// A chain and what its rules need.
struct Writer<'w> {
    here: &'w Here<'w>,
    chain: NftChain,
}

impl<'w> Writer<'w> {
    fn new(here: &'w Here<'w>, name: impl Into<String>, span: Span) -> Writer<'w> {
        Writer { here, chain: NftChain::new(name, span) }
    }

    fn base(here: &'w Here<'w>, name: &str, base: Base) -> Writer<'w> {
        Writer { here, chain: NftChain::base(name, base, here.docker.span) }
    }

    fn rule(&mut self, conditions: &[Condition], does: Statement, comment: &str, span: Span) {
        let comment = if comment.is_empty() { &[][..] } else { &[comment] };
        self.chain.rule(self.here.family, conditions, &[does], comment, span);
    }
}

/// The base chains, but the one of raw.
fn entries(here: &Here) -> Vec<NftChain> {
    let span = here.docker.span;
    let base =
        |name, kind, hook, priority| Writer::base(here, name, Base::new(kind, hook, priority));
    let mut forward = base("filter-FORWARD", "filter", "forward", FILTER);
    forward.rule(&[], Statement::LookupOut(FORWARD_IN.map), "", span);
    forward.rule(&[], Statement::LookupIn(FORWARD_OUT.map), "", span);
    let mut output = base("nat-OUTPUT", "nat", "output", DSTNAT);
    let loopback = [here.loopback()];
    // The proxy answers on loopback addresses.
    let except = match here.docker.userland_proxy {
        true => Condition::Destination { not: true, nets: &loopback },
        false => Condition::Any,
    };
    output.rule(&[except, Condition::DestinationLocal], Statement::Jump(NAT), "", span);
    let mut postrouting = base("nat-POSTROUTING", "nat", "postrouting", SRCNAT);
    postrouting.rule(&[], Statement::LookupIn(POSTROUTING_OUT.map), "", span);
    postrouting.rule(&[], Statement::LookupOut(POSTROUTING_IN.map), "", span);
    let mut prerouting = base("nat-PREROUTING", "nat", "prerouting", DSTNAT);
    prerouting.rule(&[Condition::DestinationLocal], Statement::Jump(NAT), "", span);
    [forward, output, postrouting, prerouting].map(|writer| writer.chain).into()
}

/// The published ports. What comes from the network itself is the proxy's, if there is one; so is
/// what comes from addresses of a link, which are not unique on a node.
fn translations(here: &Here, networks: &[Local]) -> NftChain {
    let mut out = Writer::new(here, NAT, here.docker.span);
    let links = [link_local()];
    for port in networks.iter().flat_map(|local| here.ports(*local)) {
        let device = &port.local.network.device;
        let elsewhere = match here.docker.userland_proxy {
            true => Condition::InDevice { not: true, name: device },
            false => Condition::Any,
        };
        let from = match port.to.is_ipv6() {
            true => Condition::Source { not: true, nets: &links },
            false => Condition::Any,
        };
        let nets: Vec<IpNet> = port.address.map(IpNet::from).into_iter().collect();
        let conditions = [elsewhere, from, destination(&nets), outside(&port)];
        out.rule(&conditions, Statement::Dnat(port.to), "DNAT", port.span);
    }
    out.chain
}

/// Nobody but the node and the network itself sends to containers directly, and nobody but the node
/// to what is published on loopback.
fn raw(here: &Here, networks: &[Local]) -> NftChain {
    let base = Base::new("filter", "prerouting", RAW);
    let mut out = Writer::base(here, "raw-PREROUTING", base);
    let outward = || networks.iter().filter(|local| !local.network.internal);
    for local in outward().filter(|local| local.mode == GatewayMode::Nat) {
        let elsewhere = Condition::InDevice { not: true, name: &local.network.device };
        for (address, span) in here.containers(*local) {
            let nets = [address.into()];
            let conditions = [destination(&nets), elsewhere];
            out.rule(&conditions, Statement::Drop, "DROP DIRECT ACCESS", span);
        }
    }
    let elsewhere = Condition::InDevice { not: true, name: "lo" };
    let ports: Vec<Port> = outward().flat_map(|local| here.ports(*local)).collect();
    for port in ports.iter().filter(|port| port.is_loopback()) {
        let nets: Vec<IpNet> = port.address.map(IpNet::from).into_iter().collect();
        let conditions = [elsewhere, destination(&nets), outside(port)];
        out.rule(&conditions, Statement::Drop, "DROP REMOTE LOOPBACK", port.span);
    }
    out.chain
}

/// The four chains of a network.
fn of_network(here: &Here, local: Local) -> [NftChain; 4] {
    let (network, span) = (local.network, local.span);
    let chain = |kind: Kind| Writer::new(here, kind.name(local), span);
    let (mut enters, mut leaves) = (chain(FORWARD_IN), chain(FORWARD_OUT));
    let (mut into, mut out) = (chain(POSTROUTING_IN), chain(POSTROUTING_OUT));
    let from_elsewhere = Condition::InDevice { not: true, name: &network.device };
    let to_elsewhere = Condition::OutDevice { not: true, name: &network.device };
    for chain in [&mut enters, &mut leaves] {
        chain.rule(&[Condition::Established], Statement::Accept, "", span);
    }
    let within = if network.icc { Statement::Accept } else { Statement::Drop };
    if network.internal {
        enters.rule(&[from_elsewhere], Statement::Drop, "INTERNAL NETWORK INGRESS", span);
        enters.rule(&[], within, "ICC", span);
        leaves.rule(&[to_elsewhere], Statement::Drop, "INTERNAL NETWORK EGRESS", span);
        return [enters, leaves, into, out].map(|writer| writer.chain);
    }
    incoming(&mut enters, &local, within);
    leaves.rule(&[], Statement::Accept, "OUTGOING", span);
    let (hides, name) = match local.source {
        Some(address) => (Statement::Snat(address), "SNAT"),
        None => (MASQUERADE, "MASQUERADE"),
    };
    if !here.docker.userland_proxy {
        into.rule(&[Condition::SourceLocal], hides, &format!("{name} FROM HOST"), span);
        for port in &here.own_ports(local) {
            let nets = [port.to.ip().into()];
            let itself = Condition::Source { not: false, nets: &nets };
            let conditions = [itself, destination(&nets), inside(port)];
            into.rule(&conditions, MASQUERADE, "MASQ TO OWN PORT", port.span);
        }
    }
    if local.is_hidden() {
        let nets = [local.subnet];
        let from = Condition::Source { not: false, nets: &nets };
        out.rule(&[to_elsewhere, from], hides, name, span);
    }
    [enters, leaves, into, out].map(|writer| writer.chain)
}

/// What a network is sent that has a way out.
fn incoming(enters: &mut Writer, local: &Local, within: Statement) {
    let (here, span) = (enters.here, local.span);
    let from_within = Condition::InDevice { not: false, name: &local.network.device };
    if local.mode == GatewayMode::Routed {
        enters.rule(&[Condition::Icmp], Statement::Accept, "ICMP", span);
    } else if here.family == Family::V6 && !local.network.icc {
        let asks = [from_within, Condition::NeighbourDiscovery];
        enters.rule(&asks, Statement::Accept, "ND", span);
    }
    enters.rule(&[from_within], within, "ICC", span);
    if local.mode == GatewayMode::NatUnprotected {
        return enters.rule(&[], Statement::Accept, "UNPROTECTED", span);
    }
    for port in &here.inner_ports(*local) {
        let nets = [port.to.ip().into()];
        enters.rule(&[destination(&nets), inside(port)], Statement::Accept, "", port.span);
    }
    enters.rule(&[], Statement::Drop, "UNPUBLISHED PORT DROP", span);
}

/// To one of these networks, or anywhere if there are none.
fn destination(nets: &[IpNet]) -> Condition<'_> {
    if nets.is_empty() { Condition::Any } else { Condition::Destination { not: false, nets } }
}

/// To the node's port.
fn outside(port: &Port) -> Condition<'static> {
    Condition::To(port.protocol, port.number)
}

/// To the container's port.
fn inside(port: &Port) -> Condition<'static> {
    Condition::To(port.protocol, port.to.port())
}
