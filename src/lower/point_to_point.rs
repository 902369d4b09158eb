//! A pod without a bridge, as CNI's ptp plugin joins it to its node (netspec 2.9): the node's end
//! of the veth pair has the gateway's address alone, the node has a route to the pod, and the pod
//! reaches its own block by the gateway too.

use super::Context;
use super::joint::{Joint, eth0};
use crate::model::Family;
use crate::object::{Address, Id, Netns, Route, RouteScope, State, Text};
use ipnet::IpNet;
use std::net::IpAddr;

/// What an address of a pod needs beside itself and its routes.
pub(super) fn lower(cx: &mut Context, joint: &Joint, address: IpNet, gateway: IpAddr) {
    outside(cx, joint, address.addr(), gateway);
    inside(cx, joint, address, gateway);
}

/// On the node.
fn outside(cx: &mut Context, joint: &Joint, pod: IpAddr, gateway: IpAddr) {
    let host = || Text::clone(&joint.host);
    let own = Address::new(Netns::Node, host(), IpNet::from(gateway));
    cx.objects.add(State::Address(own), joint.span);
    // The plugin says so, though the pod is on the link (`SCOPE_HOST` in its setupHostVeth).
    let scope = match Family::of(pod) {
        Family::V4 => RouteScope::Host,
        Family::V6 => RouteScope::Global,
    };
    let after = vec![Id::Up(Netns::Node, host())];
    let route = Route::on_link(Netns::Node, IpNet::from(pod), host());
    cx.objects.add(State::Route(Route { scope, after, ..route }), joint.span);
}

/// In the pod: the gateway is on the link, everything else of the block is behind it.
fn inside(cx: &mut Context, joint: &Joint, address: IpNet, gateway: IpAddr) {
    let netns = Netns::Named(Text::clone(&joint.netns));
    let source = Some(address.addr());
    let up = Id::Up(netns.clone(), eth0());
    let own = Id::Address(netns.clone(), eth0(), address);
    let route = Route::on_link(netns.clone(), IpNet::from(gateway), eth0());
    let next = Id::Route(netns.clone(), route.table, route.destination);
    let route = Route { source, after: vec![own.clone(), up.clone()], ..route };
    cx.objects.add(State::Route(route), joint.span);
    let route = Route::via(netns, address.trunc(), gateway, eth0());
    let route = Route { source, after: vec![own, up, next], ..route };
    cx.objects.add(State::Route(route), joint.span);
}
