//! What cannot be avoided: the same requests as bytes that are ready, sent in datagrams of the
//! same size. Nothing is looked up, built or read beyond the error codes.

use netc_lang::Mac;
use netlink_sys::protocols::NETLINK_ROUTE;
use netlink_sys::{Socket, SocketAddr};
use std::net::Ipv4Addr;

/// How long a datagram gets.
const BATCH: usize = 32 << 10;

/// `NLM_F_REQUEST`, `NLM_F_ACK`, and to make or replace (linux/netlink.h).
const REQUEST: u16 = 1;
const ACK: u16 = 4;
const REPLACE: u16 = 0x500;

pub(super) fn open() -> Socket {
    let mut socket = Socket::new(NETLINK_ROUTE).expect("a socket");
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

fn message(kind: u16, body: &[u8], attributes: &[(u16, &[u8])]) -> Vec<u8> {
    let mut bytes = vec![0; 4];
    bytes.extend(kind.to_ne_bytes());
    bytes.extend((REQUEST | REPLACE).to_ne_bytes());
    bytes.extend([0; 8]);
    bytes.extend(body);
    for (kind, value) in attributes {
        bytes.extend(u16::try_from(4 + value.len()).expect("short").to_ne_bytes());
        bytes.extend(kind.to_ne_bytes());
        bytes.extend(*value);
        bytes.resize(bytes.len().next_multiple_of(4), 0);
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
