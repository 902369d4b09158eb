//! The statements of `load-balancers` blocks.

use super::Pattern::{List, One, Tagged};
use super::{Choice, Definition, Field, PLAIN, Place, Shape};

const WAYS: &[Choice] = &[
    Choice::compiled(
        "arp",
        "One node has each address, and says so on its segment: gratuitous ARP, and unsolicited neighbour advertisements for IPv6.",
    ),
    Choice::compiled(
        "bgp",
        "The nodes tell their routers, by `bgp`. Routers know no ports: what comes for one that no service has goes back to them, and round until its TTL ends, as with kube-proxy, unless the nodes refuse it (examples/bgp does).",
    ),
    Choice::compiled("none", "Something else brings what is sent there to the nodes."),
];

/// Nodes by name.
pub(super) const ON: Definition = Definition {
    keyword: "on",
    arguments: &[List(&[One(Field { name: "node", shape: Shape::NodeName })])],
    default: Some("all nodes"),
    ..PLAIN
};

pub(super) const STATEMENTS: &[Definition] = &[
    Definition {
        keyword: "announce",
        place: Place::LoadBalancers,
        arguments: &[
            One(Field { name: "way", shape: Shape::Choice(WAYS) }),
            Tagged("on", &[One(Field { name: "device", shape: Shape::Device })]),
        ],
        default: Some("arp"),
        doc: "How others find the addresses. With `arp` each is on a device of one node: of all \
              nodes that have an address in its network, on the stated device if there is one, \
              and of those with ready endpoints if the service has `external-traffic local`. Which \
              one follows from the names and stays while that node is among them. The node begins no \
              connection of its own from such an address.",
        example: "announce arp on eth0",
        ..PLAIN
    },
    Definition {
        place: Place::LoadBalancers,
        doc: "The nodes that may announce addresses.",
        example: "on node0, node1",
        ..ON
    },
];
