//! Docker on its nodes: names of networks and containers become what they stand for.

use super::{Nodes, report_duplicates};
use crate::model::declare::{ContainerDecl, DockerDecl, Mode, NetworkDecl};
use crate::model::stated::Form;
use crate::model::{ContainerPlace, Family, NodeId, fault, natural};
use netc_lang::{Diagnostic, Spanned};
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

/// Docker's own first network.
pub(crate) const FIRST: &str = "bridge";

/// Docker on a node.
pub(crate) struct BoundDocker {
    pub(crate) node: NodeId,
    pub(crate) stated: DockerDecl,
    /// Where each of the containers is.
    pub(crate) places: Vec<ContainerPlace>,
}

/// Finds the nodes and binds all names; in the order of the nodes.
pub(super) fn bind(
    stated: Vec<DockerDecl>,
    nodes: &Nodes,
    faults: &mut Vec<Diagnostic>,
) -> Vec<BoundDocker> {
    let homes = homes(&stated);
    let mut all: BTreeMap<NodeId, BoundDocker> = BTreeMap::new();
    for mut stated in stated {
        let Some(node) = nodes.find(&stated.node, Form::Netc, faults) else { continue };
        if let Some(earlier) = all.get(&node) {
            let first = earlier.stated.span;
            faults.push(fault::docker_twice(&stated.node.value, stated.span, first));
            continue;
        }
        stated.networks.sort_by(|a, b| {
            let rank = |network: &NetworkDecl| network.name.value != FIRST;
            rank(a).cmp(&rank(b)).then_with(|| natural::compare(&a.name.value, &b.name.value))
        });
        stated.containers.sort_by(|a, b| natural::compare(&a.name.value, &b.name.value));
        let names = stated.networks.iter().map(|one| (&one.name.value, one.span));
        report_duplicates("network", names, faults);
        let names = stated.containers.iter().map(|one| (&one.name.value, one.span));
        report_duplicates("container", names, faults);
        for network in &stated.networks {
            if ["host", "none", "container"].contains(&network.name.value.as_str()) {
                faults.push(fault::network_named_as_mode(&network.name));
            }
        }
        let binder = Binder { docker: &stated, homes: &homes };
        let places: Vec<ContainerPlace> =
            stated.containers.iter().map(|one| binder.place(one, faults)).collect();
        for (container, place) in stated.containers.iter_mut().zip(&places) {
            if let ContainerPlace::Network(place) = place {
                let address = stated.networks.get(*place).and_then(published_at);
                for published in &mut container.published {
                    published.address = published.address.or(address);
                }
            }
        }
        all.insert(node, BoundDocker { node, stated, places });
    }
    all.into_values().collect()
}

/// The address at which a network's ports are published that name none.
fn published_at(network: &NetworkDecl) -> Option<IpAddr> {
    let address = network.bind?.value;
    // 0.0.0.0 stands for both families here. One that cannot be is reported where it is stated.
    let any = address.is_ipv4() && address.is_unspecified();
    (!any && network.translates(Family::of(address))).then_some(address)
}

/// For each name of a container a node that has one.
fn homes(stated: &[DockerDecl]) -> BTreeMap<String, String> {
    let containers = stated.iter().flat_map(|docker| {
        docker.containers.iter().map(|one| (one.name.value.clone(), docker.node.value.clone()))
    });
    containers.collect()
}

struct Binder<'b> {
    docker: &'b DockerDecl,
    homes: &'b BTreeMap<String, String>,
}

impl Binder<'_> {
    fn place(&self, container: &ContainerDecl, faults: &mut Vec<Diagnostic>) -> ContainerPlace {
        let at = container.mode.span;
        match &container.mode.value {
            Mode::Host => ContainerPlace::Host,
            Mode::None => ContainerPlace::Isolated,
            Mode::Network(name) => {
                let networks = &self.docker.networks;
                match networks.iter().position(|network| network.name.value == *name) {
                    Some(place) => ContainerPlace::Network(place),
                    None => {
                        let known = networks.iter().map(|network| network.name.value.as_str());
                        let node = &self.docker.node.value;
                        faults.push(fault::unknown_network(name, node, at, known));
                        ContainerPlace::Isolated
                    }
                }
            }
            Mode::Container(name) => {
                faults.extend(self.cannot_share(container, &Spanned::new(name.as_str(), at)));
                self.owner(name).map_or(ContainerPlace::Isolated, ContainerPlace::Shared)
            }
        }
    }

    fn find(&self, name: &str) -> Option<&ContainerDecl> {
        self.docker.containers.iter().find(|container| container.name.value == name)
    }

    /// The place of the container that owns the namespace of this one; none if there is a circle.
    fn owner(&self, name: &str) -> Option<usize> {
        let containers = &self.docker.containers;
        let mut name = name.to_owned();
        // No way is longer than there are containers.
        for _ in containers {
            let place = containers.iter().position(|one| one.name.value == name)?;
            match containers.get(place).map(|one| &one.mode.value) {
                Some(Mode::Container(next)) => name.clone_from(next),
                _ => return Some(place),
            }
        }
        None
    }

    /// Why a container cannot be in the namespace of another one.
    fn cannot_share(&self, own: &ContainerDecl, other: &Spanned<&str>) -> Option<Diagnostic> {
        if other.value == own.name.value {
            return Some(fault::shares_with_itself(&own.name.value, other.span));
        }
        if self.find(other.value).is_none() {
            let known = self.docker.containers.iter().map(|one| one.name.value.as_str());
            let known = known.filter(|name| *name != own.name.value);
            let home = self.homes.get(other.value).map(String::as_str);
            let node = &self.docker.node.value;
            return Some(fault::unknown_container(other, node, home, known));
        }
        // Whoever is followed once more closes a circle; the first one by name reports it.
        let mut way = BTreeSet::from([own.name.value.as_str()]);
        let mut next = other.value;
        while let Mode::Container(name) = &self.find(next)?.mode.value {
            if !way.insert(next) {
                return None;
            }
            next = name;
            if next == own.name.value {
                let first = way.iter().next() == Some(&next);
                let names: Vec<&str> = way.into_iter().collect();
                return first.then(|| fault::share_in_a_circle(&names, other.span));
            }
        }
        None
    }
}
