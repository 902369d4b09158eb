//! What cannot be avoided: the same requests as bytes that are ready, sent in datagrams of the
//! same size. Nothing is looked up, built or read beyond the error codes.

use netc_lang::Mac;
use netlink_sys::protocols::{NETLINK_GENERIC, NETLINK_ROUTE};
use netlink_sys::{Socket, SocketAddr};
use std::net::{Ipv4Addr, SocketAddrV4};

/// How long a datagram gets.
const BATCH: usize = 32 << 10;

/// `NLM_F_REQUEST`, `NLM_F_ACK`, and to make or replace (linux/netlink.h).
const REQUEST: u16 = 1;
const ACK: u16 = 4;
const REPLACE: u16 = 0x500;

pub(super) fn open() -> Socket {
    open_protocol(NETLINK_ROUTE)
}

/// A socket for virtual servers.
pub(super) fn open_generic() -> Socket {
    open_protocol(NETLINK_GENERIC)
}

fn open_protocol(protocol: isize) -> Socket {
    let mut socket = Socket::new(protocol).expect("a socket");
    socket.bind_auto().expect("an address");
    socket.connect(&SocketAddr::new(0, 0)).expect("the kernel");
    socket.set_cap_ack(true).expect("short answers");
    // Room for the answers to a whole datagram.
    socket.set_rx_buf_sz(4_u32 << 20).expect("room");
    socket
}

/// RTM_NEWROUTE: of the main table, protocol 110, unicast.
pub(super) fn route(to: Ipv4Addr, gateway: Ipv4Addr, device: u32) -> Vec<u8> {
    let body = [2, 32, 0, 0, 254, 110, 0, 1, 0, 0, 0, 0];
    let device = device.to_ne_bytes();
    message(
        24,
        &body,
        &[(15, &254_u32.to_ne_bytes()), (1, &to.octets()), (5, &gateway.octets()), (4, &device)],
    )
}

/// RTM_NEWNEIGH: a permanent neighbour entry.
pub(super) fn neighbour(address: Ipv4Addr, mac: Mac, device: u32) -> Vec<u8> {
    entry(2, 0, address, mac, device)
}

/// RTM_NEWNEIGH: a permanent forwarding entry of the device itself.
pub(super) fn fdb(address: Ipv4Addr, mac: Mac, device: u32) -> Vec<u8> {
    entry(7, 2, address, mac, device)
}

fn entry(family: u8, flags: u8, address: Ipv4Addr, mac: Mac, device: u32) -> Vec<u8> {
    let mut body = vec![family, 0, 0, 0];
    body.extend(device.to_ne_bytes());
    body.extend(0x80_u16.to_ne_bytes());
    body.extend([flags, 0]);
    message(28, &body, &[(1, &address.octets()), (2, &mac.0)])
}

/// CTRL_CMD_GETFAMILY: the number of the family IPVS.
pub(super) fn ipvs(socket: &Socket) -> u16 {
    socket.send(&message(16, &[3, 2, 0, 0], &[(2, b"IPVS\0")]), 0).expect("sent");
    let mut answer = Vec::with_capacity(8192);
    socket.recv(&mut answer, 0).expect("an answer");
    // The name comes first, 12 bytes, then the number, each behind four bytes of their own.
    let bytes = answer.get(16 + 4 + 12 + 4..).and_then(|rest| rest.get(..2)).expect("a number");
    let number = u16::from_ne_bytes(bytes.try_into().expect("two bytes"));
    // The acknowledgement, if it is there.
    answer.clear();
    let _ = socket.recv(&mut answer, nix::libc::MSG_DONTWAIT);
    number
}

/// IPVS_CMD_NEW_SERVICE: of TCP, with the scheduler rr.
pub(super) fn virtual_server(family: u16, address: SocketAddrV4) -> Vec<u8> {
    let mut service = identity(address);
    let flags = [[0; 4], [0xff; 4]].concat();
    for (kind, value) in [(6, &b"rr\0"[..]), (7, &flags), (8, &[0; 4]), (9, &[0xff; 4])] {
        attribute(&mut service, kind, value);
    }
    message(family, &[1, 1, 0, 0], &[(0x8001, &service)])
}

/// IPVS_CMD_NEW_DEST: by address translation, with weight 1.
pub(super) fn real_server(family: u16, of: SocketAddrV4, address: SocketAddrV4) -> Vec<u8> {
    let mut real = Vec::new();
    let one = 1_u32.to_ne_bytes();
    attribute(&mut real, 1, &sixteen(address));
    attribute(&mut real, 2, &address.port().to_be_bytes());
    for (kind, value) in [(3, &[0; 4]), (4, &one), (5, &[0; 4]), (6, &[0; 4])] {
        attribute(&mut real, kind, value);
    }
    message(family, &[5, 1, 0, 0], &[(0x8001, &identity(of)), (0x8002, &real)])
}

fn identity(address: SocketAddrV4) -> Vec<u8> {
    let mut service = Vec::new();
    attribute(&mut service, 1, &2_u16.to_ne_bytes());
    attribute(&mut service, 2, &6_u16.to_ne_bytes());
    attribute(&mut service, 3, &sixteen(address));
    attribute(&mut service, 4, &address.port().to_be_bytes());
    service
}

fn sixteen(address: SocketAddrV4) -> Vec<u8> {
    let mut bytes = address.ip().octets().to_vec();
    bytes.resize(16, 0);
    bytes
}

fn attribute(bytes: &mut Vec<u8>, kind: u16, value: &[u8]) {
    bytes.extend(u16::try_from(4 + value.len()).expect("short").to_ne_bytes());
    bytes.extend(kind.to_ne_bytes());
    bytes.extend(value);
    bytes.resize(bytes.len().next_multiple_of(4), 0);
}

fn message(kind: u16, body: &[u8], attributes: &[(u16, &[u8])]) -> Vec<u8> {
    let mut bytes = vec![0; 4];
    bytes.extend(kind.to_ne_bytes());
    bytes.extend((REQUEST | REPLACE).to_ne_bytes());
    bytes.extend([0; 8]);
    bytes.extend(body);
    for (kind, value) in attributes {
        attribute(&mut bytes, *kind, value);
    }
    let length = u32::try_from(bytes.len()).expect("short").to_ne_bytes();
    bytes.splice(..4, length);
    bytes
}

/// Sends all messages; with an acknowledgement of each, or only of the last of a datagram.
pub(super) fn send(socket: &Socket, messages: &[Vec<u8>], each: bool) {
    let mut buffer = Vec::with_capacity(2 * BATCH);
    let mut rest = messages.iter().peekable();
    let mut answer = Vec::with_capacity(4096);
    while rest.peek().is_some() {
        buffer.clear();
        let mut answers = 0;
        while let Some(message) = rest.next() {
            let start = buffer.len();
            buffer.extend_from_slice(message);
            let last = buffer.len() >= BATCH || rest.peek().is_none();
            if each || last {
                answers += 1;
                buffer.splice(start + 6..start + 8, (REQUEST | REPLACE | ACK).to_ne_bytes());
            }
            if last {
                break;
            }
        }
        socket.send(&buffer, 0).expect("sent");
        for _ in 0..answers {
            answer.clear();
            socket.recv(&mut answer, 0).expect("an answer");
            assert_eq!(answer.get(16..20), Some(&[0; 4][..]), "an error");
        }
    }
}
