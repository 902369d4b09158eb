//! `node` statements.

use super::{per_family, pod_network};
use crate::model::stated::{Form, NodeDecl};
use crate::model::{Family, NodeAddress};
use netc_lang::{Diagnostic, Interface, Item, Spanned};

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
        blocks: per_family(blocks, Family::of_net, "blocks of one node", faults),
        vteps: vteps.collect(),
        attachment: item
            .child("pod-network")
            .map(|stated| pod_network::read(Some(stated), item.span, faults)),
    })
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
