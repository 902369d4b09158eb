//! Kubernetes objects as sources: JSON and YAML to what is stated.
//!
//! ```text
//! text ──json, yaml──> one tree at a time ──object──> stated ──print──> .netc
//! ```
//!
//! What the API server would default is defaulted here, and what it would refuse is refused, with
//! the path of the field. What kube-proxy ignores is counted.

mod endpoints;
mod ingress;
mod labels;
mod names;
mod node;
mod pod;
mod print;
mod service;
mod shared;
mod slice;
mod unused;
mod workload;

use super::document::Sink;
use super::object::{self, Object, Place};
use super::tree::{self, Kind, Node};
use super::{json, value, yaml};
use crate::model::join_slices;
use crate::model::stated::Stated;
use names::Names;
use netc_lang::{Diagnostic, FileId, Program, has_errors, sort};
use shared::Shared;
use unused::Unused;
use workload::Workloads;

/// Services and slices with one of these labels are for other programs than kube-proxy
/// (`pkg/proxy/config`).
const FOREIGN: [&str; 2] =
    ["service.kubernetes.io/service-proxy-name", "service.kubernetes.io/headless"];

/// Adds what the object files of a program state.
pub(crate) fn read(program: &Program, stated: &mut Stated, faults: &mut Vec<Diagnostic>) {
    let mut import = Import {
        stated,
        faults,
        names: Names::default(),
        shared: Shared::default(),
        unused: Unused::default(),
        workloads: Workloads::default(),
        several: false,
        documents: 0,
        items: 0,
        pending: Vec::new(),
    };
    for file in &program.objects {
        import.file(program, *file);
    }
    let Import { stated, faults, mut unused, workloads, .. } = import;
    workloads.finish(stated, &mut unused);
    endpoints::drop_elections(stated);
    unused.report(faults);
}

/// The objects of a program in the words of the language; empty if there are errors.
#[must_use]
pub fn to_netc(program: &Program) -> (String, Vec<Diagnostic>) {
    let mut stated = Stated::default();
    let mut faults = Vec::new();
    read(program, &mut stated, &mut faults);
    sort(&mut faults);
    if has_errors(&faults) {
        return (String::new(), faults);
    }
    join_slices(&mut stated, &mut faults);
    (print::print(&stated), faults)
}

/// The kinds that are read, and their API groups.
const GROUPS: [(&str, &[&str]); 12] = [
    ("Node", &[""]),
    ("Pod", &[""]),
    ("Service", &[""]),
    ("Endpoints", &[""]),
    ("EndpointSlice", &["discovery.k8s.io"]),
    ("ReplicationController", &[""]),
    ("ReplicaSet", &["apps", "extensions"]),
    ("Deployment", &["apps", "extensions"]),
    ("StatefulSet", &["apps"]),
    ("DaemonSet", &["apps", "extensions"]),
    ("Ingress", &["networking.k8s.io", "extensions"]),
    ("IngressClass", &["networking.k8s.io"]),
];

struct Import<'s, 't> {
    stated: &'s mut Stated,
    faults: &'s mut Vec<Diagnostic>,
    names: Names,
    shared: Shared,
    unused: Unused,
    workloads: Workloads,
    /// Whether the file at hand has several documents.
    several: bool,
    documents: usize,
    items: usize,
    /// Items without a kind of their own: that of their list may stand behind them.
    pending: Vec<(usize, Node<'t>)>,
}

impl<'t> Sink<'t> for Import<'_, 't> {
    fn item(&mut self, item: Node<'t>) {
        self.items += 1;
        if matches!(item.kind, Kind::Map(_)) && item.get("kind").is_none() {
            self.pending.push((self.items, item));
        } else {
            let place = self.place(Some(self.items));
            self.object(&item, None, place);
        }
    }

    fn document(&mut self, document: Node<'t>) {
        let pending = std::mem::take(&mut self.pending);
        let kind = document.get("kind").and_then(Node::text).and_then(item_kind);
        for (number, item) in pending {
            let place = self.place(Some(number));
            self.object(&item, kind, place);
        }
        // A document without anything in it, or a bare list, whose items have been read.
        let done = matches!(document.kind, Kind::Null)
            || (matches!(document.kind, Kind::List(_)) && document.elements().is_empty());
        if !done {
            let place = self.place(None);
            self.object(&document, None, place);
        }
        self.documents += 1;
        self.items = 0;
    }

    fn fault(&mut self, fault: Diagnostic) {
        self.faults.push(fault);
    }
}

/// The kind of the items of a list of this kind: `ServiceList` has services, `List` has any.
fn item_kind(kind: &str) -> Option<&str> {
    kind.strip_suffix("List").filter(|item| !item.is_empty())
}

impl<'t> Import<'_, 't> {
    fn file(&mut self, program: &'t Program, file: FileId) {
        let Some(source) = program.sources.get(file) else { return };
        let text = source.text.as_str();
        (self.documents, self.items) = (0, 0);
        let beginning = text.trim_start_matches('\u{feff}').trim_ascii_start();
        let json = source.path.ends_with(".json") || beginning.starts_with('{');
        let json = json && !is_yaml(&source.path);
        self.several = !json && text.contains("\n---");
        if json {
            json::read(text, file, self);
        } else {
            yaml::read(text, file, self);
        }
        // Items whose list was cut short have been reported with it.
        self.pending.clear();
    }

    fn place(&self, item: Option<usize>) -> Place {
        let several = self.several || self.documents > 0;
        Place { document: several.then_some(self.documents + 1), item }
    }

    /// Reads an object; `kind` is that of its list's items.
    fn object(&mut self, root: &Node<'t>, kind: Option<&str>, place: Place) {
        let mut faults = std::mem::take(self.faults);
        let mut object = Object {
            root,
            kind: if place.item.is_some() { "the item" } else { "the document" },
            namespace: None,
            name: "",
            place,
            others: faults.len(),
            faults: &mut faults,
        };
        self.dispatch(&mut object, kind);
        *self.faults = faults;
    }

    fn dispatch(&mut self, object: &mut Object<'_, 't>, kind: Option<&str>) {
        let root = object.root;
        if !object.is_map(root) {
            return;
        }
        let own = object.text(root, "kind");
        let Some(kind) = own.map(|(_, kind)| kind).or(kind) else {
            if root.get("kind").is_none_or(|kind| kind.text() == Some("")) {
                object.missing(root, "kind", "write what it is, such as `kind: Service`");
            }
            return;
        };
        if kind.ends_with("List") {
            return self.list(object, kind);
        }
        let version = root.get("apiVersion").and_then(Node::text).unwrap_or_default();
        let group = version.split_once('/').map_or("", |(group, _)| group);
        let known = GROUPS.iter().find(|(known, _)| *known == kind);
        let Some((kind, _)) =
            known.filter(|(_, groups)| version.is_empty() || groups.contains(&group))
        else {
            return self.unused.count(&match known {
                Some(_) => format!("{kind} of {group}"),
                None => kind.to_owned(),
            });
        };
        let others = object.faults.len();
        let mut object = Object { kind, others, faults: &mut *object.faults, ..*object };
        if self.names.identify(&mut object) {
            self.read(&mut object, kind);
        }
    }

    /// A list within a list, or one whose items could not be handed over one by one.
    fn list(&mut self, object: &mut Object<'_, 't>, kind: &str) {
        let place = object.place;
        for item in object.list(object.root, "items") {
            let mut inner = Object { root: item, faults: &mut *object.faults, ..*object };
            inner.place = place;
            self.dispatch(&mut inner, item_kind(kind));
        }
    }

    fn read(&mut self, object: &mut Object<'_, 't>, kind: &'static str) {
        let labels = object.root.get("metadata").and_then(|metadata| metadata.get("labels"));
        let foreign = |key: &&str| labels.is_some_and(|labels| labels.get(key).is_some());
        let foreign = FOREIGN.iter().any(foreign);
        match kind {
            "Service" | "EndpointSlice" | "Endpoints" if foreign => {
                self.unused.count(&format!("{kind} for another proxy"));
            }
            "Node" => self.stated.nodes.push(node::read(object)),
            "Service" => self.stated.services.extend(service::read(object)),
            "Endpoints" => {
                self.stated.slices.extend(endpoints::read(object, &mut self.shared));
            }
            "EndpointSlice" => match slice::read(object, &mut self.shared) {
                slice::Found::Slice(slice) => self.stated.slices.push(slice),
                slice::Found::Ignored(why) => self.unused.count(why),
                slice::Found::Nothing => {}
            },
            "Pod" => self.pod(object),
            "Ingress" => {
                self.stated.ingresses.extend(ingress::read(object, &mut self.unused));
            }
            "IngressClass" => self.stated.classes.push(ingress::class(object)),
            _ => self.workloads.read(object, kind),
        }
    }

    fn pod(&mut self, object: &mut Object<'_, 't>) {
        self.workloads.note_owners(object);
        let before = object.faults.len();
        match pod::read(object) {
            // Where something is at fault, that is what there is to say.
            _ if object.faults.len() > before => {}
            pod::Found::Pod(pod) => self.stated.pods.push(pod),
            pod::Found::Finished => self.unused.count("finished Pod"),
            pod::Found::Unscheduled => {
                self.unused.unscheduled(object.qualified().to_string(), object.named_at());
            }
        }
    }
}

fn is_yaml(path: &str) -> bool {
    path.ends_with(".yaml") || path.ends_with(".yml")
}
