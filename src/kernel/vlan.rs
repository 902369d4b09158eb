//! The vlans of bridge ports over netlink: messages of the family `AF_BRIDGE`, which know devices by
//! their index only (`rtnl_bridge_setlink` in net/core/rtnetlink.c).

use super::error::KernelError;
use super::link::{FoundLink, index};
use super::machine::Machine;
use super::operation::Request;
use super::socket::Socket;
use crate::object::{Port, State};
use netlink_packet_route::link::{
    AfSpecBridge, BridgeVlanInfo, BridgeVlanInfoFlags as Flags, LinkAttribute, LinkExtentMask,
    LinkMessage,
};
use netlink_packet_route::{AddressFamily, RouteNetlinkMessage as Message};
use std::collections::BTreeMap;

/// The vlan that ports are born into (`br_vlan_init` in `net/bridge/br_vlan.c`).
const FIRST: u16 = 1;

/// The last one that there is.
const LAST: u16 = 4094;

/// Brings a port, which is in its bridge by now, into the vlan that it is to be in. As CNI's plugin has
/// it, it stays in the first one too: what leaves it there has no tag.
pub(super) fn changes(
    machine: &mut Machine,
    port: &Port,
    found: Option<&State>,
) -> Result<Vec<Request>, KernelError> {
    let was = match found {
        Some(State::Port(found)) => Some(found.vlan),
        _ => None,
    };
    // A kernel that cannot filter is asked for nothing.
    let own = match (was, port.vlan) {
        (_, None) if was.flatten().is_none() => return Ok(Vec::new()),
        (_, own) => own.unwrap_or(FIRST),
    };
    let index = index(machine, &port.netns, &port.link)?;
    let mut all = Vec::new();
    if was.is_some_and(|was| was != port.vlan) {
        // All others: nobody counts on those that it is not in.
        let ends = [(Flags::RangeBegin, FIRST + 1), (Flags::RangeEnd, LAST)];
        all.push(Message::DelLink(message(index, &ends)));
    }
    all.push(Message::SetLink(message(index, &[(Flags::Pvid | Flags::Untagged, own)])));
    let request =
        |message: Message| Request { netns: port.netns.clone(), message: message.into(), flags: 0 };
    Ok(all.into_iter().map(request).collect())
}

fn message(index: u32, vlans: &[(Flags, u16)]) -> LinkMessage {
    let mut message = LinkMessage::default();
    message.header.interface_family = AddressFamily::Bridge;
    message.header.index = index;
    let vlans = vlans.iter().map(|(flags, vid)| BridgeVlanInfo { flags: *flags, vid: *vid });
    let vlans = vlans.map(AfSpecBridge::VlanInfo).collect();
    message.attributes.push(LinkAttribute::AfSpecBridge(vlans));
    message
}

/// Adds to the devices of a namespace which vlans they are in, if a bridge there heeds any.
pub(super) fn read(
    socket: &mut Socket<Message>,
    links: &mut [FoundLink],
) -> Result<(), KernelError> {
    let bridges = links.iter().filter(|link| link.vlan_filtering);
    let bridges: Vec<u32> = bridges.map(|link| link.index).collect();
    if bridges.is_empty() {
        return Ok(());
    }
    let mut message = LinkMessage::default();
    message.header.interface_family = AddressFamily::Bridge;
    message.attributes.push(LinkAttribute::ExtMask(vec![LinkExtentMask::Brvlan]));
    let all = socket.dump(&Message::GetLink(message), |answer| match answer {
        Message::NewLink(message) => Some((message.header.index, vlans(&message))),
        _ => None,
    })?;
    let all: BTreeMap<u32, Vec<BridgeVlanInfo>> = all.into_iter().collect();
    for link in links {
        if link.bridge.is_some_and(|bridge| bridges.contains(&bridge)) {
            link.vlan = all.get(&link.index).and_then(|vlans| own(vlans));
        }
    }
    Ok(())
}

fn vlans(message: &LinkMessage) -> Vec<BridgeVlanInfo> {
    let all = message.attributes.iter().filter_map(|attribute| match attribute {
        LinkAttribute::AfSpecBridge(all) => Some(all),
        _ => None,
    });
    let all = all.flatten().filter_map(|one| match one {
        AfSpecBridge::VlanInfo(vlan) => Some(*vlan),
        _ => None,
    });
    all.collect()
}

/// The one vlan that a port is in beside the first, if it is there as netc would have it.
fn own(vlans: &[BridgeVlanInfo]) -> Option<u16> {
    let mut others = vlans.iter().filter(|vlan| vlan.vid != FIRST);
    match (others.next(), others.next()) {
        (Some(own), None) if own.flags == Flags::Pvid | Flags::Untagged => Some(own.vid),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_is_in_one_vlan_beside_the_first() {
        let vlan = |flags, vid| BridgeVlanInfo { flags, vid };
        let first = vlan(Flags::Untagged, 1);
        let ten = vlan(Flags::Pvid | Flags::Untagged, 10);
        assert_eq!(own(&[first, ten]), Some(10));
        assert_eq!(own(&[ten]), Some(10));
        assert_eq!(own(&[vlan(Flags::Pvid | Flags::Untagged, 1)]), None);
        assert_eq!(own(&[first, vlan(Flags::Pvid, 10)]), None);
        assert_eq!(own(&[first, ten, vlan(Flags::empty(), 20)]), None);
    }
}
