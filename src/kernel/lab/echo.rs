//! Echo requests of ICMP and ICMPv6, by raw sockets.

use std::os::fd::{AsRawFd, OwnedFd};

/// What tells the echo requests of this process apart. Each has a socket of its own.
pub(super) fn mark(fd: &OwnedFd) -> [u8; 2] {
    let number = u16::try_from(fd.as_raw_fd() & 0xffff).unwrap_or_default();
    let process = (std::process::id() & 0x3f) as u16;
    (number ^ (process << 10)).to_be_bytes()
}

/// An echo request (RFC 792, RFC 4443 section 4.1). The kernel fills in the checksum of ICMPv6.
pub(super) fn echo(v6: bool, [high, low]: [u8; 2]) -> [u8; 8] {
    if v6 {
        return [128, 0, 0, 0, high, low, 0, 1];
    }
    let sum = 0x0800 + u32::from(u16::from_be_bytes([high, low])) + 1;
    let folded = (sum & 0xffff) + (sum >> 16);
    let [first, second] = (!u16::try_from(folded & 0xffff).unwrap_or_default()).to_be_bytes();
    [8, 0, first, second, high, low, 0, 1]
}

/// Whether a packet of a raw socket is the reply; those of IPv4 have their header (raw(7)).
pub(super) fn is_echo_reply(v6: bool, packet: &[u8], [high, low]: [u8; 2]) -> bool {
    let header = match (v6, packet.first()) {
        (false, Some(first)) => usize::from(first & 0x0f) * 4,
        _ => 0,
    };
    let kind = if v6 { 129 } else { 0 };
    let Some(message) = packet.get(header..) else { return false };
    message.first() == Some(&kind) && message.get(4..6) == Some(&[high, low])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn echo_requests_have_their_checksum() {
        // RFC 1071: the sum of all, with the checksum, is all ones.
        for mark in [[0, 1], [0xff, 0xff], [0x12, 0x34]] {
            let packet = echo(false, mark);
            let words = packet.chunks(2).map(|two| u32::from(u16::from_be_bytes([two[0], two[1]])));
            let sum: u32 = words.sum();
            assert_eq!((sum & 0xffff) + (sum >> 16), 0xffff);
        }
        let mut reply = vec![0x45; 20];
        reply.extend([0, 0, 9, 9, 7, 8, 0, 1]);
        assert!(is_echo_reply(false, &reply, [7, 8]));
        assert!(!is_echo_reply(false, &reply, [7, 9]));
        assert!(is_echo_reply(true, &[129, 0, 9, 9, 7, 8, 0, 1], [7, 8]));
        assert!(!is_echo_reply(true, &[128, 0, 9, 9, 7, 8, 0, 1], [7, 8]));
    }
}
