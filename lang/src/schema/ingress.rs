//! The statements `ingress` and `secret`, and `ingress` of `cluster`, with their blocks.

use super::Pattern::{List, Maybe, One, Required, Tagged};
use super::{Braces, Choice, Definition, Field, PLAIN, Place, Shape};

const BACKEND: Field = Field { name: "backend", shape: Shape::Backend };
const HOST_NAME: Field = Field { name: "host", shape: Shape::Host };
const PORT: Shape = Shape::Number(1, 65535);

pub(super) const INGRESS: Definition = Definition {
    keyword: "ingress",
    arguments: &[One(Field { name: "name", shape: Shape::Qualified })],
    braces: Braces::Required(Place::Ingress),
    repeats: true,
    doc: "HTTP from outside to services, by host and path: a Kubernetes ingress. What serves it is \
          said by `ingress` in `cluster`. Of the paths of a host, exact ones are asked first, then the \
          longest; a host itself counts before one with `*`, and that before every host. A name \
          without a namespace is in `default`.",
    example: "ingress shop/front { host shop.example; path /welcome -> nginx:80 }",
    ..PLAIN
};

pub(super) const SECRETS: Definition = Definition {
    keyword: "secret",
    arguments: &[One(Field { name: "name", shape: Shape::Qualified })],
    braces: Braces::Required(Place::Secret),
    repeats: true,
    doc: "Says where the certificate and the key of a `tls` statement are. A secret of which nothing is \
          said is in the folder /etc/netc/secrets/NAMESPACE/NAME of the nodes that serve it, as `tls.crt` and \
          `tls.key`: the files that a volume of such a Kubernetes secret has.",
    example: "secret shop/front-tls { certificate \"/etc/tls/front.crt\"; key \"/etc/tls/front.key\" }",
    ..PLAIN
};

pub(super) const INGRESS_OF_CLUSTER: Definition = Definition {
    keyword: "ingress",
    place: Place::Cluster,
    arguments: &[One(Field { name: "engine", shape: Shape::Choice(ENGINES) })],
    braces: Braces::Optional(Place::Controller),
    doc: "What serves the ingresses, and on which nodes. Without it nobody does.",
    example: "ingress nginx { on node0, node1 }",
    ..PLAIN
};

const ENGINES: &[Choice] =
    &[Choice::compiled("nginx", "nginx."), Choice::compiled("haproxy", "HAProxy.")];

const TYPES: &[Choice] = &[
    Choice::compiled("node-port", "A service with a port on every node."),
    Choice::compiled("load-balancer", "The same, and addresses of a load balancer."),
];

const POLICIES: &[Choice] = &[
    Choice::compiled(
        "cluster",
        "To all the nodes that serve, with a node's address as its source.",
    ),
    Choice::compiled("local", "To the node that it came to, which sees the client's own address."),
];

/// Statements of `ingress KIND { … }` in `cluster`.
pub(super) const CONTROLLER: &[Definition] = &[
    Definition {
        keyword: "on",
        place: Place::Controller,
        arguments: &[List(&[One(Field { name: "node", shape: Shape::NodeName })])],
        default: Some("every Linux node"),
        doc: "The nodes that serve, on all their addresses.",
        example: "on node0, node1",
        ..PLAIN
    },
    Definition {
        keyword: "http",
        place: Place::Controller,
        arguments: &[One(Field { name: "port", shape: PORT })],
        default: Some("80"),
        doc: "The port for HTTP.",
        example: "http 8080",
        ..PLAIN
    },
    Definition {
        keyword: "https",
        place: Place::Controller,
        arguments: &[One(Field { name: "port", shape: PORT })],
        default: Some("443"),
        doc: "The port for HTTPS, which is open when an ingress has `tls`.",
        example: "https 8443",
        ..PLAIN
    },
    Definition {
        keyword: "class",
        place: Place::Controller,
        arguments: &[One(Field { name: "class", shape: Shape::ObjectName })],
        default: Some("the word for what serves: `nginx` or `haproxy`"),
        doc: "The class of the ingresses that are served, beside those without a class and those of \
              an IngressClass whose controller is of this kind.",
        example: "class public",
        ..PLAIN
    },
    Definition {
        keyword: "service-type",
        place: Place::Controller,
        arguments: &[One(Field { name: "type", shape: Shape::Choice(TYPES) })],
        default: Some("none: clients ask the nodes that serve"),
        doc: "Gives what serves a service of its own, `ingress/nginx` or `ingress/haproxy`, so that \
              every node leads to the nodes that serve.",
        example: "service-type node-port",
        ..PLAIN
    },
    Definition {
        keyword: "node-port",
        place: Place::Controller,
        arguments: &[List(&[One(Field { name: "port", shape: PORT })])],
        default: Some("the lowest free ones, if there is a service"),
        doc: "The node ports of its service for HTTP and for HTTPS. Without `service-type` it is of \
              type node-port then.",
        example: "node-port 30080, 30443",
        ..PLAIN
    },
    Definition {
        keyword: "load-balancer-ip",
        place: Place::Controller,
        arguments: &[List(&[One(Field { name: "address", shape: Shape::Address })])],
        doc: "The addresses of its load balancer. Only for `service-type load-balancer`.",
        example: "load-balancer-ip 203.0.113.7",
        ..PLAIN
    },
    Definition {
        keyword: "external-traffic",
        place: Place::Controller,
        arguments: &[One(Field { name: "policy", shape: Shape::Choice(POLICIES) })],
        default: Some("cluster"),
        doc: "Where traffic for its service goes.",
        example: "external-traffic local",
        ..PLAIN
    },
    Definition {
        keyword: "default",
        place: Place::Controller,
        arguments: &[Required("->", &[One(BACKEND)])],
        default: Some("404 Not Found"),
        doc: "What serves requests that no ingress is for. A service without a namespace is in `default`.",
        example: "default -> shop/sorry:80",
        ..PLAIN
    },
];

const PATH: Definition = Definition {
    keyword: "path",
    arguments: &[
        One(Field { name: "path", shape: Shape::UrlPath }),
        Maybe(Field {
            name: "kind",
            shape: Shape::Choice(&[
                Choice::compiled(
                    "prefix",
                    "The path and all below it, by whole elements: `/a` is for `/a` and `/a/b`, not for `/ab`.",
                ),
                Choice::compiled("exact", "The path alone."),
            ]),
        }),
        Required("->", &[One(BACKEND)]),
    ],
    repeats: true,
    doc: "Sends requests for a path, and what is below it, to a port of a service of the ingress's \
          namespace: `prefix` unless `exact` is said. The path is passed on as it is.",
    example: "path /welcome -> nginx:80",
    ..PLAIN
};

/// Statements of `ingress NAME { … }`.
pub(super) const STATEMENTS: &[Definition] = &[
    Definition {
        keyword: "host",
        place: Place::Ingress,
        arguments: &[One(HOST_NAME)],
        braces: Braces::Optional(Place::IngressHost),
        repeats: true,
        default: Some("every host"),
        doc: "A host that requests are for: the paths of the ingress are for each host that has no block; \
              a host with a block has the paths in it alone. `*.shop.example` stands for every name with \
              one label more.",
        example: "host shop.example",
        ..PLAIN
    },
    Definition { place: Place::Ingress, ..PATH },
    Definition {
        keyword: "default",
        place: Place::Ingress,
        arguments: &[Required("->", &[One(BACKEND)])],
        default: Some("that of `ingress` in `cluster`, else 404 Not Found"),
        doc: "What serves requests for the ingress's hosts that no path is for; without a host, all \
              requests that no ingress is for.",
        example: "default -> nginx:80",
        ..PLAIN
    },
    Definition {
        keyword: "tls",
        place: Place::Ingress,
        arguments: &[
            One(Field { name: "secret", shape: Shape::ObjectName }),
            Tagged("for", &[List(&[One(HOST_NAME)])]),
        ],
        repeats: true,
        doc: "HTTPS for hosts, all of the ingress's if none is named, by the certificate in a secret of the \
              ingress's namespace. Plain HTTP goes on beside it.",
        example: "tls front-tls for shop.example",
        ..PLAIN
    },
    Definition {
        keyword: "class",
        place: Place::Ingress,
        arguments: &[One(Field { name: "class", shape: Shape::ObjectName })],
        default: Some("that of what serves ingresses"),
        doc: "The class of the ingress, which says what is to serve it.",
        example: "class nginx",
        ..PLAIN
    },
];

/// Statements of `host NAME { … }` of an ingress.
pub(super) const HOST: &[Definition] = &[Definition { place: Place::IngressHost, ..PATH }];

/// Statements of `secret NAME { … }`.
pub(super) const SECRET: &[Definition] = &[
    Definition {
        keyword: "certificate",
        place: Place::Secret,
        arguments: &[One(Field { name: "file", shape: Shape::File })],
        doc: "The file with the certificate and those that lead to its issuer, in PEM: a path on the \
              node, or, if it is relative, beside this source.",
        example: "certificate \"tls/front.crt\"",
        ..PLAIN
    },
    Definition {
        keyword: "key",
        place: Place::Secret,
        arguments: &[One(Field { name: "file", shape: Shape::File })],
        doc: "The file with its private key, in PEM: a path on the node, or, if it is relative, beside \
              this source. What it holds gets into no artefact.",
        example: "key \"/etc/tls/front.key\"",
        ..PLAIN
    },
];
