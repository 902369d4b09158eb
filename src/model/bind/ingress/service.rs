//! The service of what serves ingresses: endpoints on the nodes that serve, like those of pods in
//! the nodes' network, so that every way of programming services brings traffic to it.

use crate::model::bind::Nodes;
use crate::model::declare::{ClusterDecl, ControllerDecl};
use crate::model::stated::{EndpointDecl, Form, NodeDecl, PortDecl, ServiceDecl, Target};
use crate::model::{Conditions, Engine, Family, PerFamily, Policy, ServiceKind};
use netc_lang::{Port, Protocol, QualifiedName, Spanned};
use std::net::SocketAddr;
use std::sync::Arc;

/// Its name.
pub(super) fn name(engine: Engine) -> QualifiedName {
    QualifiedName { namespace: "ingress".into(), name: engine.word().into() }
}

/// The service, if one is stated; `tls` says whether there is HTTPS.
pub(in crate::model::bind) fn own(
    cluster: &ClusterDecl,
    nodes: &Nodes,
    tls: bool,
) -> Option<ServiceDecl> {
    let controller = cluster.ingress.as_ref()?;
    let stated = controller.service.as_ref()?;
    let serving = serving(controller, nodes);
    let families = Family::ALL.into_iter().filter(|family| {
        let has = |node: &&NodeDecl| node.address(*family).is_some();
        cluster.service_networks.get(*family).is_some() && serving.iter().any(has)
    });
    let families: Vec<Family> = families.collect();
    let [http, https] = stated.node_ports;
    let mut ports =
        vec![port(controller, ("http", 80, controller.http.value), http, &serving, &families)];
    if tls {
        let own = ("https", 443, controller.https.value);
        ports.push(port(controller, own, https, &serving, &families));
    }
    let load_balancer = stated.load_balancer;
    Some(ServiceDecl {
        name: name(controller.engine),
        span: controller.span,
        form: Form::Netc,
        kind: if load_balancer { ServiceKind::LoadBalancer } else { ServiceKind::NodePort },
        select: None,
        addresses: PerFamily::default(),
        families: families.iter().map(|one| Spanned::new(*one, controller.span)).collect(),
        family_policy: None,
        ports,
        affinity: None,
        external_traffic: stated.external_traffic,
        internal_traffic: Policy::Cluster,
        load_balancer_ips: stated.load_balancer_ips.clone(),
        load_balancer_class: None,
        requested_ip: None,
        source_ranges: Vec::new(),
        external_ips: Vec::new(),
        health_check_node_port: None,
        allocate_node_ports: true,
        distribution: None,
        publish_not_ready: false,
        has_endpoints: true,
        shared_portals: false,
        host: None,
    })
}

/// The nodes that serve. Unknown ones are reported where the controller is bound.
fn serving<'n>(controller: &ControllerDecl, nodes: &'n Nodes) -> Vec<&'n NodeDecl> {
    let wanted = |node: &&NodeDecl| {
        controller.nodes.is_empty() || controller.nodes.iter().any(|name| name.value == node.name)
    };
    nodes.all.iter().filter(|node| !super::runs_windows(node)).filter(wanted).collect()
}

fn port(
    controller: &ControllerDecl,
    (name, number, target): (&str, u16, u16),
    node_port: Option<Spanned<u16>>,
    serving: &[&NodeDecl],
    families: &[Family],
) -> PortDecl {
    let of_node = |node: &&NodeDecl| {
        let name: Arc<str> = Arc::from(node.name.as_str());
        let addresses = families.iter().filter_map(|family| node.address(*family));
        let endpoints = addresses.map(|own| EndpointDecl {
            address: SocketAddr::new(own.address, target),
            node: Some(Spanned::new(Arc::clone(&name), controller.span)),
            conditions: Conditions::default(),
            hints: None,
            weight: None,
            span: controller.span,
        });
        endpoints.collect::<Vec<_>>()
    };
    PortDecl {
        name: Some(name.to_owned()),
        port: Port { number, protocol: Protocol::Tcp },
        target: Target::Number(target),
        proxy_port: None,
        node_port,
        span: controller.span,
        endpoints: serving.iter().flat_map(of_node).collect(),
    }
}
