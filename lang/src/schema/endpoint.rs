//! The statements of `endpoint` blocks: the conditions and hints of an EndpointSlice.

use super::Pattern::{List, One};
use super::{Definition, Field, PLAIN, Place, Shape};

pub(super) const STATEMENTS: &[Definition] = &[
    Definition {
        keyword: "ready",
        place: Place::Endpoint,
        arguments: &[One(Field { name: "switch", shape: Shape::Switch })],
        default: Some("on, or off if it is `terminating`"),
        doc: "Whether the endpoint takes new connections.",
        example: "ready off",
        ..PLAIN
    },
    Definition {
        keyword: "serving",
        place: Place::Endpoint,
        arguments: &[One(Field { name: "switch", shape: Shape::Switch })],
        default: Some("on"),
        doc: "Whether it would, were it not being shut down. A service without any ready endpoint \
              uses those that are serving and terminating.",
        example: "serving off",
        ..PLAIN
    },
    Definition {
        keyword: "terminating",
        place: Place::Endpoint,
        doc: "The endpoint is being shut down.",
        example: "terminating",
        ..PLAIN
    },
    Definition {
        keyword: "for-zones",
        place: Place::Endpoint,
        arguments: &[List(&[One(Field { name: "zone", shape: Shape::Zone })])],
        doc: "The endpoint is meant for clients in these zones. Hints count only if every ready \
              endpoint of the service has some, and one names the client's zone.",
        example: "for-zones zone-a",
        ..PLAIN
    },
    Definition {
        keyword: "for-nodes",
        place: Place::Endpoint,
        arguments: &[List(&[One(Field { name: "node", shape: Shape::NodeName })])],
        doc: "The endpoint is meant for clients on these nodes. Hints count only if every ready \
              endpoint of the service has some, and one names the client's node.",
        example: "for-nodes node0",
        ..PLAIN
    },
];
