//! Flannel's ipip: one device, and for every other node an on-link route by that node's address
//! (netspec 1.9).

use super::Context;
use super::overlay::{by_device, device, direct};
use crate::model::Family;
use crate::object::{LinkKind, Netns, Route, State, Text};

/// Flannel's name for the device.
const NAME: &str = "flannel.ipip";

pub(super) fn lower(cx: &mut Context, direct_routing: bool) {
    let family = Family::V4;
    let Some(own) = cx.node.address(family) else { return };
    if cx.node.blocks.get(family).is_none() {
        return;
    }
    let name: Text = NAME.into();
    device(cx, &name, LinkKind::Ipip { local: own.address }, None, &[family]);
    for other in cx.others() {
        let (Some(block), Some(remote)) = (other.blocks.get(family), other.address(family)) else {
            continue;
        };
        let state = match direct(cx, family, other).filter(|_| direct_routing) {
            // Flannel has it on-link here too, although the gateway is on the link.
            Some(route) => State::Route(Route { onlink: true, ..route }),
            None => {
                let route = Route::via(Netns::Node, *block, remote.address, Text::clone(&name));
                by_device(Route { onlink: true, ..route }, &name)
            }
        };
        cx.objects.add(state, other.span);
    }
}
