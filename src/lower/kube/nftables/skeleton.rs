//! The chains that all services share (`setupNFTables`).

use super::sets::Which;
use super::{MARK, REJECT, View};
use crate::lower::kube::node_ports::loopback;
use crate::model::Family;
use crate::object::{Aside, Base, Condition, NftChain, Portal, Statement};
use ipnet::IpNet;

/// Where packets come in. What is dropped before its destination is translated is dropped before
/// everything of the nat kind (`dstnat` is -100).
const BASES: [(&str, &str, &str, i32); 8] = [
    ("filter-prerouting-pre-dnat", "filter", "prerouting", -110),
    ("filter-output-pre-dnat", "filter", "output", -110),
    ("filter-input", "filter", "input", 0),
    ("filter-forward", "filter", "forward", 0),
    ("filter-output", "filter", "output", 0),
    ("nat-prerouting", "nat", "prerouting", -100),
    ("nat-output", "nat", "output", -100),
    ("nat-postrouting", "nat", "postrouting", 100),
];

const NODE_PORTS_CHECK: &str = "nodeport-endpoints-check";
const SERVICES_CHECK: &str = "service-endpoints-check";
const FIREWALL: &str = "firewall-check";
const SERVICES: &str = "services";
const MASQUERADING: &str = "masquerading";
const CLUSTER_IPS: &str = "cluster-ips-check";

/// Which chains each base chain jumps to, and whether for the first packet of a connection only.
const JUMPS: [(&str, &str, bool); 11] = [
    ("filter-prerouting-pre-dnat", FIREWALL, true),
    ("filter-output-pre-dnat", FIREWALL, true),
    ("filter-input", NODE_PORTS_CHECK, true),
    ("filter-input", SERVICES_CHECK, true),
    ("filter-forward", SERVICES_CHECK, true),
    ("filter-forward", CLUSTER_IPS, true),
    ("filter-output", SERVICES_CHECK, true),
    ("filter-output", CLUSTER_IPS, true),
    ("nat-prerouting", SERVICES, false),
    ("nat-output", SERVICES, false),
    ("nat-postrouting", MASQUERADING, false),
];

/// The base chains and the chains that they jump to. `networks` are those of service addresses.
pub(super) fn chains(view: &View, networks: &[IpNet]) -> Vec<NftChain> {
    let skeleton = Skeleton { view };
    let mut all: Vec<NftChain> = BASES.into_iter().map(|base| skeleton.base(base)).collect();
    all.push(skeleton.node_ports_check());
    all.push(skeleton.lookup(SERVICES_CHECK, Which::Unserved));
    all.push(skeleton.lookup(FIREWALL, Which::Firewall));
    all.push(skeleton.services());
    all.push(skeleton.masquerading());
    all.push(skeleton.cluster_ips_check(networks));
    if view.older {
        let mark = Statement::SetMark(view.proxy.masquerade_mark);
        all.push(skeleton.chain(MARK, &[(&[], &[mark], &[])]));
    }
    let reject = skeleton.chain(REJECT, &[(&[], &[Statement::Reject], &[])]);
    let comment = "helper for @no-endpoint-services / @no-endpoint-nodeports";
    all.push(NftChain { comment: Aside(Some(comment.into())), ..reject });
    all
}

type Rule<'r> = (&'r [Condition<'r>], &'r [Statement<'r>], &'r [&'r str]);

struct Skeleton<'a> {
    view: &'a View<'a>,
}

impl Skeleton<'_> {
    fn base(&self, (name, kind, hook, priority): (&str, &str, &str, i32)) -> NftChain {
        let origin = self.view.proxy.span;
        let mut chain = NftChain::base(name, Base::new(kind, hook, priority), origin);
        for (_, to, new) in JUMPS.iter().filter(|(from, ..)| *from == name) {
            let condition = if *new { Condition::New } else { Condition::Any };
            chain.rule(self.view.family, &[condition], &[Statement::Jump(to)], &[], origin);
        }
        chain
    }

    fn chain(&self, name: &str, rules: &[Rule]) -> NftChain {
        let origin = self.view.proxy.span;
        let mut chain = NftChain::new(name, origin);
        for (conditions, statements, comment) in rules {
            chain.rule(self.view.family, conditions, statements, comment, origin);
        }
        chain
    }

    /// A chain that does what a map says of an address, protocol and port.
    fn lookup(&self, name: &str, which: Which) -> NftChain {
        self.chain(name, &[(&[], &[Statement::Lookup(Portal::Service, which.name())], &[])])
    }

    /// Traffic to node ports that are not served. It is in the input hook: for the node it is.
    fn node_ports_check(&self) -> NftChain {
        let [_, to] = self.node_ports();
        let lookup = Statement::Lookup(Portal::NodePort, Which::UnservedNodePorts.name());
        self.chain(NODE_PORTS_CHECK, &[(&[to.condition()], &[lookup], &[])])
    }

    /// Traffic to services, while its destination is translated.
    fn services(&self) -> NftChain {
        let view = self.view;
        let service = Condition::DestinationIn(Which::ClusterIps.name());
        let mut rules: Vec<Rule> = Vec::new();
        let (mark, outsiders);
        // Up to 1.35 the services' own chains do this.
        if !view.older {
            mark = [view.mark()];
            if view.proxy.masquerade_all {
                outsiders = [service, Condition::Any];
                rules.push((&outsiders, &mark, &["masquerade all clusterIP traffic"]));
            } else if let Some(detector) = &view.detector {
                outsiders = [service, detector.condition(false)];
                let comment = &["masquerade clusterIP traffic from outside cluster"];
                rules.push((&outsiders, &mark, comment));
            }
        }
        let lookup = [Statement::Lookup(Portal::Service, Which::Services.name())];
        rules.push((&[], &lookup, &[]));
        let [local, to] = self.node_ports();
        let to_node = [local.condition(), to.condition()];
        let lookup = [Statement::Lookup(Portal::NodePort, Which::NodePorts.name())];
        rules.push((&to_node, &lookup, &[]));
        self.chain(SERVICES, &rules)
    }

    /// What is for a node port: traffic to one of some addresses, or to any of the node's but
    /// those of loopback, which no other node could answer from.
    fn node_ports(&self) -> [To; 2] {
        if self.view.node_ports.is_some() {
            return [To::Anywhere, To::Set];
        }
        let own = match self.view.family {
            Family::V4 => loopback(),
            Family::V6 => IpNet::from(self.view.family.address(1)),
        };
        [To::Local, To::AnyBut(own)]
    }

    fn masquerading(&self) -> NftChain {
        let view = self.view;
        let bit = view.proxy.masquerade_mark;
        let (flip, masquerade) = (Statement::FlipMark(bit), view.masquerade());
        if view.older {
            let unmarked = [Condition::Marked { not: true, bit }];
            let rules: [Rule; 3] = [
                (&unmarked, &[Statement::Return], &[]),
                (&[], &[flip], &[]),
                (&[], &[masquerade], &[]),
            ];
            return self.chain(MASQUERADING, &rules);
        }
        let marked = [Condition::Marked { not: false, bit }];
        let itself = [Condition::Translated, Condition::In(Portal::Flow, Which::Hairpin.name())];
        self.chain(
            MASQUERADING,
            &[(&marked, &[flip, masquerade], &[]), (&itself, &[masquerade], &[])],
        )
    }

    /// Traffic to service addresses that nothing has translated.
    fn cluster_ips_check(&self, networks: &[IpNet]) -> NftChain {
        let known = [Condition::DestinationIn(Which::ClusterIps.name())];
        let unknown = [Condition::Destination { not: false, nets: networks }];
        let all: [Rule; 2] = [
            (&known, &[Statement::Reject], &["Reject traffic to invalid ports of ClusterIPs"]),
            (&unknown, &[Statement::Drop], &["Drop traffic to unallocated ClusterIPs"]),
        ];
        let count = if networks.is_empty() { 1 } else { 2 };
        self.chain(CLUSTER_IPS, all.get(..count).unwrap_or_default())
    }
}

/// Where a packet is to.
#[derive(Clone, Copy)]
enum To {
    Anywhere,
    Local,
    AnyBut(IpNet),
    Set,
}

impl To {
    fn condition(&self) -> Condition<'_> {
        match self {
            To::Anywhere => Condition::Any,
            To::Local => Condition::DestinationLocal,
            To::AnyBut(net) => {
                Condition::Destination { not: true, nets: std::slice::from_ref(net) }
            }
            To::Set => Condition::DestinationIn(Which::NodePortAddresses.name()),
        }
    }
}
