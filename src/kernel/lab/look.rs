//! What is seen of a lab that runs: its processes, and the counters of its links.

use super::{Place, Running, Space};
use crate::kernel::error::KernelError;
use crate::kernel::socket::Socket;
use crate::lab::mishap::Inmate;
use crate::lab::seen::{Counters, Seen, SeenHost, SeenLink};
use crate::lab::{Member, Role};
use netc_lang::Diagnostic;
use netlink_packet_route::RouteNetlinkMessage as Message;
use netlink_packet_route::link::{
    InfoKind, LinkAttribute, LinkFlags, LinkInfo, LinkMessage, Stats64,
};
use std::collections::BTreeMap;

/// A device of a namespace, as far as labs care.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub(super) struct Device {
    pub(super) index: u32,
    pub(super) name: String,
    /// It is one end of a pair.
    pub(super) veth: bool,
    /// The index of its other end, where that is.
    pub(super) other: u32,
    /// It is up, and so is its other end.
    up: bool,
    counters: Counters,
}

/// What is seen of a lab now; of its pods only of those on nodes that are `wanted`.
///
/// # Errors
/// The lab has ended.
pub fn look(lab: &Running, wanted: impl Fn(&Member) -> bool) -> Result<Seen, Diagnostic> {
    let switch = lab.space(&Place::Switch)?;
    let ports = devices(&switch).unwrap_or_default();
    let ports: BTreeMap<&str, &Device> =
        ports.iter().map(|port| (port.name.as_str(), port)).collect();
    let mut seen = Seen::default();
    for member in lab.members() {
        let links = member.wires.iter().filter_map(|wire| {
            let port = ports.get(wire.port.as_str())?;
            let counters = port.counters.turned();
            Some(SeenLink { device: wire.device.clone(), up: port.up, counters })
        });
        let host = SeenHost { alive: lab.is_alive(member.process), links: links.collect() };
        seen.hosts.insert(member.name.clone(), host);
        if member.role == Role::Node && wanted(member) {
            seen.pods.extend(pods(lab, member));
        }
    }
    Ok(seen)
}

/// The links of a node's pods; not of those that are gone.
fn pods(lab: &Running, node: &Member) -> Vec<(Inmate, Vec<SeenLink>)> {
    let all = node.pods.iter().filter_map(|pod| {
        let inmate = Inmate { node: node.name.clone(), netns: pod.netns.clone() };
        let place = Place::Pod { node: inmate.node.clone(), netns: inmate.netns.clone() };
        let devices = devices(&lab.space(&place).ok()?).ok()?;
        let links = devices.into_iter().filter(|device| device.veth);
        let links = links.map(|device| SeenLink {
            device: device.name,
            up: device.up,
            counters: device.counters,
        });
        Some((inmate, links.collect()))
    });
    all.collect()
}

/// The devices of a place.
pub(super) fn devices(space: &Space) -> Result<Vec<Device>, KernelError> {
    let mut socket = socket(space)?;
    socket.dump(&Message::GetLink(LinkMessage::default()), |answer| match answer {
        Message::NewLink(message) => Some(device(message)),
        _ => None,
    })
}

/// A socket in a place: it stays there.
pub(super) fn socket(space: &Space) -> Result<Socket<Message>, KernelError> {
    let opened = space.within(Socket::<Message>::open);
    opened.map_err(KernelError::io("cannot enter a network namespace"))?
}

fn device(message: LinkMessage) -> Device {
    let flags = message.header.flags;
    let up = flags.contains(LinkFlags::Up) && flags.contains(LinkFlags::LowerUp);
    let mut device = Device { index: message.header.index, up, ..Device::default() };
    for attribute in message.attributes {
        match attribute {
            LinkAttribute::IfName(name) => device.name = name,
            LinkAttribute::Link(index) => device.other = index,
            LinkAttribute::Stats64(stats) => device.counters = counters(&stats),
            LinkAttribute::LinkInfo(infos) => {
                device.veth = infos.contains(&LinkInfo::Kind(InfoKind::Veth));
            }
            _ => {}
        }
    }
    device
}

fn counters(stats: &Stats64) -> Counters {
    let lost = [stats.rx_errors, stats.tx_errors, stats.rx_dropped, stats.tx_dropped];
    Counters {
        packets: (stats.rx_packets, stats.tx_packets),
        bytes: (stats.rx_bytes, stats.tx_bytes),
        lost: lost.into_iter().fold(0, u64::saturating_add),
    }
}
