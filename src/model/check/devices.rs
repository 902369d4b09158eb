//! Devices that netc is to make under the name of one that the node has.

use crate::model::bind::{BoundDocker, Nodes};
use crate::model::declare::ClusterDecl;
use crate::model::stated::NodeDecl;
use crate::model::{AttachmentKind, fault};
use netc_lang::{Diagnostic, Span, Spanned};

/// Reports bridges of pods and of Docker that are to have the name of the node's own device.
pub(crate) fn check(
    cluster: &ClusterDecl,
    nodes: &Nodes,
    dockers: &[BoundDocker],
    faults: &mut Vec<Diagnostic>,
) {
    let mut report = |name: &str, at: Span, held: Option<Span>| {
        faults.extend(held.map(|held| fault::bridge_on_own_device(name, at, held)));
    };
    for node in &nodes.all {
        let stated = node.attachment(cluster);
        if let Some(AttachmentKind::Bridge(bridge)) = &stated.kind {
            report(&bridge.name, stated.span, own(node, &bridge.name));
        }
    }
    for docker in dockers {
        let Some(node) = nodes.get(docker.node) else { continue };
        let devices = docker.stated.networks.iter().filter_map(|network| network.device.as_ref());
        for Spanned { value, span } in devices {
            report(value, *span, own(node, value));
        }
    }
}

/// Where the node's own device of that name is stated.
fn own(node: &NodeDecl, name: &str) -> Option<Span> {
    let mut addresses = node.addresses.iter();
    addresses.find(|own| own.device.as_deref() == Some(name)).map(|own| own.span)
}
