//! Flannel's host-gw, and routes made by hand: a route to every other node's block by that
//! node's own address (netspec 1.8).

use super::Context;
use crate::object::{Id, Netns, Route, State, Text};

pub(super) fn lower(cx: &mut Context) {
    let Some(device) = &cx.node.device else { return };
    let link: Text = device.as_str().into();
    for other in cx.others() {
        for (family, block) in other.blocks.iter() {
            let Some(remote) = other.addresses.get(family) else { continue };
            let route = Route {
                netns: Netns::Node,
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
