//! Virtual and real servers as messages of the family IPVS, and back (linux/ip_vs.h; what the
//! kernel makes of them is in net/netfilter/ipvs/ip_vs_ctl.c, `ip_vs_genl_parse_service` and
//! `ip_vs_genl_parse_dest`).

use crate::kernel::generic::{self, Message, nest, read, text, write};
use crate::object::{Forwarding, RealServer, Scheduling, VirtualAddress, VirtualServer};
use netc_lang::Protocol;
use netlink_packet_core::NLA_F_NESTED;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// `IPVS_GENL_VERSION`
const VERSION: u8 = 1;

/// What is done with a virtual or real server: the command for either (`IPVS_CMD_…`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Command {
    /// Make it.
    New,
    /// Change it.
    Set,
    /// Remove it; a virtual server with its real servers.
    Delete,
    /// List all: of a virtual server, if it is about real servers.
    Get,
}

impl Command {
    /// `IPVS_CMD_NEW_SERVICE` and so on.
    fn of_virtual(self) -> u8 {
        match self {
            Command::New => 1,
            Command::Set => 2,
            Command::Delete => 3,
            Command::Get => 4,
        }
    }

    /// `IPVS_CMD_NEW_DEST` and so on.
    fn of_real(self) -> u8 {
        self.of_virtual() + 4
    }
}

/// `IPVS_CMD_ATTR_…`
const SERVICE: u16 = 1;
const DEST: u16 = 2;

/// `IPVS_SVC_ATTR_…`
mod svc {
    pub(super) const AF: u16 = 1;
    pub(super) const PROTOCOL: u16 = 2;
    pub(super) const ADDR: u16 = 3;
    pub(super) const PORT: u16 = 4;
    pub(super) const FWMARK: u16 = 5;
    pub(super) const SCHED_NAME: u16 = 6;
    pub(super) const FLAGS: u16 = 7;
    pub(super) const TIMEOUT: u16 = 8;
    pub(super) const NETMASK: u16 = 9;
}

/// `IPVS_DEST_ATTR_…`
mod dest {
    pub(super) const ADDR: u16 = 1;
    pub(super) const PORT: u16 = 2;
    pub(super) const FWD_METHOD: u16 = 3;
    pub(super) const WEIGHT: u16 = 4;
    pub(super) const U_THRESH: u16 = 5;
    pub(super) const L_THRESH: u16 = 6;
    pub(super) const ADDR_FAMILY: u16 = 11;
}

/// Clients stay with their real server (`IP_VS_SVC_F_PERSISTENT`).
const PERSISTENT: u32 = 0x1;

/// The ways to a real server (`IP_VS_CONN_F_FWD_MASK`, `IP_VS_CONN_F_MASQ` and so on).
const FORWARDING_MASK: u32 = 0x7;
const FORWARDING: [(u32, Forwarding); 4] = [
    (0, Forwarding::Masquerade),
    (1, Forwarding::Local),
    (2, Forwarding::Tunnel),
    (3, Forwarding::Route),
];

/// A virtual server as it was found, without its real servers.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct FoundVirtual {
    pub(super) address: VirtualAddress,
    pub(super) scheduling: Scheduling,
    pub(super) persistence: Option<u32>,
    pub(super) mask: u8,
}

/// The question for all virtual servers.
pub(super) fn virtuals(family: u16) -> Message {
    generic::message(family, VERSION, Command::Get.of_virtual(), Vec::new())
}

/// The question for all real servers of a virtual one.
pub(super) fn reals(family: u16, address: &VirtualAddress) -> Message {
    let out = identity(address).as_flattened().to_vec();
    generic::message(family, VERSION, Command::Get.of_real(), out)
}

/// The message that makes, changes or removes a virtual server. Nothing is said of its real ones.
pub(super) fn of_virtual(family: u16, command: Command, server: &VirtualServer) -> Message {
    let of = identity(&server.address);
    let mut out = Vec::with_capacity(112);
    if command == Command::Delete {
        out.extend_from_slice(of.as_flattened());
    } else {
        let [_, parts @ ..] = &of;
        nest(&mut out, SERVICE, |out| {
            out.extend_from_slice(parts.as_flattened());
            settings(out, server);
        });
    }
    generic::message(family, VERSION, command.of_virtual(), out)
}

/// The message that makes, changes or removes a real server. To remove it the kernel wants less, and
/// does not mind more.
pub(super) fn of_real(
    family: u16,
    command: Command,
    address: &VirtualAddress,
    real: &RealServer,
) -> Message {
    let (of, real) = (identity(address), whole(real));
    let out = [of.as_flattened(), real.as_flattened()].concat();
    generic::message(family, VERSION, command.of_real(), out)
}

/// Four bytes: every attribute begins at a multiple of them and is padded to one.
type Word = [u8; 4];

const ZERO: Word = [0; 4];

/// What begins an attribute of so many bytes.
fn head(kind: u16, length: u16) -> Word {
    let [[a, b], [c, d]] = [length.to_ne_bytes(), kind.to_ne_bytes()];
    [a, b, c, d]
}

/// A value of two bytes, as it is in memory, and what pads it.
fn short([a, b]: [u8; 2]) -> Word {
    [a, b, 0, 0]
}

/// What tells a virtual server from every other, as the attribute that every message begins with.
/// Messages come by the hundred thousand: their parts are put together at once.
fn identity(address: &VirtualAddress) -> [Word; 12] {
    let ip = address.socket.ip();
    let protocol = PROTOCOLS.iter().find(|(_, protocol)| *protocol == address.protocol);
    let protocol = protocol.map_or(0, |(number, _)| *number);
    let [first, second, third, fourth] = words(ip);
    [
        head(SERVICE | NLA_F_NESTED, 48),
        head(svc::AF, 6),
        short(address_family(ip).to_ne_bytes()),
        head(svc::PROTOCOL, 6),
        short(protocol.to_ne_bytes()),
        head(svc::ADDR, 20),
        first,
        second,
        third,
        fourth,
        head(svc::PORT, 6),
        short(address.socket.port().to_be_bytes()),
    ]
}

/// What tells a real server from every other of its virtual one, and what it is to be.
fn whole(real: &RealServer) -> [Word; 18] {
    let ip = real.socket.ip();
    let way = FORWARDING.iter().find(|(_, way)| *way == real.forwarding);
    let way = way.map_or(0, |(bits, _)| *bits);
    let [first, second, third, fourth] = words(ip);
    [
        head(DEST | NLA_F_NESTED, 72),
        head(dest::ADDR, 20),
        first,
        second,
        third,
        fourth,
        head(dest::PORT, 6),
        short(real.socket.port().to_be_bytes()),
        head(dest::ADDR_FAMILY, 6),
        short(address_family(ip).to_ne_bytes()),
        head(dest::FWD_METHOD, 8),
        way.to_ne_bytes(),
        head(dest::WEIGHT, 8),
        real.weight.to_ne_bytes(),
        head(dest::U_THRESH, 8),
        ZERO,
        head(dest::L_THRESH, 8),
        ZERO,
    ]
}

/// The rest of a virtual server. The kernel wants all of it, whatever changes.
fn settings(out: &mut Vec<u8>, server: &VirtualServer) {
    let mut scheduler = server.scheduling.scheduler.as_bytes().to_vec();
    scheduler.push(0);
    write(out, svc::SCHED_NAME, &scheduler);
    let persistent = server.persistence.map_or(0, |_| PERSISTENT);
    let mut flags = [0; 8];
    let (value, mask) = flags.split_at_mut(4);
    value.copy_from_slice(&(server.scheduling.flags | persistent).to_ne_bytes());
    // The bits that count (`struct ip_vs_flags`).
    mask.copy_from_slice(&u32::MAX.to_ne_bytes());
    write(out, svc::FLAGS, &flags);
    write(out, svc::TIMEOUT, &server.persistence.unwrap_or(0).to_ne_bytes());
    write(out, svc::NETMASK, &netmask(server));
}

/// A mask in the network's order for IPv4, the prefix length in the machine's for IPv6.
fn netmask(server: &VirtualServer) -> [u8; 4] {
    match server.address.socket {
        SocketAddr::V4(_) => {
            let rest = 32_u32.saturating_sub(server.mask.into());
            u32::MAX.checked_shl(rest).unwrap_or(0).to_be_bytes()
        }
        SocketAddr::V6(_) => u32::from(server.mask).to_ne_bytes(),
    }
}

/// A virtual server in an answer; `None` for one that answers to a mark of packets.
pub(super) fn found_virtual(message: &Message) -> Option<FoundVirtual> {
    let (_, service) = read(&message.payload.attributes).find(|(kind, _)| *kind == SERVICE)?;
    let (mut family, mut protocol, mut ip, mut port) = (None, None, None, None);
    let (mut scheduler, mut flags, mut timeout, mut mask) = (None, 0, 0, [0; 4]);
    for (kind, value) in read(service) {
        match kind {
            svc::AF => family = u16_of(value),
            svc::PROTOCOL => protocol = u16_of(value),
            svc::ADDR => ip = Some(value),
            svc::PORT => port = value.try_into().ok().map(u16::from_be_bytes),
            svc::FWMARK => return None,
            svc::SCHED_NAME => scheduler = Some(text(value)),
            svc::FLAGS => flags = u32_of(value.get(..4)?)?,
            svc::TIMEOUT => timeout = u32_of(value)?,
            svc::NETMASK => mask = value.try_into().ok()?,
            _ => {}
        }
    }
    let ip = address(family?, ip?)?;
    let protocol = PROTOCOLS.iter().find(|(number, _)| Some(*number) == protocol)?.1;
    let scheduler = String::from_utf8_lossy(scheduler.unwrap_or_default()).into();
    let mask = match ip {
        IpAddr::V4(_) => u32::from_be_bytes(mask).leading_ones(),
        IpAddr::V6(_) => u32::from_ne_bytes(mask),
    };
    Some(FoundVirtual {
        address: VirtualAddress { socket: SocketAddr::new(ip, port?), protocol },
        scheduling: Scheduling { scheduler, flags: flags & Scheduling::FLAGS },
        persistence: (flags & PERSISTENT != 0).then_some(timeout),
        mask: u8::try_from(mask).unwrap_or(u8::MAX),
    })
}

/// A real server in an answer about a virtual one of that family.
pub(super) fn found_real(message: &Message, of: &VirtualAddress) -> Option<RealServer> {
    let (_, server) = read(&message.payload.attributes).find(|(kind, _)| *kind == DEST)?;
    let mut family = Some(address_family(of.socket.ip()));
    let (mut ip, mut port, mut way, mut weight) = (None, None, 0, 0);
    for (kind, value) in read(server) {
        match kind {
            dest::ADDR => ip = Some(value),
            dest::PORT => port = value.try_into().ok().map(u16::from_be_bytes),
            dest::ADDR_FAMILY => family = u16_of(value),
            dest::FWD_METHOD => way = u32_of(value)? & FORWARDING_MASK,
            dest::WEIGHT => weight = u32_of(value)?,
            _ => {}
        }
    }
    let socket = SocketAddr::new(address(family?, ip?)?, port?);
    let forwarding = FORWARDING.iter().find(|(bits, _)| *bits == way)?.1;
    Some(RealServer { socket, weight, forwarding })
}

/// An address as `union nf_inet_addr` holds it: 16 bytes, of which one of IPv4 takes the first four.
fn words(ip: IpAddr) -> [Word; 4] {
    match ip {
        IpAddr::V4(ip) => [ip.octets(), ZERO, ZERO, ZERO],
        IpAddr::V6(ip) => {
            let [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p] = ip.octets();
            [[a, b, c, d], [e, f, g, h], [i, j, k, l], [m, n, o, p]]
        }
    }
}

fn address(family: u16, bytes: &[u8]) -> Option<IpAddr> {
    if family == V6 {
        return Some(Ipv6Addr::from(<[u8; 16]>::try_from(bytes).ok()?).into());
    }
    Some(Ipv4Addr::from(<[u8; 4]>::try_from(bytes.get(..4)?).ok()?).into())
}

/// `AF_INET` and `AF_INET6` (linux/socket.h).
const V4: u16 = 2;
const V6: u16 = 10;

/// The protocols (linux/in.h).
const PROTOCOLS: [(u16, Protocol); 3] =
    [(6, Protocol::Tcp), (17, Protocol::Udp), (132, Protocol::Sctp)];

fn address_family(ip: IpAddr) -> u16 {
    if ip.is_ipv4() { V4 } else { V6 }
}

fn u16_of(value: &[u8]) -> Option<u16> {
    value.try_into().ok().map(u16::from_ne_bytes)
}

fn u32_of(value: &[u8]) -> Option<u32> {
    value.try_into().ok().map(u32::from_ne_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::Aside;
    use netlink_packet_core::NetlinkSerializable;

    fn server(socket: &str, protocol: Protocol) -> VirtualServer {
        let socket: SocketAddr = socket.parse().unwrap();
        VirtualServer {
            address: VirtualAddress { socket, protocol },
            scheduling: Scheduling { scheduler: "mh".into(), flags: Scheduling::FLAG_2 },
            persistence: Some(10800),
            mask: if socket.is_ipv4() { 24 } else { 64 },
            reals: [].into(),
            origins: Aside::default(),
            after: Vec::new(),
        }
    }

    #[cfg(target_endian = "little")]
    #[test]
    fn the_bytes_are_those_of_ipvsadm() {
        let server = server("10.96.0.1:80", Protocol::Tcp);
        let real = RealServer {
            socket: "10.244.0.2:8080".parse().unwrap(),
            weight: 3,
            forwarding: Forwarding::Masquerade,
        };
        let message = of_real(33, Command::New, &server.address, &real);
        assert_eq!(message.message_type(), 33);
        let mut bytes = vec![0; NetlinkSerializable::buffer_len(&message)];
        message.serialize(&mut bytes);
        let expected: [&[u8]; 14] = [
            // IPVS_CMD_NEW_DEST, version 1
            &[5, 1, 0, 0],
            &[48, 0, 1, 0x80],
            &[6, 0, 1, 0, 2, 0, 0, 0],
            &[6, 0, 2, 0, 6, 0, 0, 0],
            &[20, 0, 3, 0, 10, 96, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
            &[6, 0, 4, 0, 0, 80, 0, 0],
            &[72, 0, 2, 0x80],
            &[20, 0, 1, 0, 10, 244, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
            &[6, 0, 2, 0, 0x1f, 0x90, 0, 0],
            &[6, 0, 11, 0, 2, 0, 0, 0],
            &[8, 0, 3, 0, 0, 0, 0, 0],
            &[8, 0, 4, 0, 3, 0, 0, 0],
            &[8, 0, 5, 0, 0, 0, 0, 0],
            &[8, 0, 6, 0, 0, 0, 0, 0],
        ];
        assert_eq!(bytes, expected.concat());
    }

    #[test]
    fn a_virtual_server_is_read_as_it_is_written() {
        for (socket, protocol) in
            [("10.96.0.1:80", Protocol::Udp), ("[fd00::1]:443", Protocol::Sctp)]
        {
            let mut server = server(socket, protocol);
            let read = |server: &VirtualServer| {
                found_virtual(&of_virtual(33, Command::New, server)).unwrap()
            };
            let found = read(&server);
            assert_eq!(found.address, server.address);
            assert_eq!(found.scheduling, server.scheduling);
            assert_eq!((found.persistence, found.mask), (Some(10800), server.mask));
            server.persistence = None;
            assert_eq!(read(&server).persistence, None);
        }
    }

    #[test]
    fn a_real_server_is_read_as_it_is_written() {
        for (of, socket) in [
            ("10.96.0.1:80", "10.244.0.2:80"),
            ("[fd00::1]:443", "[fd00:1::2]:8443"),
            ("10.96.0.1:80", "[fd00:1::2]:8443"),
        ] {
            let of = server(of, Protocol::Tcp).address;
            let socket = socket.parse().unwrap();
            let real = RealServer { socket, weight: 0, forwarding: Forwarding::Tunnel };
            let message = of_real(33, Command::Set, &of, &real);
            assert_eq!(found_real(&message, &of), Some(real));
        }
    }

    #[test]
    fn a_virtual_server_of_a_mark_is_none() {
        let mut out = Vec::new();
        nest(&mut out, SERVICE, |out| {
            write(out, svc::AF, &V4.to_ne_bytes());
            write(out, svc::FWMARK, &7_u32.to_ne_bytes());
        });
        assert_eq!(found_virtual(&generic::message(33, VERSION, 1, out)), None);
    }
}
