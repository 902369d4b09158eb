//! The shapes of arguments: what a word must look like to be an address, a port, a name, …

mod ingress;
mod keys;
mod names;
mod networks;
mod numbers;
mod primitives;

use crate::suggest::one_of;
use crate::value::{Port, Value};
use ingress::{backend, file, host, object_name, url_path};
use keys::{key_file, public_key};
use names::{
    choice, cni_name, device, docker_name, label, label_key, label_value, network_mode, pair,
    port_name, qualified, service_label, service_port_name, subdomain, variable,
};
use networks::{
    address, address_pool, address_range, endpoint, host_port, host_ports, interface, mac, network,
    prefix,
};
use numbers::{duration, number, port, port_number, port_range, ports, switch, version};
use primitives::{chain, hosts, mark, parameter, port_or_ports, route_table, translation};
use std::borrow::Cow;

/// What an argument must look like.
#[derive(Clone, Copy, Debug)]
pub enum Shape {
    /// A DNS-1123 label (RFC 1123 section 2.1), the form of cluster and container names.
    Label,
    /// The name of a node: DNS-1123 labels joined by dots, at most 253 characters.
    NodeName,
    /// The same with an optional dot at its end: a name for a name server.
    HostName,
    /// `[namespace/]name` for pods: the name is of the form of a node's.
    PodName,
    /// `[namespace/]name` for services: the name is a DNS-1035 label (it starts with a letter).
    ServiceName,
    /// The name of a port: at most 15 letters, digits and single hyphens, with a letter
    /// (RFC 6335 section 5.1).
    PortName,
    /// The name of a service's port: a DNS-1123 label. One of digits alone stands in quotes.
    ServicePortName,
    /// A zone: the value of a Kubernetes label.
    Zone,
    /// The key of a Kubernetes label, such as a class of load balancers: `internal-vip`,
    /// `example.com/internal-vip`.
    LabelKey,
    /// The name of one of Docker's networks or containers: letters, digits, `_`, `.` and `-`, the
    /// first one a letter or digit.
    DockerName,
    /// The name of one of Docker's networks, or `container:` and the name of a container.
    NetworkMode,
    /// `8080`, or `127.0.0.1:8080`.
    HostPort,
    /// The name of a CNI network, or the id of a container: letters, digits, `_`, `.` and `-`, the
    /// first one a letter or digit.
    CniName,
    /// `8080`, `8000-8010`, `127.0.0.1:8080` or `127.0.0.1:8000-8010`.
    HostPorts,
    /// The name of a network device: at most 15 characters, no `/` (`IFNAMSIZ` in linux/if.h).
    Device,
    /// A variable name: a letter, then letters, digits and `_`.
    Variable,
    /// An IPv4 or IPv6 address.
    Address,
    /// The first and the last of some addresses: `10.1.0.10-10.1.0.50`.
    AddressRange,
    /// Addresses to give out: a network, the first and the last one, or one alone.
    AddressPool,
    /// An address with an optional prefix length.
    Interface,
    /// A network in CIDR form with zero host bits.
    Network,
    /// `primary` or a network.
    PrimaryOrNetwork,
    /// `none` or an address.
    NoneOrAddress,
    /// A prefix length with its slash: `/24`.
    Prefix,
    /// A whole number within bounds.
    Number(u64, u64),
    /// `80` or `53/udp`.
    Port,
    /// The target of a port: a number or a port name.
    Target,
    /// `30000-32767`
    Ports,
    /// `80`, `53/udp` or `8000-8010/tcp`
    PortRange,
    /// Seconds, or a number with `s`, `m`, `h` or `d`, within bounds given in seconds.
    Duration(u32, u32),
    /// `key=value`, a Kubernetes label.
    Pair,
    /// `address:port`, `[address]:port` for IPv6.
    Endpoint,
    /// An Ethernet address.
    Mac,
    /// Major and minor number of a version: `5.4`.
    Version,
    /// `on` or `off`.
    Switch,
    /// One of several words.
    Choice(&'static [Choice]),
    /// A public key of wireguard, in quotes.
    PublicKey,
    /// The path of a file that holds a key, in quotes.
    KeyFile,
    /// `default`, a network or an address.
    Destination,
    /// A network or an address.
    Hosts,
    /// The name of a network namespace under /run/netns (ip-netns(8)).
    NetnsName,
    /// `main`, `local` or the number of a routing table.
    RouteTable,
    /// `0x1` or `0x1/0xff`: a mark, and which of its bits count.
    Mark,
    /// The dotted name of a kernel parameter of the network.
    Parameter,
    /// The name of a chain: at most 28 characters (`XT_FUNCTION_MAXNAMELEN` in x_tables.h).
    Chain,
    /// `80` or `1024-65535`.
    PortOrPorts,
    /// An address, or an address and port, that takes the place of another one.
    Translation,
    /// The host of requests: a name, or `*.` and a name.
    Host,
    /// The path of requests. One with characters that no word has stands in quotes.
    UrlPath,
    /// `service:port`, the port by number or name.
    Backend,
    /// The name of a secret or a class: DNS-1123 labels joined by dots.
    ObjectName,
    /// `[namespace/]name` for ingresses and secrets.
    Qualified,
    /// The path of a file on a node or beside the source, in quotes.
    File,
    /// A quoted text.
    Text,
    /// Anything: a word or a text.
    Any,
}

/// One of the words of a [`Shape::Choice`].
#[derive(Clone, Copy, Debug)]
pub struct Choice {
    /// The word.
    pub word: &'static str,
    /// What it does.
    pub doc: &'static str,
    /// Whether this release compiles it.
    pub compiled: bool,
}

impl Choice {
    /// A word that this release compiles.
    #[must_use]
    pub const fn compiled(word: &'static str, doc: &'static str) -> Choice {
        Choice { word, doc, compiled: true }
    }

    /// A word that is reserved for a later release.
    #[must_use]
    pub const fn reserved(word: &'static str, doc: &'static str) -> Choice {
        Choice { word, doc, compiled: false }
    }
}

/// Why a word does not have its shape, and what to do.
#[derive(Clone, PartialEq, Debug)]
pub struct Misshapen {
    /// Completes "`word` …": `is not an address`.
    pub reason: Cow<'static, str>,
    /// An action.
    pub help: Option<Cow<'static, str>>,
}

/// A time such as `60s`, `5m` or `3h`, in seconds.
///
/// # Errors
/// It is no time, or not within the bounds.
pub fn seconds(word: &str, min: u32, max: u32) -> Result<u32, Misshapen> {
    duration(word, min, max)
}

/// A port with or without its protocol.
pub(crate) fn port_with_protocol(word: &str) -> Result<Port, Misshapen> {
    port(word)
}

/// The name of a port of a service or pod.
pub(crate) fn port_name_of_party(word: &str) -> Result<(), Misshapen> {
    service_port_name(word)
}

/// A reason without further help.
fn no(reason: impl Into<Cow<'static, str>>) -> Misshapen {
    Misshapen { reason: reason.into(), help: None }
}

impl Misshapen {
    fn help(self, help: impl Into<Cow<'static, str>>) -> Misshapen {
        Misshapen { help: Some(help.into()), ..self }
    }
}

impl Shape {
    /// What is expected, for people: `an address`.
    #[must_use]
    pub fn expected(self) -> String {
        match self {
            Shape::Number(min, max) => format!("a number from {min} to {max}"),
            Shape::Duration(min, max) => {
                format!("a duration from {min} to {max} seconds, such as `90`, `10m` or `3h`")
            }
            Shape::Choice(choices) => one_of(compiled(choices)),
            other => other.named().into(),
        }
    }

    /// The same of a shape that goes by nothing else.
    fn named(self) -> &'static str {
        match self {
            Shape::Label | Shape::ObjectName => "a name",
            Shape::NodeName => "a node name",
            Shape::HostName => "a host name, such as `db.example.com`",
            Shape::PodName => "a pod name, such as `shop/web`",
            Shape::ServiceName => "a service name, such as `shop/web`",
            Shape::PortName | Shape::ServicePortName => "a port name",
            Shape::Zone => "a zone",
            Shape::LabelKey => "a name, such as `example.com/internal-vip`",
            Shape::Device => "a device name",
            Shape::DockerName => "a name, such as `web_1`",
            Shape::NetworkMode => "`host`, `none`, the name of a network or `container:NAME`",
            Shape::HostPort => "a port, such as `8080` or `127.0.0.1:8080`",
            Shape::CniName => "a name, such as `my-net`",
            Shape::HostPorts => {
                "a port or a range of ports, such as `8080`, `127.0.0.1:8080` or `8000-8010`"
            }
            Shape::PortRange => "a port or a range of ports, such as `80`, `53/udp` or `8000-8010`",
            Shape::Variable => "a variable name",
            Shape::Address => "an address",
            Shape::AddressRange => "a range of addresses, such as `10.1.0.10-10.1.0.50`",
            Shape::AddressPool => "addresses, such as `192.0.2.16/28` or `192.0.2.16-192.0.2.20`",
            Shape::Interface => "an address, such as `192.168.1.10` or `192.168.1.10/24`",
            Shape::Network => "a network, such as `10.244.0.0/16`",
            Shape::PrimaryOrNetwork => "`primary` or a network",
            Shape::NoneOrAddress => "`none` or an address",
            Shape::Prefix => "a prefix length, such as `/24`",
            Shape::Port => "a port, such as `80` or `53/udp`",
            Shape::Target => "a port number or a port name",
            Shape::Ports => "a range of ports, such as `30000-32767`",
            Shape::Pair => "a label, such as `app=web`",
            Shape::Endpoint => "an address and port, such as `10.0.0.7:80` or `[fd00::7]:80`",
            Shape::Mac => "an Ethernet address, such as `0a:58:0a:f4:00:02`",
            Shape::Version => "a version, such as `5.4`",
            Shape::Switch => "`on` or `off`",
            Shape::PublicKey => "a public key in quotes",
            Shape::KeyFile | Shape::File => "the path of a file in quotes",
            Shape::Destination => "`default`, a network or an address",
            Shape::Hosts => "a network or an address",
            Shape::NetnsName => "the name of a namespace",
            Shape::RouteTable => "`main`, `local` or the number of a table",
            Shape::Mark => "a mark, such as `0x1` or `0x1/0xff`",
            Shape::Parameter => "a parameter, such as `net.ipv4.ip_forward`",
            Shape::Chain => "the name of a chain, such as `LAB-OUT`",
            Shape::PortOrPorts => "a port or a range of ports",
            Shape::Translation => "an address, such as `10.0.0.7` or `10.0.0.7:80`",
            Shape::Host => "a host, such as `shop.example` or `*.shop.example`",
            Shape::UrlPath => "a path, such as `/welcome`",
            Shape::Backend => "a port of a service, such as `nginx:80`",
            Shape::Qualified => "a name, such as `shop/front`",
            Shape::Text => "a text in quotes",
            Shape::Any | Shape::Number(..) | Shape::Duration(..) | Shape::Choice(_) => "a value",
        }
    }

    /// Reads what stands in quotes or may; `None` for what does neither.
    fn read_quoted(self, word: &str, quoted: bool) -> Option<Result<Value, Misshapen>> {
        let value = Value::Word(word.into());
        Some(match self {
            Shape::Text | Shape::PublicKey | Shape::KeyFile | Shape::File if !quoted => {
                Err(no("must stand in quotes"))
            }
            Shape::PublicKey => public_key(word).map(|()| value),
            Shape::KeyFile => key_file(word).map(|()| value),
            Shape::File => file(word).map(|()| value),
            Shape::UrlPath if quoted => url_path(word).map(|()| value),
            Shape::Text | Shape::Any => Ok(value),
            Shape::ServicePortName if quoted => label(word).map(|()| value),
            _ if quoted => Err(no("must not stand in quotes")),
            _ => return None,
        })
    }

    /// Reads a word; `quoted` says whether it stood in quotes.
    ///
    /// # Errors
    /// Why the word does not have this shape.
    pub fn read(self, word: &str, quoted: bool) -> Result<Value, Misshapen> {
        if let Some(read) = self.read_quoted(word, quoted) {
            return read;
        }
        match self {
            Shape::Label => label(word).map(|()| Value::Word(word.into())),
            Shape::NodeName => subdomain(word).map(|()| Value::Word(word.into())),
            Shape::HostName => {
                let name = word.strip_suffix('.').unwrap_or(word);
                subdomain(name).map(|()| Value::Word(word.into()))
            }
            Shape::PodName => qualified(word, subdomain).map(Value::Name),
            Shape::ServiceName => qualified(word, service_label).map(Value::Name),
            Shape::PortName => port_name(word).map(|()| Value::Word(word.into())),
            Shape::ServicePortName => service_port_name(word).map(|()| Value::Word(word.into())),
            Shape::Zone => label_value(word).map(|()| Value::Word(word.into())),
            Shape::LabelKey => label_key(word).map(|()| Value::Word(word.into())),
            Shape::DockerName => docker_name(word).map(|()| Value::Word(word.into())),
            Shape::NetworkMode => network_mode(word).map(|()| Value::Word(word.into())),
            Shape::HostPort => host_port(word).map(Value::HostPort),
            Shape::CniName => cni_name(word).map(|()| Value::Word(word.into())),
            Shape::HostPorts => host_ports(word).map(Value::HostPorts),
            Shape::PortRange => port_range(word).map(Value::PortRange),
            Shape::Device => device(word).map(|()| Value::Word(word.into())),
            Shape::Variable => variable(word).map(|()| Value::Word(word.into())),
            Shape::NoneOrAddress if word == "none" => Ok(Value::Word(word.into())),
            Shape::Address | Shape::NoneOrAddress => address(word).map(Value::Address),
            Shape::AddressRange => address_range(word).map(Value::Addresses),
            Shape::AddressPool if word.contains('/') => network(word).map(Value::Network),
            Shape::AddressPool => address_pool(word).map(Value::Addresses),
            Shape::Interface => interface(word).map(Value::Interface),
            Shape::PrimaryOrNetwork if word == "primary" => Ok(Value::Word(word.into())),
            Shape::Network | Shape::PrimaryOrNetwork => network(word).map(Value::Network),
            Shape::Prefix => prefix(word).map(|length| Value::Number(length.into())),
            Shape::Number(min, max) => number(word, min, max).map(Value::Number),
            Shape::Port => port(word).map(Value::Port),
            Shape::Target if word.bytes().all(|b| b.is_ascii_digit()) => {
                port_number(word).map(|number| Value::Number(number.into()))
            }
            Shape::Target => port_name(word).map(|()| Value::Word(word.into())),
            Shape::Ports => ports(word).map(Value::Ports),
            Shape::Duration(min, max) => duration(word, min, max).map(Value::Seconds),
            Shape::Pair => pair(word).map(Value::Pair),
            Shape::Endpoint => endpoint(word).map(Value::Endpoint),
            Shape::Mac => mac(word).map(Value::Mac),
            Shape::Version => version(word).map(Value::Version),
            Shape::Switch => switch(word).map(Value::Switch),
            Shape::Choice(choices) => choice(word, choices).map(|word| Value::Word(word.into())),
            _ => self.read_other(word),
        }
    }

    /// Reads a word that only primitives and ingresses have, or one of any form.
    fn read_other(self, word: &str) -> Result<Value, Misshapen> {
        match self {
            Shape::Destination if word == "default" => Ok(Value::Word(word.into())),
            Shape::Destination | Shape::Hosts => hosts(word).map(Value::Network),
            Shape::NetnsName => docker_name(word).map(|()| Value::Word(word.into())),
            Shape::RouteTable => route_table(word).map(|table| Value::Number(table.into())),
            Shape::Mark => mark(word).map(Value::Mark),
            Shape::Parameter => parameter(word).map(|()| Value::Word(word.into())),
            Shape::Chain => chain(word).map(|()| Value::Word(word.into())),
            Shape::PortOrPorts => port_or_ports(word).map(Value::Ports),
            Shape::Translation => translation(word).map(Value::Translation),
            Shape::UrlPath => url_path(word).map(|()| Value::Word(word.into())),
            Shape::Host => host(word).map(|()| Value::Word(word.into())),
            Shape::Backend => backend(word).map(Value::Backend),
            Shape::ObjectName => object_name(word).map(|()| Value::Word(word.into())),
            Shape::Qualified => qualified(word, subdomain).map(Value::Name),
            _ => Ok(Value::Word(word.into())),
        }
    }
}

/// The words that this release compiles.
fn compiled(choices: &'static [Choice]) -> impl Iterator<Item = &'static str> {
    choices.iter().filter(|choice| choice.compiled).map(|choice| choice.word)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reason(shape: Shape, word: &str) -> String {
        shape.read(word, false).unwrap_err().reason.into_owned()
    }

    #[test]
    fn networks_have_a_length_and_no_host_bits() {
        assert!(Shape::Network.read("10.244.0.0/16", false).is_ok());
        assert_eq!(reason(Shape::Network, "10.244.0.0"), "has no prefix length");
        assert_eq!(reason(Shape::Network, "10.244.0.1/16"), "has host bits set");
        assert_eq!(
            reason(Shape::Network, "10.244.0.0/33"),
            "has a prefix length that is not a number up to 32"
        );
    }

    #[test]
    fn service_names_start_with_a_letter_and_pod_names_need_not() {
        assert!(Shape::PodName.read("0web", false).is_ok());
        assert_eq!(reason(Shape::ServiceName, "0web"), "is not a service name");
        assert_eq!(reason(Shape::PodName, "Web"), "is not a name");
    }

    #[test]
    fn containers_are_in_networks_or_with_others() {
        for word in ["bridge", "container:web_1", "My.Net-2", "host"] {
            assert!(Shape::NetworkMode.read(word, false).is_ok(), "{word}");
        }
        for word in ["container:", "pod:web", "_x", ".", "container:a:b"] {
            assert_eq!(reason(Shape::NetworkMode, word), "is not a name", "{word}");
        }
        assert!(Shape::HostPort.read("[::1]:80", false).is_ok());
        assert_eq!(reason(Shape::HostPort, "127.0.0.1:0"), "has port 0");
        assert_eq!(reason(Shape::HostPort, "::1"), "has no port");
    }

    #[test]
    fn ranges_of_addresses_are_of_one_family_and_go_upwards() {
        let shape = Shape::AddressRange;
        assert!(shape.read("10.1.0.9-10.1.0.9", false).is_ok());
        assert!(shape.read("fd00::1-fd00::ff", false).is_ok());
        assert_eq!(reason(shape, "10.1.0.9"), "is not a range of addresses");
        assert_eq!(reason(shape, "10.1.0.9-10.1.0.8"), "ends before it begins");
        assert_eq!(reason(shape, "10.1.0.9-fd00::1"), "has ends of different families");
        assert_eq!(reason(shape, "10.1.0.9-50"), "is not a range of addresses");
    }

    #[test]
    fn ranges_of_ports_have_an_address_before_and_a_protocol_behind() {
        for word in ["80", "80-90", "127.0.0.1:80", "127.0.0.1:80-90", "[::1]:80-90"] {
            assert!(Shape::HostPorts.read(word, false).is_ok(), "{word}");
        }
        assert_eq!(reason(Shape::HostPorts, "90-80"), "ends before it begins");
        assert_eq!(reason(Shape::HostPorts, "127.0.0.1:90-80"), "ends before it begins");
        assert_eq!(reason(Shape::HostPorts, "127.0.0.1"), "has no port");
        assert_eq!(reason(Shape::HostPorts, "localhost:80"), "is not an address with a port");
        assert!(Shape::PortRange.read("8000-8010/udp", false).is_ok());
        assert_eq!(reason(Shape::PortRange, "80-"), "is not a number");
        assert_eq!(reason(Shape::PortRange, "80-90/http"), "has the unknown protocol `http`");
    }

    #[test]
    fn durations_have_units_and_bounds() {
        let shape = Shape::Duration(1, 86400);
        assert_eq!(shape.read("3h", false), Ok(Value::Seconds(10800)));
        assert_eq!(reason(shape, "2d"), "is not within 1 to 86400 seconds");
        assert_eq!(reason(shape, "3w"), "has the unknown unit `w`");
    }

    #[test]
    fn labels_are_what_kubernetes_accepts() {
        assert!(Shape::Pair.read("app.kubernetes.io/name=web", false).is_ok());
        assert!(Shape::Pair.read("app=", false).is_ok());
        assert_eq!(reason(Shape::Pair, "-a=b"), "has a key that no label can have");
        assert_eq!(reason(Shape::Pair, "a=b/c"), "has a value that no label can have");
    }
}
