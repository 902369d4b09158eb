//! The chains of Docker 28 and later (netspec 3.3).

use super::port::Port;
use super::{Here, Hooked, Local, ruleset};
use crate::lower::Context;
use crate::model::{Family, GatewayMode};
use crate::object::{ChainName, Chains, ConntrackStates, Hook, Match, Table, Target};
use ipnet::IpNet;

pub(super) fn lower(cx: &mut Context, here: &Here) {
    raw(cx, here);
    let mut hooked = Hooked::new(cx, here.family);
    for name in ["DOCKER-USER", "DOCKER-FORWARD"] {
        let chain = ChainName::new(&[name]);
        let at = (Table::Filter, Hook::Forward);
        hooked.insert(at, &[], Target::Jump(&chain), here.docker.span);
    }
    hooked.nat(here);
    // Without a proxy a container that asks for its own published port is answered here too.
    if !here.docker.userland_proxy {
        own_ports(&mut hooked, here);
    }
    ruleset(cx, Table::Filter, filter(here), here);
    ruleset(cx, Table::Nat, nat(here), here);
}

/// The rules for what containers send to themselves: it must not come from themselves.
pub(super) fn own_ports(hooked: &mut Hooked, here: &Here) {
    for local in here.networks() {
        for port in here.own_ports(local) {
            let [to, protocol, number] = port.inside();
            let matches = [port.itself(), to, protocol, number];
            let target = Target::Masquerade { random_fully: false };
            hooked.append((Table::Nat, Hook::Postrouting), &matches, target, port.span);
        }
    }
}

/// raw PREROUTING: nobody but the node and the network itself sends to containers directly, and
/// nobody but the node to what is published on loopback.
fn raw(cx: &mut Context, here: &Here) {
    let at = (Table::Raw, Hook::Prerouting);
    let outward = || here.networks().into_iter().filter(|local| !local.network.internal);
    let mut hooked = Hooked::new(cx, here.family);
    for local in outward().filter(|local| local.mode == GatewayMode::Nat) {
        for (address, span) in here.containers(local) {
            let to = Match::Destination { not: false, net: address.into() };
            hooked.append(at, &[to, local.comes_from_elsewhere()], Target::Drop, span);
        }
    }
    let ports: Vec<Port> = outward().flat_map(|local| here.ports(local)).collect();
    for port in ports.iter().filter(|port| port.is_loopback()) {
        let [to, protocol, number] = port.outside();
        let elsewhere = Match::InInterface { not: true, name: "lo" };
        hooked.append(at, &[to, elsewhere, protocol, number], Target::Drop, port.span);
    }
    if hooked.bottom > 0 {
        ruleset(cx, Table::Raw, Chains::new(here.family), here);
    }
}

fn filter(here: &Here) -> Chains {
    let span = here.docker.span;
    let mut out = Chains::new(here.family);
    let networks = here.networks();
    let (internal, outward): (Vec<Local>, Vec<Local>) =
        networks.iter().partition(|local| local.network.internal);
    let names =
        ["DOCKER-CT", "DOCKER-INTERNAL", "DOCKER-BRIDGE"].map(|name| ChainName::new(&[name]));
    let [tracked, inner, bridges] = &names;
    let published = ChainName::new(&["DOCKER"]);
    // People's own rules go there.
    out.begin(ChainName::new(&["DOCKER-USER"]), span);
    out.begin(ChainName::new(&["DOCKER-FORWARD"]), span);
    for chain in &names {
        out.rule(&[], Target::Jump(chain), span);
    }
    for local in &networks {
        outgoing(local, &mut out);
    }
    out.begin(*tracked, span);
    let replies = Match::Conntrack { not: false, states: ConntrackStates::Established };
    for local in &outward {
        out.rule(&[local.goes_out(), replies], Target::Accept, local.span);
    }
    out.begin(*inner, span);
    for local in &internal {
        apart(local, &mut out);
    }
    out.begin(*bridges, span);
    for local in &outward {
        out.rule(&[local.goes_out()], Target::Jump(&published), local.span);
    }
    out.begin(published, span);
    for local in outward.iter().filter(|local| local.mode != GatewayMode::NatUnprotected) {
        here.inner_ports(*local).iter().for_each(|port| admit(port, &mut out));
    }
    for local in &outward {
        incoming(here.family, local, &mut out);
    }
    out
}

/// Of DOCKER: what a network is sent beside published ports.
fn incoming(family: Family, local: &Local, out: &mut Chains) {
    let within = [local.comes_in(), local.goes_out()];
    if local.mode == GatewayMode::Routed {
        out.rule(&[local.goes_out(), Match::Icmp], Target::Accept, local.span);
    } else if family == Family::V6 && !local.network.icc {
        // Containers that may not talk to one another answer on published ports, for which they
        // ask for each other's Ethernet addresses.
        let [from, to] = within;
        for number in [NEIGHBOUR_SOLICITATION, NEIGHBOUR_ADVERTISEMENT] {
            let matches = [from, to, Match::Icmp, Match::Icmpv6Type(number)];
            out.rule(&matches, Target::Accept, local.span);
        }
    }
    let target = match local.mode {
        GatewayMode::Nat | GatewayMode::Routed => Target::Drop,
        GatewayMode::NatUnprotected => Target::Accept,
    };
    out.rule(&[local.comes_from_elsewhere(), local.goes_out()], target, local.span);
}

/// Types of ICMPv6 (RFC 4861 section 4).
const NEIGHBOUR_SOLICITATION: u8 = 135;
const NEIGHBOUR_ADVERTISEMENT: u8 = 136;

/// Of DOCKER-FORWARD: what a network sends.
fn outgoing(local: &Local, out: &mut Chains) {
    let network = local.network;
    let within = [local.comes_in(), local.goes_out()];
    match (network.internal, network.icc) {
        (true, true) => out.rule(&within, Target::Accept, local.span),
        (true, false) => out.rule(&within, Target::Drop, local.span),
        (false, true) => out.rule(&[local.comes_in()], Target::Accept, local.span),
        (false, false) => {
            out.rule(&within, Target::Drop, local.span);
            let leaves = [local.comes_in(), local.goes_elsewhere()];
            out.rule(&leaves, Target::Accept, local.span);
        }
    }
}

/// Nothing enters an internal network, and nothing leaves it.
pub(super) fn apart(local: &Local, out: &mut Chains) {
    let net = local.subnet;
    let enters = [Match::Source { not: true, net }, local.goes_out()];
    let leaves = [Match::Destination { not: true, net }, local.comes_in()];
    for matches in [enters, leaves] {
        out.rule(&matches, Target::Drop, local.span);
    }
}

/// A published port is let through.
pub(super) fn admit(port: &Port, out: &mut Chains) {
    let [to, protocol, number] = port.inside();
    let (from, into) = (port.local.comes_from_elsewhere(), port.local.goes_out());
    out.rule(&[to, from, into, protocol, number], Target::Accept, port.span);
}

fn nat(here: &Here) -> Chains {
    let mut out = Chains::one(here.family, ChainName::new(&["DOCKER"]), here.docker.span);
    for local in here.networks() {
        for port in here.ports(local) {
            translate(here, &port, &mut out);
        }
    }
    out
}

/// A published port is translated. What comes from the network itself is the proxy's, if there is
/// one; so is what comes from addresses of a link, which are not unique on a node.
pub(super) fn translate(here: &Here, port: &Port, out: &mut Chains) {
    let [to, protocol, number] = port.outside();
    let from = match here.family {
        Family::V4 => Match::Any,
        Family::V6 => Match::Source { not: true, net: link_local() },
    };
    let elsewhere = match here.docker.userland_proxy {
        true => port.local.comes_from_elsewhere(),
        false => Match::Any,
    };
    let matches = [from, to, elsewhere, protocol, number];
    out.rule(&matches, Target::Dnat(&port.destination()), port.span);
}

/// fe80::/10 (RFC 4291 section 2.5.6)
pub(super) fn link_local() -> IpNet {
    let address = Family::V6.address(0xfe80 << 112);
    IpNet::new(address, 10).unwrap_or(address.into())
}
