//! The statements of `service` blocks.

use super::Pattern::{List, Many, Maybe, One, Tagged};
use super::{Braces, Choice, Definition, Field, PLAIN, Place, Shape};

const TYPES: &[Choice] = &[
    Choice::compiled("cluster-ip", "An address within the cluster."),
    Choice::compiled("node-port", "The same, and a port on every node."),
    Choice::compiled("load-balancer", "The same as node-port, and addresses of a load balancer."),
    Choice::compiled(
        "headless",
        "No address: clients ask the name server for the endpoints. Nothing is programmed.",
    ),
    Choice::compiled(
        "external-name",
        "Another name: the name server answers with `host`. Nothing is programmed.",
    ),
];

const POLICIES: &[Choice] = &[
    Choice::compiled("cluster", "All endpoints, wherever they are."),
    Choice::compiled("local", "Only endpoints on the node that the traffic came to."),
];

const DISTRIBUTIONS: &[Choice] = &[
    Choice::compiled("prefer-same-zone", "Those in the client's zone."),
    Choice::compiled("prefer-same-node", "Those on the client's node, else those in its zone."),
];

const FAMILY_POLICIES: &[Choice] = &[
    Choice::compiled("single-stack", "One."),
    Choice::compiled(
        "prefer-dual-stack",
        "Every family in which the cluster has service addresses.",
    ),
    Choice::compiled("require-dual-stack", "Both; it is an error if the cluster has only one."),
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
            Maybe(Field { name: "name", shape: Shape::ServicePortName }),
            One(Field { name: "port", shape: Shape::Port }),
            Tagged("->", &[One(Field { name: "target", shape: Shape::Target })]),
            Tagged(
                "node-port",
                &[One(Field { name: "node-port", shape: Shape::Number(1, 65535) })],
            ),
            Tagged(
                "proxy-port",
                &[One(Field { name: "proxy-port", shape: Shape::Number(1, 65535) })],
            ),
        ],
        repeats: true,
        doc: "A port of the service, the port of the endpoints behind it (a number, or the name of \
              a port of the pods; the same number if not stated), and for the types node-port and \
              load-balancer the port on every node (the lowest free one if not stated). With several \
              ports each has a name. With `proxy userspace` the port on which the node's proxy takes \
              connections to it may be stated too.",
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
              client's own address, and a node without endpoints drops what comes to it. For the types \
              node-port and load-balancer, and with `external-ips`.",
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
            Maybe(Field { name: "port", shape: Shape::ServicePortName }),
            One(Field { name: "endpoint", shape: Shape::Endpoint }),
            Tagged("on", &[One(Field { name: "node", shape: Shape::NodeName })]),
            Tagged("weight", &[One(Field { name: "weight", shape: Shape::Number(0, 65535) })]),
        ],
        braces: Braces::Optional(Place::Endpoint),
        repeats: true,
        doc: "An endpoint of a service without `select`: an address and port, the name of the \
              service's port if it has several, and the node that the endpoint is on, if any. Some \
              schedulers of `proxy ipvs` go by its weight, which is 1 if not stated; one of weight 0 \
              gets no new connections.",
        example: "endpoint 10.244.7.9:5432 on node1",
        ..PLAIN
    },
    Definition {
        keyword: "no-endpoints",
        place: Place::Service,
        doc: "The service has no endpoints, and is to have none: connections are refused.",
        example: "no-endpoints",
        ..PLAIN
    },
    Definition {
        keyword: "host",
        place: Place::Service,
        arguments: &[One(Field { name: "host", shape: Shape::HostName })],
        doc: "The name that the service stands for. Only for type external-name.",
        example: "host db.example.com",
        ..PLAIN
    },
    Definition {
        keyword: "load-balancer-ip",
        place: Place::Service,
        arguments: &[
            One(Field { name: "address", shape: Shape::Address }),
            Maybe(Field {
                name: "mode",
                shape: Shape::Choice(&[Choice::compiled(
                    "proxy",
                    "The load balancer sends to the node ports: nodes do not answer to the address.",
                )]),
            }),
        ],
        repeats: true,
        default: Some("the lowest free address of the cluster's `load-balancers`, if it has them"),
        doc: "An address of the load balancer. Nodes take what comes for it, and pods that connect \
              to it take the short way. Only for type load-balancer.",
        example: "load-balancer-ip 203.0.113.7",
        ..PLAIN
    },
    Definition {
        keyword: "load-balancer-class",
        place: Place::Service,
        arguments: &[One(Field { name: "class", shape: Shape::LabelKey })],
        doc: "Which load balancer looks after the service (`spec.loadBalancerClass`). netc gives such \
              a service no address, and announces none of it. Only for type load-balancer.",
        example: "load-balancer-class internal-vip",
        ..PLAIN
    },
    Definition {
        keyword: "source-ranges",
        place: Place::Service,
        arguments: &[List(&[One(Field { name: "network", shape: Shape::Network })])],
        default: Some("everywhere"),
        doc: "From where the load balancer may be reached. Only for type load-balancer.",
        example: "source-ranges 198.51.100.0/24, 2001:db8::/32",
        ..PLAIN
    },
    Definition {
        keyword: "external-ips",
        place: Place::Service,
        arguments: &[List(&[One(Field { name: "address", shape: Shape::Address })])],
        doc: "Further addresses that lead to the service; something else routes them to the nodes.",
        example: "external-ips 203.0.113.80",
        ..PLAIN
    },
    Definition {
        keyword: "health-check-node-port",
        place: Place::Service,
        arguments: &[One(Field { name: "port", shape: Shape::Number(1, 65535) })],
        default: Some("the lowest free node port"),
        doc: "The port on which every node tells the load balancer whether it has endpoints of the \
              service. Only for type load-balancer with `external-traffic local`.",
        example: "health-check-node-port 32000",
        ..PLAIN
    },
    Definition {
        keyword: "allocate-node-ports",
        place: Place::Service,
        arguments: &[One(Field { name: "switch", shape: Shape::Switch })],
        default: Some("on"),
        doc: "Whether ports of a load balancer get node ports when they state none. Only for type \
              load-balancer.",
        example: "allocate-node-ports off",
        ..PLAIN
    },
    Definition {
        keyword: "traffic-distribution",
        place: Place::Service,
        arguments: &[One(Field { name: "preferred", shape: Shape::Choice(DISTRIBUTIONS) })],
        default: Some("all endpoints alike"),
        doc: "Which endpoints clients are sent to, if there are any of these. Selected pods get the \
              topology hints that say so; stated endpoints have `for-zones` and `for-nodes`.",
        example: "traffic-distribution prefer-same-zone",
        ..PLAIN
    },
    Definition {
        keyword: "publish-not-ready",
        place: Place::Service,
        doc: "Pods that are not ready are endpoints all the same.",
        example: "publish-not-ready",
        ..PLAIN
    },
    Definition {
        keyword: "shared-portals",
        place: Place::Service,
        doc: "The service may answer to a node port, or to an external address and port, that \
              another service has too. Which of the two is reached is left to the order of the \
              rules, as kube-proxy leaves it. Without this it is an error.",
        example: "shared-portals",
        ..PLAIN
    },
    Definition {
        keyword: "family-policy",
        place: Place::Service,
        arguments: &[One(Field { name: "policy", shape: Shape::Choice(FAMILY_POLICIES) })],
        default: Some("single-stack"),
        doc: "How many families a service has beyond those of `ip` and `families`.",
        example: "family-policy prefer-dual-stack",
        ..PLAIN
    },
];
