//! What strings must look like: names, labels, addresses (the API server's
//! `apimachinery/pkg/util/validation`).

use crate::model::Special;
use ipnet::IpNet;
use netc_lang::Pair;
use netc_lang::schema::Shape;
use std::net::IpAddr;

/// Why a value does not fit, and what to do.
#[derive(Debug)]
pub(super) struct Wrong {
    /// Completes "`value` …": `is not an address`.
    pub(super) why: String,
    pub(super) help: String,
}

impl Wrong {
    pub(super) fn new(why: impl Into<String>, help: impl Into<String>) -> Wrong {
        Wrong { why: why.into(), help: help.into() }
    }
}

/// The same rule as in the language.
fn shape(shape: Shape, text: &str) -> Result<(), Wrong> {
    let fault = shape.read(text, false).err();
    fault.map_or(Ok(()), |fault| {
        Err(Wrong::new(fault.reason, fault.help.unwrap_or("choose another one".into())))
    })
}

/// A DNS-1123 label: the names of namespaces and of service ports.
pub(super) fn label(text: &str) -> Result<(), Wrong> {
    shape(Shape::Label, text)
}

/// A DNS-1035 label: the names of services.
pub(super) fn service_name(text: &str) -> Result<(), Wrong> {
    // The language would take a namespace before it.
    label(text)?;
    shape(Shape::ServiceName, text)
}

/// A DNS-1123 subdomain: the names of nodes, pods and most other things.
pub(super) fn subdomain(text: &str) -> Result<(), Wrong> {
    shape(Shape::NodeName, text)
}

/// The same with an optional dot at its end: a name for a name server.
pub(super) fn host_name(text: &str) -> Result<(), Wrong> {
    shape(Shape::HostName, text)
}

/// The host of an ingress.
pub(super) fn host(text: &str) -> Result<(), Wrong> {
    shape(Shape::Host, text)
}

/// The path of an ingress.
pub(super) fn url_path(text: &str) -> Result<(), Wrong> {
    shape(Shape::UrlPath, text)
}

/// The value of a label.
pub(super) fn zone(text: &str) -> Result<(), Wrong> {
    shape(Shape::Zone, text)
}

/// An IANA service name: the names of container ports.
pub(super) fn port_name(text: &str) -> Result<(), Wrong> {
    shape(Shape::PortName, text)
}

/// A label.
pub(super) fn pair(key: &str, value: &str) -> Result<Pair, Wrong> {
    shape(Shape::Pair, &format!("{key}={value}"))?;
    Ok(Pair { key: key.to_owned(), value: value.to_owned() })
}

/// An address. Four numbers with leading zeros are refused: half of the world reads them as octal.
pub(super) fn address(text: &str) -> Result<IpAddr, Wrong> {
    let Ok(address) = text.parse::<IpAddr>() else {
        return Err(match text.parse::<IpNet>() {
            Ok(net) => Wrong::new(
                "has a prefix length",
                format!("write the address alone: `{}`", net.addr()),
            ),
            Err(_) => not_an_address(text),
        });
    };
    match mapped(address) {
        Some(inner) => {
            Err(Wrong::new("is an IPv4 address written as IPv6", format!("write `{inner}`")))
        }
        None => Ok(address),
    }
}

fn not_an_address(text: &str) -> Wrong {
    let bare: Vec<&str> = text
        .split('.')
        .map(|part| if part.len() > 1 { part.trim_start_matches('0') } else { part })
        .map(|part| if part.is_empty() { "0" } else { part })
        .collect();
    match bare.join(".").parse::<IpAddr>() {
        Ok(address) if text != address.to_string() => {
            Wrong::new("has leading zeros", format!("write `{address}`"))
        }
        _ => Wrong::new("is not an IPv4 or IPv6 address", "write it as `10.0.0.7` or `fd00::7`"),
    }
}

/// The IPv4 address within `::ffff:10.0.0.7`.
fn mapped(address: IpAddr) -> Option<IpAddr> {
    match address {
        IpAddr::V4(_) => None,
        IpAddr::V6(address) => address.to_ipv4_mapped().map(IpAddr::V4),
    }
}

/// An address that can be reached from elsewhere.
pub(super) fn plain_address(text: &str) -> Result<IpAddr, Wrong> {
    let address = address(text)?;
    let why = match Special::of(address) {
        None => return Ok(address),
        Some(Special::Unspecified) => "stands for no address".to_owned(),
        Some(special) => format!("is {special}"),
    };
    Err(Wrong::new(why, "choose an address that other machines can reach"))
}

/// A network; host bits are cleared, as Go's `net.ParseCIDR` does.
pub(super) fn network(text: &str) -> Result<IpNet, Wrong> {
    let Ok(net) = text.parse::<IpNet>() else {
        return Err(match address(text) {
            Ok(address) => Wrong::new(
                "has no prefix length",
                format!("write `{address}/{}`", if address.is_ipv4() { 32 } else { 128 }),
            ),
            Err(_) => Wrong::new("is not a network", "write it as `10.0.0.0/8` or `fd00::/8`"),
        });
    };
    Ok(net.trunc())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn why<T: std::fmt::Debug>(result: Result<T, Wrong>) -> String {
        result.unwrap_err().why
    }

    #[test]
    fn addresses_are_strict_about_zeros_and_generous_about_forms() {
        assert_eq!(address("fd00:10:1:0::34").unwrap().to_string(), "fd00:10:1::34");
        assert_eq!(why(address("10.096.0.1")), "has leading zeros");
        assert_eq!(why(address("10.96.0.1/32")), "has a prefix length");
        assert_eq!(why(address("fe80::1%eth0")), "is not an IPv4 or IPv6 address");
        assert!(why(address("::ffff:10.0.0.1")).contains("IPv4"));
        assert!(address("web").is_err() && address("").is_err());
    }

    #[test]
    fn special_addresses_are_no_endpoints() {
        for text in ["0.0.0.0", "::", "127.0.0.1", "169.254.1.1", "fe80::1", "224.0.0.9", "ff02::1"]
        {
            assert!(plain_address(text).is_err(), "{text}");
        }
        assert!(plain_address("224.0.1.1").is_ok() && plain_address("ff05::1").is_ok());
    }

    #[test]
    fn networks_lose_their_host_bits() {
        assert_eq!(network("10.1.2.3/8").unwrap().to_string(), "10.0.0.0/8");
        assert_eq!(network("fd00:10:1:0::/64").unwrap().to_string(), "fd00:10:1::/64");
        assert_eq!(why(network("10.0.0.1")), "has no prefix length");
        assert_eq!(why(network("10.0.0.0/33")), "is not a network");
    }

    #[test]
    fn names_have_their_forms() {
        assert!(service_name("web-0").is_ok() && subdomain("ip-10-0-0-1.ec2.internal").is_ok());
        assert!(service_name("0web").is_err() && service_name("Web").is_err());
        assert!(subdomain("a..b").is_err() && subdomain("-a").is_err());
        assert!(pair("app", "a b").is_err() && pair("a=b", "c").is_err());
    }
}
