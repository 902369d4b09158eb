//! Which rule has which host and path: no two of those that one controller serves may have the same.

use super::backend;
use crate::model::stated::{Form, IngressDecl, ServiceDecl};
use crate::model::{Ingress, IngressRule, PathKind, decoded, fault};
use netc_lang::{Diagnostic, QualifiedName, Span};
use std::collections::BTreeMap;

/// A host, a path and how it is compared, among the ingresses of one class.
type Claim = (Option<String>, Option<String>, String, PathKind);

/// Who claims what, and where.
type Claims = BTreeMap<Claim, (QualifiedName, Span)>;

/// Reports what is claimed twice, and adds the rules that default backends make for hosts. A rule that is
/// stated counts before them, whichever ingress has it.
pub(super) fn settle(
    stated: &[IngressDecl],
    all: &mut [Ingress],
    services: &[ServiceDecl],
    faults: &mut Vec<Diagnostic>,
) {
    let mut claims = Claims::new();
    // What nobody serves in a Kubernetes cluster is nobody's concern here.
    let counts =
        |(decl, ingress): &(&IngressDecl, &Ingress)| ingress.served || decl.form == Form::Netc;
    for (_, ingress) in stated.iter().zip(all.iter()).filter(counts) {
        for rule in &ingress.rules {
            match claims.get(&claim(ingress, rule)) {
                Some(earlier) => faults.push(twice(ingress, rule, earlier)),
                None => {
                    claims.insert(claim(ingress, rule), (ingress.name.clone(), rule.span));
                }
            }
        }
    }
    defaults(stated, all, &claims, services, faults);
    of_every_host(all, faults);
}

/// The default backends of ingresses with hosts, as rules.
fn defaults(
    stated: &[IngressDecl],
    all: &mut [Ingress],
    claims: &Claims,
    services: &[ServiceDecl],
    faults: &mut Vec<Diagnostic>,
) {
    let mut own = Claims::new();
    for (decl, ingress) in stated.iter().zip(all) {
        let Some(named) = decl.default.as_ref().filter(|_| !decl.hosts.is_empty()) else {
            continue;
        };
        let Some(backend) = backend(named, decl.form, services, faults) else { continue };
        for host in &decl.hosts {
            let rule = IngressRule {
                host: Some(host.value.clone()),
                path: "/".into(),
                kind: PathKind::Prefix,
                backend: Some(backend),
                span: named.span,
            };
            let claim = claim(ingress, &rule);
            if claims.contains_key(&claim) {
                continue;
            }
            match own.get(&claim) {
                None => {
                    own.insert(claim, (ingress.name.clone(), named.span));
                    ingress.rules.push(rule);
                }
                Some((other, _)) if *other == ingress.name => {}
                Some(earlier) => faults.push(twice(ingress, &rule, earlier)),
            }
        }
    }
}

/// A rule for what another one has.
fn twice(ingress: &Ingress, rule: &IngressRule, (other, at): &(QualifiedName, Span)) -> Diagnostic {
    let what = (rule.host.as_deref(), rule.path.as_str(), rule.kind);
    fault::claimed_twice(what, (&ingress.name, rule.span), (other, *at))
}

/// At most one ingress that is served has the default for all.
fn of_every_host(all: &[Ingress], faults: &mut Vec<Diagnostic>) {
    let with = |one: &Ingress| one.default.map(|default| (one.name.clone(), default.span));
    let served: Vec<_> = all.iter().filter(|one| one.served).filter_map(with).collect();
    if let Some(((first, at), others)) = served.split_first() {
        let all = others.iter().map(|(name, own)| fault::two_defaults((name, *own), (first, *at)));
        faults.extend(all);
    }
}

/// `/a` and `/a/` are for the same requests, unless compared exactly; `/a b` and `/a%20b` always are.
fn claim(ingress: &Ingress, rule: &IngressRule) -> Claim {
    let path = decoded(&rule.path);
    let path = match rule.kind {
        PathKind::Exact => path.as_str(),
        PathKind::Prefix => path.trim_end_matches('/'),
    };
    // What the controller serves is of one class, whatever it is called.
    let class = ingress.class.clone().filter(|_| !ingress.served);
    (class, rule.host.clone(), path.to_owned(), rule.kind)
}
