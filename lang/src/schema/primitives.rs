//! The statements of `primitives` blocks and of the blocks in them.

use super::Pattern::{List, Maybe, One, Required, Tagged};
use super::{Braces, Choice, Definition, Field, PLAIN, Pattern, Place, Shape};

const NETNS: Field = Field { name: "netns", shape: Shape::NetnsName };
const IN: Pattern = Tagged("in", &[One(NETNS)]);
const DEVICE: Field = Field { name: "device", shape: Shape::Device };
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

const NOT: Shape = Shape::Choice(&[Choice::compiled("not", "It holds for everything else.")]);

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

pub(super) const CHAIN: &[Definition] = &[Definition {
    keyword: "rule",
    place: Place::Chain,
    braces: Braces::Required(Place::ChainRule),
    repeats: true,
    doc: "A rule of the chain: if all its conditions hold, its target decides. Each condition may be \
          turned round with `not`. There is one target: `accept`, `drop`, `return`, `reject`, `jump`, \
          `masquerade`, `snat`, `dnat`, `redirect`, `set-mark`, `log` or `notrack`. In the kernel the \
          conditions stand in the order of the reference page, however they are written.",
    example: "rule { source 10.1.1.0/24; out-interface not br0; masquerade }",
    ..PLAIN
}];

const TRANSLATION: Field = Field { name: "to", shape: Shape::Translation };
const NOT_FIELD: Pattern = Maybe(Field { name: "not", shape: NOT });
const HOSTS: Field = Field { name: "network", shape: Shape::Hosts };
const PORTS: Field = Field { name: "ports", shape: Shape::PortOrPorts };
const MARK: Field = Field { name: "mark", shape: Shape::Mark };
const TYPE: Field = Field {
    name: "type",
    shape: Shape::Choice(&[
        Choice::compiled("local", "An address of the host's own."),
        Choice::compiled("unicast", "One that a route leads to."),
        Choice::compiled("broadcast", "A broadcast address."),
        Choice::compiled("multicast", "A multicast address."),
    ]),
};
const PROTOCOL: Field = Field {
    name: "protocol",
    shape: Shape::Choice(&[
        Choice::compiled("tcp", "TCP."),
        Choice::compiled("udp", "UDP."),
        Choice::compiled("sctp", "SCTP."),
        Choice::compiled("icmp", "ICMP; for IPv6 that of IPv6."),
    ]),
};
const STATE: Field = Field {
    name: "state",
    shape: Shape::Choice(&[
        Choice::compiled("invalid", "The packet is of no connection that could be."),
        Choice::compiled("new", "It begins one."),
        Choice::compiled("related", "It begins one that another one asked for."),
        Choice::compiled("established", "It is of one that was answered."),
        Choice::compiled("untracked", "It is not tracked."),
        Choice::compiled("snat", "The connection's source was translated."),
        Choice::compiled("dnat", "Its destination was translated."),
    ]),
};

/// A condition or a target of a rule.
const IN_RULE: Definition = Definition { place: Place::ChainRule, ..PLAIN };

pub(super) const CHAIN_RULE: &[Definition] = &[
    Definition {
        keyword: "source",
        arguments: &[NOT_FIELD, One(HOSTS)],
        doc: "The packet comes from this network or address.",
        example: "source 10.1.1.0/24",
        ..IN_RULE
    },
    Definition {
        keyword: "destination",
        arguments: &[NOT_FIELD, One(HOSTS)],
        doc: "It goes to this network or address.",
        example: "destination not 10.1.1.0/24",
        ..IN_RULE
    },
    Definition {
        keyword: "in-interface",
        arguments: &[NOT_FIELD, One(DEVICE)],
        doc: "It came in by this device; a `+` at the end stands for anything.",
        example: "in-interface veth+",
        ..IN_RULE
    },
    Definition {
        keyword: "out-interface",
        arguments: &[NOT_FIELD, One(DEVICE)],
        doc: "It goes out by this device; a `+` at the end stands for anything.",
        example: "out-interface not br0",
        ..IN_RULE
    },
    Definition {
        keyword: "protocol",
        arguments: &[NOT_FIELD, One(PROTOCOL)],
        doc: "It is of this protocol.",
        example: "protocol tcp",
        ..IN_RULE
    },
    Definition {
        keyword: "source-port",
        arguments: &[NOT_FIELD, One(PORTS)],
        doc: "It comes from this port, or one of these. Needs `protocol`.",
        example: "source-port 1024-65535",
        ..IN_RULE
    },
    Definition {
        keyword: "destination-port",
        arguments: &[NOT_FIELD, One(PORTS)],
        doc: "It goes to this port, or one of these. Needs `protocol`.",
        example: "destination-port 80",
        ..IN_RULE
    },
    Definition {
        keyword: "source-type",
        arguments: &[NOT_FIELD, One(TYPE)],
        doc: "It comes from an address of this type.",
        example: "source-type local",
        ..IN_RULE
    },
    Definition {
        keyword: "destination-type",
        arguments: &[NOT_FIELD, One(TYPE)],
        doc: "It goes to an address of this type.",
        example: "destination-type local",
        ..IN_RULE
    },
    Definition {
        keyword: "ctstate",
        arguments: &[NOT_FIELD, List(&[One(STATE)])],
        doc: "Its connection is in one of these states.",
        example: "ctstate related, established",
        ..IN_RULE
    },
    Definition {
        keyword: "mark",
        arguments: &[NOT_FIELD, One(MARK)],
        doc: "It has this mark; with a mask only its bits count.",
        example: "mark 0x100/0xff00",
        ..IN_RULE
    },
    Definition {
        keyword: "comment",
        arguments: &[One(Field { name: "text", shape: Shape::Text })],
        doc: "A remark that the rule bears, up to 255 bytes.",
        example: "comment \"the lab's way out\"",
        ..IN_RULE
    },
    Definition {
        keyword: "accept",
        doc: "Target: it passes, and no later rule of the table is asked.",
        example: "accept",
        ..IN_RULE
    },
    Definition {
        keyword: "drop",
        doc: "Target: it is dropped in silence.",
        example: "drop",
        ..IN_RULE
    },
    Definition {
        keyword: "return",
        doc: "Target: the chain that led here goes on.",
        example: "return",
        ..IN_RULE
    },
    Definition {
        keyword: "reject",
        doc: "Target: it is refused with an ICMP port-unreachable. In table filter alone.",
        example: "reject",
        ..IN_RULE
    },
    Definition {
        keyword: "jump",
        arguments: &[One(Field { name: "chain", shape: Shape::Chain })],
        doc: "Target: another chain of the block, of the same table and family, is asked.",
        example: "jump LAB-WEB",
        ..IN_RULE
    },
    Definition {
        keyword: "masquerade",
        arguments: &[Maybe(Field {
            name: "ports",
            shape: Shape::Choice(&[Choice::compiled(
                "random-fully",
                "Source ports are picked at random.",
            )]),
        })],
        doc: "Target: its source becomes the address of the device that it goes out by. On `postrouting` \
              of table nat.",
        example: "masquerade",
        ..IN_RULE
    },
    Definition {
        keyword: "snat",
        arguments: &[One(TRANSLATION)],
        doc: "Target: its source becomes this address. On `postrouting` or `input` of table nat.",
        example: "snat 192.0.2.10",
        ..IN_RULE
    },
    Definition {
        keyword: "dnat",
        arguments: &[One(TRANSLATION)],
        doc: "Target: its destination becomes this address. On `prerouting` or `output` of table nat.",
        example: "dnat 10.1.1.2:80",
        ..IN_RULE
    },
    Definition {
        keyword: "redirect",
        arguments: &[One(Field { name: "port", shape: Shape::Number(1, 65535) })],
        doc: "Target: it goes to this port of the host itself. On `prerouting` or `output` of table nat; \
              needs `protocol`.",
        example: "redirect 8080",
        ..IN_RULE
    },
    Definition {
        keyword: "set-mark",
        arguments: &[One(MARK)],
        doc: "Target: it gets this mark; with a mask only its bits change.",
        example: "set-mark 0x100/0xff00",
        ..IN_RULE
    },
    Definition {
        keyword: "log",
        arguments: &[Maybe(Field { name: "prefix", shape: Shape::Text })],
        doc: "Target: the kernel logs it, with this before it, up to 29 bytes; the next rule is asked.",
        example: "log \"lab: \"",
        ..IN_RULE
    },
    Definition {
        keyword: "notrack",
        doc: "Target: its connection is not tracked. In table raw alone.",
        example: "notrack",
        ..IN_RULE
    },
];
