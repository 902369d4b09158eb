//! Devices over netlink: reading them.

use super::error::KernelError;
use super::machine::Machine;
use super::socket::Socket;
use crate::object::{self, LinkKind, Netns, Text};
use netc_lang::Mac;
use netlink_packet_route::RouteNetlinkMessage as Message;
use netlink_packet_route::link::{
    InfoBridge, InfoBridgePort, InfoData, InfoIpTunnel, InfoPortData, InfoVxlan, LinkAttribute,
    LinkExtentMask, LinkFlags, LinkInfo, LinkLayerType, LinkMessage,
};
use std::net::IpAddr;

/// A device as it was found.
#[derive(Clone, Debug, Default)]
pub(super) struct FoundLink {
    pub(super) index: u32,
    pub(super) name: String,
    pub(super) mtu: u32,
    pub(super) mac: Option<Mac>,
    /// The number of the group that it is in (ip-link(8), `group`).
    pub(super) group: u32,
    pub(super) alias: String,
    pub(super) up: bool,
    /// The index of the bridge that it is in.
    pub(super) bridge: Option<u32>,
    pub(super) hairpin: bool,
    /// Somebody has asked it to take every frame.
    pub(super) promiscuous: bool,
    /// Its bridge keeps it apart from other isolated ports.
    pub(super) isolated: bool,
    /// The one vlan that it is in beside the first, if its bridge heeds vlans.
    pub(super) vlan: Option<u16>,
    /// It is a bridge that heeds vlans.
    pub(super) vlan_filtering: bool,
    /// The kind, as `ip -d link` names it; empty for a physical device.
    pub(super) kind: String,
    /// The index of the device that it works by, or of the other end of a veth pair.
    pub(super) other: Option<u32>,
    /// In which namespace that one is, by its number here, if it is in another one.
    pub(super) elsewhere: Option<i32>,
    pub(super) vxlan: Vxlan,
    /// The address that an ipip device sends from, if it has no fixed other end.
    pub(super) from: Option<IpAddr>,
    /// It has no Ethernet addresses.
    pub(super) bare: bool,
}

/// The attributes of a vxlan device.
#[derive(Clone, Debug, Default)]
pub(super) struct Vxlan {
    pub(super) vni: u32,
    pub(super) port: u16,
    pub(super) local: Option<IpAddr>,
    pub(super) device: Option<u32>,
    pub(super) learning: bool,
    pub(super) gbp: bool,
}

/// The index of a device. When it is not known, all devices of its namespace are listed.
pub(super) fn index(machine: &mut Machine, netns: &Netns, name: &str) -> Result<u32, KernelError> {
    if let Some(index) = machine.index(netns, name) {
        return Ok(index);
    }
    let all = list(machine.socket(netns)?)?;
    let indices = all.into_iter().map(|link| (link.name, link.index)).collect();
    machine.list_devices(netns, indices);
    machine.index(netns, name).ok_or_else(|| KernelError::Missing(format!("device {name}{netns}")))
}

/// All devices of a namespace.
pub(super) fn list(socket: &mut Socket<Message>) -> Result<Vec<FoundLink>, KernelError> {
    let mut message = LinkMessage::default();
    // Not the counters: they are half of the answer.
    message.attributes.push(LinkAttribute::ExtMask(vec![LinkExtentMask::SkipStats]));
    socket.dump(&Message::GetLink(message), |answer| match answer {
        Message::NewLink(message) => Some(found(message)),
        _ => None,
    })
}

fn found(message: LinkMessage) -> FoundLink {
    let up = message.header.flags.contains(LinkFlags::Up);
    let bare = message.header.link_layer_type == LinkLayerType::None;
    // Not set where only a bridge or a capture wants it so (net/core/dev.c, `dev_get_flags`).
    let promiscuous = message.header.flags.contains(LinkFlags::Promisc);
    let index = message.header.index;
    let mut link = FoundLink { index, up, bare, promiscuous, ..FoundLink::default() };
    for attribute in message.attributes {
        match attribute {
            LinkAttribute::IfName(name) => link.name = name,
            LinkAttribute::Mtu(mtu) => link.mtu = mtu,
            LinkAttribute::Address(bytes) => link.mac = bytes.try_into().ok().map(Mac),
            LinkAttribute::Group(group) => link.group = group,
            LinkAttribute::IfAlias(alias) => link.alias = alias,
            LinkAttribute::Controller(index) => {
                link.bridge = Some(index).filter(|index| *index > 0);
            }
            LinkAttribute::Link(index) => link.other = Some(index),
            LinkAttribute::LinkNetNsId(number) => link.elsewhere = Some(number),
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
        LinkInfo::Data(InfoData::Bridge(data)) => {
            link.vlan_filtering = data.contains(&InfoBridge::VlanFiltering(true));
        }
        LinkInfo::Data(InfoData::IpTunnel(data)) => link.from = from(&data),
        LinkInfo::PortData(InfoPortData::BridgePort(data)) => {
            link.hairpin = data.contains(&InfoBridgePort::HairpinMode(true));
            link.isolated = data.contains(&InfoBridgePort::Isolated(true));
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
            InfoVxlan::Gbp => vxlan.gbp = true,
            _ => {}
        }
    }
    vxlan
}

/// What a found device is. `name_of` finds the name of a device of the same namespace.
pub(super) fn kind(found: &FoundLink, name_of: impl Fn(u32) -> Option<Text>) -> LinkKind {
    match (found.kind.as_str(), &found.vxlan, found.from) {
        ("bridge", ..) => LinkKind::Bridge { vlan_filtering: found.vlan_filtering },
        ("dummy", ..) => LinkKind::Dummy,
        ("vxlan", Vxlan { vni, port, local: Some(local), device, learning, gbp }, _) => {
            let device = device.and_then(name_of).unwrap_or_else(|| "".into());
            LinkKind::Vxlan(object::Vxlan {
                vni: *vni,
                port: *port,
                local: *local,
                device,
                learning: *learning,
                gbp: *gbp,
            })
        }
        ("ipip", _, Some(local)) => LinkKind::Ipip { local },
        ("wireguard", ..) => LinkKind::Wireguard,
        ("tun", ..) if found.bare => LinkKind::Tun,
        ("tun", ..) => LinkKind::Other("tap".into()),
        (kind, ..) => LinkKind::Other(Text::from(kind)),
    }
}

/// The address that an IP tunnel sends from, if it may lead anywhere.
fn from(data: &[InfoIpTunnel]) -> Option<IpAddr> {
    let mut local = None;
    for one in data {
        match one {
            InfoIpTunnel::Local(address) => local = Some(*address),
            InfoIpTunnel::Remote(address) if !address.is_unspecified() => return None,
            _ => {}
        }
    }
    local.filter(|local| !local.is_unspecified())
}
