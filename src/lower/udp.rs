//! Flannel's udp: a tun device and one route to the whole pod network (netspec 1.9). The program
//! that carries the packets is not netc's.

use super::Context;
use super::overlay::{by_device, device};
use crate::model::Family;
use crate::object::{LinkKind, Module, Netns, Route, RouteScope, State, TUN, Text};

/// Flannel's name for the device.
const NAME: &str = "flannel0";

pub(super) fn lower(cx: &mut Context) {
    let family = Family::V4;
    let pods = &cx.cluster.pod_networks;
    let (Some(_), Some(pods)) = (cx.node.blocks.get(family), pods.get(family)) else { return };
    let name: Text = NAME.into();
    let module = Module { name: TUN.into() };
    cx.objects.add(State::Module(module), cx.cluster.overlay.span);
    device(cx, &name, LinkKind::Tun, None, &[family]);
    let route = Route::on_link(Netns::Node, pods.network, Text::clone(&name));
    let route = Route { scope: RouteScope::Global, ..route };
    cx.objects.add(by_device(route, &name), pods.span);
}
