//! Endpoints: those that are stated, or the pods that a service selects, as Kubernetes'
//! endpoint-slice controller selects them (netspec 4.2 and section 5).

use super::bind::Nodes;
use super::stated::{Distribution, EndpointDecl, Form, PortDecl, ServiceDecl, Target};
use super::{Conditions, Endpoint, Family, Hints, NodeId, PerFamily, Pod, ServiceKind, fault};
use netc_lang::{Diagnostic, Pair, Port, Spanned};
use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

/// The pods of each namespace by their labels.
pub(super) struct Index<'p> {
    pods: &'p [Pod],
    nodes: &'p Nodes,
    by_label: BTreeMap<(&'p str, &'p Pair), Vec<usize>>,
}

impl<'p> Index<'p> {
    pub(super) fn new(pods: &'p [Pod], nodes: &'p Nodes) -> Index<'p> {
        let mut by_label: BTreeMap<(&str, &Pair), Vec<usize>> = BTreeMap::new();
        for (index, pod) in pods.iter().enumerate() {
            for label in &pod.template.labels {
                by_label.entry((&pod.name.namespace, label)).or_default().push(index);
            }
        }
        Index { pods, nodes, by_label }
    }

    /// The pods of a namespace that have all these labels, in order.
    fn select(&self, namespace: &str, labels: &[Pair]) -> Vec<&'p Pod> {
        let lists = labels.iter().map(|label| self.by_label.get(&(namespace, label)));
        let Some(shortest) =
            lists.map(|list| list.map_or(&[][..], Vec::as_slice)).min_by_key(|list| list.len())
        else {
            return Vec::new();
        };
        let has_all = |pod: &&Pod| labels.iter().all(|label| pod.template.labels.contains(label));
        shortest.iter().filter_map(|index| self.pods.get(*index)).filter(has_all).collect()
    }
}

/// The endpoints of each port of a service; stated ones are taken out of it.
pub(super) fn endpoints(
    service: &mut ServiceDecl,
    addresses: &PerFamily<IpAddr>,
    index: &Index,
    faults: &mut Vec<Diagnostic>,
) -> Vec<Vec<Endpoint>> {
    let Some(select) = service.select.as_ref().filter(|_| !service.has_endpoints) else {
        return stated(service, addresses, index.nodes, faults);
    };
    let pods = index.select(&service.name.namespace, &select.value);
    if pods.is_empty() {
        faults.push(fault::selects_nothing(&service.name, select, index.pods));
    }
    let families = families(service, addresses);
    let mut selection = Selection { service, pods, families, hints: BTreeMap::new(), index };
    service.ports.iter().map(|port| selection.of_port(port, faults)).collect()
}

/// The families of a service's endpoints: those of its addresses. One that is headless has those that
/// it states, else those of its pods.
fn families(service: &ServiceDecl, addresses: &PerFamily<IpAddr>) -> Vec<Family> {
    match service.kind {
        ServiceKind::Headless if service.families.is_empty() => Family::ALL.to_vec(),
        ServiceKind::Headless => service.families.iter().map(|family| family.value).collect(),
        _ => addresses.families().collect(),
    }
}

/// The endpoints that are stated.
fn stated(
    service: &mut ServiceDecl,
    addresses: &PerFamily<IpAddr>,
    nodes: &Nodes,
    faults: &mut Vec<Diagnostic>,
) -> Vec<Vec<Endpoint>> {
    report_foreign_families(service, addresses, faults);
    let named = service.host.is_some();
    if !service.has_endpoints && !named {
        faults.push(fault::no_endpoints(&service.name, service.span));
    }
    let form = service.form;
    let mut bind = |stated: EndpointDecl| Endpoint {
        address: stated.address,
        node: stated.node.as_ref().and_then(|node| nodes.find(node, form, faults)),
        conditions: stated.conditions,
        hints: stated.hints,
        weight: stated.weight,
        span: stated.span,
    };
    let ports = service.ports.iter_mut().map(|port| std::mem::take(&mut port.endpoints));
    ports.map(|endpoints| endpoints.into_iter().map(&mut bind).collect()).collect()
}

/// The pods that one service selects.
struct Selection<'a> {
    service: &'a ServiceDecl,
    pods: Vec<&'a Pod>,
    families: Vec<Family>,
    /// The hints for endpoints on each node.
    hints: BTreeMap<NodeId, Option<Arc<Hints>>>,
    index: &'a Index<'a>,
}

impl Selection<'_> {
    fn of_port(&mut self, port: &PortDecl, faults: &mut Vec<Diagnostic>) -> Vec<Endpoint> {
        let mut all = Vec::with_capacity(self.pods.len() * self.families.len());
        let mut found = false;
        for pod in self.pods.clone() {
            let Some(number) = target(port, pod) else { continue };
            found = true;
            let conditions = self.conditions(pod);
            let hints = self.hints(pod, conditions);
            for family in &self.families {
                let Some(address) = pod.addresses.get(*family) else { continue };
                let address = SocketAddr::new(*address, number);
                let (node, hints, span) = (pod.node, hints.clone(), pod.span);
                let weight = pod.template.weight;
                all.push(Endpoint { address, node, conditions, hints, weight, span });
            }
        }
        if let (Target::Name(name), false, false) = (&port.target, found, self.pods.is_empty()) {
            let known = self.pods.iter().flat_map(|pod| &pod.template.ports);
            faults.push(fault::unknown_target(name, self.service.form == Form::Kubernetes, known));
        }
        all
    }

    /// A pod that is being deleted is not ready, whatever it says itself.
    fn conditions(&self, pod: &Pod) -> Conditions {
        let (serving, terminating) = (pod.state.ready, pod.state.terminating);
        let ready = self.service.publish_not_ready || (serving && !terminating);
        Conditions { ready, serving, terminating }
    }

    /// Where an endpoint is to be used; only ready ones have hints.
    fn hints(&mut self, pod: &Pod, conditions: Conditions) -> Option<Arc<Hints>> {
        let distribution = self.service.distribution.filter(|_| conditions.ready)?;
        let id = pod.node?;
        let nodes = self.index.nodes;
        let new = || {
            let node = nodes.get(id)?;
            let zone = node.zone.iter().map(|zone| Arc::from(zone.value.as_str()));
            let own = (distribution == Distribution::SameNode).then(|| node.name.as_str().into());
            let hints = Hints { zones: zone.collect(), nodes: own.into_iter().collect() };
            (hints != Hints::default()).then(|| Arc::new(hints))
        };
        self.hints.entry(id).or_insert_with(new).clone()
    }
}

/// The port of a pod that a service port targets. A pod without the named port is left out.
fn target(port: &PortDecl, pod: &Pod) -> Option<u16> {
    let Port { protocol, .. } = port.port;
    match &port.target {
        Target::Number(number) => Some(*number),
        Target::Name(Spanned { value: name, .. }) => pod.template.ports.iter().find_map(|own| {
            let fits = own.name.as_ref() == Some(name) && own.port.value.protocol == protocol;
            fits.then_some(own.port.value.number)
        }),
    }
}

/// Reports stated endpoints of a family that the service does not have. A Kubernetes cluster may
/// well have them; nothing comes of them.
fn report_foreign_families(
    service: &ServiceDecl,
    addresses: &PerFamily<IpAddr>,
    faults: &mut Vec<Diagnostic>,
) {
    if service.form == Form::Kubernetes || addresses.is_empty() {
        return;
    }
    for endpoint in service.ports.iter().flat_map(|port| &port.endpoints) {
        let family = Family::of(endpoint.address.ip());
        if addresses.get(family).is_none() {
            let fault = fault::foreign_endpoint(&service.name, family, endpoint.span, service.span);
            faults.push(fault);
        }
    }
}
