//! iptables mode (netspec 4.1–4.4).

mod names;
mod own;
mod port;
mod skeleton;

pub(super) use names::{PortName, endpoint};

use super::categories::Here;
use super::detector::Detector;
use super::programmed;
use crate::lower::Context;
use crate::model::{Cluster, Family, Proxy};
use crate::object::{ChainName, Chains};

/// In a cluster with more endpoints than this, rules about single endpoints have no comments
/// (`largeClusterEndpointsThreshold`).
const LARGE: usize = 1000;

pub(super) fn lower(cx: &mut Context, proxy: &Proxy) {
    for family in Family::ALL {
        let kube = Kube {
            family,
            here: Here { node: cx.node, id: cx.id },
            proxy,
            detector: Detector::new(cx, proxy, family),
            mark_masq: ChainName::new(&["KUBE-MARK-MASQ"]),
            large: is_large(cx.cluster, family),
        };
        let mut out = Output::new(&kube);
        for service in programmed(cx.cluster) {
            for port in &service.ports {
                port::lower(&kube, service, port, &mut out);
            }
        }
        skeleton::lower(cx, &kube, out);
    }
}

/// Whether the services of a family have very many endpoints, ready or not.
fn is_large(cluster: &Cluster, family: Family) -> bool {
    let own = programmed(cluster).filter(|service| service.addresses.get(family).is_some());
    let endpoints = own.flat_map(|service| &service.ports).flat_map(|port| &port.endpoints);
    endpoints.filter(|endpoint| Family::of(endpoint.address.ip()) == family).nth(LARGE).is_some()
}

/// What the lowering of one family goes by.
struct Kube<'a> {
    family: Family,
    here: Here<'a>,
    proxy: &'a Proxy,
    detector: Option<Detector>,
    /// Where packets are sent that are to be masqueraded.
    mark_masq: ChainName,
    /// There are so many endpoints that rules about one of them have no comments.
    large: bool,
}

/// Where the rules of services go: into the chains that all services share, and into chains of
/// their own.
struct Output {
    /// nat KUBE-SERVICES
    services: Chains,
    /// nat KUBE-NODEPORTS
    node_ports: Chains,
    /// filter KUBE-SERVICES
    refused: Chains,
    /// filter KUBE-EXTERNAL-SERVICES
    refused_outside: Chains,
    /// filter KUBE-NODEPORTS
    health_checks: Chains,
    /// filter KUBE-PROXY-FIREWALL
    firewall: Chains,
    /// The services' own chains, of the nat table.
    own: Chains,
}

impl Output {
    fn new(kube: &Kube) -> Output {
        let (family, span) = (kube.family, kube.proxy.span);
        let shared = |name| Chains::one(family, ChainName::new(&[name]), span);
        Output {
            services: shared("KUBE-SERVICES"),
            node_ports: shared("KUBE-NODEPORTS"),
            refused: shared("KUBE-SERVICES"),
            refused_outside: shared("KUBE-EXTERNAL-SERVICES"),
            health_checks: shared("KUBE-NODEPORTS"),
            firewall: shared("KUBE-PROXY-FIREWALL"),
            own: Chains::new(family),
        }
    }
}
