//! Options of Docker's networks that say nothing, or cannot be.

use super::mtu::MIN_V6;
use crate::model::declare::{DockerDecl, NetworkDecl};
use crate::model::{DockerLayout, DockerRules, Family, GatewayMode, fault};
use netc_lang::{Diagnostic, Spanned};
use std::net::IpAddr;

pub(super) fn check(docker: &DockerDecl, network: &NetworkDecl, faults: &mut Vec<Diagnostic>) {
    if network.gateways.get(Family::V6).is_some() && network.mtu.value < MIN_V6 {
        faults.push(fault::docker_mtu_too_small(network, MIN_V6));
    }
    if network.internal {
        return within(network, faults);
    }
    modes(docker, network, faults);
    for (family, own) in network.snat.iter() {
        faults.extend(source(docker, network, (family, own)));
    }
    faults.extend(network.bind.and_then(|bind| published_at(network, bind)));
}

/// What is outside of the node is nothing to an internal network.
fn within(network: &NetworkDecl, faults: &mut Vec<Diagnostic>) {
    let mode = network.modes.values().next().map(|mode| ("gateway-mode", mode.span));
    let snat = network.snat.values().next().map(|own| ("snat", own.span));
    let bind = network.bind.map(|own| ("bind", own.span));
    let options = [mode, snat, bind].into_iter().flatten();
    faults.extend(options.map(|(word, at)| fault::says_nothing(word, "an internal network", at)));
}

fn modes(docker: &DockerDecl, network: &NetworkDecl, faults: &mut Vec<Diagnostic>) {
    let classic = docker.rules == DockerRules::Iptables(DockerLayout::Classic);
    let newer = network.modes.values().find(|mode| mode.value != GatewayMode::Nat);
    if let (true, Some(mode)) = (classic, newer) {
        faults.push(fault::gateway_mode_of_28(mode.value.word(), mode.span));
    }
    for (family, mode) in network.modes.iter() {
        if network.gateways.get(family).is_none() {
            faults.push(fault::network_without_family(network, family, mode.span));
        }
    }
}

/// What is wrong with a source address.
fn source(
    docker: &DockerDecl,
    network: &NetworkDecl,
    (family, own): (Family, &Spanned<IpAddr>),
) -> Option<Diagnostic> {
    if network.gateways.get(family).is_none() {
        return Some(fault::network_without_family(network, family, own.span));
    }
    let routed = !network.translates(family);
    // Without a proxy what the node itself sends into the network takes the address too.
    if docker.userland_proxy && (routed || !network.masquerade) {
        let why = if routed { "a routed network" } else { "`masquerade off`" };
        return Some(fault::says_nothing("snat", why, own.span));
    }
    fault::unusable_source(own.value, own.span)
}

/// What is wrong with the address at which ports are published.
fn published_at(network: &NetworkDecl, bind: Spanned<IpAddr>) -> Option<Diagnostic> {
    let family = Family::of(bind.value);
    // 0.0.0.0 stands for both families here.
    if bind.value.is_ipv4() && bind.value.is_unspecified() {
        let translates = network.gateways.families().any(|family| network.translates(family));
        return (!translates).then(|| fault::says_nothing("bind", "a routed network", bind.span));
    }
    if network.gateways.get(family).is_none() {
        return Some(fault::network_without_family(network, family, bind.span));
    }
    let routed = !network.translates(family);
    routed.then(|| fault::says_nothing("bind", "a routed network", bind.span))
}
