//! Numbers, addresses and networks as text, appended to a string.
//!
//! A node of a large cluster has hundreds of thousands of rules. The formatting machinery of
//! the standard library takes several times as long for an address as these few lines.

use ipnet::IpNet;
use std::fmt::Write;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

/// The numbers of a byte as text, each behind a point, as most of an address is.
static POINTED: [&str; 256] = texts(&FIGURES);

/// The same with blanks behind them.
static FIGURES: [[u8; 4]; 256] = figures();

#[expect(
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "the compiler runs this: a fault is an error of the build"
)]
const fn figures() -> [[u8; 4]; 256] {
    let mut all = [*b".   "; 256];
    let mut number = 0;
    while number < all.len() {
        let mut rest = number;
        let mut place = length(number);
        while place > 1 {
            place -= 1;
            all[number][place] = b'0' + (rest % 10) as u8;
            rest /= 10;
        }
        number += 1;
    }
    all
}

#[expect(
    clippy::indexing_slicing,
    reason = "the compiler runs this: a fault is an error of the build"
)]
const fn texts(figures: &'static [[u8; 4]; 256]) -> [&'static str; 256] {
    let mut all = [""; 256];
    let mut number = 0;
    while number < all.len() {
        let (text, _) = figures[number].split_at(length(number));
        all[number] = match std::str::from_utf8(text) {
            Ok(text) => text,
            Err(_) => "",
        };
        number += 1;
    }
    all
}

/// How long the text of a number is with its point.
const fn length(number: usize) -> usize {
    match number {
        0..=9 => 2,
        10..=99 => 3,
        _ => 4,
    }
}

/// A byte as text, behind a point.
fn pointed(byte: u8) -> &'static str {
    POINTED.get(usize::from(byte)).copied().unwrap_or_default()
}

/// A byte as text.
fn plain(byte: u8) -> &'static str {
    pointed(byte).get(1..).unwrap_or_default()
}

/// Appends a decimal number.
pub fn push_number(out: &mut String, number: u32) {
    match u8::try_from(number) {
        Ok(byte) => out.push_str(plain(byte)),
        Err(_) => {
            push_number(out, number / 100);
            push_pair(out, number % 100);
        }
    }
}

/// Appends a number below 100 as two figures.
fn push_pair(out: &mut String, number: u32) {
    if number < 10 {
        out.push('0');
    }
    out.push_str(plain(u8::try_from(number).unwrap_or_default()));
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
    let [first, rest @ ..] = address.octets();
    out.push_str(plain(first));
    for byte in rest {
        out.push_str(pointed(byte));
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

/// Appends a fraction of 2³¹ with eleven decimal places, as iptables prints the probabilities of
/// `statistic`.
pub fn push_fraction(out: &mut String, of_2_31: u32) {
    const PLACES: u64 = 100_000_000_000;
    let scaled = (u128::from(of_2_31) * u128::from(PLACES) + (1 << 30)) >> 31;
    let scaled = u64::try_from(scaled).unwrap_or(PLACES);
    let low = |number: u64| u32::try_from(number).unwrap_or_default();
    push_number(out, low(scaled / PLACES));
    out.push('.');
    // Eleven figures: the first one, and five pairs in two numbers of 32 bits.
    push_number(out, low(scaled / (PLACES / 10) % 10));
    let (high, rest) = (low(scaled / 1_000_000 % 10_000), low(scaled % 1_000_000));
    for pair in [high / 100, high % 100, rest / 10_000, rest / 100 % 100, rest % 100] {
        push_pair(out, pair);
    }
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
        for number in (0..70_000).chain([99_999, 100_000, 100_001, 1_000_000_000]) {
            let mut out = String::new();
            push_number(&mut out, number);
            assert_eq!(out, number.to_string());
        }
    }

    #[test]
    fn fractions_have_eleven_places() {
        let all = [(1 << 31, "1.00000000000"), (1, "0.00000000047"), (21_474_836, "0.00999999978")];
        for (fraction, text) in all {
            let mut out = String::new();
            push_fraction(&mut out, fraction);
            assert_eq!(out, text);
        }
    }
}
