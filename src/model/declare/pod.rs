//! `pod` and `pods` statements.

use super::{Nodes, per_family};
use crate::model::{Family, NodeId, PerFamily, PodPort, PodTemplate, fault};
use netc_lang::{Diagnostic, Item, Pair, QualifiedName, Span, Spanned};
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

/// A pod as stated.
pub(crate) struct PodDecl {
    pub(crate) name: QualifiedName,
    pub(crate) span: Span,
    pub(crate) node: NodeId,
    pub(crate) template: Arc<PodTemplate>,
    pub(crate) addresses: PerFamily<Spanned<IpAddr>>,
}

/// `pod NAME on NODE { … }` or `pods NAME replicas N [on NODE, …] { … }`
pub(super) fn read(
    item: &Item,
    nodes: &Nodes,
    pods: &mut Vec<PodDecl>,
    faults: &mut Vec<Diagnostic>,
) {
    let Some(name) = item.one::<&QualifiedName>("name") else { return };
    let named: Vec<Spanned<&str>> = item.all("node").collect();
    let places: Vec<NodeId> = match named.as_slice() {
        [] => nodes.ids(),
        named => named.iter().filter_map(|name| nodes.find(*name, faults)).collect(),
    };
    let template = Arc::new(template(item, faults));
    let addresses = item.children("ip").flat_map(|item| item.all("address"));
    let addresses = per_family(addresses, Family::of, "addresses of one pod", faults);
    let Some(replicas) = item.one::<u32>("replicas") else {
        pods.extend(places.first().map(|node| PodDecl {
            name: name.value.clone(),
            span: item.span,
            node: *node,
            template,
            addresses,
        }));
        return;
    };
    if places.is_empty() && named.is_empty() && replicas.value > 0 {
        faults.push(fault::no_node_for_pods(name.value, item.span));
    }
    for (node, index) in places.iter().cycle().zip(0..replicas.value) {
        pods.push(PodDecl {
            name: QualifiedName {
                namespace: name.value.namespace.clone(),
                name: format!("{}-{index}", name.value.name),
            },
            span: item.span,
            node: *node,
            template: Arc::clone(&template),
            addresses: PerFamily::default(),
        });
    }
}

fn template(item: &Item, faults: &mut Vec<Diagnostic>) -> PodTemplate {
    let mut labels: BTreeMap<&str, Spanned<&Pair>> = BTreeMap::new();
    for label in item.children("labels").flat_map(|item| item.all::<&Pair>("label")) {
        if let Some(earlier) = labels.insert(&label.value.key, label) {
            faults.push(fault::two_labels(&label.value.key, label.span, earlier.span));
        }
    }
    let containers = item.children("container").flat_map(|item| item.children("port"));
    let ports: Vec<PodPort> = item.children("port").chain(containers).filter_map(port).collect();
    report_shared_ports(&ports, faults);
    PodTemplate { labels: labels.values().map(|label| label.value.clone()).collect(), ports }
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
