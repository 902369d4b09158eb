//! Addresses that no packet from elsewhere can have.

use std::fmt;
use std::net::IpAddr;

/// Why an address cannot lead to a cluster (`ValidateNonSpecialIP` of the API server, netspec
/// section 5).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Special {
    Unspecified,
    Loopback,
    LinkLocal,
    /// Multicast that no router forwards (RFC 5771 section 4, RFC 4291 section 2.7).
    LinkLocalMulticast,
}

impl Special {
    /// `None` for an address that can be reached from elsewhere.
    pub(crate) fn of(address: IpAddr) -> Option<Special> {
        let (link_local, multicast) = match address {
            IpAddr::V4(address) => {
                (address.is_link_local(), matches!(address.octets(), [224, 0, 0, _]))
            }
            IpAddr::V6(address) => {
                let [first, second, ..] = address.octets();
                (address.is_unicast_link_local(), first == 0xff && second & 0x0f == 2)
            }
        };
        if address.is_unspecified() {
            Some(Special::Unspecified)
        } else if address.is_loopback() {
            Some(Special::Loopback)
        } else if link_local {
            Some(Special::LinkLocal)
        } else {
            multicast.then_some(Special::LinkLocalMulticast)
        }
    }
}

impl fmt::Display for Special {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Special::Unspecified => "the unspecified address",
            Special::Loopback => "a loopback address",
            Special::LinkLocal => "a link-local address",
            Special::LinkLocalMulticast => "a link-local multicast address",
        })
    }
}
