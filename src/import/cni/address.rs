//! Addresses and routes, as host-local gives them out (netspec 2.6).

use super::{left_out, unknown};
use crate::import::object::Object;
use crate::import::tree::Node;
use crate::import::value::{self, Wrong};
use crate::model::{Family, PerFamily, gateway, number};
use ipnet::IpNet;
use std::net::IpAddr;

/// What pods get.
#[derive(Default)]
pub(super) struct Addresses {
    pub(super) blocks: PerFamily<Block>,
    /// With the next hop, if it is not the gateway.
    pub(super) routes: Vec<(IpNet, Option<IpAddr>)>,
}

/// The block of a family.
pub(super) struct Block {
    pub(super) subnet: IpNet,
    /// If it is not the first address.
    pub(super) gateway: Option<IpAddr>,
    pub(super) ranges: Vec<(IpAddr, IpAddr)>,
}

/// A range with what it belongs to.
struct SeenRange {
    subnet: IpNet,
    gateway: Option<IpAddr>,
    ends: Option<(IpAddr, IpAddr)>,
}

const IPAM: [&str; 9] = [
    "type",
    "ranges",
    "routes",
    "subnet",
    "rangeStart",
    "rangeEnd",
    "gateway",
    "dataDir",
    "resolvConf",
];

pub(super) fn read(object: &mut Object<'_, '_>, plugin: &Node<'_>) -> Addresses {
    let mut all = Addresses::default();
    let Some(ipam) = object.map(plugin, "ipam") else {
        object.missing(plugin, "ipam", "write what pods get: `{ \"type\": \"host-local\", … }`");
        return all;
    };
    let Some((node, kind)) = object.text(ipam, "type") else {
        object.missing(ipam, "type", "name the plugin: `host-local`");
        return all;
    };
    if kind != "host-local" {
        let help = "netc gives addresses out itself, as `host-local` does";
        object.wrong(node, Wrong::new("is a plugin that netc has nothing for", help));
        return all;
    }
    unknown(object, ipam, "host-local", &IPAM);
    // The older form has one range, which comes first.
    if ipam.get("subnet").is_some() {
        add(object, &mut all, ipam, std::slice::from_ref(ipam));
    }
    for set in object.list(ipam, "ranges") {
        add(object, &mut all, set, set.elements());
    }
    if all.blocks.is_empty() && ipam.get("subnet").is_none() && ipam.lacks("ranges") {
        object.missing(ipam, "ranges", "write the network of the pods");
    }
    for node in object.list(ipam, "routes") {
        all.routes.extend(route(object, node));
    }
    all
}

/// Adds a set of ranges: a pod gets an address of one of them.
fn add(object: &mut Object<'_, '_>, all: &mut Addresses, at: &Node<'_>, set: &[Node<'_>]) {
    let mut block: Option<Block> = None;
    for node in set {
        let Some(range) = range(object, node) else { continue };
        let own = block.get_or_insert_with(|| Block {
            subnet: range.subnet,
            gateway: range.gateway,
            ranges: Vec::new(),
        });
        if own.subnet == range.subnet {
            own.ranges.extend(range.ends);
        } else {
            let help = "the pods of a node have one block for each family";
            let what = format!("a range of {}", range.subnet);
            object.faults.push(left_out(node.span, what, help));
        }
    }
    let Some(block) = block else { return };
    let family = Family::of_net(block.subnet);
    if all.blocks.get(family).is_some() {
        let help = "the pods of a node have one block for each family";
        object.faults.push(left_out(at.span, format!("a second set of {family} ranges"), help));
    } else {
        all.blocks.insert(family, block);
    }
}

fn range(object: &mut Object<'_, '_>, node: &Node<'_>) -> Option<SeenRange> {
    if !object.is_map(node) {
        return None;
    }
    let Some((at, text)) = object.text(node, "subnet") else {
        object.missing(node, "subnet", "write the network of the pods");
        return None;
    };
    let subnet = object.value(at, value::network)?.value;
    let family = Family::of_net(subnet);
    if text.parse::<IpNet>().is_ok_and(|stated| stated != subnet) {
        object.wrong(at, Wrong::new("has host bits set", format!("the network is `{subnet}`")));
        return None;
    }
    if subnet.prefix_len() > family.bits() - 2 {
        let help = format!("make it a /{} or larger", family.bits() - 2);
        object.wrong(at, Wrong::new("has no room for a gateway and a pod", help));
        return None;
    }
    let mut inside = |key: &str| {
        let (at, _) = object.text(node, key)?;
        let address = object.address(at)?.value;
        if subnet.contains(&address) {
            return Some(address);
        }
        object.wrong(at, Wrong::new(format!("is not in {subnet}"), "choose an address of it"));
        None
    };
    let (first, last) = (inside("rangeStart"), inside("rangeEnd"));
    let stated = inside("gateway").filter(|stated| *stated != gateway(subnet));
    let ends = (first.is_some() || last.is_some()).then(|| {
        let end = match family {
            Family::V4 => number(subnet.broadcast()).saturating_sub(1),
            Family::V6 => number(subnet.broadcast()),
        };
        (first.unwrap_or(gateway(subnet)), last.unwrap_or(family.address(end)))
    });
    if let (Some((first, last)), Some(at)) = (ends, node.get("rangeEnd").or(node.get("rangeStart")))
        && last < first
    {
        object.wrong(at, Wrong::new("ends the range before it begins", "turn both ends round"));
    }
    Some(SeenRange { subnet, gateway: stated, ends })
}

fn route(object: &mut Object<'_, '_>, node: &Node<'_>) -> Option<(IpNet, Option<IpAddr>)> {
    if !object.is_map(node) {
        return None;
    }
    let Some((at, _)) = object.text(node, "dst") else {
        object.missing(node, "dst", "write where the route leads");
        return None;
    };
    let destination = object.value(at, value::network)?.value;
    let hop = object.text(node, "gw").and_then(|(at, _)| object.address(at));
    Some((destination, hop.map(|hop| hop.value)))
}
