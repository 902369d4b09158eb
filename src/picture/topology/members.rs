//! Pods, containers, namespaces: what is on the nodes, and what of it is shown as one.

use super::Chip;
use super::names::stem;
use crate::model::{Cluster, ContainerPlace, Docker, NodeId, Pod, Primitives, Published};
use crate::picture::Detail;
use netc_lang::{Sources, Span};
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

/// Where a member is on its node. The order is the order in which groups are drawn.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Place {
    /// Among the node's pods.
    Pods,
    /// In the node's own namespace.
    Host,
    /// In this network of Docker.
    Docker(usize),
    /// A container in a namespace without a device.
    Isolated,
    /// On this bridge of the primitives.
    Bridge(usize),
    /// In a namespace that is on no bridge.
    Namespaces,
}

/// A pod, container, namespace, or another endpoint.
pub(super) struct Member {
    /// The node; none if it is on no node of the cluster.
    pub(super) node: Option<NodeId>,
    pub(super) place: Place,
    /// Its name, as short as it may be.
    name: String,
    /// What it is and its whole name: `pod shop/web-0`.
    head: String,
    pub(super) addresses: Vec<IpAddr>,
    /// Published ports, and what else is to be said.
    remarks: Vec<String>,
    idle: bool,
    pub(super) span: Span,
    origin: String,
    pub(super) services: BTreeSet<usize>,
}

/// A group of a node holds at most so many chips, if not all are asked for.
const CHIPS: usize = 12;

/// If a group has more members than these, or the cluster more than those, replicas are one chip.
const MEMBERS: (usize, usize) = (8, 60);

/// What is on the nodes.
pub(super) fn all(cluster: &Cluster, sources: &Sources) -> Vec<Member> {
    let mut all: Vec<Member> = cluster.pods.iter().map(|pod| of_pod(pod, sources)).collect();
    for (node, id) in cluster.nodes.iter().zip((0..).map(NodeId)) {
        if let Some(docker) = &node.docker {
            of_docker(docker, id, sources, &mut all);
        }
        if let Some(own) = &node.primitives {
            of_primitives(own, id, sources, &mut all);
        }
    }
    all
}

fn of_pod(pod: &Pod, sources: &Sources) -> Member {
    let name = match pod.name.namespace.as_str() {
        "default" => pod.name.name.clone(),
        _ => pod.name.to_string(),
    };
    let state = [(!pod.state.ready, "not ready"), (pod.state.terminating, "terminating")];
    let state = state.into_iter().filter(|(holds, _)| *holds).map(|(_, word)| word.to_owned());
    Member {
        node: pod.node,
        place: if pod.state.host_network { Place::Host } else { Place::Pods },
        name,
        head: format!("pod {}", pod.name),
        addresses: pod.addresses.values().copied().collect(),
        remarks: state.chain(pod.template.mappings.iter().map(published)).collect(),
        idle: !pod.state.ready || pod.state.terminating,
        span: pod.span,
        origin: sources.locate(pod.span),
        services: BTreeSet::new(),
    }
}

fn of_docker(docker: &Docker, node: NodeId, sources: &Sources, all: &mut Vec<Member>) {
    for container in &docker.containers {
        let owner = match container.place {
            ContainerPlace::Shared(place) => docker.containers.get(place),
            _ => None,
        };
        let shares = owner.map(|owner| format!("in the namespace of {}", owner.name));
        let place = match owner.unwrap_or(container).place {
            ContainerPlace::Network(network) => Place::Docker(network),
            ContainerPlace::Host => Place::Host,
            _ => Place::Isolated,
        };
        all.push(Member {
            node: Some(node),
            place,
            name: container.name.clone(),
            head: format!("container {}", container.name),
            addresses: container.addresses.values().copied().collect(),
            remarks: shares.into_iter().chain(container.published.iter().map(published)).collect(),
            idle: false,
            span: container.span,
            origin: sources.locate(container.span),
            services: BTreeSet::new(),
        });
    }
}

fn of_primitives(own: &Primitives, node: NodeId, sources: &Sources, all: &mut Vec<Member>) {
    for name in &own.namespaces {
        let within = |netns: &Option<String>| netns.as_deref() == Some(name.value.as_str());
        let addresses = own.addresses.iter().filter(|one| within(&one.on.value.netns));
        // The bridge that the other end of one of its pairs is a port of.
        let bridge = own.bridges.iter().position(|bridge| {
            let joined = own.pairs.iter().any(|pair| {
                let [(one, _), (other, _)] = &pair.ends;
                [(one, other), (other, one)].into_iter().any(|(inner, outer)| {
                    within(&inner.value.netns)
                        && outer.value.netns == bridge.at.value.netns
                        && bridge.ports.iter().any(|port| port.device.value == outer.value.name)
                })
            });
            joined && bridge.at.value.netns.is_none()
        });
        all.push(Member {
            node: Some(node),
            place: bridge.map_or(Place::Namespaces, Place::Bridge),
            name: name.value.clone(),
            head: format!("namespace {}", name.value),
            addresses: addresses.map(|one| one.address.addr()).collect(),
            remarks: Vec::new(),
            idle: false,
            span: name.span,
            origin: sources.locate(name.span),
            services: BTreeSet::new(),
        });
    }
}

impl Member {
    /// An endpoint that is no pod: a port of a node, or something outside of the cluster.
    pub(super) fn endpoint(
        address: IpAddr,
        node: Option<NodeId>,
        at: Span,
        sources: &Sources,
    ) -> Member {
        Member {
            node,
            place: Place::Host,
            name: if node.is_some() { "the node itself".into() } else { address.to_string() },
            head: format!("endpoint {address}"),
            addresses: vec![address],
            remarks: Vec::new(),
            idle: false,
            span: at,
            origin: sources.locate(at),
            services: BTreeSet::new(),
        }
    }

    /// What else is said of it.
    fn detail(&self) -> String {
        let addresses = self.addresses.iter().map(ToString::to_string);
        // A thing that has no name but its address.
        let addresses = addresses.filter(|address| *address != self.name);
        let all: Vec<String> = addresses.chain(self.remarks.iter().cloned()).collect();
        all.join(", ")
    }

    fn note(&self) -> String {
        let Member { head, origin, .. } = self;
        let detail = self.detail();
        let parts = [head.clone(), detail, format!("({origin})")];
        let parts: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        parts.join("  ")
    }

    fn chip(&self) -> Chip {
        Chip {
            name: self.name.clone(),
            detail: self.detail(),
            count: 1,
            idle: self.idle,
            services: self.services.iter().copied().collect(),
            note: self.note(),
        }
    }
}

/// The chips of each group of a node.
pub(super) type Groups = BTreeMap<(NodeId, Place), Vec<Chip>>;

/// The members as chips: those of the nodes, and those that are on none.
pub(super) fn chips(members: Vec<Member>, detail: Detail) -> (Groups, Vec<Chip>) {
    let total = members.len();
    let mut groups: BTreeMap<(Option<NodeId>, Place), Vec<Member>> = BTreeMap::new();
    for member in members {
        // What is on no node is in one group, whatever it is.
        let place = if member.node.is_some() { member.place.clone() } else { Place::Pods };
        groups.entry((member.node, place)).or_default().push(member);
    }
    let most = groups.values().map(Vec::len).max().unwrap_or(0);
    let fold = detail == Detail::Folded && (most > MEMBERS.0 || total > MEMBERS.1);
    let mut outside = Vec::new();
    let mut own = Groups::new();
    for ((node, place), members) in groups {
        let chips =
            if fold { folded(&members) } else { members.iter().map(Member::chip).collect() };
        match node {
            Some(node) => drop(own.insert((node, place), chips)),
            None => outside = chips,
        }
    }
    (own, outside)
}

/// Replicas as one chip, in the order of their first ones; what is too much is counted.
fn folded(members: &[Member]) -> Vec<Chip> {
    let mut kinds: Vec<(Chip, &Member, Vec<&Member>)> = Vec::new();
    let mut places = BTreeMap::new();
    for member in members {
        let key = (stem(&member.name), member.idle, &member.services);
        let place = *places.entry(key).or_insert(kinds.len());
        match kinds.get_mut(place) {
            Some((_, _, all)) => all.push(member),
            None => kinds.push((member.chip(), member, vec![member])),
        }
    }
    let rest = if kinds.len() > CHIPS { kinds.split_off(CHIPS - 1) } else { Vec::new() };
    let mut chips: Vec<Chip> =
        kinds.into_iter().map(|(chip, first, all)| many(chip, stem(&first.name), &all)).collect();
    if !rest.is_empty() {
        let all: Vec<&Member> = rest.into_iter().flat_map(|(_, _, all)| all).collect();
        let services: BTreeSet<usize> =
            all.iter().flat_map(|one| one.services.iter().copied()).collect();
        chips.push(Chip {
            name: format!("{} more", all.len()),
            detail: String::new(),
            count: 1,
            idle: false,
            services: services.into_iter().collect(),
            note: notes(&all),
        });
    }
    chips
}

/// One chip for all of these.
fn many(chip: Chip, stem: &str, all: &[&Member]) -> Chip {
    if all.len() == 1 {
        return chip;
    }
    Chip {
        name: stem.to_owned(),
        detail: String::new(),
        count: all.len(),
        note: notes(all),
        ..chip
    }
}

/// So many members are named in a note.
const NAMED: usize = 10;

fn notes(all: &[&Member]) -> String {
    let mut lines: Vec<String> = all.iter().take(NAMED).map(|one| one.note()).collect();
    if let Some(more @ 1..) = all.len().checked_sub(NAMED) {
        lines.push(format!("and {more} more"));
    }
    lines.join("\n")
}

/// A published port, as `docker port` has it: `:8080 → 80/tcp`.
fn published(one: &Published) -> String {
    let address = one.address.map(|address| match address {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => format!("[{address}]"),
    });
    format!("{}:{} → {}", address.unwrap_or_default(), one.port, one.target)
}
