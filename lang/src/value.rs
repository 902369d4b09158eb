//! What arguments mean: the typed values that a shape reads from a word.

use crate::party::Party;
use crate::span::Span;
use ipnet::IpNet;
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::ops::RangeInclusive;

/// A value and where it was written.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Spanned<T> {
    /// The value.
    pub value: T,
    /// Where it was written.
    pub span: Span,
}

impl<T> Spanned<T> {
    /// A value at a place.
    pub fn new(value: T, span: Span) -> Spanned<T> {
        Spanned { value, span }
    }

    /// The same place with another value.
    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> Spanned<U> {
        Spanned { value: f(self.value), span: self.span }
    }
}

/// A transport protocol that services know.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub enum Protocol {
    /// TCP
    #[default]
    Tcp,
    /// UDP
    Udp,
    /// SCTP
    Sctp,
}

impl Protocol {
    /// The name in lower case, as iptables and Kubernetes' chain names have it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Protocol::Tcp => "tcp",
            Protocol::Udp => "udp",
            Protocol::Sctp => "sctp",
        }
    }
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A port with its protocol: `80`, `53/udp`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Port {
    /// The number, never zero.
    pub number: u16,
    /// The protocol.
    pub protocol: Protocol,
}

impl fmt::Display for Port {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.number, self.protocol)
    }
}

/// The name of something that lives in a Kubernetes namespace: `shop/web`, or `web` for
/// `default/web`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct QualifiedName {
    /// The namespace.
    pub namespace: String,
    /// The name within it.
    pub name: String,
}

impl fmt::Display for QualifiedName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.namespace, self.name)
    }
}

/// A label: `app=web`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Pair {
    /// The key.
    pub key: String,
    /// The value; may be empty.
    pub value: String,
}

/// An address with the prefix length of its network, if stated: `192.168.1.10/24`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Interface {
    /// The address.
    pub address: IpAddr,
    /// The prefix length.
    pub prefix: Option<u8>,
}

/// A port of a node, at one of its addresses or at all of them: `127.0.0.1:8080`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct HostPort {
    /// The address; all of them if there is none.
    pub address: Option<IpAddr>,
    /// The port, never zero.
    pub port: u16,
}

/// Ports of a node, at one of its addresses or at all of them: `127.0.0.1:8080`, `8000-8010`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct HostPorts {
    /// The address; all of them if there is none.
    pub address: Option<IpAddr>,
    /// The first port, never zero.
    pub first: u16,
    /// The last port, never before the first.
    pub last: u16,
}

/// Ports of one protocol: `80`, `53/udp`, `80-90/tcp`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct PortRange {
    /// The first port, never zero.
    pub first: u16,
    /// The last port, never before the first.
    pub last: u16,
    /// The protocol.
    pub protocol: Protocol,
}

/// An address, perhaps with a port, that takes the place of another one: `10.0.0.7:80`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Translation {
    /// The address.
    pub address: IpAddr,
    /// The port, never zero; the same one if there is none.
    pub port: Option<u16>,
}

/// A mark of packets, and which of its bits count: `0x1/0xff`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Marked {
    /// The bits.
    pub value: u32,
    /// Those that count.
    pub mask: u32,
}

/// A port of a service by the names that are given: `nginx:80`, `shop/nginx:http`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct BackendName {
    /// The namespace, if one is given.
    pub namespace: Option<String>,
    /// The service.
    pub name: String,
    /// Its port.
    pub port: PortName,
}

/// The number or the name of a port.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum PortName {
    /// The number, never zero.
    Number(u16),
    /// The name.
    Name(String),
}

impl fmt::Display for PortName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PortName::Number(number) => write!(f, "{number}"),
            PortName::Name(name) => f.write_str(name),
        }
    }
}

/// An Ethernet address.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Mac(pub [u8; 6]);

impl fmt::Display for Mac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d, e, g] = self.0;
        write!(f, "{a:02x}:{b:02x}:{c:02x}:{d:02x}:{e:02x}:{g:02x}")
    }
}

impl std::str::FromStr for Mac {
    type Err = ();

    fn from_str(text: &str) -> Result<Mac, ()> {
        let mut bytes = [0; 6];
        let mut parts = text.split(':');
        for byte in &mut bytes {
            let part = parts.next().filter(|part| part.len() == 2).ok_or(())?;
            *byte = u8::from_str_radix(part, 16).map_err(|_| ())?;
        }
        if parts.next().is_some() { Err(()) } else { Ok(Mac(bytes)) }
    }
}

/// The value of one argument. Which variant it is follows from the shape in the schema.
#[derive(Clone, PartialEq, Debug)]
pub enum Value {
    /// A name, a keyword among several, or a quoted text.
    Word(String),
    /// A name in a namespace.
    Name(QualifiedName),
    /// A number within the bounds of its shape.
    Number(u64),
    /// `on` or `off`.
    Switch(bool),
    /// An address.
    Address(IpAddr),
    /// Addresses from the first to the last.
    Addresses(RangeInclusive<IpAddr>),
    /// An address, perhaps with its prefix length.
    Interface(Interface),
    /// A network; its host bits are zero.
    Network(IpNet),
    /// A port with its protocol.
    Port(Port),
    /// A range of ports.
    Ports(RangeInclusive<u16>),
    /// Seconds.
    Seconds(u32),
    /// A label.
    Pair(Pair),
    /// An address with a port.
    Endpoint(SocketAddr),
    /// A port of a node, perhaps at one of its addresses.
    HostPort(HostPort),
    /// Ports of a node, perhaps at one of its addresses.
    HostPorts(HostPorts),
    /// Ports of one protocol.
    PortRange(PortRange),
    /// An Ethernet address.
    Mac(Mac),
    /// Major and minor number of a version.
    Version((u16, u16)),
    /// A mark and its mask.
    Mark(Marked),
    /// What takes the place of an address.
    Translation(Translation),
    /// Somebody who sends packets or gets them.
    Party(Party),
    /// A port of a service.
    Backend(BackendName),
}

/// Reads a Rust type from a [`Value`]; `None` if the schema gave the argument another shape.
pub trait FromValue<'a>: Sized {
    /// The typed value.
    fn from_value(value: &'a Value) -> Option<Self>;
}

macro_rules! from_value {
    ($($variant:ident => $type:ty, $inner:ident, $result:expr;)*) => {
        $(impl<'a> FromValue<'a> for $type {
            fn from_value(value: &'a Value) -> Option<Self> {
                match value {
                    Value::$variant($inner) => $result,
                    _ => None,
                }
            }
        })*
    };
}

from_value! {
    Word => &'a str, word, Some(word);
    Name => &'a QualifiedName, name, Some(name);
    Number => u64, number, Some(*number);
    Number => u32, number, u32::try_from(*number).ok();
    Number => u16, number, u16::try_from(*number).ok();
    Number => u8, number, u8::try_from(*number).ok();
    Switch => bool, switch, Some(*switch);
    Address => IpAddr, address, Some(*address);
    Addresses => RangeInclusive<IpAddr>, addresses, Some(addresses.clone());
    Interface => Interface, interface, Some(*interface);
    Network => IpNet, network, Some(*network);
    Port => Port, port, Some(*port);
    Ports => RangeInclusive<u16>, ports, Some(ports.clone());
    Pair => &'a Pair, pair, Some(pair);
    Endpoint => SocketAddr, endpoint, Some(*endpoint);
    HostPort => HostPort, port, Some(*port);
    HostPorts => HostPorts, ports, Some(*ports);
    PortRange => PortRange, ports, Some(*ports);
    Mac => Mac, mac, Some(*mac);
    Version => (u16, u16), version, Some(*version);
    Mark => Marked, mark, Some(*mark);
    Translation => Translation, to, Some(*to);
    Party => &'a Party, party, Some(party);
    Backend => &'a BackendName, backend, Some(backend);
}

/// A length of time in whole seconds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Seconds(pub u32);

from_value! {
    Seconds => Seconds, seconds, Some(Seconds(*seconds));
}

/// A statement whose arguments have been read: loops unfolded, variables filled in, everything
/// checked against the schema.
#[derive(Clone, PartialEq, Debug)]
pub struct Item {
    /// The keyword.
    pub keyword: &'static str,
    /// The keyword and its arguments in the source.
    pub span: Span,
    /// The arguments, in the order written.
    pub arguments: Vec<Given>,
    /// The statements of its block.
    pub items: Vec<Item>,
}

/// One argument that was given.
#[derive(Clone, PartialEq, Debug)]
pub struct Given {
    /// The name of its field in the schema.
    pub field: &'static str,
    /// Its value.
    pub value: Value,
    /// Where it was written.
    pub span: Span,
}

impl Item {
    /// The first value of a field.
    #[must_use]
    pub fn one<'a, T: FromValue<'a>>(&'a self, field: &str) -> Option<Spanned<T>> {
        self.all(field).next()
    }

    /// All values of a field.
    pub fn all<'a, T: FromValue<'a>>(&'a self, field: &str) -> impl Iterator<Item = Spanned<T>> {
        self.arguments.iter().filter(move |given| given.field == field).filter_map(|given| {
            T::from_value(&given.value).map(|value| Spanned::new(value, given.span))
        })
    }

    /// The first argument of a field, whatever its type.
    #[must_use]
    pub fn given(&self, field: &str) -> Option<&Given> {
        self.arguments.iter().find(|given| given.field == field)
    }

    /// The first statement with this keyword in its block.
    #[must_use]
    pub fn child(&self, keyword: &str) -> Option<&Item> {
        self.children(keyword).next()
    }

    /// The statements with this keyword in its block.
    pub fn children(&self, keyword: &str) -> impl Iterator<Item = &Item> {
        self.items.iter().filter(move |item| item.keyword == keyword)
    }
}
