//! Flannel's vxlan: one device, and for every other node a neighbour, a forwarding entry and an
//! on-link route (netspec 1.7).

use super::Context;
use super::bridge::no_router_advertisements;
use crate::model::Family;
use crate::object::{Address, Fdb, Id, Link, LinkKind, Neighbour, Netns, Route, State, Text, Up};
use ipnet::IpNet;

pub(super) fn lower(cx: &mut Context, vni: u32, port: u16) {
    for family in cx.node.blocks.families().collect::<Vec<_>>() {
        let name: Text = match family {
            Family::V4 => format!("flannel.{vni}"),
            Family::V6 => format!("flannel-v6.{vni}"),
        }
        .into();
        device(cx, family, &name, vni, port);
        remotes(cx, family, &name);
    }
}

/// The device, with the first address of the node's block on it: hosts send from it to pods.
fn device(cx: &mut Context, family: Family, name: &Text, vni: u32, port: u16) {
    let node = cx.node;
    let (Some(block), Some(own)) = (node.blocks.get(family), node.address(family)) else { return };
    let Some(device) = &own.device else { return };
    let kind = LinkKind::Vxlan { vni, port, local: own.address, device: device.as_str().into() };
    let link = Link {
        netns: Netns::Node,
        name: Text::clone(name),
        mac: node.vteps.get(family).copied(),
        mtu: cx.cluster.mtu,
        alias: format!("netc overlay of {}", cx.cluster.name).into(),
        kind,
    };
    cx.objects.add(State::Link(link), cx.cluster.overlay.span);
    cx.objects.add(no_router_advertisements(Netns::Node, name), cx.cluster.overlay.span);
    let address = Address::new(Netns::Node, Text::clone(name), IpNet::from(block.network()));
    cx.objects.add(State::Address(address), node.span);
    let up = Up { netns: Netns::Node, link: Text::clone(name) };
    cx.objects.add(State::Up(up), cx.cluster.overlay.span);
}

/// The way to every other node's block.
fn remotes(cx: &mut Context, family: Family, name: &Text) {
    for other in cx.others() {
        let (Some(block), Some(remote), Some(mac)) =
            (other.blocks.get(family), other.address(family), other.vteps.get(family))
        else {
            continue;
        };
        let (netns, link) = (Netns::Node, Text::clone(name));
        let neighbour = Neighbour { netns, link, address: block.network(), mac: *mac };
        cx.objects.add(State::Neighbour(neighbour), other.span);
        let (netns, link) = (Netns::Node, Text::clone(name));
        let fdb = Fdb { netns, link, mac: *mac, destination: remote.address };
        cx.objects.add(State::Fdb(fdb), other.span);
        let after = vec![Id::Up(Netns::Node, Text::clone(name))];
        let route = Route::via(Netns::Node, *block, block.network(), Text::clone(name));
        let route = Route { onlink: true, after, ..route };
        cx.objects.add(State::Route(route), other.span);
    }
}
