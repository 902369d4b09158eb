//! The whole of a live node, whoever made what is there: what a packet would meet.

use super::{Interest, observe};
use crate::kernel::error::KernelError;
use crate::kernel::machine::Machine;
use crate::object::{LinkKind, Netns, State, Sysctl, Text};
use crate::plan::{Live, Record};
use std::collections::BTreeSet;

/// What decides the way of packets in the whole namespace.
const OF_SPACE: &[&str] = &[
    "net.ipv4.ip_forward",
    "net.ipv6.conf.all.forwarding",
    "net.bridge.bridge-nf-call-iptables",
    "net.bridge.bridge-nf-call-ip6tables",
];

/// What does on a device, or on all.
const OF_DEVICE: &[&str] = &["rp_filter", "route_localnet", "accept_local"];

/// The live state of a node: its own namespace and those that `wanted` names, with all devices,
/// addresses, entries, routes, rules, tables, sets and virtual servers in them.
///
/// # Errors
/// Something could not be read.
pub fn survey<'w>(
    machine: &mut Machine,
    wanted: impl Iterator<Item = &'w State>,
    record: &Record,
) -> Result<Live, KernelError> {
    let wanted: Vec<&State> =
        wanted.filter(|state| !matches!(state, State::Flush(_) | State::Sysctl(_))).collect();
    let parameters = parameters(&wanted);
    let states = wanted.into_iter().chain(&parameters);
    let interest = Interest { all: true, ..Interest::new(states, record, false) };
    observe(machine, &interest)
}

/// The parameters that a walk asks for.
fn parameters(wanted: &[&State]) -> Vec<State> {
    let mut devices: BTreeSet<(Netns, Text)> = BTreeSet::new();
    let all = || Text::from("all");
    for state in wanted {
        match state {
            State::Underlay(device) => {
                devices.insert((Netns::Node, Text::clone(&device.name)));
            }
            State::Netns(netns) => {
                devices.insert((Netns::Named(Text::clone(&netns.name)), all()));
            }
            State::Link(link) => {
                devices.insert((link.netns.clone(), Text::clone(&link.name)));
                if let LinkKind::Veth(peer) = &link.kind {
                    devices.insert((peer.netns.clone(), Text::clone(&peer.name)));
                }
            }
            _ => {}
        }
    }
    devices.insert((Netns::Node, all()));
    let spaces: BTreeSet<Netns> = devices.iter().map(|(netns, _)| netns.clone()).collect();
    let of_spaces = spaces
        .into_iter()
        .flat_map(|netns| OF_SPACE.iter().map(move |key| (netns.clone(), Text::from(*key))));
    let of_devices = devices.into_iter().flat_map(|(netns, device)| {
        let device = device.replace('.', "/");
        let key = move |what: &&str| Text::from(format!("net.ipv4.conf.{device}.{what}"));
        OF_DEVICE.iter().map(move |what| (netns.clone(), key(what)))
    });
    let parameter = |(netns, key): (Netns, Text)| {
        State::Sysctl(Sysctl { netns, key, value: "0".into(), minimum: false, after: None })
    };
    of_spaces.chain(of_devices).map(parameter).collect()
}
