//! What the devices of all overlays have in common.

use super::Context;
use crate::model::{Family, Node};
use crate::object::{Address, Id, Link, LinkKind, Netns, Route, State, Text, Up};
use ipnet::IpNet;
use netc_lang::Mac;

/// Adds a device that is up and has the first address of the node's block in each of these families: hosts
/// send from it to pods.
pub(super) fn device(
    cx: &mut Context,
    name: &Text,
    kind: LinkKind,
    mac: Option<Mac>,
    families: &[Family],
) {
    let (node, span) = (cx.node, cx.cluster.overlay.span);
    let link = Link {
        netns: Netns::Node,
        name: Text::clone(name),
        mac,
        mtu: cx.cluster.mtu,
        alias: format!("netc overlay of {}", cx.cluster.name).into(),
        promiscuous: false,
        kind,
    };
    cx.objects.add(State::Link(link), span);
    for block in families.iter().filter_map(|family| node.blocks.get(*family)) {
        let address = Address::new(Netns::Node, Text::clone(name), IpNet::from(block.network()));
        cx.objects.add(State::Address(address), node.span);
    }
    let up = Up { netns: Netns::Node, link: Text::clone(name) };
    cx.objects.add(State::Up(up), span);
}

/// A route by a device of the overlay, which must be up.
pub(super) fn by_device(route: Route, name: &Text) -> State {
    let after = vec![Id::Up(Netns::Node, Text::clone(name))];
    State::Route(Route { after, ..route })
}

/// A route to another node's block by that node's own address, if it can be reached directly.
pub(super) fn direct(cx: &Context, family: Family, other: &Node) -> Option<Route> {
    let (own, remote) = (cx.node.address(family)?, other.address(family)?);
    let shared = own.network().is_some() && own.network() == remote.network();
    let (device, block) = (own.device.as_deref()?, other.blocks.get(family)?);
    let link: Text = device.into();
    let after = vec![Id::Underlay(Text::clone(&link))];
    let route = Route::via(Netns::Node, *block, remote.address, link);
    shared.then_some(Route { after, ..route })
}
