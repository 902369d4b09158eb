//! Numbers, addresses and networks as text, appended to a string.
//!
//! A node of a large cluster has hundreds of thousands of rules. The formatting machinery of
//! the standard library takes several times as long for an address as these few lines.

use ipnet::IpNet;
use std::fmt::Write;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

/// Appends a decimal number.
pub fn push_number(out: &mut String, number: u32) {
    let digit = |place: u32| char::from_digit(number / place % 10, 10).unwrap_or('0');
    let mut place = match number {
        0..=9 => 1,
        10..=99 => 10,
        100..=999 => 100,
        _ => 10u32.pow(number.ilog10()),
    };
    while place > 0 {
        out.push(digit(place));
        place /= 10;
    }
}

/// Appends an address.
pub fn push_address(out: &mut String, address: IpAddr) {
    match address {
        IpAddr::V4(address) => push_v4(out, address),
        // Writing to a string cannot fail.
        IpAddr::V6(address) => {
            let _ = write!(out, "{address}");
        }
    }
}

fn push_v4(out: &mut String, address: Ipv4Addr) {
    let [a, b, c, d] = address.octets();
    push_number(out, a.into());
    for byte in [b, c, d] {
        out.push('.');
        push_number(out, byte.into());
    }
}

/// Appends `address/length`.
pub fn push_network(out: &mut String, net: IpNet) {
    push_address(out, net.addr());
    out.push('/');
    push_number(out, net.prefix_len().into());
}

/// Appends `address:port`, with brackets around an IPv6 address.
pub fn push_socket(out: &mut String, socket: SocketAddr) {
    match socket.ip() {
        IpAddr::V4(address) => push_v4(out, address),
        IpAddr::V6(address) => {
            let _ = write!(out, "[{address}]");
        }
    }
    out.push(':');
    push_number(out, socket.port().into());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_what_the_standard_library_writes() {
        for text in ["0.0.0.0:1", "10.244.0.100:65535", "[fd00::2]:80", "[::1]:443"] {
            let mut out = String::new();
            push_socket(&mut out, text.parse().unwrap());
            assert_eq!(out, text);
        }
        let mut out = String::new();
        push_network(&mut out, "10.0.0.0/8".parse().unwrap());
        push_number(&mut out, u32::MAX);
        assert_eq!(out, "10.0.0.0/84294967295");
    }
}
