//! What nginx or HAProxy does on a node: HTTP for ingresses, and the connections of services in
//! userspace mode.

mod haproxy;
mod nginx;
mod site;
mod stream;
mod words;

pub(super) use stream::Stream;

use super::{Context, kube};
use crate::model::{Backend, Cluster, Engine, Family, Node};
use crate::object::{Balancer, State};
use netc_lang::Span;
use site::Site;
use std::net::SocketAddr;

/// All that one program of a node does.
struct Work {
    /// The ingresses that it serves.
    site: Option<Site>,
    /// The connections that it passes on as they are.
    streams: Vec<Stream>,
}

pub(super) fn lower(cx: &mut Context) {
    for engine in [Engine::Nginx, Engine::Haproxy] {
        let mut spans: Vec<Span> = Vec::new();
        let streams = kube::streams(cx.cluster, engine);
        let mut work = Work { site: None, streams };
        let controller = cx.cluster.ingress_on(cx.id);
        if let Some(controller) = controller.filter(|own| own.engine == engine) {
            work.site = Some(Site::new(cx.cluster, controller, families(cx.node)));
            spans.push(controller.span);
            spans.extend(cx.cluster.served_ingresses().map(|ingress| ingress.span));
        }
        let config = match engine {
            Engine::Nginx => nginx::write(&work),
            Engine::Haproxy => haproxy::write(&work),
        };
        spans.extend(work.streams.iter().map(|stream| stream.span));
        for span in spans {
            let mut own = Balancer::new(engine, &config);
            if let Some(site) = &work.site {
                own.material.clone_from(&site.material);
            }
            cx.objects.add(State::Balancer(own), span);
        }
    }
}

/// Who answers the requests for a backend of ingresses that come to a node.
pub(crate) fn ingress_servers(cluster: &Cluster, node: &Node, backend: Backend) -> Vec<SocketAddr> {
    let service = cluster.services.get(backend.service);
    let port = service.and_then(|service| service.ports.get(backend.port));
    port.map(|port| site::servers(port, &families(node))).unwrap_or_default()
}

/// The families in which the node is reached from elsewhere.
fn families(node: &Node) -> Vec<Family> {
    let own = Family::ALL.into_iter();
    let own: Vec<Family> = own.filter(|family| node.address(*family).is_some()).collect();
    if own.is_empty() { vec![Family::V4] } else { own }
}
