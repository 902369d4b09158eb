//! What makes pods: Deployment, ReplicaSet, ReplicationController, StatefulSet. They count only
//! where the sources do not hold the pods themselves.

use super::object::Object;
use super::pod::template;
use super::tree::Node;
use super::unused::Unused;
use crate::model::stated::{Form, Placement, PodDecl, Stated};
use crate::model::{PerFamily, PodState};
use rustc_hash::FxHashSet;
use std::sync::Arc;

/// The language allows as many replicas.
const MAX_REPLICAS: i64 = 150_000;

/// A workload.
pub(super) struct Workload {
    kind: &'static str,
    /// Under which of these names its pods know it.
    keys: Vec<String>,
    /// Its pods; `None` if that takes a scheduler.
    pods: Option<PodDecl>,
}

/// All workloads, and who has pods or workloads in the sources.
#[derive(Default)]
pub(super) struct Workloads {
    all: Vec<Workload>,
    owners: FxHashSet<String>,
}

/// The name by which an owner is known.
fn key(kind: &str, namespace: &str, name: &str) -> String {
    format!("{kind} {namespace}/{name}")
}

impl Workloads {
    /// Reads a workload.
    pub(super) fn read(&mut self, object: &mut Object<'_, '_>, kind: &'static str) {
        let namespace = object.namespace.unwrap_or_default();
        let mut keys = vec![key(kind, namespace, object.name)];
        let metadata = object.root.get("metadata");
        keys.extend(
            metadata.and_then(|one| one.get("uid")).and_then(Node::text).map(str::to_owned),
        );
        let scheduled = kind == "DaemonSet";
        let pods = if scheduled { None } else { pods(object) };
        if scheduled || pods.is_some() {
            self.all.push(Workload { kind, keys, pods });
        }
        self.note_owners(object);
    }

    /// Notes who owns a pod or a workload.
    pub(super) fn note_owners(&mut self, object: &mut Object<'_, '_>) {
        let Some(metadata) = object.root.get("metadata") else { return };
        let namespace = object.namespace.unwrap_or_default();
        let hash = metadata.get("labels").and_then(|labels| labels.get("pod-template-hash"));
        for owner in object.list(metadata, "ownerReferences") {
            let text = |field| owner.get(field).and_then(Node::text).unwrap_or_default();
            self.owners.insert(text("uid").to_owned());
            self.owners.insert(key(text("kind"), namespace, text("name")));
            // A deployment names its replica sets after itself and a hash, which pods bear too.
            let deployment = hash
                .and_then(Node::text)
                .and_then(|hash| text("name").strip_suffix(hash)?.strip_suffix('-'));
            if let (Some(deployment), "ReplicaSet") = (deployment, text("kind")) {
                self.owners.insert(key("Deployment", namespace, deployment));
            }
        }
    }

    /// Adds the pods of those workloads of which there are none in the sources.
    pub(super) fn finish(self, stated: &mut Stated, unused: &mut Unused) {
        for workload in self.all {
            if workload.keys.iter().any(|key| self.owners.contains(key)) {
                continue;
            }
            match workload.pods {
                Some(pods) => stated.pods.push(pods),
                None => unused.count(workload.kind),
            }
        }
    }
}

/// The pods that a workload makes.
fn pods(object: &mut Object<'_, '_>) -> Option<PodDecl> {
    let root = object.root;
    let Some(spec) = object.map(root, "spec") else {
        object.missing(root, "spec", "write how many pods there are, and which");
        return None;
    };
    let count = match spec.get("replicas") {
        Some(_) => object.bounded(spec, "replicas", (0, MAX_REPLICAS)).map(|(_, count)| count),
        None => Some(1),
    };
    let Some(pod) = object.map(spec, "template") else {
        object.missing(spec, "template", "write what its pods are like");
        return None;
    };
    let Some(pod_spec) = object.map(pod, "spec") else {
        object.missing(pod, "spec", "a pod has containers: write `spec: {containers: […]}`");
        return None;
    };
    let (template, host_network) = template(object, pod, pod_spec);
    Some(PodDecl {
        name: object.qualified(),
        span: object.named_at(),
        form: Form::Kubernetes,
        placement: Placement::Replicas { count: count?, nodes: Vec::new() },
        template: Arc::new(template),
        addresses: PerFamily::default(),
        state: PodState { host_network, ..PodState::default() },
        sandbox: None,
    })
}
