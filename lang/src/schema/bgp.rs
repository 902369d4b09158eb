//! The statements of `bgp` blocks.

use super::Pattern::{List, One, Required};
use super::{Braces, Choice, Definition, Field, PLAIN, Place, Shape};

const NUMBER: Field = Field { name: "number", shape: Shape::Number(1, 4_294_967_295) };

const ENGINES: &[Choice] = &[
    Choice::compiled("bird", "`bird.conf` for BIRD 2."),
    Choice::compiled("frr", "`frr.conf` for FRR 8 and later."),
];

const ROUTER_IDS: &[Choice] = &[
    Choice::compiled("primary", "The node's first IPv4 address."),
    Choice::compiled("hash", "A number that follows from the names of cluster and node."),
];

const ROUTES: &[Choice] = &[
    Choice::compiled(
        "load-balancers",
        "The addresses of load balancers, one by one; with `external-traffic local` by nodes with ready endpoints only.",
    ),
    Choice::compiled("pods", "Each node its block of the pod network."),
    Choice::compiled("services", "Every node the whole service network."),
];

pub(super) const STATEMENTS: &[Definition] = &[
    Definition {
        keyword: "as",
        place: Place::Bgp,
        arguments: &[One(NUMBER)],
        doc: "The number of the nodes' autonomous system. Must be stated. Those that no system has \
              (23456, 65535 and 4294967295) are refused.",
        example: "as 64512",
        ..PLAIN
    },
    Definition {
        keyword: "engine",
        place: Place::Bgp,
        arguments: &[One(Field { name: "engine", shape: Shape::Choice(ENGINES) })],
        default: Some("bird"),
        doc: "The program whose configuration `netc build` writes for each node.",
        example: "engine frr",
        ..PLAIN
    },
    Definition {
        keyword: "router-id",
        place: Place::Bgp,
        arguments: &[One(Field { name: "kind", shape: Shape::Choice(ROUTER_IDS) })],
        default: Some("primary"),
        doc: "By which number of 32 bits a node goes.",
        example: "router-id hash",
        ..PLAIN
    },
    Definition {
        keyword: "peer",
        place: Place::Bgp,
        arguments: &[
            One(Field { name: "address", shape: Shape::Address }),
            Required("as", &[One(Field { name: "as", shape: NUMBER.shape })]),
        ],
        braces: Braces::Optional(Place::BgpPeer),
        repeats: true,
        doc: "A router that the nodes talk to, and the number of its autonomous system. It is told \
              the routes of its own family, and those of the other one too if the node has no peer of \
              that. Nothing is taken from it. At least one must be stated, and each at most once for a node.",
        example: "peer 192.0.2.1 as 64500",
        ..PLAIN
    },
    Definition {
        keyword: "advertise",
        place: Place::Bgp,
        arguments: &[List(&[One(Field { name: "routes", shape: Shape::Choice(ROUTES) })])],
        default: Some("load-balancers"),
        doc: "What the nodes tell their peers.",
        example: "advertise load-balancers, pods",
        ..PLAIN
    },
];

pub(super) const PEER: &[Definition] = &[
    Definition {
        place: Place::BgpPeer,
        doc: "The nodes that talk to this router.",
        example: "on node0, node1",
        ..super::load_balancers::ON
    },
    Definition {
        keyword: "multihop",
        place: Place::BgpPeer,
        arguments: &[One(Field { name: "hops", shape: Shape::Number(1, 255) })],
        default: Some("a neighbour of the node, in one of its networks"),
        doc: "The router is not a neighbour of the node: it is so many hops away at most.",
        example: "multihop 2",
        ..PLAIN
    },
];
