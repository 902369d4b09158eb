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
use crate::model::{Family, NodeId, Proxy, Service, ServiceKind};
use crate::object::{Chain, ChainName, Rules, State, Table};
use detector::Detector;
use netc_lang::Span;

pub(super) fn lower(cx: &mut Context, proxy: &Proxy) {
    for family in Family::ALL {
        let mut kube = Kube {
            family,
            node: cx.id,
            proxy,
            detector: Detector::new(cx, proxy, family),
            shared: Shared::default(),
            chains: Vec::new(),
        };
        for service in cx.cluster.services.iter().filter(|one| one.kind != ServiceKind::Headless) {
            kube.service(service);
        }
        // The chains that all services share are asked for first: they stand first in artefacts.
        skeleton::lower(cx, proxy, family, kube.shared);
        for (chain, origin) in kube.chains {
            cx.objects.add(State::Chain(chain), origin);
        }
    }
}

/// The lowering of one family.
struct Kube<'a> {
    family: Family,
    node: NodeId,
    proxy: &'a Proxy,
    detector: Option<Detector>,
    shared: Shared,
    /// The services' own chains, with the statements that asked for them.
    chains: Vec<(Chain, Span)>,
}

/// The rules of the chains that all services share.
#[derive(Default)]
struct Shared {
    /// nat KUBE-SERVICES
    services: Rules,
    /// nat KUBE-NODEPORTS
    node_ports: Rules,
    /// filter KUBE-SERVICES
    refused: Rules,
    /// filter KUBE-EXTERNAL-SERVICES
    refused_outside: Rules,
}

impl Kube<'_> {
    fn service(&mut self, service: &Service) {
        let Some(address) = service.addresses.get(self.family) else { return };
        for port in &service.ports {
            port::lower(self, service, port, *address);
        }
    }

    /// Adds a chain of the nat table.
    fn chain(&mut self, name: ChainName, rules: Rules, origin: Span) {
        let chain = Chain { family: self.family, table: Table::Nat, name, rules };
        self.chains.push((chain, origin));
    }
}

/// Where packets are sent that are to be masqueraded.
fn mark_masq() -> ChainName {
    ChainName::new(&["KUBE-MARK-MASQ"])
}
