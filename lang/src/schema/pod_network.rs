//! The statements of `pod-network` blocks.

use super::Pattern::{Maybe, One, Tagged};
use super::{Braces, Choice, Definition, Field, PLAIN, Place, Shape};

pub(super) const KINDS: &[Choice] = &[
    Choice::compiled(
        "bridge",
        "CNI's bridge: a bridge on every node; a veth pair joins each pod to it.",
    ),
    Choice::compiled(
        "ptp",
        "CNI's ptp: a veth pair for each pod and a route of the node to it, without a bridge.",
    ),
    Choice::compiled("none", "Pods are joined to their node by something else."),
];

/// The statement itself, in a cluster and in a node.
pub(super) const POD_NETWORK: Definition = Definition {
    keyword: "pod-network",
    arguments: &[One(Field { name: "kind", shape: Shape::Choice(KINDS) })],
    braces: Braces::Optional(Place::PodNetwork),
    ..PLAIN
};

const SWITCH: Field = Field { name: "switch", shape: Shape::Switch };
const ADDRESS: Field = Field { name: "address", shape: Shape::Address };

pub(super) const STATEMENTS: &[Definition] = &[
    Definition {
        keyword: "name",
        place: Place::PodNetwork,
        arguments: &[One(Field { name: "device", shape: Shape::Device })],
        default: Some("cni0"),
        doc: "The name of the bridge. Only for bridge.",
        example: "name docker0",
        ..PLAIN
    },
    Definition {
        keyword: "network",
        place: Place::PodNetwork,
        arguments: &[One(Field { name: "name", shape: Shape::CniName })],
        default: Some("the cluster's name"),
        doc: "The `name` of the CNI configuration. Chains for single pods are named after it, and \
              their comments have it.",
        example: "network rkt.kubernetes.io",
        ..PLAIN
    },
    Definition {
        keyword: "mtu",
        place: Place::PodNetwork,
        arguments: &[One(Field { name: "bytes", shape: Shape::Number(576, 65535) })],
        default: Some("the largest that fits through the overlay"),
        doc: "The MTU of the bridge and of the pods, in bytes.",
        example: "mtu 1460",
        ..PLAIN
    },
    Definition {
        keyword: "gateway",
        place: Place::PodNetwork,
        arguments: &[Maybe(SWITCH)],
        default: Some("on"),
        doc: "Whether the bridge has the gateway's address (CNI's `isGateway`). Without it something \
              else on the bridge has it, or pods reach one another only. Only for bridge.",
        example: "gateway off",
        ..PLAIN
    },
    Definition {
        keyword: "default-gateway",
        place: Place::PodNetwork,
        arguments: &[Maybe(SWITCH)],
        default: Some("on, with `gateway off` off"),
        doc: "Whether pods have a default route by the gateway (CNI's `isDefaultGateway`).",
        example: "default-gateway off",
        ..PLAIN
    },
    Definition {
        keyword: "masquerade",
        place: Place::PodNetwork,
        arguments: &[Maybe(Field {
            name: "form",
            shape: Shape::Choice(&[Choice::compiled(
                "legacy",
                "The rule that leads there asks for the whole block instead of the pod's address, as \
                 plugins before 0.6 have it.",
            )]),
        })],
        default: Some("no chains: the overlay masquerades, or nobody does"),
        doc: "What a pod sends to where its block does not reach takes the node's address, by a chain \
              of its own (CNI's `ipMasq`). Pods of other nodes are beyond the block too: with an \
              overlay let that one masquerade.",
        example: "masquerade",
        ..PLAIN
    },
    Definition {
        keyword: "hairpin",
        place: Place::PodNetwork,
        arguments: &[Maybe(SWITCH)],
        default: Some("on, with `promiscuous` off"),
        doc: "Whether the bridge sends a packet back to the port it came from. A pod that reaches \
              itself by a service needs it. Only for bridge.",
        example: "hairpin off",
        ..PLAIN
    },
    Definition {
        keyword: "promiscuous",
        place: Place::PodNetwork,
        doc: "The bridge takes every frame, whoever it is for (CNI's `promiscMode`): an older way for a \
              pod to reach itself by a service. Not with `hairpin on`. Only for bridge.",
        example: "promiscuous",
        ..PLAIN
    },
    Definition {
        keyword: "isolate",
        place: Place::PodNetwork,
        doc: "Pods of one node do not reach one another, only the node and what is beyond it (CNI's \
              `portIsolation`). Where bridged packets pass iptables, as the proxy has it, they do not by \
              a service or a host port either. Only for bridge.",
        example: "isolate",
        ..PLAIN
    },
    Definition {
        keyword: "vlan",
        place: Place::PodNetwork,
        arguments: &[One(Field { name: "number", shape: Shape::Number(1, 4094) })],
        default: Some("no vlan"),
        doc: "The vlan of the pods and of their gateway within the bridge (CNI's `vlan`). The gateway's \
              address is on a device of its own then, `cni0.10`, which is joined to the bridge. Only \
              for bridge.",
        example: "vlan 10",
        ..PLAIN
    },
    Definition {
        keyword: "host-local",
        place: Place::PodNetwork,
        braces: Braces::Required(Place::HostLocal),
        doc: "Which addresses of the node's block pods get, and what their routes are, as CNI's \
              host-local has it. Pods without an `ip` get the first free address of the first range, \
              in the order of their names; what the lock records stays.",
        example: "host-local { range 10.1.0.10-10.1.0.50 }",
        ..PLAIN
    },
    Definition {
        keyword: "port-map",
        place: Place::PodNetwork,
        braces: Braces::Optional(Place::PortMap),
        doc: "How `host-port` of pods is brought about, as CNI's portmap has it. Without the statement \
              host ports are made all the same, with these defaults.",
        example: "port-map { snat off }",
        ..PLAIN
    },
    Definition {
        keyword: "emit",
        place: Place::PodNetwork,
        arguments: &[One(Field {
            name: "what",
            shape: Shape::Choice(&[Choice::compiled(
                "cni",
                "The file `10-NETWORK.conflist`, for /etc/cni/net.d of the node.",
            )]),
        })],
        doc: "What `netc build` writes for each node beside what netc itself uses: the CNI configuration \
              with which a container runtime would make this pod network.",
        example: "emit cni",
        ..PLAIN
    },
];

pub(super) const HOST_LOCAL: &[Definition] = &[
    Definition {
        keyword: "range",
        place: Place::HostLocal,
        arguments: &[One(Field { name: "range", shape: Shape::AddressRange })],
        repeats: true,
        default: Some("the whole block"),
        doc: "The first and the last address that pods get, within the node's block. Where there are \
              several ranges of a family, they are used up one after the other.",
        example: "range 10.1.0.10-10.1.0.50",
        ..PLAIN
    },
    Definition {
        keyword: "gateway",
        place: Place::HostLocal,
        arguments: &[One(ADDRESS)],
        repeats: true,
        default: Some("the first address of the block"),
        doc: "The address of the gateway within the node's block, one for each family. No pod gets it.",
        example: "gateway 10.1.0.254",
        ..PLAIN
    },
    Definition {
        keyword: "route",
        place: Place::HostLocal,
        arguments: &[
            One(Field { name: "network", shape: Shape::Network }),
            Tagged("via", &[One(ADDRESS)]),
        ],
        repeats: true,
        doc: "A route that pods have, by the gateway or by another address of the block.",
        example: "route 10.96.0.0/12 via 10.1.0.9",
        ..PLAIN
    },
];

pub(super) const PORT_MAP: &[Definition] = &[
    Definition {
        keyword: "snat",
        place: Place::PortMap,
        arguments: &[One(SWITCH)],
        default: Some("on"),
        doc: "Whether what comes from the node itself or from a pod of the same block to a host port \
              takes the node's address. Without it neither reaches one: answers go astray.",
        example: "snat off",
        ..PLAIN
    },
    Definition {
        keyword: "masquerade-all",
        place: Place::PortMap,
        doc: "Everything that comes to a host port takes the node's address, so pods never see who \
              connects (CNI's `masqAll`, plugins 1.6 and later).",
        example: "masquerade-all",
        ..PLAIN
    },
    Definition {
        keyword: "mark-bit",
        place: Place::PortMap,
        arguments: &[One(Field { name: "bit", shape: Shape::Number(0, 31) })],
        default: Some("13"),
        doc: "The bit of the packet mark that asks for masquerading; bit 13 is mark 0x2000. Nothing \
              else on the node may use it.",
        example: "mark-bit 13",
        ..PLAIN
    },
];
