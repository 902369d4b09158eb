//! `node` statements.

use super::{per_family, pod_network, windows};
use crate::model::stated::{Form, NodeDecl};
use crate::model::{Family, NodeAddress, NodeKeys, Uplink, fault};
use netc_lang::{Diagnostic, Interface, Item, Spanned};

/// The file of a node's private key if none is stated.
const PRIVATE_KEY: &str = "/etc/netc/wireguard.key";

/// `node NAME { … }`
pub(super) fn read(item: &Item, faults: &mut Vec<Diagnostic>) -> Option<NodeDecl> {
    let name = item.one::<&str>("name")?.value.to_owned();
    let blocks = item.children("pods").flat_map(|item| item.all("network"));
    let zone = item.child("zone").and_then(|item| item.one::<&str>("zone"));
    let vteps = item.children("vtep").flat_map(|item| item.all("mac"));
    Some(NodeDecl {
        name,
        span: item.span,
        form: Form::Netc,
        addresses: item.children("address").flat_map(addresses).collect(),
        mtu: item.child("mtu").and_then(|item| item.one("bytes")),
        zone: zone.map(|zone| zone.map(str::to_owned)),
        cores: item.child("cores").and_then(|item| item.one("number")),
        kernel: item.child("kernel").and_then(|item| item.one("version")),
        os: windows::os(item),
        kernelspace: item.child("kernelspace").map(windows::read),
        uplink: uplink(item, faults),
        blocks: per_family(blocks, Family::of_net, "blocks of one node", faults),
        vteps: vteps.collect(),
        keys: item.child("wireguard").map(keys),
        attachment: item
            .child("pod-network")
            .map(|stated| pod_network::read(Some(stated), item.span, faults)),
    })
}

/// `gateway none|ADDRESS, …`
fn uplink(item: &Item, faults: &mut Vec<Diagnostic>) -> Uplink {
    let Some(item) = item.child("gateway") else { return Uplink::Assumed };
    let stated = per_family(item.all("gateway"), Family::of, "gateways of one node", faults);
    let none = item.one::<&str>("gateway").map(|none| none.span);
    let gateway = stated.values().next().copied();
    match (none, gateway) {
        (Some(none), Some(gateway)) => {
            faults.push(fault::gateway_and_none(gateway.span, none));
            Uplink::None(none)
        }
        (Some(none), None) => Uplink::None(none),
        (None, _) => Uplink::Via(stated),
    }
}

/// `wireguard { public-key KEY; private-key-file PATH }`
fn keys(item: &Item) -> NodeKeys {
    let public = item.child("public-key").and_then(|item| item.one::<&str>("key"));
    let file = item.child("private-key-file").and_then(|item| item.one::<&str>("path"));
    NodeKeys {
        public: public.as_ref().and_then(|key| key.value.parse().ok()),
        private_file: file.map_or(PRIVATE_KEY, |file| file.value).to_owned(),
        span: public.map_or(item.span, |key| key.span),
    }
}

/// `address ADDRESS[/LENGTH], … [on DEVICE]`
fn addresses(item: &Item) -> impl Iterator<Item = NodeAddress> {
    let device = item.one::<&str>("device").map(|device| device.value.to_owned());
    item.all::<Interface>("address").map(move |Spanned { value, span }| NodeAddress {
        address: value.address,
        prefix: value.prefix,
        device: device.clone(),
        span,
    })
}
