//! The statements of `proxy` blocks.

use super::Pattern::{List, Maybe, One};
use super::{Choice, Definition, Field, PLAIN, Place, Shape};

pub(super) const KINDS: &[Choice] = &[
    Choice::compiled("iptables", "What kube-proxy 1.36 programs in iptables mode."),
    Choice::compiled(
        "ipvs",
        "What kube-proxy 1.36 programs in IPVS mode: virtual servers in the kernel, sets of addresses and ports, and few rules.",
    ),
    Choice::compiled(
        "nftables",
        "What kube-proxy 1.36 programs in nftables mode: a table of its own in each family, in which maps lead to services.",
    ),
    Choice::compiled("none", "Services are not programmed."),
    Choice::compiled(
        "userspace",
        "What kube-proxy programs in its oldest mode, which Kubernetes 1.26 removed: rules lead every connection to a program on the node, nginx or HAProxy, which opens one of its own to an endpoint.",
    ),
    Choice::compiled(
        "kernelspace",
        "What kube-proxy programs on Windows: load balancers of the Host Networking Service. Every node must be `os windows`; a Windows node of a cluster with another mode uses it by itself.",
    ),
];

/// The schedulers of the kernel (`net/netfilter/ipvs/ip_vs_*.c`), as ipvsadm(8) tells of them.
const SCHEDULERS: &[Choice] = &[
    Choice::compiled("rr", "Round robin: each in turn."),
    Choice::compiled("wrr", "Weighted round robin: each in turn, as often as its weight says."),
    Choice::compiled("lc", "Least connections."),
    Choice::compiled("wlc", "Weighted least connections: fewest for their weight."),
    Choice::compiled(
        "lblc",
        "Locality-based least connections: the same for one destination, as long as it is not overloaded.",
    ),
    Choice::compiled("lblcr", "The same with replication: a set of endpoints for one destination."),
    Choice::compiled("sh", "Source hashing: the same for one client address."),
    Choice::compiled("dh", "Destination hashing: the same for one destination address."),
    Choice::compiled("sed", "Shortest expected delay, by connections and weight."),
    Choice::compiled("nq", "Never queue: an idle one if there is any, else as `sed`."),
    Choice::compiled(
        "mh",
        "Maglev hashing: the same for one client, and few clients move when endpoints change.",
    ),
    Choice::compiled("fo", "Failover: the one of the highest weight."),
    Choice::compiled(
        "ovf",
        "Overflow: the one of the highest weight, and the next when it has as many connections as its weight says.",
    ),
    Choice::compiled("twos", "The less loaded of two picked at random by weight."),
];

const LAYOUTS: &[Choice] = &[
    Choice::compiled(
        "1.36",
        "As kube-proxy 1.36 has it: a rule with its endpoints for each service.",
    ),
    Choice::compiled("1.35", "As kube-proxy 1.31 to 1.35 have it: a chain for each endpoint."),
    Choice::compiled(
        "flat",
        "netc's own: endpoints are elements of maps, and services share all chains. The time to load it grows with their number, not with its square.",
    ),
];

const ENGINES: &[Choice] = &[
    Choice::compiled("nginx", "nginx with its stream module: TCP and UDP."),
    Choice::compiled("haproxy", "HAProxy: TCP alone."),
];

const FALLBACK: Choice =
    Choice::compiled("fallback", "Pick another endpoint if the one picked has weight 0.");

const PORT: Choice = Choice::compiled("port", "Heed the client's port too.");

const DETECTORS: &[Choice] = &[
    Choice::compiled("cluster-cidr", "Traffic from the cluster's pod network."),
    Choice::compiled("node-cidr", "Traffic from this node's block."),
    Choice::compiled("bridge", "Traffic that comes in by the bridge named after it."),
    Choice::compiled("interface-prefix", "Traffic that comes in by a device whose name begins so."),
    Choice::compiled(
        "none",
        "No traffic is known to be local; none is masqueraded for coming from outside.",
    ),
];

pub(super) const STATEMENTS: &[Definition] = &[
    Definition {
        keyword: "masquerade-all",
        place: Place::Proxy,
        doc: "Masquerades all traffic to service addresses, not only what comes from outside the \
              pod network.",
        example: "masquerade-all",
        ..PLAIN
    },
    Definition {
        keyword: "node-port-addresses",
        place: Place::Proxy,
        arguments: &[List(&[One(Field { name: "address", shape: Shape::PrimaryOrNetwork })])],
        default: Some("every address of the node; with nftables `primary`"),
        doc: "The node's addresses on which node ports answer: `primary` for the first address of \
              each family, or the addresses within the networks. `0.0.0.0/0` is every address. With \
              nftables none answers on 127.0.0.0/8 or ::1.",
        example: "node-port-addresses primary",
        ..PLAIN
    },
    Definition {
        keyword: "localhost-node-ports",
        place: Place::Proxy,
        arguments: &[One(Field { name: "switch", shape: Shape::Switch })],
        default: Some("on"),
        doc: "Whether IPv4 node ports answer on 127.0.0.1 too. Needs route_localnet, which netc \
              sets, with the rule that keeps outsiders from 127.0.0.0/8. Only for iptables.",
        example: "localhost-node-ports off",
        ..PLAIN
    },
    Definition {
        keyword: "detect-local",
        place: Place::Proxy,
        arguments: &[
            One(Field { name: "kind", shape: Shape::Choice(DETECTORS) }),
            Maybe(Field { name: "device", shape: Shape::Device }),
        ],
        default: Some("cluster-cidr"),
        doc: "How traffic of pods is told from traffic of outsiders, which is masqueraded.",
        example: "detect-local bridge cni0",
        ..PLAIN
    },
    Definition {
        keyword: "masquerade-bit",
        place: Place::Proxy,
        arguments: &[One(Field { name: "bit", shape: Shape::Number(0, 31) })],
        default: Some("14"),
        doc: "The bit of the packet mark that asks for masquerading; bit 14 is mark 0x4000.",
        example: "masquerade-bit 14",
        ..PLAIN
    },
    Definition {
        keyword: "random-fully",
        place: Place::Proxy,
        arguments: &[One(Field { name: "switch", shape: Shape::Switch })],
        default: Some("on"),
        doc: "Whether masquerading picks source ports at random (`--random-fully`; `fully-random` \
              with nftables).",
        example: "random-fully off",
        ..PLAIN
    },
    Definition {
        keyword: "naming",
        place: Place::Proxy,
        arguments: &[One(Field {
            name: "scheme",
            shape: Shape::Choice(&[
                Choice::compiled("current", "Chain names as Kubernetes 1.18 and later form them."),
                Choice::compiled(
                    "legacy",
                    "Chain names as Kubernetes 1.17 and earlier form them: a port without a name is hashed with the colon before it.",
                ),
            ]),
        })],
        default: Some("current"),
        doc: "How the names of service chains are formed, and of services in comments. Only for iptables \
              and userspace.",
        example: "naming legacy",
        ..PLAIN
    },
    Definition {
        keyword: "ports",
        place: Place::Proxy,
        arguments: &[One(Field { name: "range", shape: Shape::Ports })],
        default: Some("28000-29999"),
        doc: "The ports on which the program of `proxy userspace` takes connections: each port of a service \
              has one, the same on every node, which netc picks and `netc.lock` records if `proxy-port` \
              does not state it. They are kept apart from `node-ports`. Only for userspace.",
        example: "ports 28000-29999",
        ..PLAIN
    },
    Definition {
        keyword: "engine",
        place: Place::Proxy,
        arguments: &[One(Field { name: "program", shape: Shape::Choice(ENGINES) })],
        default: Some("nginx"),
        doc: "The program that passes connections on. Only for userspace.",
        example: "engine nginx",
        ..PLAIN
    },
    Definition {
        keyword: "layout",
        place: Place::Proxy,
        arguments: &[One(Field { name: "name", shape: Shape::Choice(LAYOUTS) })],
        default: Some("1.36"),
        doc: "How the table of `proxy nftables` is laid out. All layouts do the same with packets. In `1.36` \
              and `1.35` the table is kube-proxy's, chain for chain: take the one of the kube-proxy that \
              the nodes had, or whose chains people and tools expect to see. Take `flat` for thousands of \
              services: with 10,000 of 10 endpoints each it loads in a seventh of the time that netc needs \
              for `1.36`, and in a twentieth of what `nft -f` needs for it at once, and an endpoint more or \
              less is a few elements. Services with session affinity have chains as in \
              `1.36` there too, and so have load balancers with source ranges. Only for nftables.",
        example: "layout flat",
        ..PLAIN
    },
    Definition {
        keyword: "scheduler",
        place: Place::Proxy,
        arguments: &[
            One(Field { name: "name", shape: Shape::Choice(SCHEDULERS) }),
            Maybe(Field { name: "fallback", shape: Shape::Choice(&[FALLBACK]) }),
            Maybe(Field { name: "port", shape: Shape::Choice(&[PORT]) }),
        ],
        default: Some("rr"),
        doc: "How a virtual server picks an endpoint for a connection. `sh` and `mh` take `fallback` \
              (pick another endpoint if the one picked has weight 0) and `port` (heed the client's \
              port too; `mh` always does, as kube-proxy has it). Only for ipvs.",
        example: "scheduler sh fallback port",
        ..PLAIN
    },
    Definition {
        keyword: "strict-arp",
        place: Place::Proxy,
        doc: "Keeps the node from answering ARP for service addresses, by arp_ignore 1 and \
              arp_announce 2 on all its devices. Load balancers that announce addresses \
              themselves need it. Only for ipvs.",
        example: "strict-arp",
        ..PLAIN
    },
    Definition {
        keyword: "fallback",
        place: Place::Proxy,
        arguments: &[One(Field {
            name: "kind",
            shape: Shape::Choice(&[
                Choice::compiled("iptables", "The node is programmed as with `proxy iptables`."),
                Choice::compiled("none", "Applying to such a node is refused."),
            ]),
        })],
        default: Some("iptables"),
        doc: "What becomes of a node whose kernel lacks IPVS, the scheduler or sets. Only for ipvs.",
        example: "fallback none",
        ..PLAIN
    },
    Definition {
        keyword: "strict",
        place: Place::Proxy,
        doc: "Compiles what the Service API promises where kube-proxy's IPVS mode does otherwise: \
              with policy `local` and no local endpoint, a connection is not sent to another node. \
              Only for ipvs.",
        example: "strict",
        ..PLAIN
    },
    Definition {
        keyword: "drain",
        place: Place::Proxy,
        arguments: &[One(Field { name: "time", shape: Shape::Duration(0, 86400) })],
        default: Some("30s"),
        doc: "How long `netc apply` waits for the connections of a TCP endpoint that goes. It gets \
              no new ones in that time. Only for ipvs.",
        example: "drain 2m",
        ..PLAIN
    },
];
