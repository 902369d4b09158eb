//! The chains of Docker up to 27 (netspec 3.2).

use super::iptables::{admit, apart, own_ports, translate};
use super::{Here, Hooked, Local, ruleset};
use crate::lower::Context;
use crate::object::{ChainName, Chains, ConntrackStates, Hook, Match, Table, Target};

pub(super) fn lower(cx: &mut Context, here: &Here) {
    let mut hooked = Hooked::new(cx, here.family);
    forward(&mut hooked, here);
    hooked.nat(here);
    own_ports(&mut hooked, here);
    ruleset(cx, Table::Filter, filter(here), here);
    ruleset(cx, Table::Nat, nat(here), here);
}

/// filter FORWARD: the rules of the last network come first, those that part containers last.
fn forward(hooked: &mut Hooked, here: &Here) {
    let at = (Table::Filter, Hook::Forward);
    for name in ["DOCKER-USER", "DOCKER-ISOLATION-STAGE-1"] {
        let chain = ChainName::new(&[name]);
        hooked.insert(at, &[], Target::Jump(&chain), here.docker.span);
    }
    let published = ChainName::new(&["DOCKER"]);
    let replies = Match::Conntrack { not: false, states: ConntrackStates::Established };
    for local in here.networks().iter().rev() {
        let within = [local.comes_in(), local.goes_out()];
        if !local.network.internal {
            hooked.insert(at, &[local.goes_out(), replies], Target::Accept, local.span);
            hooked.insert(at, &[local.goes_out()], Target::Jump(&published), local.span);
            let leaves = [local.comes_in(), local.goes_elsewhere()];
            hooked.insert(at, &leaves, Target::Accept, local.span);
        }
        match local.network.icc {
            true => hooked.insert(at, &within, Target::Accept, local.span),
            false => hooked.append(at, &within, Target::Drop, local.span),
        }
    }
}

fn filter(here: &Here) -> Chains {
    let span = here.docker.span;
    let mut out = Chains::new(here.family);
    let networks = here.networks();
    let outward = || networks.iter().filter(|local| !local.network.internal);
    let second = ChainName::new(&["DOCKER-ISOLATION-STAGE-2"]);
    // People's own rules go there.
    out.begin(ChainName::new(&["DOCKER-USER"]), span);
    out.rule(&[], Target::Return, span);
    out.begin(ChainName::new(&["DOCKER-ISOLATION-STAGE-1"]), span);
    for local in networks.iter().filter(|local| local.network.internal) {
        apart(local, &mut out);
    }
    for local in outward() {
        let leaves = [local.comes_in(), local.goes_elsewhere()];
        out.rule(&leaves, Target::Jump(&second), local.span);
    }
    out.rule(&[], Target::Return, span);
    out.begin(second, span);
    for local in outward() {
        out.rule(&[local.goes_out()], Target::Drop, local.span);
    }
    out.rule(&[], Target::Return, span);
    out.begin(ChainName::new(&["DOCKER"]), span);
    for port in outward().flat_map(|local| here.inner_ports(*local)) {
        admit(&port, &mut out);
    }
    out
}

fn nat(here: &Here) -> Chains {
    let mut out = Chains::one(here.family, ChainName::new(&["DOCKER"]), here.docker.span);
    let networks: Vec<Local> =
        here.networks().into_iter().filter(|local| !local.network.internal).collect();
    // What comes from a network is the proxy's.
    for local in networks.iter().filter(|_| here.docker.userland_proxy) {
        out.rule(&[local.comes_in()], Target::Return, local.span);
    }
    for port in networks.iter().flat_map(|local| here.ports(*local)) {
        translate(here, &port, &mut out);
    }
    out
}
