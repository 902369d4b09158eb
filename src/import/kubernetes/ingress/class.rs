//! IngressClass objects: what serves ingresses of a class.

use crate::import::object::Object;
use crate::model::Engine;
use crate::model::stated::ClassDecl;

/// The annotation of the class of ingresses without one.
const DEFAULT: &str = "ingressclass.kubernetes.io/is-default-class";

/// Reads a class.
pub(in crate::import::kubernetes) fn read(object: &mut Object<'_, '_>) -> ClassDecl {
    let root = object.root;
    let annotations = root.get("metadata").and_then(|metadata| metadata.get("annotations"));
    let default = annotations.and_then(|annotations| annotations.get(DEFAULT));
    let spec = object.map(root, "spec");
    let controller = spec.and_then(|spec| object.text(spec, "controller"));
    ClassDecl {
        name: object.name.to_owned(),
        engine: controller.and_then(|(_, controller)| engine(controller)),
        default: default.is_some_and(|default| default.text() == Some("true")),
    }
}

/// What a controller of this name programs. Names are a domain and a path: `k8s.io/ingress-nginx`,
/// `nginx.org/ingress-controller`, `haproxy.org/ingress-controller/haproxy`,
/// `haproxy-ingress.github.io/controller`.
fn engine(controller: &str) -> Option<Engine> {
    Engine::ALL.into_iter().find(|engine| controller.contains(engine.word()))
}
