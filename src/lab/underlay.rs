//! The segments that nodes are on, by their addresses.

use super::layout::{Segment, Wire};
use crate::model::{Cluster, Family, Node, NodeAddress, number};
use ipnet::IpNet;
use std::collections::BTreeMap;

/// The device of addresses that name none.
const DEVICE: &str = "eth0";

/// The segments, and each node's devices on them. Networks that share a device of a node are on one
/// segment, as those of the two families mostly are.
pub(super) fn segments(cluster: &Cluster) -> (Vec<Segment>, Vec<Vec<Wire>>) {
    let networks = Networks::of(cluster);
    let mut segments: Vec<Segment> = Vec::new();
    for node in &cluster.nodes {
        for on_device in devices(node).values() {
            join(&mut segments, on_device.iter().map(|own| networks.of_address(own)));
        }
    }
    for (place, segment) in segments.iter_mut().enumerate() {
        segment.bridge = format!("segment{place}");
        segment.networks.sort();
    }
    let wires = cluster.nodes.iter().map(|node| {
        let wire = |(device, all): (&str, Vec<&NodeAddress>)| {
            let first = networks.of_address(all.first()?);
            let segment = segments.iter().position(|one| one.networks.contains(&first))?;
            let addresses = all.iter().filter_map(|own| {
                let length = networks.of_address(own).prefix_len();
                IpNet::new(own.address, length).ok()
            });
            Some(Wire {
                device: device.to_owned(),
                port: String::new(),
                segment,
                addresses: addresses.collect(),
                mtu: node.mtu,
            })
        };
        devices(node).into_iter().filter_map(wire).collect()
    });
    let wires = wires.collect();
    (segments, wires)
}

/// The addresses of a node by their devices.
fn devices(node: &Node) -> BTreeMap<&str, Vec<&NodeAddress>> {
    let mut devices: BTreeMap<&str, Vec<&NodeAddress>> = BTreeMap::new();
    for own in &node.addresses {
        devices.entry(own.device.as_deref().unwrap_or(DEVICE)).or_default().push(own);
    }
    devices
}

/// Puts networks on one segment, with all that any of them is joined with already.
fn join(segments: &mut Vec<Segment>, networks: impl Iterator<Item = IpNet>) {
    let mut own: Vec<IpNet> = networks.collect();
    let meets = |segment: &Segment| segment.networks.iter().any(|network| own.contains(network));
    let Some(first) = segments.iter().position(meets) else {
        own.sort();
        own.dedup();
        segments.push(Segment { bridge: String::new(), networks: own });
        return;
    };
    let mut place = 0;
    let mut others = Vec::new();
    segments.retain(|segment| {
        let stays = place <= first || !meets(segment);
        place += 1;
        if !stays {
            others.extend(segment.networks.iter().copied());
        }
        stays
    });
    if let Some(segment) = segments.get_mut(first) {
        segment.networks.extend(own.into_iter().chain(others));
        segment.networks.sort();
        segment.networks.dedup();
    }
}

/// The networks of node addresses. Where no length is stated, an address is in a stated network that
/// holds it; those that are in none have one network together.
struct Networks {
    stated: Vec<IpNet>,
    common: BTreeMap<Family, IpNet>,
}

impl Networks {
    fn of(cluster: &Cluster) -> Networks {
        let all = || cluster.nodes.iter().flat_map(|node| &node.addresses);
        let stated = all().filter_map(NodeAddress::network).collect();
        let mut networks = Networks { stated, common: BTreeMap::new() };
        for own in all().filter(|own| own.prefix.is_none()) {
            if networks.stated(own).is_some() {
                continue;
            }
            let family = Family::of(own.address);
            let wide = |length: u8| IpNet::new(own.address, length).unwrap_or(own.address.into());
            let common = match networks.common.get(&family) {
                None => wide(family.default_block()),
                Some(other) => {
                    let differ = number(own.address) ^ number(other.network());
                    // Addresses are the low bits of a number of 128.
                    let same = differ.leading_zeros() - (128 - u32::from(family.bits()));
                    let same = u8::try_from(same).unwrap_or(u8::MAX);
                    wide(same.min(other.prefix_len()))
                }
            };
            networks.common.insert(family, common.trunc());
        }
        networks
    }

    fn stated(&self, own: &NodeAddress) -> Option<IpNet> {
        self.stated.iter().copied().find(|network| network.contains(&own.address))
    }

    fn of_address(&self, own: &NodeAddress) -> IpNet {
        let network = own.network().or_else(|| self.stated(own));
        let common = || self.common.get(&Family::of(own.address)).copied();
        network.or_else(common).unwrap_or(own.address.into())
    }
}
