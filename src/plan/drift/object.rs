//! Sentences about objects that are no rules.

use super::serving;
use crate::emit::{policy, way};
use crate::object::{Link, LinkKind, Port, State, Sysctl, Vxlan};
use crate::plan::wireguard;

/// What is the matter with an object. `was` is what the comparison says of it.
pub(super) fn sentence(wanted: Option<&State>, found: Option<&State>, was: &str) -> String {
    match (wanted, found) {
        (Some(flush @ State::Flush(_)), _) => {
            format!("there are {was} ({})", flush.id())
        }
        (Some(wanted), None) => missing(wanted),
        (Some(wanted), Some(found)) => {
            let all = changed(wanted, found);
            // Nothing differs where it only goes with something that is made anew.
            if all.is_empty() { format!("{} {was}", wanted.id()) } else { all.join("; ") }
        }
        (None, Some(found)) => stale(found),
        (None, None) => was.to_owned(),
    }
}

fn missing(state: &State) -> String {
    match state {
        State::Module(module) => format!("module {} is not loaded", module.name),
        State::Sysctl(Sysctl { netns, key, value, .. }) => {
            format!("sysctl {key}{netns} is not there; it should be {value}")
        }
        State::Port(port) => {
            format!("device {}{} is not in bridge {}", port.link, port.netns, port.bridge)
        }
        State::Address(own) => {
            format!("device {}{} has no address {}", own.link, own.netns, own.address)
        }
        State::Up(up) => format!("device {}{} is down", up.link, up.netns),
        State::Neighbour(entry) => format!(
            "device {}{} has no neighbour entry for {}, which is at {}",
            entry.link, entry.netns, entry.address, entry.mac
        ),
        State::Fdb(entry) => format!(
            "device {}{} has no forwarding entry for {}, which is at {}",
            entry.link, entry.netns, entry.mac, entry.destination
        ),
        State::Route(route) => format!("{} {} is missing", state.id(), way(route)),
        State::PolicyRule(rule) => format!("{} {} is missing", state.id(), policy(rule)),
        _ => format!("{} is missing", state.id()),
    }
}

/// What differs, field by field.
fn changed(wanted: &State, found: &State) -> Vec<String> {
    match (wanted, found) {
        (State::Link(wanted), State::Link(found)) => link(wanted, found),
        (State::Sysctl(wanted), State::Sysctl(found)) => {
            let least = if wanted.minimum { "at least " } else { "" };
            let Sysctl { netns, key, value, .. } = wanted;
            vec![format!("sysctl {key}{netns} is {}, not {least}{value}", found.value.trim())]
        }
        (State::Port(wanted), State::Port(found)) => port(wanted, found),
        (State::Neighbour(wanted), State::Neighbour(found)) if wanted.mac != found.mac => {
            vec![format!(
                "neighbour {} of {}{} has the address {}, not {}",
                wanted.address, wanted.link, wanted.netns, found.mac, wanted.mac
            )]
        }
        (State::Fdb(wanted), State::Fdb(found)) if wanted.destination != found.destination => {
            vec![format!(
                "forwarding entry {} of {}{} leads to {}, not {}",
                wanted.mac, wanted.link, wanted.netns, found.destination, wanted.destination
            )]
        }
        (State::Route(wanted), State::Route(found)) => {
            let (is, not) = (way(found), way(wanted));
            let id = State::Route(wanted.clone()).id();
            if is == not { Vec::new() } else { vec![format!("{id} leads {is}, not {not}")] }
        }
        (State::Wireguard(wanted), State::Wireguard(found)) if wanted != found => {
            let (is, not) = (wireguard::device(found), wireguard::device(wanted));
            vec![format!("device {}{} is {is}, not {not}", wanted.link, wanted.netns)]
        }
        (State::WireguardPeer(wanted), State::WireguardPeer(found)) if wanted != found => {
            let (is, not) = (wireguard::peer(found), wireguard::peer(wanted));
            let id = State::WireguardPeer(wanted.clone()).id();
            vec![format!("{id} is {is}, not {not}")]
        }
        (State::PolicyRule(new), State::PolicyRule(found)) if new != found => {
            vec![format!("{} is {}, not {}", wanted.id(), policy(found), policy(new))]
        }
        (State::Set(wanted), State::Set(found)) => serving::set(wanted, found),
        (State::Virtual(wanted), State::Virtual(found)) => serving::server(wanted, found),
        _ => Vec::new(),
    }
}

fn port(wanted: &Port, found: &Port) -> Vec<String> {
    let device = format!("device {}{}", wanted.link, wanted.netns);
    let mut all = Vec::new();
    if wanted.bridge != found.bridge {
        all.push(format!("{device} is in bridge {}, not {}", found.bridge, wanted.bridge));
    }
    let state = |on| if on { "on" } else { "off" };
    let options =
        [("hairpin", found.hairpin, wanted.hairpin), ("isolated", found.isolated, wanted.isolated)];
    for (option, is, not) in options.into_iter().filter(|(_, is, not)| is != not) {
        all.push(format!("{device} has {option} {}, not {}", state(is), state(not)));
    }
    if wanted.vlan != found.vlan {
        let vlan = |vlan: Option<u16>| match vlan {
            Some(vlan) => format!("vlan {vlan}"),
            None => "no vlan of its own".to_owned(),
        };
        let (is, not) = (vlan(found.vlan), vlan(wanted.vlan));
        all.push(format!("{device} is in {is}, not in {not}"));
    }
    all
}

fn link(wanted: &Link, found: &Link) -> Vec<String> {
    let device = format!("device {}{}", wanted.name, wanted.netns);
    let mut all = Vec::new();
    if let (Some(mac), Some(other)) = (wanted.mac, found.mac)
        && mac != other
    {
        all.push(format!("{device} has the address {other}, not {mac}"));
    }
    if wanted.mtu != found.mtu {
        all.push(format!("{device} has MTU {}, not {}", found.mtu, wanted.mtu));
    }
    if wanted.promiscuous != found.promiscuous {
        let state = |on| if on { "on" } else { "off" };
        let (is, not) = (state(found.promiscuous), state(wanted.promiscuous));
        all.push(format!("{device} has promisc {is}, not {not}"));
    }
    if wanted.alias != found.alias {
        all.push(match &*found.alias {
            "" => format!("{device} has no alias, not {:?}", &*wanted.alias),
            other => format!("{device} has the alias {other:?}, not {:?}", &*wanted.alias),
        });
    }
    all.extend(of_kind(&device, &wanted.kind, &found.kind));
    all
}

fn of_kind(device: &str, wanted: &LinkKind, found: &LinkKind) -> Vec<String> {
    let mut all = Vec::new();
    match (wanted, found) {
        (LinkKind::Veth(wanted), LinkKind::Veth(found)) => {
            if (&wanted.netns, &wanted.name) != (&found.netns, &found.name) {
                all.push(format!(
                    "{device} has its other end {}{}, not {}{}",
                    found.name, found.netns, wanted.name, wanted.netns
                ));
            }
            if wanted.mac != found.mac {
                all.push(format!(
                    "device {}{} has the address {}, not {}",
                    wanted.name, wanted.netns, found.mac, wanted.mac
                ));
            }
        }
        (LinkKind::Vxlan(wanted), LinkKind::Vxlan(found)) => {
            all.extend(vxlan(device, wanted, found));
        }
        (LinkKind::Ipip { local }, LinkKind::Ipip { local: found }) if local != found => {
            all.push(format!("{device} sends from {found}, not from {local}"));
        }
        (LinkKind::Bridge { vlan_filtering }, LinkKind::Bridge { vlan_filtering: found })
            if vlan_filtering != found =>
        {
            let (is, not) = (u8::from(*found), u8::from(*vlan_filtering));
            all.push(format!("{device} has vlan_filtering {is}, not {not}"));
        }
        (wanted, found) if wanted != found => {
            all.push(format!("{device} is {}, not {}", kind(found), kind(wanted)));
        }
        _ => {}
    }
    all
}

fn vxlan(device: &str, wanted: &Vxlan, found: &Vxlan) -> Vec<String> {
    let mut all = Vec::new();
    let Vxlan { vni, port, local, device: by, .. } = wanted;
    if *vni != found.vni {
        all.push(format!("{device} has VNI {}, not {vni}", found.vni));
    }
    if *port != found.port {
        all.push(format!("{device} has UDP port {}, not {port}", found.port));
    }
    if (local, by) != (&found.local, &found.device) {
        let (from, other) = (found.local, &found.device);
        all.push(format!("{device} sends from {from} by {other}, not from {local} by {by}"));
    }
    let state = |on| if on { "on" } else { "off" };
    let switches = [
        ("learning", wanted.learning, found.learning),
        ("group-based policy", wanted.gbp, found.gbp),
    ];
    for (what, wanted, found) in switches.into_iter().filter(|(_, own, other)| own != other) {
        all.push(format!("{device} has {what} {}, not {}", state(found), state(wanted)));
    }
    all
}

fn kind(kind: &LinkKind) -> String {
    match kind {
        LinkKind::Bridge { .. } => "a bridge".into(),
        LinkKind::Dummy => "a dummy device".into(),
        LinkKind::Veth(_) => "one end of a veth pair".into(),
        LinkKind::Vxlan(_) => "a vxlan device".into(),
        LinkKind::Ipip { .. } => "an ipip device".into(),
        LinkKind::Wireguard => "a device of wireguard".into(),
        LinkKind::Tun => "a tun device".into(),
        LinkKind::Other(other) => format!("of the kind {other}"),
    }
}

fn stale(state: &State) -> String {
    match state {
        State::Address(own) => {
            format!("device {}{} has a further address {}", own.link, own.netns, own.address)
        }
        State::Port(port) => {
            format!("device {}{} is in bridge {}", port.link, port.netns, port.bridge)
        }
        State::Neighbour(entry) => format!(
            "device {}{} has a further neighbour entry for {}, at {}",
            entry.link, entry.netns, entry.address, entry.mac
        ),
        State::Fdb(entry) => format!(
            "device {}{} has a further forwarding entry for {}, at {}",
            entry.link, entry.netns, entry.mac, entry.destination
        ),
        State::Up(up) => format!("device {}{} is up", up.link, up.netns),
        _ => format!("{} is left: nothing asks for it", state.id()),
    }
}
