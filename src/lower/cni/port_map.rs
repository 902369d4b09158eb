//! Host ports: chains of their own lead from a port of the node to a pod (netspec 2.7).

use super::{APPENDED, INSERTED, names};
use crate::lower::Context;
use crate::lower::pods::Placed;
use crate::model::{Attachment, Family, Pod, Published};
use crate::object::text::push_socket;
use crate::object::{
    Aside, ChainName, Chains, Flush, Hook, Id, Jump, Match, Netns, Place, Ruleset, Side, State,
    Sysctl, Table, Target, Text,
};
use ipnet::IpNet;
use netc_lang::Protocol;
use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

/// So many ports fit into one rule (`XT_MULTI_PORTS` in linux/netfilter/xt_multiport.h).
const PORTS: usize = 15;

/// The names of the chains that all pods share.
struct Shared {
    translate: ChainName,
    mark: ChainName,
    masquerade: ChainName,
}

pub(super) fn lower(cx: &mut Context, attachment: &Attachment, pods: &[Placed]) {
    let shared = Shared {
        translate: ChainName::new(&["CNI-HOSTPORT-DNAT"]),
        mark: ChainName::new(&["CNI-HOSTPORT-SETMARK"]),
        masquerade: ChainName::new(&["CNI-HOSTPORT-MASQ"]),
    };
    for (family, block) in cx.node.blocks.iter() {
        let mapped: Vec<(&Placed, IpAddr)> = pods
            .iter()
            .filter(|placed| !placed.pod.template.mappings.is_empty())
            .filter_map(|placed| Some((placed, *placed.pod.addresses.get(family)?)))
            .collect();
        if mapped.is_empty() {
            continue;
        }
        jumps(cx, attachment, family, &shared);
        let mut chains = Chains::new(family);
        masquerading(&mut chains, attachment, &shared);
        chains.begin(shared.translate, attachment.span);
        for (placed, _) in &mapped {
            entries(&mut chains, attachment, placed.pod);
        }
        for (placed, address) in &mapped {
            let own = IpNet::new(*address, block.prefix_len()).unwrap_or((*address).into());
            translations(&mut chains, attachment, placed.pod, own, &shared);
            if family == Family::V4 && attachment.port_map.snat {
                loopback(cx, attachment, placed);
            }
        }
        let ruleset = Ruleset::new(family, Table::Nat, vec![chains]);
        cx.objects.add(State::Ruleset(ruleset), attachment.span);
        flushes(cx, family, &mapped);
    }
}

/// The node's address at which a port answers, if it is one of several.
fn only_at(one: &Published) -> Option<IpAddr> {
    one.address.filter(|address| !address.is_unspecified())
}

/// The ways into the shared chains.
fn jumps(cx: &mut Context, attachment: &Attachment, family: Family, shared: &Shared) {
    let span = attachment.port_map.span.unwrap_or(attachment.span);
    let at = (family, Table::Nat);
    if attachment.port_map.snat {
        let place = (Hook::Postrouting, Place::Top(INSERTED));
        let comment = Match::Comment(&["CNI portfwd requiring masquerade"]);
        let jump = Jump::new(at, place, shared.masquerade, &[comment]);
        cx.objects.add(State::Jump(jump), span);
    }
    for hook in [Hook::Prerouting, Hook::Output] {
        let local = Match::local(Side::Destination);
        let place = (hook, Place::Bottom(APPENDED));
        let jump = Jump::new(at, place, shared.translate, &[local]);
        cx.objects.add(State::Jump(jump), span);
    }
}

/// What is marked takes the node's address.
fn masquerading(chains: &mut Chains, attachment: &Attachment, shared: &Shared) {
    let port_map = attachment.port_map;
    let (mark, span) = (port_map.mark, port_map.span.unwrap_or(attachment.span));
    if !port_map.snat {
        return;
    }
    chains.begin(shared.mark, span);
    let comment = Match::Comment(&["CNI portfwd masquerade mark"]);
    chains.rule(&[comment], Target::Mark { value: mark, mask: mark }, span);
    chains.begin(shared.masquerade, span);
    let marked = Match::marked(false, mark);
    chains.rule(&[marked], Target::Masquerade { random_fully: false }, span);
}

/// A comment that iptables takes: the plugin marks what it cuts off by two dots.
fn cut(comment: String) -> String {
    const LIMIT: usize = 255;
    match comment.get(..LIMIT - 2) {
        Some(begin) if comment.len() > LIMIT => format!("{begin}.."),
        _ => comment,
    }
}

/// Of the chain for all pods: the ports of one lead to its own. All of them are named, whichever
/// family they are of.
fn entries(chains: &mut Chains, attachment: &Attachment, pod: &Pod) {
    let network = &attachment.network;
    let comment = cut(names::comment("dnat ", network, &pod.sandbox));
    let comment = [comment.as_str()];
    let name = names::translate(network, &pod.sandbox);
    let mut protocols = [Protocol::Tcp, Protocol::Udp, Protocol::Sctp];
    protocols.sort_by_key(|protocol| protocol.name());
    for protocol in protocols {
        let own = pod.template.mappings.iter().filter(|one| one.target.protocol == protocol);
        let own: Vec<&Published> = own.collect();
        for group in own.chunks(PORTS) {
            let ports: Vec<u16> = group.iter().map(|one| one.port).collect();
            let span = group.first().map_or(pod.span, |one| one.span);
            let matches = [
                Match::Protocol(protocol),
                Match::Comment(&comment),
                Match::DestinationPorts(&ports),
            ];
            chains.rule(&matches, Target::Jump(&name), span);
        }
    }
}

/// The chain of a pod. What comes from its own block is marked, or the answer would go there past
/// the node; so is what comes from the node's loopback address, which has no way back from a pod.
fn translations(
    chains: &mut Chains,
    attachment: &Attachment,
    pod: &Pod,
    own: IpNet,
    shared: &Shared,
) {
    let (family, port_map) = (Family::of_net(own), attachment.port_map);
    chains.begin(names::translate(&attachment.network, &pod.sandbox), pod.span);
    for one in pod.template.mappings.iter().filter(|one| one.is_of(family)) {
        let (protocol, span) = (one.target.protocol, one.span);
        let to = only_at(one)
            .map_or(Match::Any, |address| Match::Destination { not: false, net: address.into() });
        let ports = [to, Match::Protocol(protocol), Match::DestinationPort(protocol, one.port)];
        let mut mark = |from: Match| {
            let [to, protocol, number] = ports;
            chains.rule(&[from, to, protocol, number], Target::Jump(&shared.mark), span);
        };
        match port_map {
            _ if !port_map.snat => {}
            _ if port_map.masquerade_all => mark(Match::Any),
            _ => {
                mark(Match::Source { not: false, net: own.trunc() });
                if family == Family::V4 {
                    mark(Match::Source { not: false, net: IpAddr::V4(Ipv4Addr::LOCALHOST).into() });
                }
            }
        }
        let mut destination = String::new();
        push_socket(&mut destination, SocketAddr::new(own.addr(), one.target.number));
        chains.rule(&ports, Target::Dnat(&destination), span);
    }
}

/// What is sent to 127.0.0.1 goes out by the device that leads to the pod.
fn loopback(cx: &mut Context, attachment: &Attachment, placed: &Placed) {
    let bridge = attachment.bridge().map(|bridge| Text::from(bridge.gateway_device()));
    let device = bridge.unwrap_or_else(|| Text::clone(&placed.host));
    let sysctl = Sysctl {
        netns: Netns::Node,
        key: format!("net.ipv4.conf.{}.route_localnet", device.replace('.', "/")).into(),
        value: "1".into(),
        minimum: false,
        after: Some(Id::Link(Netns::Node, device)),
    };
    cx.objects.add(State::Sysctl(sysctl), placed.pod.span);
}

/// Clients of UDP that sent to a port before it led anywhere must not be held to that.
fn flushes(cx: &mut Context, family: Family, mapped: &[(&Placed, IpAddr)]) {
    let mut seen = BTreeSet::new();
    for (placed, _) in mapped {
        for one in placed.pod.template.mappings.iter().filter(|one| one.is_of(family)) {
            let key = (only_at(one), one.port);
            if one.target.protocol != Protocol::Udp || !seen.insert(key) {
                continue;
            }
            let holders = mapped.iter().filter(|(other, _)| {
                let mappings = &other.pod.template.mappings;
                mappings.iter().any(|other| (only_at(other), other.port) == key)
            });
            let mut keep: Vec<IpAddr> = holders.map(|(_, address)| *address).collect();
            keep.sort_unstable();
            let (destination, port) = key;
            let flush = Flush { family, destination, port, keep, table: Aside(None) };
            cx.objects.add(State::Flush(flush), one.span);
        }
    }
}
