//! The statements of `overlay` blocks.

use super::Pattern::One;
use super::{Choice, Definition, Field, PLAIN, Place, Shape};

pub(super) const KINDS: &[Choice] = &[
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
