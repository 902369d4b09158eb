//! The statements of `service` blocks.

use super::Pattern::{List, Many, Maybe, One, Tagged};
use super::{Choice, Definition, Field, PLAIN, Place, Shape};

const TYPES: &[Choice] = &[
    Choice::compiled("cluster-ip", "An address within the cluster."),
    Choice::compiled("node-port", "The same, and a port on every node."),
    Choice::compiled(
        "headless",
        "No address: clients ask the name server for the endpoints. Nothing is programmed.",
    ),
    Choice::reserved("load-balancer", "The same as node-port, and addresses of a load balancer."),
    Choice::reserved("external-name", "Another name. Nothing is programmed."),
];

const POLICIES: &[Choice] = &[
    Choice::compiled("cluster", "All endpoints, wherever they are."),
    Choice::compiled("local", "Only endpoints on the node that the traffic came to."),
];

pub(super) const STATEMENTS: &[Definition] = &[
    Definition {
        keyword: "select",
        place: Place::Service,
        arguments: &[Many(Field { name: "label", shape: Shape::Pair })],
        doc: "The pods of the service's namespace that have all these labels are its endpoints.",
        example: "select app=web",
        ..PLAIN
    },
    Definition {
        keyword: "type",
        place: Place::Service,
        arguments: &[One(Field { name: "type", shape: Shape::Choice(TYPES) })],
        default: Some("cluster-ip"),
        doc: "From where the service can be reached.",
        example: "type node-port",
        ..PLAIN
    },
    Definition {
        keyword: "ip",
        place: Place::Service,
        arguments: &[List(&[One(Field { name: "address", shape: Shape::Address })])],
        default: Some(
            "the lowest free address of the cluster's service network, in the order of service names",
        ),
        doc: "The service's addresses, at most one for each family.",
        example: "ip 10.96.0.80",
        ..PLAIN
    },
    Definition {
        keyword: "families",
        place: Place::Service,
        arguments: &[List(&[One(Field {
            name: "family",
            shape: Shape::Choice(&[
                Choice::compiled("ipv4", "IPv4."),
                Choice::compiled("ipv6", "IPv6."),
            ]),
        })])],
        default: Some("those of `ip`, or the first family of the service network"),
        doc: "The address families of the service.",
        example: "families ipv4, ipv6",
        ..PLAIN
    },
    Definition {
        keyword: "port",
        place: Place::Service,
        arguments: &[
            Maybe(Field { name: "name", shape: Shape::PortName }),
            One(Field { name: "port", shape: Shape::Port }),
            Tagged("->", &[One(Field { name: "target", shape: Shape::Target })]),
            Tagged(
                "node-port",
                &[One(Field { name: "node-port", shape: Shape::Number(1, 65535) })],
            ),
        ],
        repeats: true,
        doc: "A port of the service, the port of the endpoints behind it (a number, or the name of \
              a port of the pods; the same number if not stated), and for type node-port the port \
              on every node (the lowest free one if not stated). With several ports each has a name.",
        example: "port http 80 -> http node-port 30080",
        ..PLAIN
    },
    Definition {
        keyword: "affinity",
        place: Place::Service,
        arguments: &[
            One(Field {
                name: "kind",
                shape: Shape::Choice(&[
                    Choice::compiled("none", "Every connection is spread anew."),
                    Choice::compiled(
                        "client-ip",
                        "Connections of one client address go to one endpoint until it has been silent for a time: 3h if not stated.",
                    ),
                ]),
            }),
            Maybe(Field { name: "timeout", shape: Shape::Duration(1, 86400) }),
        ],
        default: Some("none"),
        doc: "Whether a client stays with an endpoint.",
        example: "affinity client-ip 3h",
        ..PLAIN
    },
    Definition {
        keyword: "external-traffic",
        place: Place::Service,
        arguments: &[One(Field { name: "policy", shape: Shape::Choice(POLICIES) })],
        default: Some("cluster"),
        doc: "Where traffic from outside the cluster goes. With `local` the endpoints see the \
              client's own address. Only for type node-port.",
        example: "external-traffic local",
        ..PLAIN
    },
    Definition {
        keyword: "internal-traffic",
        place: Place::Service,
        arguments: &[One(Field { name: "policy", shape: Shape::Choice(POLICIES) })],
        default: Some("cluster"),
        doc: "Where traffic from within the cluster goes.",
        example: "internal-traffic local",
        ..PLAIN
    },
    Definition {
        keyword: "endpoint",
        place: Place::Service,
        arguments: &[
            Maybe(Field { name: "port", shape: Shape::PortName }),
            One(Field { name: "endpoint", shape: Shape::Endpoint }),
            Tagged("on", &[One(Field { name: "node", shape: Shape::Label })]),
        ],
        repeats: true,
        doc: "An endpoint of a service without `select`: an address and port, the name of the \
              service's port if it has several, and the node that the endpoint is on, if any.",
        example: "endpoint 10.244.7.9:5432 on node1",
        ..PLAIN
    },
];
