//! Certificates of hosts.

use super::{covers, texts};
use crate::model::stated::{IngressDecl, SecretDecl};
use crate::model::{Ingress, Tls, fault};
use netc_lang::{Diagnostic, QualifiedName, Spanned};
use std::collections::{BTreeMap, BTreeSet};

/// Where the files of a secret are that no statement is about: as a volume of it has them.
const FOLDER: &str = "/etc/netc/secrets";

/// The certificates of an ingress.
pub(super) fn bind(stated: &IngressDecl, secrets: &[SecretDecl]) -> Vec<Tls> {
    let all = stated.tls.iter().map(|tls| {
        let name = QualifiedName {
            namespace: stated.name.namespace.clone(),
            name: tls.secret.value.clone(),
        };
        let named = if tls.hosts.is_empty() { &stated.hosts } else { &tls.hosts };
        let mut hosts: Vec<String> = Vec::new();
        for one in texts(named) {
            let own = texts(&stated.hosts).filter(|host| covers(one, host));
            for host in [one].into_iter().chain(own) {
                if hosts.iter().all(|known| known != host) {
                    hosts.push(host.to_owned());
                }
            }
        }
        let secret = secrets.iter().find(|secret| secret.name == name);
        let file = |file: &str| {
            Spanned::new(format!("{FOLDER}/{}/{}/{file}", name.namespace, name.name), tls.span)
        };
        Tls {
            hosts,
            span: tls.span,
            certificate: secret.map_or_else(|| file("tls.crt"), |one| one.certificate.clone()),
            key: secret.map_or_else(|| file("tls.key"), |one| one.key.clone()),
            secret: name,
        }
    });
    all.collect()
}

/// Reports hosts with two certificates, and certificates that nothing needs.
pub(super) fn report(
    stated: &[IngressDecl],
    all: &[Ingress],
    secrets: &[SecretDecl],
    faults: &mut Vec<Diagnostic>,
) {
    two_for_one(all, faults);
    for ingress in stated {
        let hosts = ingress.tls.iter().flat_map(|tls| &tls.hosts);
        let idle = hosts.filter(|host| !texts(&ingress.hosts).any(|own| covers(&host.value, own)));
        faults.extend(idle.map(fault::host_without_rule));
    }
    let used: BTreeSet<&QualifiedName> =
        all.iter().flat_map(|ingress| &ingress.tls).map(|tls| &tls.secret).collect();
    for secret in secrets.iter().filter(|secret| !used.contains(&secret.name)) {
        let near = used.iter().filter(|one| one.namespace == secret.name.namespace);
        // Only what has no statement of its own can have been meant.
        let near = near.filter(|one| secrets.iter().all(|other| other.name != ***one));
        let near = near.map(|one| one.name.as_str());
        faults.push(fault::unused_secret(&secret.name, secret.span, near));
    }
}

/// The certificates of the ingresses that are served.
fn two_for_one(all: &[Ingress], faults: &mut Vec<Diagnostic>) {
    let mut holders: BTreeMap<Option<&str>, &Tls> = BTreeMap::new();
    for tls in all.iter().filter(|ingress| ingress.served).flat_map(|ingress| &ingress.tls) {
        let hosts = tls.hosts.iter().map(|host| Some(host.as_str()));
        let every = tls.hosts.is_empty().then_some(None);
        for host in hosts.chain(every) {
            let Some(earlier) = holders.insert(host, tls) else { continue };
            if earlier.secret != tls.secret {
                let secrets = [&tls.secret, &earlier.secret];
                faults.push(fault::two_secrets(host, secrets, tls.span, earlier.span));
            }
        }
    }
}
