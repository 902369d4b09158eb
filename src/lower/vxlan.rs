//! Flannel's vxlan: one device, and for every other node a neighbour, a forwarding entry and an
//! on-link route (netspec 1.7).

use super::Context;
use super::bridge::no_router_advertisements;
use super::overlay::{by_device, device, direct};
use crate::model::{Family, Node, Vxlan};
use crate::object::{self, Fdb, LinkKind, Neighbour, Netns, Route, State, Text};

pub(super) fn lower(cx: &mut Context, vxlan: Vxlan) {
    for family in cx.node.blocks.families().collect::<Vec<_>>() {
        let name: Text = match family {
            Family::V4 => format!("flannel.{}", vxlan.vni),
            Family::V6 => format!("flannel-v6.{}", vxlan.vni),
        }
        .into();
        own(cx, family, &name, vxlan);
        for other in cx.others() {
            match direct(cx, family, other).filter(|_| vxlan.direct_routing) {
                Some(route) => cx.objects.add(State::Route(route), other.span),
                None => remote(cx, family, &name, other),
            }
        }
    }
}

/// The device.
fn own(cx: &mut Context, family: Family, name: &Text, vxlan: Vxlan) {
    let node = cx.node;
    let Some(own) = node.address(family) else { return };
    let Some(by) = &own.device else { return };
    let Vxlan { vni, port, learning, gbp, .. } = vxlan;
    let local = own.address;
    let kind = object::Vxlan { vni, port, local, device: by.as_str().into(), learning, gbp };
    device(cx, name, LinkKind::Vxlan(kind), node.vteps.get(family).copied(), &[family]);
    cx.objects.add(no_router_advertisements(Netns::Node, name), cx.cluster.overlay.span);
}

/// The way to another node's block.
fn remote(cx: &mut Context, family: Family, name: &Text, other: &Node) {
    let (Some(block), Some(remote), Some(mac)) =
        (other.blocks.get(family), other.address(family), other.vteps.get(family))
    else {
        return;
    };
    let (netns, link) = (Netns::Node, Text::clone(name));
    let neighbour = Neighbour { netns, link, address: block.network(), mac: *mac };
    cx.objects.add(State::Neighbour(neighbour), other.span);
    let (netns, link) = (Netns::Node, Text::clone(name));
    let fdb = Fdb { netns, link, mac: *mac, destination: remote.address };
    cx.objects.add(State::Fdb(fdb), other.span);
    let route = Route::via(Netns::Node, *block, block.network(), Text::clone(name));
    cx.objects.add(by_device(Route { onlink: true, ..route }, name), other.span);
}
