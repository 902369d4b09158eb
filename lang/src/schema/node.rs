//! The statements of `node` blocks.

use super::Pattern::{List, Maybe, One, Tagged};
use super::{Braces, Choice, Definition, Field, PLAIN, Place, Shape};

const SYSTEMS: &[Choice] = &[
    Choice::compiled("linux", "netc compiles it, and `netc apply` makes it so."),
    Choice::compiled(
        "windows",
        "netc compiles what its Host Networking Service is to hold, into `hns.json`; it programs no such node itself.",
    ),
];

const NETWORKS: &[Choice] = &[
    Choice::compiled("l2bridge", "Pods are on the nodes' own network, behind a bridge."),
    Choice::compiled("overlay", "Packets of pods travel within packets of vxlan."),
];

pub(super) const STATEMENTS: &[Definition] = &[
    Definition {
        keyword: "address",
        place: Place::Node,
        arguments: &[
            List(&[One(Field { name: "address", shape: Shape::Interface })]),
            Tagged("on", &[One(Field { name: "device", shape: Shape::Device })]),
        ],
        repeats: true,
        doc: "Addresses of the node's own, and the device that has them. The other nodes know it by \
              the first of each family; an overlay needs the device of that one. netc does not make \
              them: they must be there. With a prefix length the node's network is known, and is \
              kept apart from the cluster's.",
        example: "address 192.168.80.241/24 on ens33",
        ..PLAIN
    },
    Definition {
        keyword: "pods",
        place: Place::Node,
        arguments: &[List(&[One(Field { name: "network", shape: Shape::Network })])],
        default: Some(
            "the lowest free block of the cluster's pod network, in the order of node names",
        ),
        doc: "The node's block of the pod network, one for each family.",
        example: "pods 10.244.7.0/24",
        ..PLAIN
    },
    Definition {
        keyword: "mtu",
        place: Place::Node,
        arguments: &[One(Field { name: "bytes", shape: Shape::Number(576, 65535) })],
        default: Some("1500"),
        doc: "The MTU of the node's device, in bytes. netc does not set it, but computes with it.",
        example: "mtu 9000",
        ..PLAIN
    },
    Definition {
        keyword: "zone",
        place: Place::Node,
        arguments: &[One(Field { name: "zone", shape: Shape::Zone })],
        doc: "The node's zone (`topology.kubernetes.io/zone`). Services can prefer endpoints of the \
              client's zone.",
        example: "zone zone-b",
        ..PLAIN
    },
    Definition {
        keyword: "cores",
        place: Place::Node,
        arguments: &[One(Field { name: "number", shape: Shape::Number(1, 65536) })],
        doc: "The number of the node's processors. The table of connections gets room for 32768 for \
              each, and for 131072 at least, as kube-proxy has it.",
        example: "cores 8",
        ..PLAIN
    },
    Definition {
        keyword: "kernel",
        place: Place::Node,
        arguments: &[One(Field { name: "version", shape: Shape::Version })],
        default: Some("what the node says of itself; 5.9 or newer where it is not asked"),
        doc: "The version of the node's kernel, major and minor. `proxy ipvs` turns off the reuse of \
              connections (conn_reuse_mode) on kernels from 4.1 up to 5.8, as kube-proxy does.",
        example: "kernel 5.4",
        ..PLAIN
    },
    Definition {
        keyword: "os",
        place: Place::Node,
        arguments: &[One(Field { name: "system", shape: Shape::Choice(SYSTEMS) })],
        default: Some("linux"),
        doc: "What the node runs. The other nodes route to a Windows node as to any other; services on \
              it are those of kube-proxy's kernelspace mode, whatever the mode of the Linux nodes.",
        example: "os windows",
        ..PLAIN
    },
    Definition {
        keyword: "kernelspace",
        place: Place::Node,
        braces: Braces::Required(Place::NodeKernelspace),
        doc: "The settings of kube-proxy's kernelspace mode on this Windows node. They stand with the \
              node and nowhere else: its network and its source address are its own.",
        example: "kernelspace { network cbr0 l2bridge; dsr }",
        ..PLAIN
    },
    Definition {
        keyword: "gateway",
        place: Place::Node,
        arguments: &[List(&[One(Field { name: "gateway", shape: Shape::NoneOrAddress })])],
        default: Some("some router: a default route by the node's first address of each family"),
        doc: "The router by which the node reaches whatever is in none of its networks, one for each family, \
              or `none`: then it has no default route. netc does not make that route; `netc trace` and \
              `assert` go by it.",
        example: "gateway 192.168.80.2",
        ..PLAIN
    },
    Definition {
        keyword: "vtep",
        place: Place::Node,
        arguments: &[List(&[One(Field { name: "mac", shape: Shape::Mac })])],
        default: Some("made from the names of cluster and node"),
        doc: "The Ethernet address of the node's vxlan device, the IPv4 one first. The other nodes \
              send to it.",
        example: "vtep c6:d2:32:6f:8f:44",
        ..PLAIN
    },
    Definition {
        keyword: "wireguard",
        place: Place::Node,
        braces: Braces::Required(Place::NodeWireguard),
        doc: "The node's keys for `overlay wireguard`. The public one is known to all nodes; the private one \
              never leaves the node.",
        example: "wireguard { public-key \"HIgo9xNzJMWLKASShiTqIybxZ0U3wGLiUeJ1PKf8ykw=\"; private-key-file \"/etc/netc/wireguard.key\" }",
        ..PLAIN
    },
    Definition {
        place: Place::Node,
        default: Some("the cluster's"),
        doc: "How the pods of this node are joined to it, in place of the cluster's whole `pod-network`.",
        example: "pod-network ptp",
        ..super::pod_network::POD_NETWORK
    },
];

pub(super) const WIREGUARD: &[Definition] = &[
    Definition {
        keyword: "public-key",
        place: Place::NodeWireguard,
        arguments: &[One(Field { name: "key", shape: Shape::PublicKey })],
        doc: "The node's public key, as `wg pubkey` prints it. Must be stated.",
        example: "public-key \"HIgo9xNzJMWLKASShiTqIybxZ0U3wGLiUeJ1PKf8ykw=\"",
        ..PLAIN
    },
    Definition {
        keyword: "private-key-file",
        place: Place::NodeWireguard,
        arguments: &[One(Field { name: "path", shape: Shape::KeyFile })],
        default: Some("`/etc/netc/wireguard.key`"),
        doc: "The file on the node that holds its private key, as `wg genkey` prints it. It is read when the \
              device is made, and must belong to the public key; nobody but its owner may read it.",
        example: "private-key-file \"/etc/netc/wireguard.key\"",
        ..PLAIN
    },
];

pub(super) const KERNELSPACE: &[Definition] = &[
    Definition {
        keyword: "network",
        place: Place::NodeKernelspace,
        arguments: &[
            One(Field { name: "name", shape: Shape::Device }),
            Maybe(Field { name: "kind", shape: Shape::Choice(NETWORKS) }),
        ],
        default: Some(
            "as flannel names them: `flannel.4096 overlay` with `overlay vxlan { vni 4096 }`, else `cbr0 l2bridge`",
        ),
        doc: "The HNS network of the node's pods, by its name (`--network-name`), and its kind.",
        example: "network cbr0 l2bridge",
        ..PLAIN
    },
    Definition {
        keyword: "source-vip",
        place: Place::NodeKernelspace,
        arguments: &[One(Field { name: "address", shape: Shape::Address })],
        doc: "The address by which connections to services leave the node in an overlay \
              (`--source-vip`): one of the node's block that no pod has. Must be stated for a network of \
              kind `overlay`.",
        example: "source-vip 10.244.2.2",
        ..PLAIN
    },
    Definition {
        keyword: "dsr",
        place: Place::NodeKernelspace,
        doc: "Answers of services go straight to their clients (direct server return, `--enable-dsr`). \
              Without it only what has `external-traffic local` is answered so, on its way from outside.",
        example: "dsr",
        ..PLAIN
    },
];
