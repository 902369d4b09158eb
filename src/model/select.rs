//! Endpoints: the pods that a service selects, as Kubernetes' endpoint-slice controller
//! selects them.

use super::declare::{PortDecl, ServiceDecl, Target};
use super::{Endpoint, Family, PerFamily, Pod, fault};
use netc_lang::{Diagnostic, Pair, Port};
use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};

/// The pods of each namespace by their labels.
pub(super) struct Index<'p> {
    pods: &'p [Pod],
    by_label: BTreeMap<(&'p str, &'p Pair), Vec<usize>>,
}

impl<'p> Index<'p> {
    pub(super) fn new(pods: &'p [Pod]) -> Index<'p> {
        let mut by_label: BTreeMap<(&str, &Pair), Vec<usize>> = BTreeMap::new();
        for (index, pod) in pods.iter().enumerate() {
            for label in &pod.template.labels {
                by_label.entry((&pod.name.namespace, label)).or_default().push(index);
            }
        }
        Index { pods, by_label }
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

/// The endpoints of each port of a service.
pub(super) fn endpoints(
    service: &ServiceDecl,
    addresses: &PerFamily<IpAddr>,
    index: &Index,
    faults: &mut Vec<Diagnostic>,
) -> Vec<Vec<Endpoint>> {
    let Some(select) = &service.select else {
        report_foreign_families(service, addresses, faults);
        if !service.has_endpoints {
            faults.push(fault::no_endpoints(&service.name, service.span));
        }
        return service.ports.iter().map(|port| port.endpoints.clone()).collect();
    };
    let pods = index.select(&service.name.namespace, &select.value);
    if pods.is_empty() {
        faults.push(fault::selects_nothing(&service.name, select, index.pods));
    }
    let families: Vec<Family> = addresses.families().collect();
    service.ports.iter().map(|port| of_port(port, &pods, &families, faults)).collect()
}

fn of_port(
    port: &PortDecl,
    pods: &[&Pod],
    families: &[Family],
    faults: &mut Vec<Diagnostic>,
) -> Vec<Endpoint> {
    let mut all = Vec::with_capacity(pods.len() * families.len());
    let mut found = false;
    for pod in pods {
        let Some(number) = target(port, pod) else { continue };
        found = true;
        for address in families.iter().filter_map(|family| pod.addresses.get(*family)) {
            let address = SocketAddr::new(*address, number);
            all.push(Endpoint { address, node: Some(pod.node), span: pod.span });
        }
    }
    if let (Target::Name(name), false, false) = (&port.target, found, pods.is_empty()) {
        let known = pods.iter().flat_map(|pod| &pod.template.ports);
        faults.push(fault::unknown_target(&name.value, name.span, known));
    }
    all
}

/// The port of a pod that a service port targets. A pod without the named port is left out.
fn target(port: &PortDecl, pod: &Pod) -> Option<u16> {
    let Port { protocol, .. } = port.port;
    match &port.target {
        Target::Number(number) => Some(*number),
        Target::Name(name) => pod.template.ports.iter().find_map(|own| {
            let fits =
                own.name.as_ref() == Some(&name.value) && own.port.value.protocol == protocol;
            fits.then_some(own.port.value.number)
        }),
    }
}

/// Reports stated endpoints of a family that the service does not have.
fn report_foreign_families(
    service: &ServiceDecl,
    addresses: &PerFamily<IpAddr>,
    faults: &mut Vec<Diagnostic>,
) {
    for endpoint in service.ports.iter().flat_map(|port| &port.endpoints) {
        let family = Family::of(endpoint.address.ip());
        if addresses.get(family).is_none() && !addresses.is_empty() {
            let fault = fault::foreign_endpoint(&service.name, family, endpoint.span, service.span);
            faults.push(fault);
        }
    }
}
