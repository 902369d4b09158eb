//! The statements of `primitives` blocks and of the blocks in them, but for chains.

use super::Pattern::{List, Maybe, One, Required, Tagged};
use super::{Braces, Choice, Definition, Field, PLAIN, Pattern, Place, Shape};

const NETNS: Field = Field { name: "netns", shape: Shape::NetnsName };
const IN: Pattern = Tagged("in", &[One(NETNS)]);
pub(super) const DEVICE: Field = Field { name: "device", shape: Shape::Device };
const MAC: Field = Field { name: "mac", shape: Shape::Mac };
const BYTES: Field = Field { name: "bytes", shape: Shape::Number(68, 65535) };
const TABLE: Field = Field { name: "table", shape: Shape::RouteTable };
const FAMILY: Pattern = Tagged(
    "family",
    &[One(Field {
        name: "family",
        shape: Shape::Choice(&[
            Choice::compiled("ipv4", "IPv4."),
            Choice::compiled("ipv6", "IPv6."),
        ]),
    })],
);

pub(super) const STATEMENTS: &[Definition] = &[
    Definition {
        keyword: "namespace",
        place: Place::Primitives,
        arguments: &[List(&[One(NETNS)])],
        repeats: true,
        doc: "Network namespaces, as `ip netns` knows them. Their loopback devices are up. What the \
              other statements put `in` one must name one of these; without `in` it is in the \
              node's own.",
        example: "namespace blue, red",
        ..PLAIN
    },
    Definition {
        keyword: "bridge",
        place: Place::Primitives,
        arguments: &[One(DEVICE), IN],
        braces: Braces::Optional(Place::PrimitiveBridge),
        repeats: true,
        doc: "A bridge, which is up.",
        example: "bridge br0 { address 10.1.1.254/24; port veth1; port veth2 hairpin on }",
        ..PLAIN
    },
    Definition {
        keyword: "veth",
        place: Place::Primitives,
        arguments: &[
            One(DEVICE),
            IN,
            Required(
                "<->",
                &[
                    One(Field { name: "peer", shape: Shape::Device }),
                    Tagged("in", &[One(Field { name: "peer-netns", shape: Shape::NetnsName })]),
                ],
            ),
        ],
        braces: Braces::Optional(Place::PrimitiveVeth),
        repeats: true,
        doc: "A veth pair, both ends of which are up: what goes in at one comes out at the other. Each \
              end may be `in` a namespace.",
        example: "veth veth0 <-> eth0 in blue { mtu 1400 }",
        ..PLAIN
    },
    Definition {
        keyword: "address",
        place: Place::Primitives,
        arguments: &[
            One(Field { name: "address", shape: Shape::Interface }),
            Required("on", &[One(DEVICE)]),
            IN,
        ],
        repeats: true,
        doc: "An address with the length of its network, on a device that this block makes, or on `lo`. \
              netc leaves the addresses of other devices alone.",
        example: "address 10.1.1.2/24 on eth0 in blue",
        ..PLAIN
    },
    Definition {
        keyword: "route",
        place: Place::Primitives,
        arguments: &[
            Maybe(Field {
                name: "type",
                shape: Shape::Choice(&[
                    Choice::compiled("local", "Packets are the host's own; by `dev lo`."),
                    Choice::compiled("blackhole", "Packets are dropped in silence."),
                    Choice::compiled("unreachable", "Packets are refused as unreachable."),
                    Choice::compiled("prohibit", "Packets are refused as prohibited."),
                ]),
            }),
            One(Field { name: "destination", shape: Shape::Destination }),
            Tagged("via", &[One(Field { name: "gateway", shape: Shape::Address })]),
            Tagged("dev", &[One(DEVICE)]),
            IN,
            Tagged("table", &[One(TABLE)]),
        ],
        braces: Braces::Optional(Place::PrimitiveRoute),
        repeats: true,
        doc: "A route as ip-route(8) has it: by a gateway, to what is on a link (`dev` alone), or to \
              nowhere. `default` is that of the gateway's family, or IPv4's; `table` is a number, `main` \
              or `local`, and `main` if nothing is said. Without `dev` it goes by the device that has \
              the gateway in its network.",
        example: "route default via 10.1.1.254 in blue",
        ..PLAIN
    },
    Definition {
        keyword: "rule",
        place: Place::Primitives,
        arguments: &[
            Maybe(Field { name: "not", shape: NOT }),
            Tagged("from", &[One(Field { name: "from", shape: Shape::Hosts })]),
            Tagged("to", &[One(Field { name: "to", shape: Shape::Hosts })]),
            Tagged("iif", &[One(Field { name: "iif", shape: Shape::Device })]),
            Tagged("oif", &[One(Field { name: "oif", shape: Shape::Device })]),
            Tagged("fwmark", &[One(Field { name: "mark", shape: Shape::Mark })]),
            Required(
                "priority",
                &[One(Field { name: "priority", shape: Shape::Number(1, 32765) })],
            ),
            Tagged("table", &[One(TABLE)]),
            Tagged("goto", &[One(Field { name: "goto", shape: Shape::Number(1, 32765) })]),
            Tagged("action", &[One(Field { name: "action", shape: ACTION })]),
            FAMILY,
            IN,
        ],
        repeats: true,
        doc: "A rule of the routing policy, as ip-rule(8) has it: which table packets ask, or what else \
              becomes of them. Rules are asked in the order of their priorities, each priority once \
              for each family of a namespace; 32766 is the main table's. The family is that of the networks, or IPv4.",
        example: "rule from 10.1.2.0/24 priority 1000 table 100",
        ..PLAIN
    },
    Definition {
        keyword: "sysctl",
        place: Place::Primitives,
        arguments: &[
            One(Field { name: "parameter", shape: Shape::Parameter }),
            One(Field { name: "value", shape: Shape::Any }),
            IN,
        ],
        repeats: true,
        doc: "A parameter of the network, by its dotted name; a dot of a device's name is written `/`. A \
              value of several numbers stands in quotes.",
        example: "sysctl net.ipv4.ip_forward 1 in router",
        ..PLAIN
    },
    Definition {
        keyword: "chain",
        place: Place::Primitives,
        arguments: &[
            One(Field { name: "table", shape: CHAIN_TABLE }),
            One(Field { name: "name", shape: Shape::Chain }),
            Tagged(
                "on",
                &[List(&[
                    One(Field { name: "hook", shape: HOOK }),
                    Maybe(Field { name: "position", shape: POSITION }),
                ])],
            ),
            FAMILY,
        ],
        braces: Braces::Required(Place::Chain),
        repeats: true,
        doc: "A chain of iptables in the node's own namespace, and a jump to it from each built-in chain \
              that `on` names, before all others (`first`) or behind all but flannel's (`last`, if \
              nothing is said). Without `on` only other chains of the block lead to it. It is of IPv4 if \
              no family is stated. The jumps of one built-in chain have the order of the statements.",
        example: "chain nat LAB-OUT on postrouting { rule { source 10.1.1.0/24; masquerade } }",
        ..PLAIN
    },
];

pub(super) const NOT: Shape =
    Shape::Choice(&[Choice::compiled("not", "It holds for everything else.")]);

const ACTION: Shape = Shape::Choice(&[
    Choice::compiled("blackhole", "Packets are dropped in silence."),
    Choice::compiled("unreachable", "Packets are refused as unreachable."),
    Choice::compiled("prohibit", "Packets are refused as prohibited."),
]);

const CHAIN_TABLE: Shape = Shape::Choice(&[
    Choice::compiled("raw", "Before connections are tracked: `prerouting` and `output`."),
    Choice::compiled("mangle", "What changes packets; all five."),
    Choice::compiled("nat", "What translates connections: all but `forward`."),
    Choice::compiled("filter", "What lets packets pass: `input`, `forward` and `output`."),
]);

const HOOK: Shape = Shape::Choice(&[
    Choice::compiled("prerouting", "What comes in, before it is routed."),
    Choice::compiled("input", "What is for the host itself."),
    Choice::compiled("forward", "What goes on to others."),
    Choice::compiled("output", "What the host itself sends."),
    Choice::compiled("postrouting", "What goes out, after it was routed."),
]);

const POSITION: Shape = Shape::Choice(&[
    Choice::compiled("first", "The jump stands before those of all systems."),
    Choice::compiled("last", "It stands behind those of all systems but flannel."),
]);

pub(super) const BRIDGE: &[Definition] = &[
    Definition {
        keyword: "address",
        place: Place::PrimitiveBridge,
        arguments: &[List(&[One(Field { name: "address", shape: Shape::Interface })])],
        repeats: true,
        doc: "Addresses of the bridge, each with the length of its network.",
        example: "address 10.1.1.254/24",
        ..PLAIN
    },
    Definition {
        keyword: "port",
        place: Place::PrimitiveBridge,
        arguments: &[
            One(DEVICE),
            Tagged("hairpin", &[One(Field { name: "hairpin", shape: Shape::Switch })]),
        ],
        repeats: true,
        doc: "A veth end that this block makes joins the bridge. With `hairpin on` the bridge may send \
              a packet back to the port that it came from.",
        example: "port veth1 hairpin on",
        ..PLAIN
    },
    Definition {
        keyword: "mtu",
        place: Place::PrimitiveBridge,
        arguments: &[One(BYTES)],
        default: Some("the least of its ports', or 1500"),
        doc: "The MTU in bytes. One with ports can have no other than the least of theirs.",
        example: "mtu 1400",
        ..PLAIN
    },
    Definition {
        keyword: "mac",
        place: Place::PrimitiveBridge,
        arguments: &[One(MAC)],
        default: Some("one that follows from the names"),
        doc: "The Ethernet address.",
        example: "mac 02:00:00:00:00:01",
        ..PLAIN
    },
];

pub(super) const VETH: &[Definition] = &[
    Definition {
        keyword: "mtu",
        place: Place::PrimitiveVeth,
        arguments: &[One(BYTES)],
        default: Some("1500"),
        doc: "The MTU of both ends in bytes.",
        example: "mtu 1400",
        ..PLAIN
    },
    Definition {
        keyword: "mac",
        place: Place::PrimitiveVeth,
        arguments: &[One(MAC)],
        default: Some("one that follows from the names"),
        doc: "The Ethernet address of the first end.",
        example: "mac 02:00:00:00:00:01",
        ..PLAIN
    },
    Definition {
        keyword: "peer-mac",
        place: Place::PrimitiveVeth,
        arguments: &[One(MAC)],
        default: Some("one that follows from the names"),
        doc: "The Ethernet address of the second end.",
        example: "peer-mac 02:00:00:00:00:02",
        ..PLAIN
    },
];

pub(super) const ROUTE: &[Definition] = &[
    Definition {
        keyword: "source",
        place: Place::PrimitiveRoute,
        arguments: &[One(Field { name: "address", shape: Shape::Address })],
        default: Some("the kernel's choice"),
        doc: "The address that connections of the host's own come from when they go by this route.",
        example: "source 10.1.1.2",
        ..PLAIN
    },
    Definition {
        keyword: "scope",
        place: Place::PrimitiveRoute,
        arguments: &[One(Field {
            name: "scope",
            shape: Shape::Choice(&[
                Choice::compiled("global", "Beyond a gateway, or anywhere."),
                Choice::compiled("link", "On the link."),
                Choice::compiled("host", "On this host."),
            ]),
        })],
        default: Some("global by a gateway or to nowhere, link without one, host for local routes"),
        doc: "How far away the destination of an IPv4 route is.",
        example: "scope link",
        ..PLAIN
    },
    Definition {
        keyword: "onlink",
        place: Place::PrimitiveRoute,
        doc: "The gateway is on the link, whatever its address. Needs `dev`.",
        example: "onlink",
        ..PLAIN
    },
];
