//! Addresses and networks.

use super::numbers::{is_range, port_number, port_or_range};
use super::{Misshapen, no};
use crate::value::{HostPort, HostPorts, Interface, Mac};
use ipnet::IpNet;
use std::net::{IpAddr, SocketAddr};
use std::ops::RangeInclusive;

pub(super) fn address(word: &str) -> Result<IpAddr, Misshapen> {
    word.parse().map_err(|_| match word.parse::<IpNet>() {
        Ok(net) => {
            no("has a prefix length").help(format!("write the address alone: `{}`", net.addr()))
        }
        Err(_) => no("is not an IPv4 or IPv6 address"),
    })
}

pub(super) fn address_range(word: &str) -> Result<RangeInclusive<IpAddr>, Misshapen> {
    let ends = word.split_once('-').and_then(|(first, last)| {
        Some((first.parse::<IpAddr>().ok()?, last.parse::<IpAddr>().ok()?))
    });
    let Some((first, last)) = ends else {
        let help = "write the first and the last address: `10.1.0.10-10.1.0.50`";
        return Err(no("is not a range of addresses").help(help));
    };
    if first.is_ipv4() != last.is_ipv4() {
        return Err(no("has ends of different families").help("state a range for each family"));
    }
    if first > last {
        return Err(no("ends before it begins").help(format!("write `{last}-{first}`")));
    }
    Ok(first..=last)
}

/// The first and the last of some addresses, or one alone.
pub(super) fn address_pool(word: &str) -> Result<RangeInclusive<IpAddr>, Misshapen> {
    match word.parse::<IpAddr>() {
        Ok(only) => Ok(only..=only),
        Err(_) => address_range(word).map_err(|fault| match fault.help {
            Some(_) if word.contains('-') => fault,
            _ => no("is neither a network nor a range of addresses")
                .help("write `192.0.2.16/28`, or the first and the last: `192.0.2.16-192.0.2.20`"),
        }),
    }
}

pub(super) fn interface(word: &str) -> Result<Interface, Misshapen> {
    let Some((host, length)) = word.split_once('/') else {
        return address(word).map(|address| Interface { address, prefix: None });
    };
    let address = address(host)?;
    let max = if address.is_ipv4() { 32 } else { 128 };
    match length.parse() {
        Ok(prefix) if prefix <= max => Ok(Interface { address, prefix: Some(prefix) }),
        _ => Err(no(format!("has a prefix length that is not a number up to {max}"))),
    }
}

pub(super) fn network(word: &str) -> Result<IpNet, Misshapen> {
    let parsed = interface(word)
        .map_err(|fault| if word.contains('/') { fault } else { no("is not a network") })?;
    let Some(prefix) = parsed.prefix else {
        let whole = if parsed.address.is_ipv4() { 32 } else { 128 };
        return Err(no("has no prefix length").help(format!(
            "write `{word}/{whole}` for the address alone, or the network's length"
        )));
    };
    let net = IpNet::new(parsed.address, prefix).map_err(|_| no("is not a network"))?;
    if net.trunc() == net {
        return Ok(net);
    }
    Err(no("has host bits set").help(format!("the network is `{}`", net.trunc())))
}

pub(super) fn prefix(word: &str) -> Result<u8, Misshapen> {
    let length = word.strip_prefix('/').and_then(|length| length.parse().ok());
    length.filter(|length| *length <= 128).ok_or_else(|| {
        let fault = no("is not a prefix length");
        match word.parse::<u8>() {
            Ok(length) if length <= 128 => fault.help(format!("write `/{length}`")),
            _ => fault.help("a prefix length is a slash and a number, such as `/24`"),
        }
    })
}

pub(super) fn endpoint(word: &str) -> Result<SocketAddr, Misshapen> {
    if let Ok(endpoint) = word.parse::<SocketAddr>() {
        return if endpoint.port() == 0 {
            Err(no("has port 0").help("ports are 1 to 65535"))
        } else {
            Ok(endpoint)
        };
    }
    Err(match word.parse::<IpAddr>() {
        Ok(IpAddr::V4(_)) => no("has no port").help(format!("write `{word}:PORT`")),
        Ok(IpAddr::V6(_)) => no("has no port").help(format!("write `[{word}]:PORT`")),
        Err(_) if word.rsplit_once(':').is_some_and(|(_, ports)| is_range(ports)) => {
            no("has a range of ports, and one port is meant").help("state the endpoints one by one")
        }
        Err(_) => no("is not an address with a port"),
    })
}

pub(super) fn host_port(word: &str) -> Result<HostPort, Misshapen> {
    if !word.is_empty() && word.bytes().all(|b| b.is_ascii_digit()) {
        return port_number(word).map(|port| HostPort { address: None, port });
    }
    endpoint(word).map(|socket| HostPort { address: Some(socket.ip()), port: socket.port() })
}

pub(super) fn host_ports(word: &str) -> Result<HostPorts, Misshapen> {
    let (address, ports) = match word.rsplit_once(':') {
        Some((address, range)) if is_range(range) => {
            // Read with the first port of the range: what is wrong with the address is told.
            let (first, _) = range.split_once('-').unwrap_or((range, ""));
            (Some(endpoint(&format!("{address}:{first}"))?.ip()), range)
        }
        _ => match host_port(word) {
            Ok(HostPort { address, port }) => {
                return Ok(HostPorts { address, first: port, last: port });
            }
            Err(_) if is_range(word) => (None, word),
            Err(fault) => return Err(fault),
        },
    };
    let (first, last) = port_or_range(ports)?;
    Ok(HostPorts { address, first, last })
}

pub(super) fn mac(word: &str) -> Result<Mac, Misshapen> {
    let mac: Mac = word.parse().map_err(|()| no("is not an Ethernet address"))?;
    if mac.0.first().is_some_and(|first| first & 1 == 1) {
        return Err(no("is a group address").help("the first byte of a device's address is even"));
    }
    Ok(mac)
}
