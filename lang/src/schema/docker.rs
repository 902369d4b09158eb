//! The statements of `docker` blocks and of the `network` and `container` blocks in them.

use super::Pattern::{List, Maybe, One, Required};
use super::{Braces, Choice, Definition, Field, PLAIN, Place, Shape};

const ADDRESS: Field = Field { name: "address", shape: Shape::Address };

pub(super) const STATEMENTS: &[Definition] = &[
    Definition {
        keyword: "network",
        place: Place::Docker,
        arguments: &[One(Field { name: "name", shape: Shape::DockerName })],
        braces: Braces::Required(Place::DockerNetwork),
        repeats: true,
        doc: "A network of containers: a bridge that has the gateway's address. `bridge` is Docker's \
              own first network, the device docker0.",
        example: "network front { address 172.18.0.1/16 }",
        ..PLAIN
    },
    Definition {
        keyword: "container",
        place: Place::Docker,
        arguments: &[One(Field { name: "name", shape: Shape::DockerName })],
        braces: Braces::Optional(Place::DockerContainer),
        repeats: true,
        doc: "A container: a network namespace `docker-NAME`, with a veth pair to its network. netc \
              makes the network only, not what runs in it.",
        example: "container cache { network bridge; publish 6379 -> 6379 }",
        ..PLAIN
    },
    Definition {
        keyword: "rules",
        place: Place::Docker,
        arguments: &[One(Field {
            name: "kind",
            shape: Shape::Choice(&[
                Choice::compiled("iptables", "The chains DOCKER…."),
                Choice::compiled("nftables", "The tables docker-bridges."),
            ]),
        })],
        default: Some("iptables"),
        doc: "What publishes ports and keeps networks apart.",
        example: "rules nftables",
        ..PLAIN
    },
    Definition {
        keyword: "layout",
        place: Place::Docker,
        arguments: &[One(Field {
            name: "version",
            shape: Shape::Choice(&[
                Choice::compiled(
                    "28",
                    "The chains of Docker 28 and later: what is not published is dropped.",
                ),
                Choice::compiled(
                    "27",
                    "The chains of Docker up to 27: isolation in two stages, rules for each bridge in FORWARD.",
                ),
            ]),
        })],
        default: Some("28"),
        doc: "How Docker's chains are laid out. Only for `rules iptables`.",
        example: "layout 27",
        ..PLAIN
    },
    Definition {
        keyword: "userland-proxy",
        place: Place::Docker,
        arguments: &[One(Field { name: "switch", shape: Shape::Switch })],
        default: Some("on"),
        doc: "Whether Docker runs a proxy process for each published port. With it rules leave out \
              what the proxy answers: the node's loopback addresses, and a container that asks for a \
              published port of its own network. netc starts no process: with `on` these ways need \
              Docker's docker-proxy. With `off` the rules do all of it.",
        example: "userland-proxy off",
        ..PLAIN
    },
];

pub(super) const NETWORK: &[Definition] = &[
    Definition {
        keyword: "address",
        place: Place::DockerNetwork,
        arguments: &[List(&[One(Field { name: "address", shape: Shape::Interface })])],
        doc: "The gateway's address with the length of the network, one for each family.",
        example: "address 172.18.0.1/16",
        ..PLAIN
    },
    Definition {
        keyword: "internal",
        place: Place::DockerNetwork,
        doc: "The network has no way out, and none in: its containers reach one another and the \
              gateway.",
        example: "internal",
        ..PLAIN
    },
    Definition {
        keyword: "icc",
        place: Place::DockerNetwork,
        arguments: &[One(Field { name: "switch", shape: Shape::Switch })],
        default: Some("on"),
        doc: "Whether containers of the network reach one another directly.",
        example: "icc off",
        ..PLAIN
    },
    Definition {
        keyword: "masquerade",
        place: Place::DockerNetwork,
        arguments: &[One(Field { name: "switch", shape: Shape::Switch })],
        default: Some("on"),
        doc: "Whether what leaves the network takes the node's address.",
        example: "masquerade off",
        ..PLAIN
    },
    Definition {
        keyword: "gateway-mode",
        place: Place::DockerNetwork,
        arguments: &[
            One(Field {
                name: "mode",
                shape: Shape::Choice(&[
                    Choice::compiled(
                        "nat",
                        "Published ports are translated; nobody reaches the containers' own addresses.",
                    ),
                    Choice::compiled(
                        "nat-unprotected",
                        "The same, but whoever has a route to the containers reaches all of their ports.",
                    ),
                    Choice::compiled(
                        "routed",
                        "Nothing is translated: whoever has a route to the containers reaches the ports that are published, and their ICMP.",
                    ),
                ]),
            }),
            Maybe(Field {
                name: "family",
                shape: Shape::Choice(&[
                    Choice::compiled("ipv4", "IPv4."),
                    Choice::compiled("ipv6", "IPv6."),
                ]),
            }),
        ],
        repeats: true,
        default: Some("nat"),
        doc: "How the network is connected with what lies outside of the node, in all of its families \
              or in one. In a `routed` network a published port opens the container's port; the node's \
              port is of no account. `nat-unprotected` and `routed` are not for `layout 27`.",
        example: "gateway-mode routed ipv6",
        ..PLAIN
    },
    Definition {
        keyword: "snat",
        place: Place::DockerNetwork,
        arguments: &[List(&[One(ADDRESS)])],
        default: Some("the address of the device that a packet leaves by"),
        doc: "The node's address that what leaves the network takes, one for each family.",
        example: "snat 192.0.2.10",
        ..PLAIN
    },
    Definition {
        keyword: "bind",
        place: Place::DockerNetwork,
        arguments: &[One(ADDRESS)],
        default: Some("all addresses of the node"),
        doc: "The node's address at which ports are published that name none. `0.0.0.0` stands for all \
              addresses of both families, `::` for those of IPv6.",
        example: "bind 127.0.0.1",
        ..PLAIN
    },
    Definition {
        keyword: "name",
        place: Place::DockerNetwork,
        arguments: &[One(Field { name: "device", shape: Shape::Device })],
        default: Some(
            "docker0 for `bridge`, `br-` and 12 hexadecimal digits made from the names for others",
        ),
        doc: "The name of the bridge.",
        example: "name br-front",
        ..PLAIN
    },
    Definition {
        keyword: "mtu",
        place: Place::DockerNetwork,
        arguments: &[One(Field { name: "bytes", shape: Shape::Number(576, 65535) })],
        default: Some("1500"),
        doc: "The MTU of the bridge and of its containers, in bytes.",
        example: "mtu 1450",
        ..PLAIN
    },
];

pub(super) const CONTAINER: &[Definition] = &[
    Definition {
        keyword: "network",
        place: Place::DockerContainer,
        arguments: &[One(Field { name: "mode", shape: Shape::NetworkMode })],
        default: Some("bridge"),
        doc: "Where the container is: in a network of the node, by its name; in the node's own \
              namespace (`host`); in none, with nothing but loopback (`none`); or in the namespace of \
              another container of the node (`container:NAME`), as the containers of a pod are in \
              that of its pause container. With `host` and `container:NAME` nothing is made for it.",
        example: "network container:cache",
        ..PLAIN
    },
    Definition {
        keyword: "ip",
        place: Place::DockerContainer,
        arguments: &[List(&[One(ADDRESS)])],
        default: Some("the lowest free address of the network, in the order of container names"),
        doc: "The container's addresses, one for each family of its network.",
        example: "ip 172.18.0.7",
        ..PLAIN
    },
    Definition {
        keyword: "publish",
        place: Place::DockerContainer,
        arguments: &[
            One(Field { name: "host", shape: Shape::HostPorts }),
            Required("->", &[One(Field { name: "port", shape: Shape::PortRange })]),
        ],
        repeats: true,
        doc: "A port of the node, at one of its addresses or at all of them, and the port of the \
              container that it leads to; or as many ports of each, one to one.",
        example: "publish 127.0.0.1:8000-8010 -> 80-90/tcp",
        ..PLAIN
    },
];
