//! Primitives: names that stand for something, and what a kernel would refuse.

mod chains;
mod devices;
mod routing;

use crate::model::bind::{BoundDocker, FIRST_NETWORK, Nodes};
use crate::model::declare::ClusterDecl;
use crate::model::stated::NodeDecl;
use crate::model::{AttachmentKind, NodeId, Primitives, Spot, fault};
use crate::object::SERVICE_DEVICE;
use netc_lang::{Diagnostic, Spanned};
use std::collections::BTreeMap;

/// Reports what cannot be, and finds the devices of routes that name none.
pub(crate) fn check(
    cluster: &ClusterDecl,
    nodes: &Nodes,
    dockers: &[BoundDocker],
    all: &mut BTreeMap<NodeId, Primitives>,
    faults: &mut Vec<Diagnostic>,
) {
    for (id, own) in all {
        let Some(node) = nodes.all.get(id.0 as usize) else { continue };
        let docker = dockers.iter().find(|docker| docker.node == *id);
        let site = Site { cluster, node, docker };
        let before = faults.len();
        devices::check(&site, own, faults);
        // What hangs on an unknown namespace or device would only be told again.
        if faults.len() == before {
            routing::check(&site, own, faults);
        }
        chains::check(own, faults);
    }
}

/// The node, and who else makes something on it.
struct Site<'s> {
    cluster: &'s ClusterDecl,
    node: &'s NodeDecl,
    docker: Option<&'s BoundDocker>,
}

impl Site<'_> {
    /// Whether a device is one of the node's own, that netc does not make.
    fn is_underlay(&self, spot: &Spot) -> bool {
        let mut devices = self.node.addresses.iter().filter_map(|own| own.device.as_deref());
        spot.netns.is_none() && devices.any(|device| device == spot.name)
    }

    /// Whose a device of the node's own namespace is.
    fn whose(&self, name: &str) -> Option<String> {
        let underlay = Spot { netns: None, name: name.to_owned() };
        let attached = self.node.attachment(self.cluster).kind.as_ref();
        let attached = attached.filter(|_| !self.cluster.pod_networks.is_empty());
        let bridge = match attached {
            Some(AttachmentKind::Bridge(bridge)) => Some(bridge),
            _ => None,
        };
        if self.is_underlay(&underlay) {
            Some("the node's own".to_owned())
        } else if bridge
            .is_some_and(|bridge| bridge.name == name || bridge.gateway_device() == name)
        {
            Some("the bridge of the node's pods".to_owned())
        } else if self.docker_device(name) {
            Some("a bridge of Docker's".to_owned())
        } else if name.starts_with("flannel.") || name.starts_with("flannel-v6.") {
            Some("one of flannel's".to_owned())
        } else {
            (name == SERVICE_DEVICE).then(|| "kube-proxy's".to_owned())
        }
    }

    fn docker_device(&self, name: &str) -> bool {
        let Some(docker) = self.docker else { return false };
        docker.stated.networks.iter().any(|network| match &network.device {
            Some(device) => device.value == name,
            None => network.name.value == FIRST_NETWORK && name == "docker0",
        })
    }
}

/// What is in a namespace, by its name: nothing for the node's own.
fn spot(netns: Option<&Spanned<String>>, name: &str) -> Spot {
    Spot { netns: netns.map(|netns| netns.value.clone()), name: name.to_owned() }
}

/// Reports a namespace that is not stated.
fn known_namespace(
    own: &Primitives,
    name: Option<&str>,
    at: netc_lang::Span,
    faults: &mut Vec<Diagnostic>,
) {
    let known = || own.namespaces.iter().map(|one| one.value.as_str());
    if let Some(name) = name.filter(|name| known().all(|one| one != *name)) {
        faults.push(fault::unknown_namespace(name, at, known()));
    }
}
