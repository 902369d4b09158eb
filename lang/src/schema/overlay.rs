//! The statements of `overlay` blocks.

use super::Pattern::{One, Tagged};
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
        "ipip",
        "Flannel's ipip, for IPv4 alone: a device `flannel.ipip` on every node, and an on-link route by it to every other node's block.",
    ),
    Choice::compiled(
        "wireguard",
        "Flannel's wireguard: an encrypting device `flannel-wg` on every node, for IPv6 `flannel-wg-v6`, a peer for every other node and one route to the whole pod network. Every node states its keys.",
    ),
    Choice::compiled(
        "udp",
        "Flannel's udp, for IPv4 alone: a tun device `flannel0` on every node and one route to the whole pod network. What forwards the packets is not netc's: without a program that opens the device they go nowhere.",
    ),
    Choice::compiled(
        "static",
        "Routes to every other node's block by that node's address, and nothing else: no masquerading, no forwarding rules.",
    ),
    Choice::compiled("none", "Nothing: the way between nodes is somebody else's."),
];

const MODES: &[Choice] = &[
    Choice::compiled(
        "separate",
        "A device for each family of pods, which sends over the nodes' addresses of that family.",
    ),
    Choice::compiled(
        "auto",
        "One device for both families of pods. It sends over IPv4, but over IPv6 to a node whose IPv4 address is private if both have public IPv6 addresses.",
    ),
    Choice::compiled("ipv4", "One device for both families of pods, which sends over IPv4."),
    Choice::compiled("ipv6", "One device for both families of pods, which sends over IPv6."),
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
        arguments: &[
            One(Field { name: "number", shape: Shape::Number(1, 65535) }),
            Tagged("ipv6", &[One(Field { name: "ipv6", shape: Shape::Number(1, 65535) })]),
        ],
        default: Some("8472 for vxlan, 51820 ipv6 51821 for wireguard, 8285 for udp"),
        doc: "The UDP port to which packets are sent. For vxlan it is Linux's own 8472 and not the \
              4789 of RFC 7348 if not stated. The second one is that of `flannel-wg-v6`, only for \
              wireguard in mode `separate`. Only for vxlan, wireguard and udp.",
        example: "port 8472",
        ..PLAIN
    },
    Definition {
        keyword: "mtu",
        place: Place::Overlay,
        arguments: &[One(Field { name: "bytes", shape: Shape::Number(576, 65535) })],
        default: Some(
            "the smallest MTU of the nodes less the encapsulation: 50 bytes for vxlan over IPv4, 70 over IPv6, 20 for ipip, 80 for wireguard, 28 for udp, 0 for host-gw and static",
        ),
        doc: "The MTU of the overlay device, the bridges and the pods, in bytes. Flannel's own `MTU` \
              is that of the nodes' devices, and larger by the encapsulation.",
        example: "mtu 1450",
        ..PLAIN
    },
    Definition {
        keyword: "learning",
        place: Place::Overlay,
        arguments: &[One(Field { name: "switch", shape: Shape::Switch })],
        default: Some("off"),
        doc: "Whether the device learns from packets that arrive which node has which Ethernet address. \
              All of them are known. Only for vxlan.",
        example: "learning off",
        ..PLAIN
    },
    Definition {
        keyword: "gbp",
        place: Place::Overlay,
        doc: "Packets carry their mark in the header of VXLAN (group-based policy), so that rules on \
              the other node can match it. All nodes must have it. Only for vxlan.",
        example: "gbp",
        ..PLAIN
    },
    Definition {
        keyword: "direct-routing",
        place: Place::Overlay,
        doc: "Nodes whose addresses are in one network send each other packets as they are, without \
              encapsulation; the device leads to the other nodes. Every node states the prefix length of \
              its address. Only for vxlan and ipip.",
        example: "direct-routing",
        ..PLAIN
    },
    Definition {
        keyword: "keepalive",
        place: Place::Overlay,
        arguments: &[One(Field { name: "time", shape: Shape::Duration(1, 65535) })],
        default: Some("never"),
        doc: "How often a packet is sent to every peer to which nothing else goes, so that a NAT \
              between them stays open. Only for wireguard.",
        example: "keepalive 25s",
        ..PLAIN
    },
    Definition {
        keyword: "preshared-key-file",
        place: Place::Overlay,
        arguments: &[One(Field { name: "path", shape: Shape::KeyFile })],
        doc: "The file on every node that holds a key which all of them share, as `wg genpsk` prints it: it \
              is mixed into the encryption. Only for wireguard.",
        example: "preshared-key-file \"/etc/netc/wireguard.psk\"",
        ..PLAIN
    },
    Definition {
        keyword: "mode",
        place: Place::Overlay,
        arguments: &[One(Field { name: "mode", shape: Shape::Choice(MODES) })],
        default: Some("separate"),
        doc: "Which devices there are, and over which family they send. Only for wireguard.",
        example: "mode separate",
        ..PLAIN
    },
    Definition {
        keyword: "masquerade",
        place: Place::Overlay,
        arguments: &[One(Field { name: "switch", shape: Shape::Switch })],
        default: Some("on for flannel's overlays"),
        doc: "Whether pod traffic that leaves the cluster takes the node's address, by flannel's \
              rules. Not for static and none.",
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
              flannel's nftables rules are put right, so that both do the same. Not for static and none.",
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
        doc: "Does as flannel does where netc does better. Vxlan over IPv6 is taken to add 50 bytes and \
              not 70. With `rules nftables` the rules are flannel's: they heed the mark 0x4000 of kube-proxy \
              only if no other bit is set, and never masquerade what a node sends to pods of another one \
              from an address of its own. Only for `rules nftables`, and for vxlan with an IPv6 pod network.",
        example: "emulate flannel",
        ..PLAIN
    },
    Definition {
        keyword: "emit",
        place: Place::Overlay,
        arguments: &[One(Field {
            name: "what",
            shape: Shape::Choice(&[Choice::compiled(
                "flannel",
                "What flannel writes for others on a node, and into etcd.",
            )]),
        })],
        doc: "Has `netc build` write three more files for each node. `subnet.env` is for flannel's CNI \
              plugin, on the node /run/flannel/subnet.env. `docker-opts.env` has the options that Docker is started \
              with, as mk-docker-opts makes them. `lease.json` is the node's lease: an object with its key in etcd, \
              and behind that its value. Not for static and none.",
        example: "emit flannel",
        ..PLAIN
    },
];
