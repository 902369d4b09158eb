//! Who sends packets, or gets them, as people name them: `pod shop/web-0`, `10.96.0.80:80`.

use crate::shape::{Choice, Misshapen, Shape, port_name_of_party, port_with_protocol};
use crate::suggest::did_you_mean;
use crate::value::{Protocol, Value};
use std::fmt;
use std::net::{IpAddr, SocketAddr};

/// Somebody who sends packets or gets them.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Party {
    /// Who it is.
    pub name: PartyName,
    /// Which of its ports is meant.
    pub port: Option<PartyPort>,
}

/// Who it is.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum PartyName {
    /// A pod.
    Pod(LooseName),
    /// A service.
    Service(LooseName),
    /// A node.
    Node(String),
    /// A container of Docker.
    Container {
        /// The node; any that has a container of the name if there is none.
        node: Option<String>,
        /// The container.
        name: String,
    },
    /// Somebody who is not of the cluster.
    Outside(IpAddr),
    /// Whoever has the address.
    Address(IpAddr),
}

/// A name in a Kubernetes namespace, or in whichever has it.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct LooseName {
    /// The namespace, if it is named.
    pub namespace: Option<String>,
    /// The name within it.
    pub name: String,
}

/// A port.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum PartyPort {
    /// By its number, and its protocol if that is named.
    Number(u16, Option<Protocol>),
    /// By its name.
    Name(String),
}

/// The kinds of parties. What bears no such word is an address.
pub const PARTIES: &[Choice] = &[
    Choice::compiled(
        "pod",
        "A pod, `[NAMESPACE/]NAME[:PORT]`. Without a namespace it is the one in `default`, or the \
         only one of its name.",
    ),
    Choice::compiled("service", "A service, `[NAMESPACE/]NAME[:PORT]`, in the same way."),
    Choice::compiled("node", "A node, `NAME[:PORT]`."),
    Choice::compiled("container", "A container of Docker, `[NODE/]NAME[:PORT]`."),
    Choice::compiled("outside", "Somebody who is not of the cluster, `ADDRESS[:PORT]`."),
];

impl Party {
    /// Reads a party: the word for its kind, if it is not a plain address, and its name.
    ///
    /// # Errors
    /// The name is not of the form that its kind wants.
    pub fn read(kind: Option<&str>, word: &str) -> Result<Party, Misshapen> {
        let of_word = |shape: Shape| shape.read(word_of(word).0, false);
        let name = match kind {
            None => return Party::at(word, PartyName::Address),
            Some("outside") => return Party::at(word, PartyName::Outside),
            Some("pod") => of_word(Shape::PodName).map(|_| PartyName::Pod(loose(word)))?,
            Some("service") => {
                of_word(Shape::ServiceName).map(|_| PartyName::Service(loose(word)))?
            }
            Some("node") => PartyName::Node(plain(of_word(Shape::NodeName)?)),
            Some("container") => match word_of(word).0.split_once('/') {
                Some((node, name)) => {
                    let node = plain(Shape::NodeName.read(node, false)?);
                    let name = plain(Shape::DockerName.read(name, false)?);
                    PartyName::Container { node: Some(node), name }
                }
                None => {
                    let name = plain(of_word(Shape::DockerName)?);
                    PartyName::Container { node: None, name }
                }
            },
            Some(other) => return Err(unknown_kind(other)),
        };
        let port = word_of(word).1.map(port).transpose()?;
        Ok(Party { name, port })
    }

    /// Whether a word is a plain address, perhaps with a port.
    #[must_use]
    pub fn is_address(word: &str) -> bool {
        Party::at(word, PartyName::Address).is_ok()
    }

    /// `ADDRESS`, `ADDRESS:PORT`, `[ADDRESS]:PORT`, the port perhaps with its protocol.
    fn at(word: &str, name: fn(IpAddr) -> PartyName) -> Result<Party, Misshapen> {
        if let Ok(address) = word.parse() {
            return Ok(Party { name: name(address), port: None });
        }
        let (socket, protocol) = match word.split_once('/') {
            Some((socket, protocol)) => (socket, Some(protocol)),
            None => (word, None),
        };
        match (socket.parse::<SocketAddr>(), protocol) {
            (Ok(socket), Some(protocol)) => {
                let port = port(&format!("{}/{protocol}", socket.port()))?;
                Ok(Party { name: name(socket.ip()), port: Some(port) })
            }
            (Ok(socket), None) => {
                let port = port(&socket.port().to_string())?;
                Ok(Party { name: name(socket.ip()), port: Some(port) })
            }
            (Err(_), _) => {
                let help = "write `192.0.2.1`, `192.0.2.1:80` or `[2001:db8::1]:80`";
                Err(Misshapen {
                    reason: "is not an address, nor one with a port".into(),
                    help: Some(help.into()),
                })
            }
        }
    }
}

/// Something that is no kind of party, nor an address.
pub(crate) fn unknown_kind(word: &str) -> Misshapen {
    let kinds = PARTIES.iter().map(|kind| kind.word);
    Misshapen {
        reason: "is neither an address nor a kind of party".into(),
        help: did_you_mean(word, kinds).map(Into::into),
    }
}

/// What stands before the colon, and what behind it.
fn word_of(word: &str) -> (&str, Option<&str>) {
    match word.split_once(':') {
        Some((name, port)) => (name, Some(port)),
        None => (word, None),
    }
}

fn loose(word: &str) -> LooseName {
    match word_of(word).0.split_once('/') {
        Some((namespace, name)) => {
            LooseName { namespace: Some(namespace.to_owned()), name: name.to_owned() }
        }
        None => LooseName { namespace: None, name: word_of(word).0.to_owned() },
    }
}

fn plain(value: Value) -> String {
    match value {
        Value::Word(word) => word,
        _ => String::new(),
    }
}

fn port(word: &str) -> Result<PartyPort, Misshapen> {
    if !word.starts_with(|first: char| first.is_ascii_digit()) {
        return port_name_of_party(word).map(|()| PartyPort::Name(word.to_owned()));
    }
    let port = port_with_protocol(word)?;
    let stated = word.contains('/').then_some(port.protocol);
    Ok(PartyPort::Number(port.number, stated))
}

impl fmt::Display for LooseName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.namespace {
            Some(namespace) => write!(f, "{namespace}/{}", self.name),
            None => f.write_str(&self.name),
        }
    }
}

impl fmt::Display for PartyPort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PartyPort::Number(number, None) => number.fmt(f),
            PartyPort::Number(number, Some(protocol)) => write!(f, "{number}/{protocol}"),
            PartyPort::Name(name) => f.write_str(name),
        }
    }
}

impl fmt::Display for Party {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.name {
            PartyName::Pod(name) => write!(f, "pod {name}")?,
            PartyName::Service(name) => write!(f, "service {name}")?,
            PartyName::Node(name) => write!(f, "node {name}")?,
            PartyName::Container { node: Some(node), name } => {
                write!(f, "container {node}/{name}")?;
            }
            PartyName::Container { node: None, name } => write!(f, "container {name}")?,
            PartyName::Outside(address) | PartyName::Address(address) => {
                let outside = matches!(self.name, PartyName::Outside(_));
                f.write_str(if outside { "outside " } else { "" })?;
                match (address, &self.port) {
                    (IpAddr::V6(_), Some(_)) => write!(f, "[{address}]")?,
                    _ => address.fmt(f)?,
                }
            }
        }
        match &self.port {
            Some(port) => write!(f, ":{port}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parties_are_read_as_they_are_shown() {
        let read = |kind, word| Party::read(kind, word).map(|party| party.to_string());
        let kinds = [
            ("pod", "shop/web-0"),
            ("pod", "web-0:http"),
            ("service", "kube-system/kube-dns:53/udp"),
            ("node", "node1:30080"),
            ("container", "node1/web_1:80"),
            ("container", "web_1"),
            ("outside", "203.0.113.9"),
            ("outside", "[2001:db8::9]:443"),
        ];
        for (kind, word) in kinds {
            assert_eq!(read(Some(kind), word), Ok(format!("{kind} {word}")));
        }
        for word in ["10.96.0.80:80", "fd00::1", "[fd00::1]:53/udp"] {
            assert_eq!(read(None, word), Ok(word.to_owned()));
            assert!(Party::is_address(word));
        }
        assert!(!Party::is_address("pod"));
        assert!(read(Some("pod"), "shop/web-0:0").is_err());
        assert!(read(Some("node"), "Node1").is_err());
        assert!(read(None, "10.0.0.1:99999").is_err());
        let help = read(Some("pdo"), "web-0").unwrap_err().help;
        assert_eq!(help.as_deref(), Some("did you mean `pod`?"));
    }
}
