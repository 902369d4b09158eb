//! Pods put on their nodes.

use super::Nodes;
use crate::model::stated::{Form, Placement, PodDecl};
use crate::model::{NodeId, PerFamily, PodState, PodTemplate, fault};
use netc_lang::{Diagnostic, QualifiedName, Span, Spanned};
use std::net::IpAddr;
use std::sync::Arc;

/// A pod on its node.
pub(crate) struct BoundPod {
    pub(crate) name: QualifiedName,
    pub(crate) span: Span,
    pub(crate) form: Form,
    /// `None` if nothing is said of the node.
    pub(crate) node: Option<NodeId>,
    pub(crate) template: Arc<PodTemplate>,
    pub(crate) addresses: PerFamily<Spanned<IpAddr>>,
    pub(crate) state: PodState,
    /// The id of its sandbox, if stated.
    pub(crate) sandbox: Option<String>,
}

/// Unfolds replicas and finds the nodes.
pub(super) fn place(
    stated: Vec<PodDecl>,
    nodes: &Nodes,
    faults: &mut Vec<Diagnostic>,
) -> Vec<BoundPod> {
    let mut pods = Vec::with_capacity(stated.len());
    for pod in stated {
        match &pod.placement {
            Placement::On(name) => {
                let node = nodes.find(name, pod.form, faults);
                if node.is_some() || pod.form == Form::Kubernetes {
                    let name = pod.name.clone();
                    pods.push(bound(&pod, name, node, pod.addresses.clone()));
                }
            }
            Placement::Replicas { count, nodes: named } => {
                replicas(&pod, *count, named, nodes, &mut pods, faults);
            }
        }
    }
    pods
}

/// Deals replicas out to the nodes in turn.
fn replicas(
    pod: &PodDecl,
    count: u32,
    named: &[Spanned<String>],
    nodes: &Nodes,
    pods: &mut Vec<BoundPod>,
    faults: &mut Vec<Diagnostic>,
) {
    let places: Vec<NodeId> = match named {
        [] => nodes.ids(),
        named => named.iter().filter_map(|name| nodes.find(name, pod.form, faults)).collect(),
    };
    if places.is_empty() && named.is_empty() && count > 0 {
        faults.push(fault::no_node_for_pods(&pod.name, pod.span));
    }
    for (node, index) in places.iter().cycle().zip(0..count) {
        let name = QualifiedName {
            namespace: pod.name.namespace.clone(),
            name: format!("{}-{index}", pod.name.name),
        };
        pods.push(bound(pod, name, Some(*node), PerFamily::default()));
    }
}

fn bound(
    pod: &PodDecl,
    name: QualifiedName,
    node: Option<NodeId>,
    addresses: PerFamily<Spanned<IpAddr>>,
) -> BoundPod {
    BoundPod {
        name,
        span: pod.span,
        form: pod.form,
        node,
        template: Arc::clone(&pod.template),
        addresses,
        state: pod.state,
        sandbox: pod.sandbox.clone(),
    }
}
