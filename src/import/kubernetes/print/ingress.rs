//! `ingress` statements.

use super::{Output, joined, name};
use crate::model::stated::{BackendDecl, ClassDecl, IngressDecl, RuleDecl, TlsDecl};
use crate::model::{Engine, PathKind};

/// What serves a class is said in `cluster`, of which objects say nothing: a remark.
pub(super) fn class(out: &mut Output, class: &ClassDecl) {
    let Some(engine) = class.engine.map(Engine::word) else { return };
    let also = if class.default { ", also those without a class" } else { "" };
    let name = &class.name;
    out.line(format_args!(
        "# Ingresses of class {name}{also}: `ingress {engine} {{ class {name} }}` in `cluster`."
    ));
}

pub(super) fn print(out: &mut Output, ingress: &IngressDecl) {
    if ingress.rules.is_empty() && ingress.default.is_none() {
        return out.line(format_args!("# ingress {} leads to nothing", name(&ingress.name)));
    }
    out.block(format_args!("ingress {}", name(&ingress.name)), |out| {
        out.list("class", ingress.class.iter().map(|class| &class.value));
        let mut done: Vec<&str> = Vec::new();
        for host in ingress.hosts.iter().map(|host| host.value.as_str()) {
            if !done.contains(&host) {
                of_host(out, ingress, host);
                done.push(host);
            }
        }
        for rule in ingress.rules.iter().filter(|rule| rule.host.is_none()) {
            out.line(path(rule));
        }
        out.list("default ->", ingress.default.iter().map(backend));
        for tls in &ingress.tls {
            print_tls(out, tls);
        }
    });
}

/// A host with its paths. One without paths has the default backend alone, or nothing.
fn of_host(out: &mut Output, ingress: &IngressDecl, host: &str) {
    let own = ingress.rules.iter().filter(|rule| rule.host.as_deref() == Some(host));
    let mut own: Vec<String> = own.map(path).collect();
    if own.is_empty() {
        own.extend(ingress.default.iter().map(|named| format!("path / -> {}", backend(named))));
    }
    if own.is_empty() {
        return out.line(format_args!("# host {host} has no path"));
    }
    out.block(format_args!("host {host}"), |out| {
        own.into_iter().for_each(|path| out.line(path));
    });
}

fn path(rule: &RuleDecl) -> String {
    let kind = match rule.kind {
        PathKind::Exact => " exact",
        PathKind::Prefix => "",
    };
    format!("path {}{kind} -> {}", quoted(&rule.path.value), backend(&rule.backend))
}

fn backend(named: &BackendDecl) -> String {
    format!("{}:{}", named.service.name, named.port)
}

fn print_tls(out: &mut Output, tls: &TlsDecl) {
    let hosts = joined(tls.hosts.iter().map(|host| &host.value), ", ");
    let hosts = if hosts.is_empty() { hosts } else { format!(" for {hosts}") };
    out.line(format_args!("tls {}{hosts}", tls.secret.value));
}

/// A path as a word, or in quotes if it is none.
fn quoted(path: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-:=@%+*[]".contains(c);
    if path.chars().all(plain) {
        return path.to_owned();
    }
    format!("\"{}\"", path.replace('\\', "\\\\").replace('"', "\\\""))
}
