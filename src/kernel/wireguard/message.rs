//! The messages of wireguard's family (linux/wireguard.h).

use super::Secret;
use crate::kernel::generic::{self, Message, nest, read, write};
use crate::model::PublicKey;
use crate::object::{Aside, Netns, Text, Wireguard, WireguardPeer};
use ipnet::IpNet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// The version of the family (`WG_GENL_VERSION`).
const VERSION: u8 = 1;

/// `WG_CMD_GET_DEVICE`, `WG_CMD_SET_DEVICE`
const GET: u8 = 0;
const SET: u8 = 1;

/// `WGDEVICE_A_…`
const DEVICE_NAME: u16 = 2;
const DEVICE_PRIVATE_KEY: u16 = 3;
const DEVICE_PUBLIC_KEY: u16 = 4;
const DEVICE_PORT: u16 = 6;
const DEVICE_PEERS: u16 = 8;

/// `WGPEER_A_…`
const PEER_PUBLIC_KEY: u16 = 1;
const PEER_PRESHARED_KEY: u16 = 2;
const PEER_FLAGS: u16 = 3;
const PEER_ENDPOINT: u16 = 4;
const PEER_KEEPALIVE: u16 = 5;
const PEER_ALLOWED: u16 = 9;

/// `WGALLOWEDIP_A_…`
const ALLOWED_FAMILY: u16 = 1;
const ALLOWED_ADDRESS: u16 = 2;
const ALLOWED_LENGTH: u16 = 3;

/// `WGPEER_F_REMOVE_ME`, `WGPEER_F_REPLACE_ALLOWEDIPS`
const REMOVE: u32 = 1;
const REPLACE_ALLOWED: u32 = 2;

/// `AF_INET`, `AF_INET6`
const INET: u16 = 2;
const INET6: u16 = 10;

/// Entries of a list have no type of their own.
const ENTRY: u16 = 0;

/// The question for a device.
pub(super) fn question(family: u16, link: &str) -> Message {
    generic::message(family, VERSION, GET, named(link))
}

/// Gives a device its port, and a key if it is to have another one.
pub(super) fn set_device(family: u16, link: &str, port: u16, key: Option<&Secret>) -> Message {
    let mut out = named(link);
    if let Some(key) = key {
        write(&mut out, DEVICE_PRIVATE_KEY, key.bytes());
    }
    write(&mut out, DEVICE_PORT, &port.to_ne_bytes());
    generic::message(family, VERSION, SET, out)
}

/// Makes or changes a peer. A preshared key that is not given stays as it is.
pub(super) fn set_peer(family: u16, peer: &WireguardPeer, preshared: Option<&Secret>) -> Message {
    of_peer(family, &peer.link, |out| {
        write(out, PEER_PUBLIC_KEY, &peer.public_key.0);
        write(out, PEER_FLAGS, &REPLACE_ALLOWED.to_ne_bytes());
        if let Some(key) = preshared {
            write(out, PEER_PRESHARED_KEY, key.bytes());
        }
        if let Some(endpoint) = peer.endpoint {
            write(out, PEER_ENDPOINT, &endpoint_bytes(endpoint));
        }
        write(out, PEER_KEEPALIVE, &peer.keepalive.unwrap_or(0).to_ne_bytes());
        nest(out, PEER_ALLOWED, |out| {
            for net in &peer.allowed {
                nest(out, ENTRY, |out| allowed(out, net));
            }
        });
    })
}

/// Removes a peer.
pub(super) fn remove_peer(family: u16, link: &str, key: PublicKey) -> Message {
    of_peer(family, link, |out| {
        write(out, PEER_PUBLIC_KEY, &key.0);
        write(out, PEER_FLAGS, &REMOVE.to_ne_bytes());
    })
}

fn of_peer(family: u16, link: &str, fill: impl FnOnce(&mut Vec<u8>)) -> Message {
    let mut out = named(link);
    nest(&mut out, DEVICE_PEERS, |out| nest(out, ENTRY, fill));
    generic::message(family, VERSION, SET, out)
}

fn named(link: &str) -> Vec<u8> {
    let mut out = Vec::new();
    let mut name = link.as_bytes().to_vec();
    name.push(0);
    write(&mut out, DEVICE_NAME, &name);
    out
}

fn allowed(out: &mut Vec<u8>, net: &IpNet) {
    let family = if net.addr().is_ipv4() { INET } else { INET6 };
    write(out, ALLOWED_FAMILY, &family.to_ne_bytes());
    match net.addr() {
        IpAddr::V4(address) => write(out, ALLOWED_ADDRESS, &address.octets()),
        IpAddr::V6(address) => write(out, ALLOWED_ADDRESS, &address.octets()),
    }
    write(out, ALLOWED_LENGTH, &[net.prefix_len()]);
}

/// `struct sockaddr_in` or `struct sockaddr_in6`.
fn endpoint_bytes(endpoint: SocketAddr) -> Vec<u8> {
    let port = endpoint.port().to_be_bytes();
    match endpoint.ip() {
        IpAddr::V4(address) => {
            [&INET.to_ne_bytes()[..], &port, &address.octets(), &[0; 8]].concat()
        }
        IpAddr::V6(address) => {
            [&INET6.to_ne_bytes()[..], &port, &[0; 4], &address.octets(), &[0; 4]].concat()
        }
    }
}

/// What an answer says of a device; of many peers there are many answers.
pub(super) struct Found {
    pub(super) device: Wireguard,
    pub(super) peers: Vec<WireguardPeer>,
}

/// Reads an answer about a device.
pub(super) fn found(answer: &Message, netns: &Netns, link: &Text) -> Found {
    let (netns, link) = (netns.clone(), Text::clone(link));
    let mut device = Wireguard {
        netns: netns.clone(),
        link: Text::clone(&link),
        port: 0,
        public_key: None,
        private_key_file: Aside(None),
    };
    let mut peers = Vec::new();
    for (kind, value) in read(&answer.payload.attributes) {
        match kind {
            DEVICE_PUBLIC_KEY => device.public_key = key(value),
            DEVICE_PORT => device.port = half(value).unwrap_or_default(),
            DEVICE_PEERS => {
                let all = read(value).filter_map(|(_, peer)| found_peer(peer, &netns, &link));
                peers.extend(all);
            }
            _ => {}
        }
    }
    Found { device, peers }
}

fn found_peer(bytes: &[u8], netns: &Netns, link: &Text) -> Option<WireguardPeer> {
    let mut peer = WireguardPeer {
        netns: netns.clone(),
        link: Text::clone(link),
        public_key: PublicKey([0; 32]),
        endpoint: None,
        allowed: Vec::new(),
        keepalive: None,
        preshared_key_file: None,
    };
    for (kind, value) in read(bytes) {
        match kind {
            PEER_PUBLIC_KEY => peer.public_key = key(value)?,
            PEER_PRESHARED_KEY if value.iter().any(|byte| *byte != 0) => {
                peer.preshared_key_file = Some(Aside("".into()));
            }
            PEER_ENDPOINT => peer.endpoint = found_endpoint(value),
            PEER_KEEPALIVE => peer.keepalive = half(value).filter(|seconds| *seconds > 0),
            PEER_ALLOWED => {
                peer.allowed = read(value).filter_map(|(_, net)| found_allowed(net)).collect();
            }
            _ => {}
        }
    }
    Some(peer)
}

fn found_allowed(bytes: &[u8]) -> Option<IpNet> {
    let (mut address, mut length) = (None, 0);
    for (kind, value) in read(bytes) {
        match kind {
            ALLOWED_ADDRESS => address = found_address(value),
            ALLOWED_LENGTH => length = *value.first()?,
            _ => {}
        }
    }
    IpNet::new(address?, length).ok()
}

fn found_endpoint(bytes: &[u8]) -> Option<SocketAddr> {
    let family = half(bytes.get(..2)?)?;
    let port = u16::from_be_bytes(bytes.get(2..4)?.try_into().ok()?);
    let address = if family == INET { bytes.get(4..8)? } else { bytes.get(8..24)? };
    Some(SocketAddr::new(found_address(address)?, port))
}

fn found_address(bytes: &[u8]) -> Option<IpAddr> {
    match bytes.len() {
        4 => <[u8; 4]>::try_from(bytes).ok().map(|own| Ipv4Addr::from(own).into()),
        _ => <[u8; 16]>::try_from(bytes).ok().map(|own| Ipv6Addr::from(own).into()),
    }
}

fn key(value: &[u8]) -> Option<PublicKey> {
    value.try_into().ok().map(PublicKey)
}

fn half(value: &[u8]) -> Option<u16> {
    value.try_into().ok().map(u16::from_ne_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_peer_is_read_as_it_is_written() {
        let peer = |endpoint: &str, allowed: &[&str]| WireguardPeer {
            netns: Netns::Node,
            link: "wg0".into(),
            public_key: PublicKey([7; 32]),
            endpoint: Some(endpoint.parse().unwrap()),
            allowed: allowed.iter().map(|net| net.parse().unwrap()).collect(),
            keepalive: Some(25),
            preshared_key_file: Some(Aside("/psk".into())),
        };
        for peer in [
            peer("192.0.2.1:51820", &["10.244.1.0/24", "fd00:1::/64"]),
            peer("[2001:db8::1]:51821", &[]),
        ] {
            let message = set_peer(33, &peer, Some(&Secret::sample()));
            let found = found(&message, &Netns::Node, &"wg0".into());
            assert_eq!(found.peers, [peer]);
        }
    }

    #[test]
    fn a_device_without_a_key_has_none() {
        let message = set_device(33, "wg0", 51820, None);
        let found = found(&message, &Netns::Node, &"wg0".into());
        assert_eq!((found.device.port, found.device.public_key), (51820, None));
        assert!(found.peers.is_empty());
    }
}
