//! Telling the neighbours of a node that it has got an address: those who knew it elsewhere would
//! go on sending there until their entries are stale.

use super::error::KernelError;
use super::machine::Machine;
use crate::object::{Netns, State};
use crate::plan::{Change, Kind, Thing};
use netc_lang::Mac;
use nix::ifaddrs::getifaddrs;
use nix::sys::socket::{AddressFamily, LinkAddr, MsgFlags, SockFlag, SockType, sendto, socket};
use std::collections::BTreeMap;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::os::fd::AsRawFd;
use std::thread::sleep;
use std::time::Duration;

/// How often it is told, for frames get lost; RFC 5227 section 2.3 asks for two.
const TIMES: usize = 3;

/// How long is waited between.
const PAUSE: Duration = Duration::from_millis(100);

/// Tells the neighbours of the addresses that changes have put on devices of the node for others to
/// find. What could not be told.
pub fn announce(machine: &mut Machine, changes: &[Change]) -> Vec<String> {
    let gained: Vec<(&str, IpAddr)> = changes.iter().filter_map(gained).collect();
    if gained.is_empty() {
        return Vec::new();
    }
    let node = machine.namespace(&Netns::Node);
    let told = node.and_then(|node| node.within(|| tell(&gained)));
    match told.and_then(|told| told) {
        Ok(faults) => faults,
        Err(error) => vec![error.to_string()],
    }
}

/// The address that a change puts on a device, and the device.
fn gained<'c>(change: &'c Change) -> Option<(&'c str, IpAddr)> {
    match change.to.as_ref().and_then(Thing::state) {
        Some(State::Address(own)) if own.held && change.kind != Kind::Update => {
            Some((&own.link, own.address.addr()))
        }
        _ => None,
    }
}

/// Sends from the namespace of this thread.
fn tell(gained: &[(&str, IpAddr)]) -> Result<Vec<String>, KernelError> {
    let failed = |error: nix::Error| KernelError::io("cannot send frames")(io::Error::from(error));
    let packets = socket(AddressFamily::Packet, SockType::Raw, SockFlag::SOCK_CLOEXEC, None)
        .map_err(failed)?;
    let devices = devices().map_err(failed)?;
    let mut faults = Vec::new();
    let mut frames = Vec::new();
    for (device, address) in gained {
        match devices.get(*device).and_then(|link| Some((link, Mac(link.addr()?)))) {
            Some((link, mac)) => frames.push((*device, *address, link, frame(mac, *address))),
            None => {
                faults.push(format!("{device} is no device of Ethernet: {address} is not told"));
            }
        }
    }
    for turn in 0..TIMES {
        if turn > 0 {
            sleep(PAUSE);
        }
        frames.retain(|(device, address, link, frame)| {
            let sent = sendto(packets.as_raw_fd(), frame, *link, MsgFlags::empty());
            if let Err(error) = &sent {
                faults.push(format!("{address} on {device}: {}", error.desc()));
            }
            sent.is_ok()
        });
    }
    Ok(faults)
}

/// The devices by name, each with its number and its Ethernet address.
fn devices() -> nix::Result<BTreeMap<String, LinkAddr>> {
    let all = getifaddrs()?.filter_map(|found| {
        let link = *found.address.as_ref()?.as_link_addr()?;
        Some((found.interface_name, link))
    });
    Ok(all.collect())
}

fn frame(mac: Mac, address: IpAddr) -> Vec<u8> {
    match address {
        IpAddr::V4(address) => arp(mac, address),
        IpAddr::V6(address) => advertisement(mac, address),
    }
}

/// An ARP announcement: a request to all for the address, by its owner (RFC 5227 section 2.3; RFC 826).
fn arp(mac: Mac, address: Ipv4Addr) -> Vec<u8> {
    let mut out = ethernet([0xff; 6], mac, 0x0806);
    // Ethernet and IPv4, with addresses of 6 and 4 bytes; a request.
    out.extend([0, 1, 8, 0, 6, 4, 0, 1]);
    out.extend(mac.0);
    out.extend(address.octets());
    out.extend([0; 6]);
    out.extend(address.octets());
    out
}

/// An unsolicited neighbour advertisement to all nodes, which overrides what they know (RFC 4861
/// sections 4.4 and 7.2.6).
fn advertisement(mac: Mac, address: Ipv6Addr) -> Vec<u8> {
    const ALL_NODES: Ipv6Addr = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 1);
    const ICMP: u8 = 58;
    // Type 136, the override flag, the target, and its link-layer address in 8 bytes.
    let mut message = vec![136, 0, 0, 0, 0x20, 0, 0, 0];
    message.extend(address.octets());
    message.extend([2, 1]);
    message.extend(mac.0);
    let length = u8::try_from(message.len()).unwrap_or(u8::MAX);
    let mut summed = Vec::new();
    summed.extend(address.octets());
    summed.extend(ALL_NODES.octets());
    summed.extend([0, 0, 0, length, 0, 0, 0, ICMP]);
    summed.extend(&message);
    let sum = checksum(&summed);
    if let Some(place) = message.get_mut(2..4) {
        place.copy_from_slice(&sum.to_be_bytes());
    }
    let mut out = ethernet([0x33, 0x33, 0, 0, 0, 1], mac, 0x86dd);
    // Nobody but a neighbour can have sent what comes with a hop limit of 255.
    out.extend([0x60, 0, 0, 0, 0, length, ICMP, 255]);
    out.extend(address.octets());
    out.extend(ALL_NODES.octets());
    out.extend(message);
    out
}

fn ethernet(to: [u8; 6], from: Mac, kind: u16) -> Vec<u8> {
    let mut out = Vec::with_capacity(90);
    out.extend(to);
    out.extend(from.0);
    out.extend(kind.to_be_bytes());
    out
}

/// The checksum of the internet protocols (RFC 1071).
fn checksum(bytes: &[u8]) -> u16 {
    let words = bytes.chunks(2).map(|pair| match pair {
        [high, low] => u32::from(u16::from_be_bytes([*high, *low])),
        [high] => u32::from(*high) << 8,
        _ => 0,
    });
    let mut sum: u32 = words.sum();
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    u16::try_from(!sum & 0xffff).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAC: Mac = Mac([2, 0, 0, 0, 0, 7]);

    #[test]
    fn an_announcement_names_its_sender_as_the_target() {
        let frame = arp(MAC, Ipv4Addr::new(192, 0, 2, 16));
        let expected = "ffffffffffff02000000000708060001080006040001\
                        020000000007c0000210000000000000c0000210";
        assert_eq!(data_encoding::HEXLOWER.encode(&frame), expected);
    }

    #[test]
    fn an_advertisement_sums_up() {
        let frame = advertisement(MAC, "fd00:1b::1".parse().unwrap());
        assert_eq!(frame.len(), 14 + 40 + 32);
        // The sum over the addresses, length, protocol and the message with its checksum is zero.
        let mut summed = frame[22..54].to_vec();
        summed.extend([0, 0, 0, 32, 0, 0, 0, 58]);
        summed.extend(&frame[54..]);
        assert_eq!(checksum(&summed), 0);
    }
}
