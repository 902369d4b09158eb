//! What a node needs before anything else: its own device, forwarding, and bridged packets
//! that pass iptables (netspec section 6).

use super::Context;
use crate::model::{Family, OverlayKind};
use crate::object::{Id, Module, Netns, State, Sysctl, Text, Underlay};

pub(super) fn lower(cx: &mut Context) {
    let node = cx.node;
    let mut devices: Vec<Underlay> = Vec::new();
    for own in &node.addresses {
        let Some(device) = &own.device else { continue };
        match devices.iter_mut().find(|underlay| *underlay.name == **device) {
            Some(underlay) => underlay.addresses.push(own.address),
            None => devices
                .push(Underlay { name: device.as_str().into(), addresses: vec![own.address] }),
        }
    }
    for underlay in devices {
        cx.objects.add(State::Underlay(underlay), node.span);
    }
    let span = cx.cluster.span;
    let forwards = forwards(cx);
    for family in node.blocks.families().filter(|_| forwards) {
        let key = match family {
            Family::V4 => "net.ipv4.ip_forward",
            Family::V6 => "net.ipv6.conf.all.forwarding",
        };
        cx.objects.add(sysctl(key, None), span);
    }
    // Without it a reply from a pod on the same bridge goes straight back to the client, past
    // the connection tracking that would undo the service's DNAT.
    let bridged = node.attachment.as_ref().filter(|own| own.bridge().is_some());
    if let (Some(own), Some(_)) = (bridged, &cx.cluster.proxy) {
        let module = Module { name: "br_netfilter".into() };
        let loaded = Id::Module(Text::clone(&module.name));
        cx.objects.add(State::Module(module), own.span);
        for family in node.blocks.families() {
            let key = match family {
                Family::V4 => "net.bridge.bridge-nf-call-iptables",
                Family::V6 => "net.bridge.bridge-nf-call-ip6tables",
            };
            // Where there is a vlan, what pods send to their node passes the bridge first, to the
            // gateway's device: its addresses must not be changed on the way.
            let vlan = own.bridge().is_some_and(|bridge| bridge.vlan.is_some());
            let after = Some(loaded.clone());
            let state = if vlan { off(key, after) } else { sysctl(key, after) };
            cx.objects.add(state, own.span);
        }
    }
}

/// Whether packets of pods pass the node. A bridge that is no gateway joins pods alone.
fn forwards(cx: &Context) -> bool {
    let bridge = cx.node.attachment.as_ref().and_then(|own| own.bridge());
    let joins_alone = bridge.is_some_and(|bridge| !bridge.gateway);
    !joins_alone || cx.cluster.overlay.kind != OverlayKind::None || cx.cluster.proxy.is_some()
}

/// A parameter of the node that is to be on.
pub(super) fn sysctl(key: &str, after: Option<Id>) -> State {
    parameter(key, "1", after)
}

/// One that is to be off.
fn off(key: &str, after: Option<Id>) -> State {
    parameter(key, "0", after)
}

fn parameter(key: &str, value: &str, after: Option<Id>) -> State {
    let (key, value) = (key.into(), value.into());
    State::Sysctl(Sysctl { netns: Netns::Node, key, value, minimum: false, after })
}
