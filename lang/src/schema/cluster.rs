//! The statements of `cluster` blocks.

use super::Pattern::{List, Maybe, One, Tagged};
use super::{Braces, Definition, Field, PLAIN, Place, Shape};

const NETWORK: Field = Field { name: "network", shape: Shape::Network };

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
        arguments: &[One(Field { name: "kind", shape: Shape::Choice(super::overlay::KINDS) })],
        braces: Braces::Optional(Place::Overlay),
        default: Some("none"),
        doc: "How packets get from a pod to a pod on another node.",
        example: "overlay vxlan { vni 1; port 8472 }",
        ..PLAIN
    },
    Definition {
        place: Place::Cluster,
        default: Some("bridge"),
        doc: "How pods are joined to their node. A node can have one of its own.",
        example: "pod-network bridge { name docker0 }",
        ..super::pod_network::POD_NETWORK
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
    super::ingress::INGRESS_OF_CLUSTER,
    Definition {
        keyword: "load-balancers",
        place: Place::Cluster,
        arguments: &[List(&[One(Field { name: "addresses", shape: Shape::AddressPool })])],
        braces: Braces::Optional(Place::LoadBalancers),
        doc: "Addresses for services of type load-balancer: one that states none gets the lowest \
              free one of each family that it has. They may be of the network of the nodes, but neither \
              a node's own nor of another network of the cluster. A service with a \
              `load-balancer-class` is left alone.",
        example: "load-balancers 192.0.2.16/28, fd00:1b::/112",
        ..PLAIN
    },
    Definition {
        keyword: "bgp",
        place: Place::Cluster,
        braces: Braces::Required(Place::Bgp),
        doc: "A configuration of a BGP speaker for each node, which tells routers what leads to the \
              node. netc writes it; it neither starts the speaker nor takes routes from anybody.",
        example: "bgp { as 64512; peer 192.0.2.1 as 64500 }",
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
