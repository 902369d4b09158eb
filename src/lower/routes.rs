//! Flannel's host-gw, and routes made by hand: a route to every other node's block by that
//! node's own address (netspec 1.8).

use super::Context;
use crate::object::{Id, MAIN_TABLE, Netns, PROTOCOL, Route, State, Text};

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
            let route = Route {
                netns: Netns::Node,
                table: MAIN_TABLE,
                protocol: PROTOCOL,
                destination: *block,
                gateway: remote.address,
                link: Text::clone(&link),
                onlink: false,
                after: vec![Id::Underlay(Text::clone(&link))],
            };
            cx.objects.add(State::Route(route), other.span);
        }
    }
}
