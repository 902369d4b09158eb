//! Devices over netlink: making, changing and reading them.

use super::error::KernelError;
use super::machine::Machine;
use super::socket::Socket;
use crate::object::{Link, LinkKind, Netns, Peer, Port, Text, Up};
use netc_lang::Mac;
use netlink_packet_core::{NLM_F_CREATE, NLM_F_EXCL};
use netlink_packet_route::AddressFamily;
use netlink_packet_route::RouteNetlinkMessage as Message;
use netlink_packet_route::link::{
    InfoBridgePort, InfoData, InfoKind, InfoPortData, InfoPortKind, InfoVeth, InfoVxlan,
    LinkAttribute, LinkFlags, LinkInfo, LinkMessage,
};
use std::net::IpAddr;
use std::os::fd::AsRawFd;

/// A device as it was found.
#[derive(Clone, Debug, Default)]
pub(super) struct FoundLink {
    pub(super) index: u32,
    pub(super) name: String,
    pub(super) mtu: u32,
    pub(super) mac: Option<Mac>,
    pub(super) alias: String,
    pub(super) up: bool,
    /// The index of the bridge that it is in.
    pub(super) bridge: Option<u32>,
    pub(super) hairpin: bool,
    /// The kind, as `ip -d link` names it; empty for a physical device.
    pub(super) kind: String,
    /// The index of the device that it works by, or of the other end of a veth pair.
    pub(super) other: Option<u32>,
    pub(super) vxlan: Vxlan,
}

/// The attributes of a vxlan device.
#[derive(Clone, Debug, Default)]
pub(super) struct Vxlan {
    pub(super) vni: u32,
    pub(super) port: u16,
    pub(super) local: Option<IpAddr>,
    pub(super) device: Option<u32>,
    pub(super) learning: bool,
}

/// The index of a device.
pub(super) fn index(machine: &mut Machine, netns: &Netns, name: &str) -> Result<u32, KernelError> {
    let key = (netns.clone(), name.to_owned());
    if let Some(index) = machine.indices().get(&key) {
        return Ok(*index);
    }
    let mut question = LinkMessage::default();
    question.attributes.push(LinkAttribute::IfName(name.to_owned()));
    let answer = machine.socket(netns)?.get(Message::GetLink(question))?;
    let Message::NewLink(link) = answer else {
        return Err(KernelError::Garbled(format!("no device in the answer about {name}")));
    };
    machine.indices().insert(key, link.header.index);
    Ok(link.header.index)
}

/// All devices of a namespace.
pub(super) fn list(socket: &mut Socket<Message>) -> Result<Vec<FoundLink>, KernelError> {
    socket.dump(&Message::GetLink(LinkMessage::default()), |answer| match answer {
        Message::NewLink(message) => Some(found(message)),
        _ => None,
    })
}

fn found(message: LinkMessage) -> FoundLink {
    let up = message.header.flags.contains(LinkFlags::Up);
    let mut link = FoundLink { index: message.header.index, up, ..FoundLink::default() };
    for attribute in message.attributes {
        match attribute {
            LinkAttribute::IfName(name) => link.name = name,
            LinkAttribute::Mtu(mtu) => link.mtu = mtu,
            LinkAttribute::Address(bytes) => link.mac = bytes.try_into().ok().map(Mac),
            LinkAttribute::IfAlias(alias) => link.alias = alias,
            LinkAttribute::Controller(index) => {
                link.bridge = Some(index).filter(|index| *index > 0);
            }
            LinkAttribute::Link(index) => link.other = Some(index),
            LinkAttribute::LinkInfo(infos) => {
                infos.into_iter().for_each(|info| add(&mut link, info));
            }
            _ => {}
        }
    }
    link
}

fn add(link: &mut FoundLink, info: LinkInfo) {
    match info {
        LinkInfo::Kind(kind) => link.kind = kind.to_string(),
        LinkInfo::Data(InfoData::Vxlan(data)) => link.vxlan = vxlan(data),
        LinkInfo::PortData(InfoPortData::BridgePort(data)) => {
            link.hairpin = data.contains(&InfoBridgePort::HairpinMode(true));
        }
        _ => {}
    }
}

fn vxlan(data: Vec<InfoVxlan>) -> Vxlan {
    let mut vxlan = Vxlan::default();
    for one in data {
        match one {
            InfoVxlan::Id(vni) => vxlan.vni = vni,
            InfoVxlan::Port(port) => vxlan.port = port,
            InfoVxlan::Local(address) => vxlan.local = Some(address.into()),
            InfoVxlan::Local6(address) => vxlan.local = Some(address.into()),
            InfoVxlan::Link(index) => vxlan.device = Some(index),
            InfoVxlan::Learning(learning) => vxlan.learning = learning,
            _ => {}
        }
    }
    vxlan
}

/// Makes a device, marks it as netc's, and leaves it down.
pub(super) fn create(machine: &mut Machine, link: &Link) -> Result<(), KernelError> {
    let mut message = LinkMessage::default();
    message.attributes.push(LinkAttribute::IfName(link.name.to_string()));
    message.attributes.push(LinkAttribute::Mtu(link.mtu));
    message.attributes.extend(link.mac.map(|mac| LinkAttribute::Address(mac.0.to_vec())));
    let (kind, data) = match &link.kind {
        LinkKind::Bridge => (InfoKind::Bridge, None),
        LinkKind::Veth(peer) => {
            let peer = InfoVeth::Peer(self::peer(machine, peer, link.mtu)?);
            (InfoKind::Veth, Some(InfoData::Veth(peer)))
        }
        LinkKind::Vxlan { vni, port, local, device } => {
            let by = index(machine, &link.netns, device)?;
            // Flannel's devices have no queue: the device below has one (netspec 1.7).
            message.attributes.push(LinkAttribute::TxQueueLen(0));
            let data = vec![
                InfoVxlan::Id(*vni),
                InfoVxlan::Port(*port),
                match local {
                    IpAddr::V4(address) => InfoVxlan::Local(*address),
                    IpAddr::V6(address) => InfoVxlan::Local6(*address),
                },
                InfoVxlan::Link(by),
                InfoVxlan::Learning(false),
            ];
            (InfoKind::Vxlan, Some(InfoData::Vxlan(data)))
        }
        LinkKind::Other(kind) => (InfoKind::Other(kind.to_string()), None),
    };
    let mut info = vec![LinkInfo::Kind(kind)];
    info.extend(data.map(LinkInfo::Data));
    message.attributes.push(LinkAttribute::LinkInfo(info));
    let socket = machine.socket(&link.netns)?;
    socket.request(Message::NewLink(message), NLM_F_CREATE | NLM_F_EXCL)?;
    // The kernel takes an alias only for a device that is there.
    change(machine, &link.netns, &link.name, vec![LinkAttribute::IfAlias(link.alias.to_string())])
}

/// The other end of a veth pair, born in its own namespace.
fn peer(machine: &mut Machine, peer: &Peer, mtu: u32) -> Result<LinkMessage, KernelError> {
    let mut message = LinkMessage::default();
    message.attributes.push(LinkAttribute::IfName(peer.name.to_string()));
    message.attributes.push(LinkAttribute::Mtu(mtu));
    message.attributes.push(LinkAttribute::Address(peer.mac.0.to_vec()));
    let file = machine.namespace(&peer.netns)?.file().as_raw_fd();
    message.attributes.push(LinkAttribute::NetNsFd(file));
    Ok(message)
}

/// Brings address, MTU and alias of a device, and of its other end, to what they should be.
pub(super) fn update(machine: &mut Machine, link: &Link) -> Result<(), KernelError> {
    let mut own =
        vec![LinkAttribute::Mtu(link.mtu), LinkAttribute::IfAlias(link.alias.to_string())];
    own.extend(link.mac.map(|mac| LinkAttribute::Address(mac.0.to_vec())));
    change(machine, &link.netns, &link.name, own)?;
    if let LinkKind::Veth(peer) = &link.kind {
        let other = vec![LinkAttribute::Mtu(link.mtu), LinkAttribute::Address(peer.mac.0.to_vec())];
        change(machine, &peer.netns, &peer.name, other)?;
    }
    Ok(())
}

/// Removes a device.
pub(super) fn delete(machine: &mut Machine, netns: &Netns, name: &str) -> Result<(), KernelError> {
    let mut message = LinkMessage::default();
    message.header.index = index(machine, netns, name)?;
    machine.socket(netns)?.request(Message::DelLink(message), 0)?;
    machine.indices().clear();
    Ok(())
}

/// Puts a device into a bridge.
pub(super) fn join(machine: &mut Machine, port: &Port) -> Result<(), KernelError> {
    let bridge = index(machine, &port.netns, &port.bridge)?;
    change(machine, &port.netns, &port.link, vec![LinkAttribute::Controller(bridge)])?;
    let info = vec![
        LinkInfo::PortKind(InfoPortKind::Bridge),
        LinkInfo::PortData(InfoPortData::BridgePort(vec![InfoBridgePort::HairpinMode(
            port.hairpin,
        )])),
    ];
    let mut message = LinkMessage::default();
    message.header.index = index(machine, &port.netns, &port.link)?;
    message.attributes.push(LinkAttribute::LinkInfo(info));
    machine.socket(&port.netns)?.request(Message::NewLink(message), 0)
}

/// Brings a device up.
pub(super) fn up(machine: &mut Machine, up: &Up) -> Result<(), KernelError> {
    let mut message = LinkMessage::default();
    message.header.index = index(machine, &up.netns, &up.link)?;
    message.header.flags = LinkFlags::Up;
    message.header.change_mask = LinkFlags::Up;
    machine.socket(&up.netns)?.request(Message::SetLink(message), 0)
}

fn change(
    machine: &mut Machine,
    netns: &Netns,
    name: &str,
    attributes: Vec<LinkAttribute>,
) -> Result<(), KernelError> {
    let mut message = LinkMessage::default();
    message.header.interface_family = AddressFamily::Unspec;
    message.header.index = index(machine, netns, name)?;
    message.attributes = attributes;
    machine.socket(netns)?.request(Message::SetLink(message), 0)
}

/// A found device as an object. `name_of` finds the name of a device of the same namespace, and
/// `peer` is what was found of the other end of a veth pair, where it should be.
pub(super) fn as_object(
    found: &FoundLink,
    netns: &Netns,
    name_of: impl Fn(u32) -> Option<String>,
    peer: Option<(&FoundLink, &Peer)>,
) -> Link {
    let kind = match (found.kind.as_str(), &found.vxlan, peer) {
        ("bridge", _, _) => LinkKind::Bridge,
        ("vxlan", Vxlan { vni, port, local: Some(local), device, learning: false }, _) => {
            let device = device.and_then(name_of).unwrap_or_default();
            LinkKind::Vxlan { vni: *vni, port: *port, local: *local, device: device.into() }
        }
        ("veth", _, Some((end, wanted)))
            if end.kind == "veth"
                && found.other == Some(end.index)
                && end.other == Some(found.index) =>
        {
            let netns = wanted.netns.clone();
            LinkKind::Veth(Peer {
                netns,
                name: end.name.as_str().into(),
                mac: end.mac.unwrap_or_default(),
            })
        }
        (kind, _, _) => LinkKind::Other(Text::from(kind)),
    };
    Link {
        netns: netns.clone(),
        name: found.name.as_str().into(),
        mac: found.mac,
        mtu: found.mtu,
        alias: found.alias.as_str().into(),
        kind,
    }
}
