//! The statements of `pod`, `pods` and `container` blocks.

use super::Pattern::{List, Many, Maybe, One, Required};
use super::{Braces, Definition, Field, PLAIN, Place, Shape};

const LABELS: Definition = Definition {
    keyword: "labels",
    arguments: &[Many(Field { name: "label", shape: Shape::Pair })],
    repeats: true,
    doc: "Labels, by which services select pods.",
    example: "labels app=web tier=front",
    ..PLAIN
};

const CONTAINER_: Definition = Definition {
    keyword: "container",
    arguments: &[One(Field { name: "name", shape: Shape::Label })],
    braces: Braces::Optional(Place::Container),
    repeats: true,
    doc: "A container. All containers of a pod share its network namespace, so no two of them can \
          use one port.",
    example: "container nginx { port http 80 }",
    ..PLAIN
};

const PORT: Definition = Definition {
    keyword: "port",
    arguments: &[
        Maybe(Field { name: "name", shape: Shape::PortName }),
        One(Field { name: "port", shape: Shape::Port }),
    ],
    repeats: true,
    doc: "A port on which the pod listens. Services can name it as their target.",
    example: "port http 8080",
    ..PLAIN
};

const READY: Definition = Definition {
    keyword: "ready",
    arguments: &[One(Field { name: "switch", shape: Shape::Switch })],
    default: Some("on"),
    doc: "Whether the pod is ready to serve. Services do not use one that is not, unless they say \
          `publish-not-ready`.",
    example: "ready off",
    ..PLAIN
};

const TERMINATING: Definition = Definition {
    keyword: "terminating",
    doc: "The pod is being deleted. Services use it only when no other endpoint is ready, and only \
          as long as it is `ready` itself.",
    example: "terminating",
    ..PLAIN
};

const HOST_NETWORK: Definition = Definition {
    keyword: "host-network",
    doc: "The pod uses its node's network: it has the node's addresses and no namespace of its own.",
    example: "host-network",
    ..PLAIN
};

const WEIGHT: Definition = Definition {
    keyword: "weight",
    arguments: &[One(Field { name: "weight", shape: Shape::Number(0, 65535) })],
    default: Some("1"),
    doc: "The weight of the endpoints that services make of the pod, by which some schedulers of \
          `proxy ipvs` go. One of weight 0 gets no new connections.",
    example: "weight 3",
    ..PLAIN
};

const HOST_PORT: Definition = Definition {
    keyword: "host-port",
    arguments: &[
        One(Field { name: "host", shape: Shape::HostPort }),
        Required("->", &[One(Field { name: "port", shape: Shape::Port })]),
    ],
    repeats: true,
    doc: "A port of the pod's node, at one of its addresses or at all of them, and the port of the \
          pod that it leads to. The protocol is that of the pod's port.",
    example: "host-port 8080 -> 80",
    ..PLAIN
};

pub(super) const POD: &[Definition] = &[
    Definition { place: Place::Pod, ..LABELS },
    Definition { place: Place::Pod, ..CONTAINER_ },
    Definition { place: Place::Pod, ..PORT },
    Definition { place: Place::Pod, ..READY },
    Definition { place: Place::Pod, ..TERMINATING },
    Definition { place: Place::Pod, ..HOST_NETWORK },
    Definition { place: Place::Pod, ..WEIGHT },
    Definition { place: Place::Pod, ..HOST_PORT },
    Definition {
        keyword: "sandbox",
        place: Place::Pod,
        arguments: &[One(Field { name: "id", shape: Shape::CniName })],
        default: Some("the namespace and the name of the pod, with a dot between them"),
        doc: "The id that the container runtime gave the pod's sandbox. The pod's own chains are named \
              after it, and their comments have it.",
        example: "sandbox 328287949eb4d448",
        ..PLAIN
    },
    Definition {
        keyword: "ip",
        place: Place::Pod,
        arguments: &[List(&[One(Field { name: "address", shape: Shape::Address })])],
        default: Some("the lowest free address of the node's block, in the order of pod names"),
        doc: "The pod's addresses, one for each family of the pod network.",
        example: "ip 10.244.0.7",
        ..PLAIN
    },
];

pub(super) const PODS: &[Definition] = &[
    Definition { place: Place::Pods, ..LABELS },
    Definition { place: Place::Pods, ..CONTAINER_ },
    Definition { place: Place::Pods, ..PORT },
    Definition { place: Place::Pods, ..READY },
    Definition { place: Place::Pods, ..TERMINATING },
    Definition { place: Place::Pods, ..HOST_NETWORK },
    Definition { place: Place::Pods, ..WEIGHT },
    Definition { place: Place::Pods, ..HOST_PORT },
];

pub(super) const CONTAINER: &[Definition] = &[Definition { place: Place::Container, ..PORT }];
