//! Ingresses with their backends found, and what serves them.

mod claims;
mod service;
mod tls;

pub(super) use service::own as own_service;

use super::Nodes;
use crate::model::declare::ControllerDecl;
use crate::model::stated::{
    BackendDecl, ClassDecl, Form, IngressDecl, NodeDecl, SecretDecl, ServiceDecl,
};
use crate::model::windows::System;
use crate::model::{Backend, Ingress, IngressController, IngressRule, ServiceKind, fault};
use netc_lang::{Diagnostic, PortName, Protocol, Spanned};

/// What is stated of ingresses.
pub(super) struct Wanted<'a> {
    pub(super) controller: Option<&'a ControllerDecl>,
    pub(super) ingresses: Vec<IngressDecl>,
    pub(super) secrets: Vec<SecretDecl>,
    pub(super) classes: Vec<ClassDecl>,
}

/// What serves ingresses, and the ingresses by namespace and name.
pub(crate) struct BoundIngresses {
    pub(crate) controller: Option<IngressController>,
    pub(crate) all: Vec<Ingress>,
}

/// Binds names. `services` are in the order of the cluster, and so are their ports.
pub(super) fn bind(
    mut wanted: Wanted,
    nodes: &Nodes,
    services: &[ServiceDecl],
    faults: &mut Vec<Diagnostic>,
) -> BoundIngresses {
    wanted.ingresses.sort_by(|a, b| (&a.name, a.span).cmp(&(&b.name, b.span)));
    let names = |one: &IngressDecl| (one.name.clone(), one.span);
    let named: Vec<_> = wanted.ingresses.iter().map(names).collect();
    super::report_duplicates("ingress", named.iter().map(|(name, at)| (name, *at)), faults);
    wanted.secrets.sort_by(|a, b| (&a.name, a.span).cmp(&(&b.name, b.span)));
    let secrets = wanted.secrets.iter().map(|one| (&one.name, one.span));
    super::report_duplicates("secret", secrets, faults);
    let controller = wanted.controller.map(|stated| controller(stated, nodes, services, faults));
    if controller.is_none() {
        faults.extend(fault::unserved(&wanted.ingresses));
    }
    let mut all = Vec::with_capacity(wanted.ingresses.len());
    for stated in &wanted.ingresses {
        let served = is_served(stated, wanted.controller, &wanted.classes, faults);
        all.push(ingress(stated, served, &wanted.secrets, services, faults));
    }
    claims::settle(&wanted.ingresses, &mut all, services, faults);
    tls::report(&wanted.ingresses, &all, &wanted.secrets, faults);
    BoundIngresses { controller, all }
}

fn controller(
    stated: &ControllerDecl,
    nodes: &Nodes,
    services: &[ServiceDecl],
    faults: &mut Vec<Diagnostic>,
) -> IngressController {
    let mut chosen = Vec::new();
    for (id, node) in nodes.ids().into_iter().zip(&nodes.all).filter(|_| stated.nodes.is_empty()) {
        chosen.extend((!runs_windows(node)).then_some(id));
    }
    for name in &stated.nodes {
        let Some(id) = nodes.find(name, Form::Netc, faults) else { continue };
        match nodes.get(id).and_then(|node| node.os).filter(|os| os.value == System::Windows) {
            Some(os) => faults.push(fault::ingress_on_windows(name, os.span)),
            None => chosen.push(id),
        }
    }
    chosen.sort();
    chosen.dedup();
    let own = service::name(stated.engine);
    let place = services.iter().position(|one| one.name == own);
    IngressController {
        engine: stated.engine,
        class: stated.class.clone(),
        nodes: chosen,
        http: stated.http.value,
        https: stated.https.value,
        default: stated
            .default
            .as_ref()
            .and_then(|named| backend(named, Form::Netc, services, faults)),
        service: place.filter(|_| stated.service.is_some()),
        span: stated.span,
    }
}

/// Whether a node runs Windows: nothing is served there.
fn runs_windows(node: &NodeDecl) -> bool {
    node.os.is_some_and(|os| os.value == System::Windows)
}

/// Whether the controller serves an ingress: by the class that it has, or gets if it has none.
fn is_served(
    ingress: &IngressDecl,
    controller: Option<&ControllerDecl>,
    classes: &[ClassDecl],
    faults: &mut Vec<Diagnostic>,
) -> bool {
    let Some(controller) = controller else { return false };
    let serves = |class: &ClassDecl| class.engine == Some(controller.engine);
    let own = ingress.class.as_ref().map(|class| class.value.as_str());
    let served = match own {
        Some(own) => {
            own == controller.class || classes.iter().any(|one| one.name == own && serves(one))
        }
        None => classes
            .iter()
            .filter(|one| one.default)
            .all(|one| one.name == controller.class || serves(one)),
    };
    if !served {
        let known = classes.iter().filter(|one| serves(one) && one.name != controller.class);
        let known =
            [controller.class.as_str()].into_iter().chain(known.map(|one| one.name.as_str()));
        let at = ingress.class.as_ref().map_or(ingress.span, |class| class.span);
        faults.push(fault::foreign_class(&ingress.name, own, at, known));
    }
    served
}

fn ingress(
    stated: &IngressDecl,
    served: bool,
    secrets: &[SecretDecl],
    services: &[ServiceDecl],
    faults: &mut Vec<Diagnostic>,
) -> Ingress {
    let mut rules = Vec::with_capacity(stated.rules.len());
    for rule in &stated.rules {
        let backend = backend(&rule.backend, stated.form, services, faults);
        rules.push(IngressRule {
            host: rule.host.clone(),
            path: rule.path.value.clone(),
            kind: rule.kind,
            backend,
            span: rule.span,
        });
    }
    let default = stated.default.as_ref().filter(|_| stated.hosts.is_empty());
    Ingress {
        name: stated.name.clone(),
        span: stated.span,
        class: stated.class.as_ref().map(|class| class.value.clone()),
        served,
        default: default.and_then(|named| backend(named, stated.form, services, faults)),
        tls: tls::bind(stated, secrets),
        rules,
    }
}

/// Finds a port of a service. One that stands for another name has no endpoints.
fn backend(
    named: &BackendDecl,
    form: Form,
    services: &[ServiceDecl],
    faults: &mut Vec<Diagnostic>,
) -> Option<Backend> {
    let found = find(named, services);
    // In a Kubernetes cluster that is a path for which there is no answer. It still is that path: what a shorter
    // one leads to was not meant.
    found.map_err(|fault| faults.push(fault::of_backend(fault, form == Form::Kubernetes))).ok()
}

fn find(named: &BackendDecl, services: &[ServiceDecl]) -> Result<Backend, Diagnostic> {
    let BackendDecl { service: name, port, span } = named;
    let Some((place, service)) = services.iter().enumerate().find(|(_, one)| one.name == *name)
    else {
        return Err(fault::unknown_backend(name, *span, services));
    };
    if service.kind == ServiceKind::ExternalName {
        return Err(fault::external_backend(service, *span));
    }
    let fits = |number: u16, own: &Option<String>| match port {
        PortName::Number(port) => *port == number,
        PortName::Name(name) => own.as_ref() == Some(name),
    };
    let found = service
        .ports
        .iter()
        .position(|own| own.port.protocol == Protocol::Tcp && fits(own.port.number, &own.name));
    let found = found.map(|port| Backend { service: place, port, span: *span });
    found.ok_or_else(|| fault::unknown_backend_port(port, *span, service))
}

/// Whether a host is one that a stated host stands for.
fn covers(stated: &str, host: &str) -> bool {
    let one_label = |rest: &str| host.split_once('.').is_some_and(|(_, parent)| parent == rest);
    stated == host
        || stated.strip_prefix("*.").is_some_and(|rest| !host.starts_with("*.") && one_label(rest))
}

/// The texts of stated hosts.
fn texts(hosts: &[Spanned<String>]) -> impl Iterator<Item = &str> {
    hosts.iter().map(|host| host.value.as_str())
}
