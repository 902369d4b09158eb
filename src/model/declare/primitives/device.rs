//! Bridges, veth pairs and addresses.

use super::{spot, with_length, word};
use crate::model::{PlainAddress, PlainBridge, PlainPort, Spot, VethPair};
use netc_lang::{Diagnostic, Item, Mac, Spanned};

/// The MTU of Ethernet.
const MTU: u32 = 1500;

/// `bridge DEVICE [in NETNS] [{ … }]`
pub(super) fn bridge(item: &Item) -> Option<PlainBridge> {
    let ports = item.children("port").filter_map(|item| {
        let hairpin = item.one("hairpin").is_some_and(|hairpin| hairpin.value);
        Some(PlainPort { span: item.span, device: word(item, "device")?, hairpin })
    });
    Some(PlainBridge {
        span: item.span,
        at: spot(item, "device", "netns")?,
        mtu: mtu(item),
        mac: mac(item, "mac"),
        ports: ports.collect(),
    })
}

/// The addresses in the block of a bridge.
pub(super) fn of_bridge(item: &Item, faults: &mut Vec<Diagnostic>) -> Vec<PlainAddress> {
    let Some(on) = spot(item, "device", "netns") else { return Vec::new() };
    let stated = item.children("address").flat_map(|item| item.all("address"));
    let all = stated.filter_map(|stated| {
        let address = with_length(stated, faults)?;
        Some(PlainAddress { span: address.span, address: address.value, on: on.clone() })
    });
    all.collect()
}

/// `veth DEVICE [in NETNS] <-> DEVICE [in NETNS] [{ … }]`
pub(super) fn pair(item: &Item) -> Option<VethPair> {
    let end = |device, netns, own| -> Option<(Spanned<Spot>, Option<Mac>)> {
        Some((spot(item, device, netns)?, mac(item, own)))
    };
    let ends = [end("device", "netns", "mac")?, end("peer", "peer-netns", "peer-mac")?];
    let mtu = mtu(item).map_or(MTU, |mtu| mtu.value);
    Some(VethPair { span: item.span, ends, mtu })
}

/// `address ADDRESS/LENGTH on DEVICE [in NETNS]`
pub(super) fn address(item: &Item, faults: &mut Vec<Diagnostic>) -> Option<PlainAddress> {
    let address = with_length(item.one("address")?, faults)?;
    Some(PlainAddress {
        span: item.span,
        address: address.value,
        on: spot(item, "device", "netns")?,
    })
}

fn mtu(item: &Item) -> Option<Spanned<u32>> {
    item.child("mtu").and_then(|item| item.one("bytes"))
}

fn mac(item: &Item, keyword: &str) -> Option<Mac> {
    item.child(keyword).and_then(|item| item.one("mac")).map(|mac| mac.value)
}
