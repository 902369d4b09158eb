//! The statements of `pod-network` blocks.

use super::Pattern::One;
use super::{Choice, Definition, Field, PLAIN, Place, Shape};

pub(super) const KINDS: &[Choice] = &[
    Choice::compiled("bridge", "A bridge on every node; a veth pair joins each pod to it."),
    Choice::compiled("none", "Pods are joined to their node by something else."),
];

pub(super) const STATEMENTS: &[Definition] = &[
    Definition {
        keyword: "name",
        place: Place::PodNetwork,
        arguments: &[One(Field { name: "device", shape: Shape::Device })],
        default: Some("cni0"),
        doc: "The name of the bridge.",
        example: "name docker0",
        ..PLAIN
    },
    Definition {
        keyword: "hairpin",
        place: Place::PodNetwork,
        arguments: &[One(Field { name: "switch", shape: Shape::Switch })],
        default: Some("on"),
        doc: "Whether the bridge sends a packet back to the port it came from. A pod that reaches \
              itself by a service needs it.",
        example: "hairpin off",
        ..PLAIN
    },
];
