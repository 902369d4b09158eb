//! Sets of addresses and ports that rules look into.

use super::Id;
use super::text::{push_address, push_network, push_number};
use crate::model::Family;
use arrayvec::ArrayString;
use ipnet::IpNet;
use netc_lang::Protocol;
use std::fmt;
use std::net::IpAddr;

/// The name of a set: at most 31 characters (`IPSET_MAXNAMELEN` in ip_set.h is 32 with the final
/// zero).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SetName(ArrayString<31>);

impl SetName {
    /// How many characters a name can have.
    pub const LONGEST: usize = 31;

    /// A name; one that is too long is cut, as kube-proxy cuts those of IPv6.
    #[must_use]
    pub fn new(name: &str) -> SetName {
        let end = name.floor_char_boundary(SetName::LONGEST);
        SetName(name.get(..end).and_then(|name| ArrayString::from(name).ok()).unwrap_or_default())
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl fmt::Display for SetName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Debug for SetName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A set with its members (ipset(8)).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Ipset {
    /// The name, which no other set of the node has, whatever its family.
    pub name: SetName,
    /// What members look like.
    pub kind: SetKind,
    /// The family of their addresses.
    pub family: Family,
    /// The members: sorted, each once.
    pub members: Vec<Member>,
}

/// The types of set that kube-proxy has.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum SetKind {
    /// `hash:ip`
    Address,
    /// `hash:ip,port`
    AddressPort,
    /// `hash:ip,port,ip`
    AddressPortAddress,
    /// `hash:ip,port,net`
    AddressPortNetwork,
    /// `bitmap:port`, of all ports
    Port,
    /// One that netc does not make.
    Other,
}

impl SetKind {
    /// All types that netc makes.
    pub const ALL: [SetKind; 5] = [
        SetKind::Address,
        SetKind::AddressPort,
        SetKind::AddressPortAddress,
        SetKind::AddressPortNetwork,
        SetKind::Port,
    ];

    /// The name of the type.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            SetKind::Address => "hash:ip",
            SetKind::AddressPort => "hash:ip,port",
            SetKind::AddressPortAddress => "hash:ip,port,ip",
            SetKind::AddressPortNetwork => "hash:ip,port,net",
            SetKind::Port => "bitmap:port",
            SetKind::Other => "another type",
        }
    }

    /// The type of a name.
    #[must_use]
    pub fn named(name: &str) -> Option<SetKind> {
        SetKind::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// A member of a set.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Member {
    /// An address.
    Address(IpAddr),
    /// An address and a port.
    AddressPort(IpAddr, Protocol, u16),
    /// An address, a port, and another address.
    AddressPortAddress(IpAddr, Protocol, u16, IpAddr),
    /// An address, a port, and a network.
    AddressPortNetwork(IpAddr, Protocol, u16, IpNet),
    /// A port.
    Port(u16),
}

impl Ipset {
    /// How many members a set has room for: `maxelem` of those with hashes, all ports else.
    pub const MOST: usize = 65536;

    /// A set of these members, in any order.
    #[must_use]
    pub fn new(name: SetName, kind: SetKind, family: Family, mut members: Vec<Member>) -> Ipset {
        members.sort_unstable();
        members.dedup();
        Ipset { name, kind, family, members }
    }

    pub(super) fn id(&self) -> Id {
        Id::Set(self.name)
    }

    /// Whether it has a member.
    #[must_use]
    pub fn has(&self, member: &Member) -> bool {
        self.members.binary_search(member).is_ok()
    }

    /// Its members that another one has not.
    pub fn beyond<'s>(&'s self, other: &'s Ipset) -> impl Iterator<Item = &'s Member> {
        self.members.iter().filter(|member| !other.has(member))
    }

    /// The definition behind `create NAME` in the words of ipset(8): the sizes are kube-proxy's
    /// (pkg/proxy/ipvs/ipset/ipset.go).
    #[must_use]
    pub fn definition(&self) -> String {
        let kind = self.kind.name();
        match (self.kind, self.family) {
            (SetKind::Port, _) => format!("{kind} range 0-65535"),
            (_, Family::V4) => format!("{kind} family inet hashsize 1024 maxelem 65536"),
            (_, Family::V6) => format!("{kind} family inet6 hashsize 1024 maxelem 65536"),
        }
    }
}

impl Member {
    /// Appends the member as `ipset save` prints it.
    pub fn push(&self, out: &mut String) {
        let port = |out: &mut String, address: IpAddr, protocol: Protocol, number: u16| {
            push_address(out, address);
            out.push(',');
            out.push_str(protocol.name());
            out.push(':');
            push_number(out, number.into());
        };
        match *self {
            Member::Address(address) => push_address(out, address),
            Member::AddressPort(address, protocol, number) => port(out, address, protocol, number),
            Member::AddressPortAddress(address, protocol, number, other) => {
                port(out, address, protocol, number);
                out.push(',');
                push_address(out, other);
            }
            Member::AddressPortNetwork(address, protocol, number, net) => {
                port(out, address, protocol, number);
                out.push(',');
                // A network of one address is printed as the address.
                if net.prefix_len() == net.max_prefix_len() {
                    push_address(out, net.addr());
                } else {
                    push_network(out, net);
                }
            }
            Member::Port(number) => push_number(out, number.into()),
        }
    }

    /// Reads a member of a set of this type, as `ipset save` prints it.
    #[must_use]
    pub fn parse(kind: SetKind, text: &str) -> Option<Member> {
        let mut parts = text.split(',');
        let mut part = || parts.next();
        let member = match kind {
            SetKind::Other => return None,
            SetKind::Port => Member::Port(part()?.parse().ok()?),
            SetKind::Address => Member::Address(part()?.parse().ok()?),
            SetKind::AddressPort => {
                let (address, (protocol, number)) = (part()?.parse().ok()?, port(part()?)?);
                Member::AddressPort(address, protocol, number)
            }
            SetKind::AddressPortAddress => {
                let (address, (protocol, number)) = (part()?.parse().ok()?, port(part()?)?);
                Member::AddressPortAddress(address, protocol, number, part()?.parse().ok()?)
            }
            SetKind::AddressPortNetwork => {
                let (address, (protocol, number)) = (part()?.parse().ok()?, port(part()?)?);
                let net = part()?;
                let net = net.parse().ok().or_else(|| Some(net.parse::<IpAddr>().ok()?.into()))?;
                Member::AddressPortNetwork(address, protocol, number, net)
            }
        };
        parts.next().is_none().then_some(member)
    }
}

/// `tcp:80`
fn port(text: &str) -> Option<(Protocol, u16)> {
    let (protocol, number) = text.split_once(':')?;
    let all = [Protocol::Tcp, Protocol::Udp, Protocol::Sctp];
    let protocol = all.into_iter().find(|one| one.name() == protocol)?;
    Some((protocol, number.parse().ok()?))
}

impl fmt::Display for Member {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = String::new();
        self.push(&mut text);
        f.pad(&text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_are_read_as_they_are_printed() {
        let all = [
            (SetKind::Address, "10.96.0.1"),
            (SetKind::AddressPort, "10.96.0.1,tcp:443"),
            (SetKind::AddressPort, "fd00::1,udp:53"),
            (SetKind::AddressPortAddress, "10.244.0.2,sctp:7,10.244.0.2"),
            (SetKind::AddressPortNetwork, "203.0.113.1,tcp:80,10.0.0.0/8"),
            (SetKind::AddressPortNetwork, "203.0.113.1,tcp:80,10.0.0.1"),
            (SetKind::Port, "30080"),
        ];
        for (kind, text) in all {
            let member = Member::parse(kind, text).unwrap();
            assert_eq!(member.to_string(), text);
        }
        for (kind, text) in [
            (SetKind::Address, "10.96.0.1,tcp:443"),
            (SetKind::AddressPort, "10.96.0.1"),
            (SetKind::AddressPort, "10.96.0.1,icmp:4"),
            (SetKind::Port, "70000"),
        ] {
            assert_eq!(Member::parse(kind, text), None, "{text}");
        }
    }

    #[test]
    fn long_names_are_cut() {
        let name = SetName::new("KUBE-6-LOAD-BALANCER-SOURCE-CIDR");
        assert_eq!(name.as_str(), "KUBE-6-LOAD-BALANCER-SOURCE-CID");
    }
}
