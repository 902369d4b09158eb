//! Flannel's host-gw, and routes made by hand: a route to every other node's block by that
//! node's own address (netspec 1.8).

use super::Context;
use crate::object::{Id, Netns, Route, State, Text};

pub(super) fn lower(cx: &mut Context) {
    for family in cx.node.blocks.families() {
        let device = cx.node.address(family).and_then(|own| own.device.as_deref());
        let Some(device) = device else { continue };
        let link: Text = device.into();
        for other in cx.others() {
            let (Some(block), Some(remote)) = (other.blocks.get(family), other.address(family))
            else {
                continue;
            };
            let after = vec![Id::Underlay(Text::clone(&link))];
            let route = Route::via(Netns::Node, *block, remote.address, Text::clone(&link));
            let route = Route { after, ..route };
            cx.objects.add(State::Route(route), other.span);
        }
    }
}
