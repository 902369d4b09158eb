//! Services as kube-proxy 1.36 programs them in iptables mode (netspec 4.1–4.4).
//!
//! Both families always get the skeleton, as kube-proxy runs for both; services fill it where
//! they have an address of the family.

mod detector;
mod endpoints;
mod names;
mod port;
mod skeleton;

use super::Context;
use crate::model::{Family, NodeId, Proxy, ServiceKind};
use crate::object::{ChainName, Chains};
use detector::Detector;

pub(super) fn lower(cx: &mut Context, proxy: &Proxy) {
    for family in Family::ALL {
        let kube = Kube {
            family,
            node: cx.id,
            proxy,
            detector: Detector::new(cx, proxy, family),
            mark_masq: ChainName::new(&["KUBE-MARK-MASQ"]),
        };
        let mut out = Output::new(&kube);
        for service in cx.cluster.services.iter().filter(|one| one.kind != ServiceKind::Headless) {
            for port in &service.ports {
                port::lower(&kube, service, port, &mut out);
            }
        }
        skeleton::lower(cx, &kube, out);
    }
}

/// What the lowering of one family goes by.
struct Kube<'a> {
    family: Family,
    node: NodeId,
    proxy: &'a Proxy,
    detector: Option<Detector>,
    /// Where packets are sent that are to be masqueraded.
    mark_masq: ChainName,
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
            own: Chains::new(family),
        }
    }
}
