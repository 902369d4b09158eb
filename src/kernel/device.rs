//! Devices over netlink: the requests that make, change and remove them.
//!
//! A request names its device, as the kernel allows where there is no index (rtnetlink.c,
//! `rtnl_dev_get`). So a device can be made and changed in one batch.

use super::error::KernelError;
use super::link::index;
use super::machine::Machine;
use super::operation::{Action, NEW, Request};
use super::vlan;
use crate::object::{Link, LinkKind, Netns, Peer, Port, State, Up, Vxlan};
use netc_lang::Mac;
use netlink_packet_route::RouteNetlinkMessage as Message;
use netlink_packet_route::link::{
    InfoBridge, InfoBridgePort, InfoData, InfoIpTunnel, InfoKind, InfoPortData, InfoPortKind,
    InfoVeth, InfoVxlan, LinkAttribute, LinkFlags, LinkInfo, LinkMessage,
};
use std::net::IpAddr;
use std::os::fd::AsRawFd;

/// The requests that make a device, bring it to what it should be, or remove it.
pub(super) fn requests(
    machine: &mut Machine,
    link: &Link,
    action: Action,
    found: Option<&State>,
) -> Result<Vec<Request>, KernelError> {
    match action {
        Action::Make => create(machine, link),
        Action::Change => Ok(update(link, found)),
        Action::Remove => Ok(vec![remove(&link.netns, &link.name)]),
    }
}

/// Makes a device, marks it as netc's, and leaves it down.
fn create(machine: &mut Machine, link: &Link) -> Result<Vec<Request>, KernelError> {
    let mut message = named(&link.name);
    // A bridge takes the least of its ports, and the default without one, unless it is told its own when it
    // is there (br_mtu_auto_adjust in net/bridge/br_if.c).
    let mtu = LinkAttribute::Mtu(link.mtu);
    let (born, told) = match &link.kind {
        LinkKind::Bridge { .. } => (None, Some(mtu)),
        _ => (Some(mtu), None),
    };
    message.attributes.extend(born);
    message.attributes.extend(link.mac.map(|mac| LinkAttribute::Address(mac.0.to_vec())));
    let (kind, data) = match &link.kind {
        LinkKind::Bridge { vlan_filtering: false } => (InfoKind::Bridge, None),
        LinkKind::Bridge { vlan_filtering: true } => (InfoKind::Bridge, Some(filtering(true))),
        LinkKind::Dummy => (InfoKind::Dummy, None),
        LinkKind::Veth(peer) => {
            let peer = InfoVeth::Peer(self::peer(machine, peer, link.mtu)?);
            (InfoKind::Veth, Some(InfoData::Veth(peer)))
        }
        LinkKind::Vxlan(vxlan) => {
            let by = index(machine, &link.netns, &vxlan.device)?;
            // Flannel's devices have no queue: the device below has one (netspec 1.7).
            message.attributes.push(LinkAttribute::TxQueueLen(0));
            (InfoKind::Vxlan, Some(InfoData::Vxlan(self::vxlan(vxlan, by))))
        }
        LinkKind::Ipip { local } => {
            let data = vec![InfoIpTunnel::Local(*local)];
            (InfoKind::IpIp, Some(InfoData::IpTunnel(data)))
        }
        LinkKind::Wireguard => (InfoKind::Wireguard, None),
        // No request makes one: this brings the kernel to say so.
        LinkKind::Tun => (InfoKind::Tun, None),
        LinkKind::Other(kind) => (InfoKind::Other(kind.to_string()), None),
    };
    let mut info = vec![LinkInfo::Kind(kind)];
    info.extend(data.map(LinkInfo::Data));
    message.attributes.push(LinkAttribute::LinkInfo(info));
    let create = Request {
        netns: link.netns.clone(),
        message: Message::NewLink(message).into(),
        flags: NEW,
    };
    // The kernel takes an alias only for a device that is there.
    let alias = LinkAttribute::IfAlias(link.alias.to_string());
    let mut all = vec![create, set(&link.netns, &link.name, [alias].into_iter().chain(told))];
    if link.promiscuous {
        all.push(set_promiscuous(link));
    }
    Ok(all)
}

/// Whether a bridge heeds vlans.
fn filtering(on: bool) -> InfoData {
    InfoData::Bridge(vec![InfoBridge::VlanFiltering(on)])
}

fn vxlan(vxlan: &Vxlan, by: u32) -> Vec<InfoVxlan> {
    let mut data = vec![
        InfoVxlan::Id(vxlan.vni),
        InfoVxlan::Port(vxlan.port),
        match vxlan.local {
            IpAddr::V4(address) => InfoVxlan::Local(address),
            IpAddr::V6(address) => InfoVxlan::Local6(address),
        },
        InfoVxlan::Link(by),
        InfoVxlan::Learning(vxlan.learning),
    ];
    data.extend(vxlan.gbp.then_some(InfoVxlan::Gbp));
    data
}

/// The other end of a veth pair, born in its own namespace.
fn peer(machine: &mut Machine, peer: &Peer, mtu: u32) -> Result<LinkMessage, KernelError> {
    let mut message = named(&peer.name);
    message.attributes.push(LinkAttribute::Mtu(mtu));
    message.attributes.push(LinkAttribute::Address(peer.mac.0.to_vec()));
    let file = machine.namespace(&peer.netns)?.file().as_raw_fd();
    message.attributes.push(LinkAttribute::NetNsFd(file));
    Ok(message)
}

/// Brings address, MTU and alias of a device, and of its other end, to what they should be. An
/// address that it is known to have already is not set: the kernel would forget all neighbours of
/// the device, permanent ones too (neigh_changeaddr in net/core/neighbour.c).
pub(super) fn update(link: &Link, found: Option<&State>) -> Vec<Request> {
    let found = found.and_then(|found| match found {
        State::Link(found) => Some(found),
        _ => None,
    });
    let address = |mac: Mac| LinkAttribute::Address(mac.0.to_vec());
    let alias = LinkAttribute::IfAlias(link.alias.to_string());
    let own = link.mac.filter(|mac| found.and_then(|found| found.mac) != Some(*mac));
    let own = [LinkAttribute::Mtu(link.mtu), alias].into_iter().chain(own.map(address));
    let mut all = vec![set(&link.netns, &link.name, own)];
    if found.map_or(link.promiscuous, |found| found.promiscuous != link.promiscuous) {
        all.push(set_promiscuous(link));
    }
    // A kernel that cannot filter is not asked not to.
    if let LinkKind::Bridge { vlan_filtering } = &link.kind
        && found.map_or(*vlan_filtering, |found| found.kind != link.kind)
    {
        let mut message = named(&link.name);
        let info =
            vec![LinkInfo::Kind(InfoKind::Bridge), LinkInfo::Data(filtering(*vlan_filtering))];
        message.attributes.push(LinkAttribute::LinkInfo(info));
        let netns = link.netns.clone();
        all.push(Request { netns, message: Message::NewLink(message).into(), flags: 0 });
    }
    if let LinkKind::Veth(peer) = &link.kind {
        let other = found.and_then(|found| match &found.kind {
            LinkKind::Veth(other) => Some(other.mac),
            _ => None,
        });
        let other = Some(peer.mac).filter(|mac| other != Some(*mac)).map(address);
        let other = [LinkAttribute::Mtu(link.mtu)].into_iter().chain(other);
        all.push(set(&peer.netns, &peer.name, other));
    }
    all
}

/// Removes a device.
pub(super) fn remove(netns: &Netns, name: &str) -> Request {
    Request { netns: netns.clone(), message: Message::DelLink(named(name)).into(), flags: 0 }
}

/// Puts a device into a group.
pub(super) fn group(netns: &Netns, name: &str, group: u32) -> Request {
    set(netns, name, [LinkAttribute::Group(group)])
}

/// Puts a device into a bridge.
pub(super) fn join(
    machine: &mut Machine,
    port: &Port,
    found: Option<&State>,
) -> Result<Vec<Request>, KernelError> {
    let bridge = index(machine, &port.netns, &port.bridge)?;
    let join = set(&port.netns, &port.link, [LinkAttribute::Controller(bridge)]);
    let data =
        vec![InfoBridgePort::HairpinMode(port.hairpin), InfoBridgePort::Isolated(port.isolated)];
    let info = vec![
        LinkInfo::PortKind(InfoPortKind::Bridge),
        LinkInfo::PortData(InfoPortData::BridgePort(data)),
    ];
    let mut message = named(&port.link);
    message.attributes.push(LinkAttribute::LinkInfo(info));
    // What belongs to a port is not heeded in a request of the kind that `set` makes.
    let netns = port.netns.clone();
    let mut all =
        vec![join, Request { netns, message: Message::NewLink(message).into(), flags: 0 }];
    all.extend(vlan::changes(machine, port, found)?);
    Ok(all)
}

/// Takes a device out of its bridge.
pub(super) fn leave(port: &Port) -> Request {
    set(&port.netns, &port.link, [LinkAttribute::Controller(0)])
}

/// Has a device take every frame, or only its own.
fn set_promiscuous(link: &Link) -> Request {
    let mut message = named(&link.name);
    let flag = LinkFlags::Promisc;
    message.header.flags = if link.promiscuous { flag } else { LinkFlags::empty() };
    message.header.change_mask = flag;
    let netns = link.netns.clone();
    Request { netns, message: Message::SetLink(message).into(), flags: 0 }
}

/// Brings a device up or down.
pub(super) fn set_up(up: &Up, is_up: bool) -> Request {
    let mut message = named(&up.link);
    message.header.flags = if is_up { LinkFlags::Up } else { LinkFlags::empty() };
    message.header.change_mask = LinkFlags::Up;
    Request { netns: up.netns.clone(), message: Message::SetLink(message).into(), flags: 0 }
}

fn set(netns: &Netns, name: &str, what: impl IntoIterator<Item = LinkAttribute>) -> Request {
    let mut message = named(name);
    message.attributes.extend(what);
    Request { netns: netns.clone(), message: Message::SetLink(message).into(), flags: 0 }
}

fn named(name: &str) -> LinkMessage {
    let mut message = LinkMessage::default();
    message.attributes.push(LinkAttribute::IfName(name.to_owned()));
    message
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::operation::Packet;
    use netc_lang::Mac;

    fn pair() -> Link {
        let peer =
            Peer { netns: Netns::Named("pod".into()), name: "eth0".into(), mac: Mac([2; 6]) };
        Link {
            netns: Netns::Node,
            name: "veth0".into(),
            mac: None,
            mtu: 1400,
            alias: "netc".into(),
            promiscuous: false,
            kind: LinkKind::Veth(peer),
        }
    }

    fn route(packet: &Packet) -> &Message {
        let Packet::Route(message) = packet else { panic!("of another protocol") };
        message
    }

    /// Every request names its device, and none has an index.
    fn names(requests: &[Request]) -> Vec<&str> {
        let name = |request: &'_ Request| match route(&request.message) {
            Message::NewLink(link) | Message::SetLink(link) | Message::DelLink(link) => {
                assert_eq!(link.header.index, 0);
                link.attributes.first().cloned()
            }
            _ => None,
        };
        let known = ["veth0", "eth0"];
        let found = requests.iter().filter_map(name);
        let found = found.filter_map(|first| {
            known.into_iter().find(|name| first == LinkAttribute::IfName((*name).to_owned()))
        });
        found.collect()
    }

    #[test]
    fn both_ends_of_a_pair_are_changed_where_they_live() {
        let requests = update(&pair(), None);
        assert_eq!(names(&requests), ["veth0", "eth0"]);
        assert!(requests[0].netns == Netns::Node && requests[1].netns != Netns::Node);
    }

    #[test]
    fn an_address_that_is_there_is_not_set_again() {
        let old = Link { mtu: 9000, mac: Some(Mac([2; 6])), ..pair() };
        let new = Link { mtu: 1400, ..old.clone() };
        let addresses = |requests: Vec<Request>| {
            let all = requests.into_iter().flat_map(|request| match request.message {
                Packet::Route(Message::SetLink(message)) => message.attributes,
                _ => Vec::new(),
            });
            all.filter(|one| matches!(one, LinkAttribute::Address(_))).count()
        };
        assert_eq!(addresses(update(&new, Some(&State::Link(old)))), 0);
        assert_eq!(addresses(update(&new, None)), 2);
    }

    #[test]
    fn what_is_made_gets_its_alias_next() {
        let bridge = Link { kind: LinkKind::Bridge { vlan_filtering: false }, ..pair() };
        let requests = create(&mut Machine::open(None).unwrap(), &bridge).unwrap();
        assert_eq!(names(&requests), ["veth0", "veth0"]);
        assert_eq!(requests[0].flags, NEW);
        let Message::SetLink(second) = route(&requests[1].message) else { panic!("not a change") };
        assert_eq!(second.attributes[1], LinkAttribute::IfAlias("netc".into()));
        // What is stated of a bridge stays when its last port leaves.
        assert_eq!(second.attributes[2], LinkAttribute::Mtu(1400));
    }

    #[test]
    fn down_is_the_flag_that_is_changed_and_not_set() {
        let up = Up { netns: Netns::Node, link: "veth0".into() };
        let Packet::Route(Message::SetLink(down)) = set_up(&up, false).message else {
            panic!("not a change")
        };
        assert_eq!(down.header.flags, LinkFlags::empty());
        assert_eq!(down.header.change_mask, LinkFlags::Up);
    }
}
