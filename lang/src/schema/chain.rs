//! The statements of `chain` blocks of primitives and of the rules in them.

use super::Pattern::{List, Maybe, One};
use super::primitives::{DEVICE, NOT};
use super::{Braces, Choice, Definition, Field, PLAIN, Pattern, Place, Shape};

pub(super) const STATEMENTS: &[Definition] = &[Definition {
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

pub(super) const RULE: &[Definition] = &[
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
