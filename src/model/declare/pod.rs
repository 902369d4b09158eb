//! `pod` and `pods` statements.

use super::per_family;
use crate::model::stated::{Form, Placement, PodDecl};
use crate::model::{Family, PodPort, PodState, PodTemplate, Published, fault};
use netc_lang::{Diagnostic, HostPort, Item, Pair, QualifiedName, Spanned};
use std::collections::BTreeMap;
use std::sync::Arc;

/// `pod NAME on NODE { … }` or `pods NAME replicas N [on NODE, …] { … }`
pub(super) fn read(item: &Item, faults: &mut Vec<Diagnostic>) -> Option<PodDecl> {
    let name = item.one::<&QualifiedName>("name")?.value.clone();
    let mut nodes = item.all::<&str>("node").map(|node| node.map(str::to_owned));
    let placement = match item.one::<u32>("replicas") {
        Some(count) => Placement::Replicas { count: count.value, nodes: nodes.collect() },
        None => Placement::On(nodes.next()?),
    };
    let addresses = item.children("ip").flat_map(|item| item.all("address"));
    Some(PodDecl {
        name,
        span: item.span,
        form: Form::Netc,
        placement,
        template: Arc::new(template(item, faults)),
        addresses: per_family(addresses, Family::of, "addresses of one pod", faults),
        state: state(item),
        sandbox: item
            .child("sandbox")
            .and_then(|item| item.one::<&str>("id"))
            .map(|id| id.value.to_owned()),
    })
}

fn state(item: &Item) -> PodState {
    let ready = item.child("ready").and_then(|item| item.one("switch"));
    PodState {
        ready: ready.is_none_or(|switch| switch.value),
        terminating: item.child("terminating").is_some(),
        host_network: item.child("host-network").is_some(),
    }
}

fn template(item: &Item, faults: &mut Vec<Diagnostic>) -> PodTemplate {
    let mut labels: BTreeMap<&str, Spanned<&Pair>> = BTreeMap::new();
    for label in item.children("labels").flat_map(|item| item.all::<&Pair>("label")) {
        if let Some(earlier) = labels.insert(&label.value.key, label) {
            faults.push(fault::two_labels(&label.value.key, label.span, earlier.span));
        }
    }
    let names = item.children("container").filter_map(|item| item.one::<&str>("name"));
    let containers = item.children("container").flat_map(|item| item.children("port"));
    let ports: Vec<PodPort> = item.children("port").chain(containers).filter_map(port).collect();
    report_shared_ports(&ports, faults);
    let labels = labels.values().map(|label| label.value.clone()).collect();
    let weight = item.child("weight").and_then(|item| item.one("weight"));
    let mappings = item.children("host-port").filter_map(mapping).collect();
    PodTemplate {
        labels,
        containers: names.map(|name| name.value.to_owned()).collect(),
        ports,
        weight: weight.map(|weight| weight.value),
        mappings,
    }
}

/// `host-port [ADDRESS:]PORT -> PORT`
fn mapping(item: &Item) -> Option<Published> {
    let HostPort { address, port } = item.one("host")?.value;
    Some(Published { address, port, target: item.one("port")?.value, span: item.span })
}

fn port(item: &Item) -> Option<PodPort> {
    let name = item.one::<&str>("name").map(|name| name.value.to_owned());
    let port = item.one("port")?;
    Some(PodPort { name, port: Spanned::new(port.value, item.span) })
}

/// All containers of a pod share one network namespace: a port or a port name can be used once.
fn report_shared_ports(ports: &[PodPort], faults: &mut Vec<Diagnostic>) {
    let mut numbers = BTreeMap::new();
    let mut names = BTreeMap::new();
    for port in ports {
        if let Some(earlier) = numbers.insert(port.port.value, port.port.span) {
            faults.push(fault::shared_pod_port(port.port.value, port.port.span, earlier));
        }
        if let Some(name) = &port.name
            && let Some(earlier) = names.insert(name, port.port.span)
        {
            faults.push(fault::duplicate_port_name("pod", name, port.port.span, earlier));
        }
    }
}
