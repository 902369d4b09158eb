//! The statements of `cluster`, `overlay` and `pod-network` blocks.

use super::Pattern::{List, Maybe, One, Tagged};
use super::{Braces, Choice, Definition, Field, PLAIN, Place, Shape};

const NETWORK: Field = Field { name: "network", shape: Shape::Network };

const OVERLAYS: &[Choice] = &[
    Choice::compiled(
        "vxlan",
        "Flannel's vxlan: a device `flannel.VNI` on every node and, for every other node, a neighbour, a forwarding entry and an on-link route.",
    ),
    Choice::compiled(
        "host-gw",
        "Flannel's host-gw: a route to every other node's block by that node's address. All nodes share one layer-2 segment.",
    ),
    Choice::compiled(
        "static",
        "Routes to every other node's block by that node's address, and nothing else: no masquerading, no forwarding rules.",
    ),
    Choice::compiled("none", "Nothing: the way between nodes is somebody else's."),
    Choice::reserved("ipip", "Flannel's ipip."),
    Choice::reserved("wireguard", "Flannel's wireguard."),
    Choice::reserved("udp", "Flannel's udp."),
];

pub(super) const STATEMENTS: &[Definition] = &[
    Definition {
        keyword: "pods",
        place: Place::Cluster,
        arguments: &[List(&[
            One(NETWORK),
            Tagged("per-node", &[One(Field { name: "per-node", shape: Shape::Prefix })]),
        ])],
        doc: "The pod network, one for each address family, and the length of the block that each \
              node gets of it: /24 for IPv4 and /64 for IPv6 if not stated. The first address of a \
              block is the node's gateway.",
        example: "pods 10.244.0.0/16 per-node /24, fd00:10:244::/56 per-node /64",
        ..PLAIN
    },
    Definition {
        keyword: "services",
        place: Place::Cluster,
        arguments: &[List(&[One(NETWORK)])],
        doc: "The network of service addresses, one for each address family.",
        example: "services 10.96.0.0/16",
        ..PLAIN
    },
    Definition {
        keyword: "node-ports",
        place: Place::Cluster,
        arguments: &[One(Field { name: "range", shape: Shape::Ports })],
        default: Some("30000-32767"),
        doc: "The ports that services of type node-port may use on every node.",
        example: "node-ports 30000-32767",
        ..PLAIN
    },
    Definition {
        keyword: "overlay",
        place: Place::Cluster,
        arguments: &[One(Field { name: "kind", shape: Shape::Choice(OVERLAYS) })],
        braces: Braces::Optional(Place::Overlay),
        default: Some("none"),
        doc: "How packets get from a pod to a pod on another node.",
        example: "overlay vxlan { vni 1; port 8472 }",
        ..PLAIN
    },
    Definition {
        keyword: "pod-network",
        place: Place::Cluster,
        arguments: &[One(Field {
            name: "kind",
            shape: Shape::Choice(&[
                Choice::compiled(
                    "bridge",
                    "A bridge on every node; a veth pair joins each pod to it.",
                ),
                Choice::compiled("none", "Pods are joined to their node by something else."),
            ]),
        })],
        braces: Braces::Optional(Place::PodNetwork),
        default: Some("bridge"),
        doc: "How pods are joined to their node.",
        example: "pod-network bridge { name docker0 }",
        ..PLAIN
    },
    Definition {
        keyword: "proxy",
        place: Place::Cluster,
        arguments: &[One(Field { name: "kind", shape: Shape::Choice(super::proxy::KINDS) })],
        braces: Braces::Optional(Place::Proxy),
        default: Some("iptables"),
        doc: "How services are programmed on every node.",
        example: "proxy iptables { masquerade-all }",
        ..PLAIN
    },
    Definition {
        keyword: "dns",
        place: Place::Cluster,
        arguments: &[List(&[One(Field { name: "address", shape: Shape::Address })])],
        doc: "The service address of the cluster's name server. It is kept free for the service \
              that states it.",
        example: "dns 10.96.0.10",
        ..PLAIN
    },
    Definition {
        keyword: "reserve",
        place: Place::Cluster,
        arguments: &[One(NETWORK), Maybe(Field { name: "label", shape: Shape::Device })],
        repeats: true,
        doc: "A network that something else uses on the nodes or beyond them, such as Docker's pool \
              or a VPN. No other network may overlap it.",
        example: "reserve 172.17.0.0/16 docker0",
        ..PLAIN
    },
];

pub(super) const OVERLAY: &[Definition] = &[
    Definition {
        keyword: "vni",
        place: Place::Overlay,
        arguments: &[One(Field { name: "number", shape: Shape::Number(1, 16_777_215) })],
        default: Some("1"),
        doc: "The VXLAN network identifier, part of the device's name. Only for vxlan.",
        example: "vni 1",
        ..PLAIN
    },
    Definition {
        keyword: "port",
        place: Place::Overlay,
        arguments: &[One(Field { name: "number", shape: Shape::Number(1, 65535) })],
        default: Some("8472"),
        doc: "The UDP port to which packets are sent, Linux's own 8472 and not the 4789 of \
              RFC 7348 if not stated. Only for vxlan.",
        example: "port 8472",
        ..PLAIN
    },
    Definition {
        keyword: "mtu",
        place: Place::Overlay,
        arguments: &[One(Field { name: "bytes", shape: Shape::Number(576, 65535) })],
        default: Some(
            "the smallest MTU of the nodes less the encapsulation: 50 bytes for vxlan over IPv4, 70 over IPv6, 0 for host-gw and static",
        ),
        doc: "The MTU of the overlay device, the bridges and the pods, in bytes.",
        example: "mtu 1450",
        ..PLAIN
    },
    Definition {
        keyword: "masquerade",
        place: Place::Overlay,
        arguments: &[One(Field { name: "switch", shape: Shape::Switch })],
        default: Some("on for vxlan and host-gw"),
        doc: "Whether pod traffic that leaves the cluster takes the node's address, by flannel's \
              rules. Only for vxlan and host-gw.",
        example: "masquerade off",
        ..PLAIN
    },
    Definition {
        keyword: "rules",
        place: Place::Overlay,
        arguments: &[One(Field {
            name: "kind",
            shape: Shape::Choice(&[
                Choice::compiled("iptables", "The chains FLANNEL-POSTRTG and FLANNEL-FWD."),
                Choice::compiled("nftables", "The tables flannel-ipv4 and flannel-ipv6."),
            ]),
        })],
        default: Some("iptables"),
        doc: "What masquerades and forwards pod traffic: flannel's mode of that name. The two faults of \
              flannel's nftables rules are put right, so that both do the same. Only for vxlan and host-gw.",
        example: "rules nftables",
        ..PLAIN
    },
    Definition {
        keyword: "emulate",
        place: Place::Overlay,
        arguments: &[One(Field {
            name: "what",
            shape: Shape::Choice(&[Choice::compiled(
                "flannel",
                "Exactly what flannel writes, its faults too.",
            )]),
        })],
        doc: "Writes flannel's nftables rules as flannel does. They heed the mark 0x4000 of kube-proxy only if \
              no other bit is set, and never masquerade what a node sends to pods of another one from \
              an address of its own. Only for `rules nftables`.",
        example: "emulate flannel",
        ..PLAIN
    },
];

pub(super) const POD_NETWORK: &[Definition] = &[
    Definition {
        keyword: "name",
        place: Place::PodNetwork,
        arguments: &[One(Field { name: "device", shape: Shape::Device })],
        default: Some("cni0"),
        doc: "The name of the bridge.",
        example: "name docker0",
        ..PLAIN
    },
    Definition {
        keyword: "hairpin",
        place: Place::PodNetwork,
        arguments: &[One(Field { name: "switch", shape: Shape::Switch })],
        default: Some("on"),
        doc: "Whether the bridge sends a packet back to the port it came from. A pod that reaches \
              itself by a service needs it.",
        example: "hairpin off",
        ..PLAIN
    },
];
