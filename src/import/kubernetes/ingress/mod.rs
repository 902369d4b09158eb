//! Ingress and IngressClass objects, with the defaults and rules of the API server
//! (`pkg/apis/networking/v1/defaults.go`, `pkg/apis/networking/validation/validation.go`).
//!
//! Of the older versions, `networking.k8s.io/v1beta1` and `extensions/v1beta1`, the fields have other
//! names, and `pathType` may be missing.

mod annotations;
mod backend;
mod class;

pub(super) use class::read as class;

use super::object::Object;
use super::tree::{Kind, Node};
use super::unused::Unused;
use super::value::{host, subdomain, url_path};
use crate::model::PathKind;
use crate::model::stated::{Form, IngressDecl, RuleDecl, TlsDecl};
use netc_lang::Spanned;

/// The class of an ingress before there was a field for it.
const CLASS: &str = "kubernetes.io/ingress.class";

/// What a path is compared by, if that is said; `ImplementationSpecific` is left to the controller, and
/// compared as a prefix here.
const PATH_TYPES: [(&str, Compared); 3] = [
    ("Exact", Compared::Strictly(PathKind::Exact)),
    ("Prefix", Compared::Strictly(PathKind::Prefix)),
    ("ImplementationSpecific", Compared::Somehow),
];

#[derive(Clone, Copy)]
enum Compared {
    Strictly(PathKind),
    Somehow,
}

/// Reads an ingress.
pub(super) fn read(object: &mut Object<'_, '_>, unused: &mut Unused) -> Option<IngressDecl> {
    let root = object.root;
    let version = root.get("apiVersion").and_then(Node::text).unwrap_or_default();
    let Some(spec) = object.map(root, "spec") else {
        object.missing(root, "spec", "write its rules, or a default backend");
        return None;
    };
    let mut reader = Reader { object, unused, old: version.ends_with("v1beta1") };
    let (default, left_out) = reader.default(spec);
    if default.is_none() && !left_out && spec.lacks("rules") {
        let help = "write its rules, or a default backend";
        reader.object.missing(spec, "rules", help);
        return None;
    }
    let (mut hosts, mut rules) = (Vec::new(), Vec::new());
    for rule in reader.object.list(spec, "rules") {
        reader.rule(rule, &mut hosts, &mut rules);
    }
    let tls =
        reader.object.list(spec, "tls").iter().filter_map(|entry| reader.tls(entry)).collect();
    let class = reader.class(spec);
    reader.annotations();
    let object = reader.object;
    Some(IngressDecl {
        name: object.qualified(),
        span: object.named_at(),
        form: Form::Kubernetes,
        class,
        hosts,
        rules,
        default,
        tls,
    })
}

/// Reads the parts of one ingress.
struct Reader<'r, 'a, 't> {
    object: &'r mut Object<'a, 't>,
    unused: &'r mut Unused,
    /// It is of a version before v1.
    old: bool,
}

impl Reader<'_, '_, '_> {
    /// Its class, by the field or by the older annotation.
    fn class(&mut self, spec: &Node<'_>) -> Option<Spanned<String>> {
        let annotations = self.object.root.get("metadata").and_then(|node| node.get("annotations"));
        let stated = self.object.text(spec, "ingressClassName").map(|(node, _)| node);
        let annotated = annotations.and_then(|node| node.get(CLASS));
        let annotated = annotated.filter(|node| node.text() != Some(""));
        if let (Some(annotated), Some(_)) = (annotated, stated) {
            let help = "remove the annotation";
            self.object.contradiction(annotated, "stands beside `spec.ingressClassName`", help);
        }
        // An annotation may have any value.
        let text = |text: &str| Ok(text.to_owned());
        match stated {
            Some(node) => self.object.value(node, |text| subdomain(text).map(|()| text.to_owned())),
            None => self.object.value(annotated?, text),
        }
    }

    /// One rule: its host, if it has one, and its paths.
    fn rule(
        &mut self,
        entry: &Node<'_>,
        hosts: &mut Vec<Spanned<String>>,
        rules: &mut Vec<RuleDecl>,
    ) {
        if !self.object.is_map(entry) {
            return;
        }
        let named = match self.object.text(entry, "host") {
            Some((node, _)) => {
                let read = self.object.value(node, |text| host(text).map(|()| text.to_owned()));
                let Some(named) = read else { return };
                Some(named)
            }
            None => None,
        };
        if let Some(http) = self.object.map(entry, "http") {
            if http.lacks("paths") {
                self.object.missing(http, "paths", "write at least one path");
            }
            for path in self.object.list(http, "paths") {
                let host = named.as_ref().map(|host| host.value.clone());
                rules.extend(self.path(path, host));
            }
        }
        hosts.extend(named);
    }

    fn path(&mut self, entry: &Node<'_>, host: Option<String>) -> Option<RuleDecl> {
        if !self.object.is_map(entry) {
            return None;
        }
        let compared = self.object.choice(entry, "pathType", &PATH_TYPES).map(|(_, one)| one);
        if compared.is_none()
            && !self.old
            && entry.get("pathType").is_none_or(|own| own.text() == Some(""))
        {
            self.object.missing(entry, "pathType", "write `pathType: Prefix`, or `Exact`");
        }
        let (kind, strictly) = match compared {
            Some(Compared::Strictly(kind)) => (kind, true),
            Some(Compared::Somehow) | None => (PathKind::Prefix, false),
        };
        let path = match self.object.text(entry, "path") {
            Some((node, _)) => {
                self.object.value(node, |text| url_path(text).map(|()| text.to_owned()))
            }
            None if strictly => {
                self.object.missing(entry, "path", "write the path, such as `/`");
                None
            }
            None => Some(Spanned::new("/".to_owned(), entry.span)),
        };
        let backend = match entry.get("backend").filter(|node| !matches!(node.kind, Kind::Null)) {
            Some(backend) => self.backend(backend),
            None => {
                self.object.missing(entry, "backend", self.example());
                None
            }
        };
        Some(RuleDecl { host, path: path?, kind, backend: backend?, span: entry.span })
    }

    /// Hosts with a certificate. Without a secret the controller has to know of one.
    fn tls(&mut self, entry: &Node<'_>) -> Option<TlsDecl> {
        if !self.object.is_map(entry) {
            return None;
        }
        let mut hosts = Vec::new();
        for node in self.object.list(entry, "hosts") {
            hosts.extend(self.object.value(node, |text| host(text).map(|()| text.to_owned())));
        }
        let Some((node, _)) = self.object.text(entry, "secretName") else {
            self.unused.count("tls of Ingress without secretName");
            return None;
        };
        let secret = self.object.value(node, |text| subdomain(text).map(|()| text.to_owned()))?;
        Some(TlsDecl { span: secret.span, secret, hosts })
    }
}
