//! An ingress: what its hosts and paths lead to, and who serves it.

use super::Card;
use super::table::{Cell, Table};
use crate::model::{
    Backend, Cluster, Engine, Ingress, IngressController, IngressRule, PathKind, ServicePort,
    usable,
};
use netc_lang::Sources;
use serde_json::{Value, json};
use std::cmp::Reverse;

/// What is shown of an ingress.
#[must_use]
pub fn ingress(ingress: &Ingress, cluster: &Cluster, sources: &Sources) -> Card {
    let name = ingress.name.to_string();
    let head = format!("ingress {name} in cluster {}", cluster.name);
    let mut card = Card::new(head, "ingress", &name);
    let at = sources.locate(ingress.span);
    card.field("cluster", json!(cluster.name));
    card.row("stated", at.as_str());
    card.field("stated", json!(at));
    card.row("class", ingress.class.as_deref().unwrap_or("none"));
    card.field("class", json!(ingress.class));
    serving(ingress, cluster, &mut card);
    default(ingress, cluster, &mut card);
    card.table(
        "rules",
        "rules, in the order in which they are asked",
        rules(ingress, cluster, sources),
    );
    card.table("tls", "certificates", tls(ingress));
    card
}

/// Who serves it, and where.
fn serving(ingress: &Ingress, cluster: &Cluster, card: &mut Card) {
    let controller = cluster.ingress_controller.as_ref().filter(|_| ingress.served);
    card.field("served-by", json!(controller.map(|own| own.engine.word())));
    let Some(controller) = controller else {
        let why = match &cluster.ingress_controller {
            None => "by nobody: `cluster` has no `ingress`".to_owned(),
            Some(other) => {
                format!("by nobody: {} serves class {}", other.engine.word(), other.class)
            }
        };
        return card.row("served", why);
    };
    let tls = !ingress.tls.is_empty();
    card.row("served", format!("by {}, {}", controller.engine.word(), ports(controller, tls)));
    let mut shown = Vec::new();
    for node in controller.nodes.iter().filter_map(|id| cluster.nodes.get(id.0 as usize)) {
        let addresses: Vec<String> =
            node.addresses.iter().map(|own| own.address.to_string()).collect();
        card.row("on", format!("{} {}", node.name, addresses.join(", ")));
        shown.push(json!({ "node": node.name, "addresses": addresses }));
    }
    card.field("nodes", Value::Array(shown));
    card.field("http", json!(controller.http));
    card.field("https", json!(tls.then_some(controller.https)));
    let Some(service) = controller.service.and_then(|place| cluster.services.get(place)) else {
        return;
    };
    let of_port = |port: &ServicePort| port.node_port.map(|number| number.to_string());
    let node_ports: Vec<String> = service.ports.iter().filter_map(of_port).collect();
    let node_ports = node_ports.join(", ");
    card.row("and by", format!("service {}, node ports {node_ports}", service.name));
    card.field("service", json!(service.name.to_string()));
}

/// The ports of what serves: `ports 80 and 443`.
pub(super) fn ports(controller: &IngressController, tls: bool) -> String {
    match tls {
        true => format!("ports {} and {}", controller.http, controller.https),
        false => format!("port {}", controller.http),
    }
}

/// What serves what no rule is for; that of an ingress with hosts is among its rules.
fn default(ingress: &Ingress, cluster: &Cluster, card: &mut Card) {
    let of_all = cluster.served_ingresses().find_map(|one| one.default);
    let of_controller = cluster.ingress_controller.as_ref().and_then(|own| own.default);
    let found = ingress.default.or(of_all.or(of_controller).filter(|_| ingress.served));
    let shown = found.map(|found| backend(cluster, found));
    card.row("default", shown.clone().unwrap_or_else(|| "404 Not Found".into()));
    card.field("default", json!(shown));
}

fn rules(ingress: &Ingress, cluster: &Cluster, sources: &Sources) -> Table {
    let mut table = Table::new(&["host", "path", "compared", "backend", "endpoints", "stated"]);
    let mut rules: Vec<&IngressRule> = ingress.rules.iter().collect();
    rules.sort_by_key(|rule| order(rule));
    for rule in rules {
        let compared = match rule.kind {
            PathKind::Exact => "exactly",
            PathKind::Prefix => "as prefix",
        };
        table.row([
            rule.host.as_deref().unwrap_or("*").into(),
            rule.path.as_str().into(),
            compared.into(),
            rule.backend.map_or_else(|| "not there".into(), |one| backend(cluster, one)).into(),
            rule.backend.map_or_else(|| NONE.into(), |one| endpoints(cluster, one)),
            sources.locate(rule.span).into(),
        ]);
    }
    table
}

/// Hosts before those with `*`, and these before every host; exact paths first, then the longest.
fn order(rule: &IngressRule) -> (bool, bool, Option<&str>, PathKind, Reverse<usize>, &str) {
    let wild = rule.host.as_ref().is_some_and(|host| host.starts_with('*'));
    let path = rule.path.as_str();
    (rule.host.is_none(), wild, rule.host.as_deref(), rule.kind, Reverse(path.len()), path)
}

/// `shop/nginx:80`
fn backend(cluster: &Cluster, backend: Backend) -> String {
    let service = cluster.services.get(backend.service);
    let port = service.and_then(|service| service.ports.get(backend.port));
    match (service, port) {
        (Some(service), Some(port)) => format!("{}:{}", service.name, port.port.number),
        _ => String::new(),
    }
}

/// What is shown where nobody answers.
const NONE: &str = "none: 503";

/// Those that get requests: the ready ones, or else those that are being shut down.
fn endpoints(cluster: &Cluster, backend: Backend) -> Cell {
    let service = cluster.services.get(backend.service);
    let port = service.and_then(|service| service.ports.get(backend.port));
    let all = usable(port.into_iter().flat_map(|port| &port.endpoints));
    let all: Vec<String> = all.into_iter().map(|one| one.address.to_string()).collect();
    if all.is_empty() { NONE.into() } else { all.into() }
}

fn tls(ingress: &Ingress) -> Table {
    let mut table = Table::new(&["hosts", "secret", "certificate", "key"]);
    for tls in &ingress.tls {
        let hosts = if tls.hosts.is_empty() { vec!["*".to_owned()] } else { tls.hosts.clone() };
        table.row([
            hosts.into(),
            tls.secret.to_string().into(),
            tls.certificate.value.as_str().into(),
            tls.key.value.as_str().into(),
        ]);
    }
    table
}

/// All ingresses of a cluster.
pub(super) fn all(cluster: &Cluster, card: &mut Card) {
    let mut table = Table::new(&["ingress", "class", "hosts", "rules", "tls", "served by"]);
    let engine = cluster.ingress_controller.as_ref().map(|own| own.engine);
    for ingress in &cluster.ingresses {
        let mut hosts: Vec<String> = Vec::new();
        for rule in &ingress.rules {
            let host = rule.host.clone().unwrap_or_else(|| "*".into());
            if !hosts.contains(&host) {
                hosts.push(host);
            }
        }
        table.row([
            ingress.name.to_string().into(),
            ingress.class.as_ref().into(),
            hosts.into(),
            ingress.rules.len().to_string().into(),
            (!ingress.tls.is_empty()).into(),
            engine.filter(|_| ingress.served).map_or("nobody", Engine::word).into(),
        ]);
    }
    card.table("ingresses", "ingresses", table);
}

/// What serves the ingresses of a cluster.
pub(super) fn controller(cluster: &Cluster, card: &mut Card) {
    let Some(own) = &cluster.ingress_controller else { return };
    let names = own.nodes.iter().filter_map(|id| cluster.nodes.get(id.0 as usize));
    let names: Vec<&str> = names.map(|node| node.name.as_str()).collect();
    let tls = cluster.served_ingresses().any(|one| !one.tls.is_empty());
    let word = own.engine.word();
    card.row("ingress", format!("{word}, {}, on {}", ports(own, tls), names.join(", ")));
    card.field(
        "ingress",
        json!({ "engine": word, "class": own.class, "http": own.http, "https": own.https, "nodes": names }),
    );
}
