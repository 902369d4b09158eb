//! The statements of `assert` and `checks` blocks.

use super::Pattern::{One, Tagged};
use super::{Braces, Choice, Definition, Field, PLAIN, Pattern, Place, Shape};

pub(super) const ASSERT: Definition = Definition {
    keyword: "assert",
    arguments: &[
        Pattern::Party("from"),
        One(Field {
            name: "verb",
            shape: Shape::Choice(&[
                Choice::compiled("reaches", "Every packet gets its answer."),
                Choice::compiled("cannot-reach", "No packet gets to anybody."),
            ]),
        }),
        Pattern::Party("to"),
    ],
    braces: Braces::Optional(Place::Assert),
    repeats: true,
    doc: "Claims what reaches what. `netc check` follows the packets through what all nodes are to hold, \
          in each family that both have, and shows the way of those that go astray. Without a port a \
          service is asked at all its ports, a pod or container at those that are stated of it, and \
          whoever has none is sent an echo request, as by ping. From outside, a service is asked at the \
          addresses of its load balancer and its external ones; if it has none, at its node ports; and if \
          it has none of these either, at its own address.",
    example: "assert pod shop/web-0 reaches service shop/api:http",
    ..PLAIN
};

pub(super) const STATEMENTS: &[Definition] = &[
    Definition {
        keyword: "proto",
        place: Place::Assert,
        arguments: &[One(Field {
            name: "protocol",
            shape: Shape::Choice(&[
                Choice::compiled("tcp", "TCP."),
                Choice::compiled("udp", "UDP."),
                Choice::compiled("sctp", "SCTP."),
                Choice::compiled("icmp", "An echo request, as by ping."),
            ]),
        })],
        default: Some("what the port is stated with, else `tcp`; `icmp` without a port"),
        doc: "What is sent.",
        example: "proto udp",
        ..PLAIN
    },
    Definition {
        keyword: "family",
        place: Place::Assert,
        arguments: &[One(Field {
            name: "family",
            shape: Shape::Choice(&[
                Choice::compiled("ipv4", "IPv4."),
                Choice::compiled("ipv6", "IPv6."),
            ]),
        })],
        default: Some("each family that both have"),
        doc: "The family in which it is asked.",
        example: "family ipv6",
        ..PLAIN
    },
    Definition {
        keyword: "through",
        place: Place::Assert,
        arguments: &[One(Field { name: "node", shape: Shape::NodeName })],
        default: Some("each node; that of a pod or container if one is asked by its own address"),
        doc: "The node by which packets from outside come in, if they are for no address of a node.",
        example: "through node1",
        ..PLAIN
    },
    Definition {
        keyword: "via",
        place: Place::Assert,
        arguments: &[
            One(Field {
                name: "kind",
                shape: Shape::Choice(&[
                    Choice::compiled("node", "Packets pass this node."),
                    Choice::compiled("device", "Packets pass this device."),
                ]),
            }),
            One(Field { name: "name", shape: Shape::Any }),
            Tagged("on", &[One(Field { name: "node", shape: Shape::NodeName })]),
        ],
        repeats: true,
        doc: "What every packet passes on its way to who is asked; their answers need not. A device may be \
              that of any node, or the one `on` a node.",
        example: "via device flannel.1 on node1",
        ..PLAIN
    },
    Definition {
        keyword: "keeps-source",
        place: Place::Assert,
        doc: "Whoever is asked sees the address of who asks: it is not translated.",
        example: "keeps-source",
        ..PLAIN
    },
    Definition {
        keyword: "same-node",
        place: Place::Assert,
        doc: "Whoever answers is on the node of who asks; from outside, on the node that packets come in by.",
        example: "same-node",
        ..PLAIN
    },
];

const SWITCH: &[Pattern] = &[One(Field { name: "switch", shape: Shape::Switch })];

const CHECK: Definition =
    Definition { place: Place::Checks, arguments: SWITCH, default: Some("`on`"), ..PLAIN };

pub(super) const CHECKS: &[Definition] = &[
    Definition {
        keyword: "pods-reach-pods",
        doc: "Every pod reaches every other one, and is seen there by its own address: the model that \
              Kubernetes asks of every network.",
        example: "pods-reach-pods off",
        ..CHECK
    },
    Definition {
        keyword: "pods-reach-nodes",
        doc: "Every pod reaches every node, and is seen by its own one by its own address; and every node \
              reaches its pods. On the way to other nodes an overlay may masquerade, as flannel does.",
        example: "pods-reach-nodes off",
        ..CHECK
    },
    Definition {
        keyword: "services-reach-endpoints",
        doc: "On every node, each port of each service leads pods, the node and, if it is known there, those \
              outside to each of its usable endpoints, and to each equally often; where weights count, to \
              none but those of weight 0 never.",
        example: "services-reach-endpoints off",
        ..CHECK
    },
    Definition {
        keyword: "no-black-hole",
        doc: "No packet of a pod or node ends in silence that is for the gateway of a node's pods, or for an \
              address of a service that something else brings to the nodes.",
        example: "no-black-hole off",
        ..CHECK
    },
    Definition {
        keyword: "no-loop",
        doc: "No packet goes in circles, not even one for an address that nobody has.",
        example: "no-loop off",
        ..CHECK
    },
    Definition {
        keyword: "no-idle-rule",
        doc: "No rule of `primitives` stands where no packet gets to: behind one that takes all packets, or \
              in a chain that nothing leads to.",
        example: "no-idle-rule off",
        ..CHECK
    },
    Definition {
        keyword: "nothing-shadowed",
        doc: "No rule of `primitives` stands behind another one of its chain that asks for the same, or for \
              less, and decides.",
        example: "nothing-shadowed off",
        ..CHECK
    },
];
