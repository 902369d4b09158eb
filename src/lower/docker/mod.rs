//! Docker: its networks, its containers, and the rules that publish ports and keep networks apart,
//! as the daemon makes them (netspec section 3).

mod classic;
mod devices;
mod iptables;
mod nftables;
mod port;

pub(crate) use devices::namespace;

use super::Context;
use crate::model::{Docker, DockerLayout, DockerNetwork, DockerRules, Family, GatewayMode};
use crate::object::{
    ChainName, Hook, Jump, Match, Place, Ruleset, Side, State, Table, Target, Text,
};
use ipnet::IpNet;
use netc_lang::Span;
use std::collections::BTreeSet;
use std::net::IpAddr;

pub(super) fn lower(cx: &mut Context, docker: &Docker, names: &mut BTreeSet<Text>) {
    devices::lower(cx, docker, names);
    for family in docker.families() {
        let here = Here { docker, family };
        match docker.rules {
            DockerRules::Iptables(DockerLayout::Current) => iptables::lower(cx, &here),
            DockerRules::Iptables(DockerLayout::Classic) => classic::lower(cx, &here),
            DockerRules::Nftables => nftables::lower(cx, &here),
        }
    }
}

/// Docker in one family.
struct Here<'d> {
    docker: &'d Docker,
    family: Family,
}

/// A network in one family.
#[derive(Clone, Copy)]
struct Local<'d> {
    network: &'d DockerNetwork,
    /// Its place among all networks.
    place: usize,
    /// Its addresses.
    subnet: IpNet,
    /// How it is connected with what lies outside of the node.
    mode: GatewayMode,
    /// The address that what leaves it takes, if it is not that of the device it leaves by.
    source: Option<IpAddr>,
    span: Span,
}

impl<'d> Here<'d> {
    /// The networks that have addresses of the family.
    fn networks(&self) -> Vec<Local<'d>> {
        let all = self.docker.networks.iter().enumerate();
        let own = all.filter_map(|(place, network)| {
            let gateway = network.gateways.get(self.family)?;
            Some(Local {
                network,
                place,
                subnet: gateway.trunc(),
                mode: network.mode(self.family),
                source: network.snat.get(self.family).copied(),
                span: network.span,
            })
        });
        own.collect()
    }

    /// The loopback addresses of the family.
    fn loopback(&self) -> IpNet {
        let (address, length) = match self.family {
            Family::V4 => (0x7f00_0000, 8),
            Family::V6 => (1, 128),
        };
        let address = self.family.address(address);
        IpNet::new(address, length).unwrap_or(address.into())
    }
}

impl<'d> Local<'d> {
    /// Whether what leaves it takes an address of the node.
    fn is_hidden(&self) -> bool {
        self.network.masquerade && self.mode != GatewayMode::Routed
    }

    /// What gives packets an address of the node.
    fn hides(&self) -> Target<'d> {
        match self.source {
            Some(address) => Target::Snat { address, port: None },
            None => Target::Masquerade { random_fully: false },
        }
    }

    fn comes_in(&self) -> Match<'d> {
        Match::InInterface { not: false, name: &self.network.device }
    }

    fn comes_from_elsewhere(&self) -> Match<'d> {
        Match::InInterface { not: true, name: &self.network.device }
    }

    fn goes_out(&self) -> Match<'d> {
        Match::OutInterface { not: false, name: &self.network.device }
    }

    fn goes_elsewhere(&self) -> Match<'d> {
        Match::OutInterface { not: true, name: &self.network.device }
    }
}

/// Where Docker's rules in a built-in chain begin: behind those of kube-proxy, which stand first
/// whichever of both was started last.
const BEHIND_KUBE_PROXY: u16 = 256;

/// The rules of built-in chains, in their order.
struct Hooked<'c, 'x> {
    cx: &'c mut Context<'x>,
    family: Family,
    top: u16,
    bottom: u16,
}

impl<'c, 'x> Hooked<'c, 'x> {
    fn new(cx: &'c mut Context<'x>, family: Family) -> Hooked<'c, 'x> {
        Hooked { cx, family, top: BEHIND_KUBE_PROXY, bottom: 0 }
    }

    /// A rule that Docker inserts, behind those before it.
    fn insert(&mut self, at: (Table, Hook), matches: &[Match], target: Target, span: Span) {
        let place = Place::Top(self.top);
        self.top = self.top.saturating_add(1);
        self.rule(at, place, matches, target, span);
    }

    /// A rule that Docker appends.
    fn append(&mut self, at: (Table, Hook), matches: &[Match], target: Target, span: Span) {
        let place = Place::Bottom(self.bottom);
        self.bottom = self.bottom.saturating_add(1);
        self.rule(at, place, matches, target, span);
    }

    fn rule(
        &mut self,
        (table, hook): (Table, Hook),
        place: Place,
        matches: &[Match],
        target: Target,
        span: Span,
    ) {
        let jump = Jump::rule((self.family, table), (hook, place), matches, target);
        self.cx.objects.add(State::Jump(jump), span);
    }

    /// What both layouts have in nat: jumps for what is meant for the node itself, and what leaves
    /// a network takes the node's address. The rules of the last network come first.
    fn nat(&mut self, here: &Here) {
        let (docker, chain) = (here.docker, ChainName::new(&["DOCKER"]));
        let local = Match::local(Side::Destination);
        let (table, span) = (Table::Nat, docker.span);
        self.append((table, Hook::Prerouting), &[local], Target::Jump(&chain), span);
        // The proxy answers on loopback addresses.
        let except = match docker.userland_proxy {
            true => Match::Destination { not: true, net: here.loopback() },
            false => Match::Any,
        };
        self.append((table, Hook::Output), &[except, local], Target::Jump(&chain), span);
        for local in here.networks().iter().rev().filter(|local| !local.network.internal) {
            let at = (table, Hook::Postrouting);
            if !docker.userland_proxy {
                let own = [local.goes_out(), Match::local(Side::Source)];
                self.insert(at, &own, local.hides(), local.span);
            }
            if local.is_hidden() {
                let subnet = Match::Source { not: false, net: local.subnet };
                self.insert(at, &[subnet, local.goes_elsewhere()], local.hides(), local.span);
            }
        }
    }
}

/// Adds the chains of a table.
fn ruleset(cx: &mut Context, table: Table, chains: crate::object::Chains, here: &Here) {
    let ruleset = Ruleset::new(here.family, table, vec![chains]);
    cx.objects.add(State::Ruleset(ruleset), here.docker.span);
}
