//! The statements at the top level of a file.

use super::Pattern::{List, One, Required, Tagged};
use super::{Braces, Definition, Field, PLAIN, Place, Shape};

const NODE: Field = Field { name: "node", shape: Shape::NodeName };

pub(super) const STATEMENTS: &[Definition] = &[
    Definition {
        keyword: "cluster",
        arguments: &[One(Field { name: "name", shape: Shape::Label })],
        braces: Braces::Required(Place::Cluster),
        doc: "Describes what all nodes share: networks, the way between nodes, how services are \
              programmed. There is exactly one.",
        example: "cluster lab { pods 10.244.0.0/16; services 10.96.0.0/16; overlay host-gw }",
        ..PLAIN
    },
    Definition {
        keyword: "node",
        arguments: &[One(Field { name: "name", shape: Shape::NodeName })],
        braces: Braces::Optional(Place::Node),
        repeats: true,
        doc: "A machine of the cluster.",
        example: "node node0 { address 192.168.80.241 on ens33 }",
        ..PLAIN
    },
    Definition {
        keyword: "pod",
        arguments: &[
            One(Field { name: "name", shape: Shape::PodName }),
            Required("on", &[One(NODE)]),
        ],
        braces: Braces::Optional(Place::Pod),
        repeats: true,
        doc: "A pod on a node: a network namespace with one address per family, shared by all its \
              containers. A name without a namespace is in `default`.",
        example: "pod shop/web-0 on node0 { labels app=web; port http 80 }",
        ..PLAIN
    },
    Definition {
        keyword: "pods",
        arguments: &[
            One(Field { name: "name", shape: Shape::PodName }),
            Required(
                "replicas",
                &[One(Field { name: "replicas", shape: Shape::Number(0, 150_000) })],
            ),
            Tagged("on", &[List(&[One(NODE)])]),
        ],
        braces: Braces::Optional(Place::Pods),
        repeats: true,
        doc: "Equal pods, named `NAME-0`, `NAME-1`, … and dealt out to the nodes in turn; without \
              `on`, to all nodes in the order of their names.",
        example: "pods shop/api replicas 3 on node0, node1 { labels app=api; port http 8080 }",
        ..PLAIN
    },
    Definition {
        keyword: "service",
        arguments: &[One(Field { name: "name", shape: Shape::ServiceName })],
        braces: Braces::Required(Place::Service),
        repeats: true,
        doc: "A Kubernetes service: one address and its ports, backed by pods or by endpoints \
              stated here. A name without a namespace is in `default`.",
        example: "service shop/web { select app=web; ip 10.96.0.80; port http 80 -> http }",
        ..PLAIN
    },
    Definition {
        keyword: "include",
        arguments: &[One(Field { name: "file", shape: Shape::Text })],
        repeats: true,
        doc: "Puts the statements of another file here. The path is relative to this file.",
        example: "include \"nodes.netc\"",
        ..PLAIN
    },
    super::ingress::INGRESS,
    super::ingress::SECRETS,
    Definition {
        keyword: "docker",
        arguments: &[One(NODE)],
        braces: Braces::Required(Place::Docker),
        repeats: true,
        doc: "Docker's networks and containers on a node, once for each node.",
        example: "docker node1 { network bridge { address 172.17.0.1/16 } }",
        ..PLAIN
    },
    Definition {
        keyword: "primitives",
        arguments: &[One(NODE)],
        braces: Braces::Required(Place::Primitives),
        repeats: true,
        doc: "Namespaces, devices, addresses, routes, parameters and rules of a node that no system \
              looks after, once for each node.",
        example: "primitives node0 { namespace blue; veth veth0 <-> eth0 in blue }",
        ..PLAIN
    },
    super::assert::ASSERT,
    Definition {
        keyword: "checks",
        braces: Braces::Required(Place::Checks),
        doc: "Switches single checks off that `netc check` otherwise makes of every cluster.",
        example: "checks { pods-reach-pods off }",
        ..PLAIN
    },
];
