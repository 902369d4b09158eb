//! Services without an endpoint for the client, and ports that they do not have.

use super::super::Place;
use super::super::names::Owner;
use super::{Case, Diagnosis};
use crate::model::{NodeId, Policy, Service, ServicePort};

impl Case<'_> {
    /// A port was asked for that the service does not have.
    pub(super) fn wrong_port(self) -> Option<Diagnosis> {
        let (address, payload) = (self.question.destination.first(), self.question.payload);
        let Some(Owner::Service(service)) = self.names.owner(address) else { return None };
        let port = payload.destination()?;
        if self.service().is_some() {
            return None;
        }
        let protocol = payload.protocol()?;
        let known: Vec<String> = service.ports.iter().map(|own| own.port.to_string()).collect();
        let headline = format!("service {} has no port {port}/{protocol}", service.name);
        Some(
            Diagnosis::new(headline)
                .because("only at its ports is its address anybody's")
                .help(format!("ask for {}", known.join(" or ")))
                .at(Some(service.span)),
        )
    }

    /// No rule leads to an endpoint.
    pub(super) fn no_endpoint(self, service: &Service, port: &ServicePort) -> Diagnosis {
        let name = &service.name;
        let usable = port.endpoints.iter().filter(|one| one.conditions.ready);
        let usable: Vec<_> = usable.collect();
        if port.endpoints.is_empty() {
            return Diagnosis::new(format!("service {name} has no endpoint at port {}", port.port))
                .because("no pod has all the labels that it selects, or none of them has its port")
                .help("compare `select` with the `labels` of the pods, and the target with their `port`")
                .at(Some(service.span));
        }
        if usable.is_empty() {
            let count = port.endpoints.len();
            let headline = match count {
                1 => format!("the only endpoint of service {name} is not ready"),
                count => format!("none of the {count} endpoints of service {name} is ready"),
            };
            return Diagnosis::new(headline)
                .because("connections are handed to ready endpoints alone")
                .help("see why the pods are not ready; one that is `ready off` serves nobody")
                .at(port.endpoints.first().map(|one| one.span));
        }
        self.no_local_endpoint(service, port)
    }

    /// There are endpoints, but none for this client.
    fn no_local_endpoint(self, service: &Service, port: &ServicePort) -> Diagnosis {
        let name = &service.name;
        let here = match &self.failure.place {
            Place::Node(id, _) => Some(*id),
            Place::Outside => None,
        };
        let node = here.map_or("this node", |id| self.names.node_name(id));
        let elsewhere: Vec<NodeId> = port.endpoints.iter().filter_map(|one| one.node).collect();
        let mut nodes: Vec<&str> =
            elsewhere.into_iter().map(|id| self.names.node_name(id)).collect();
        nodes.dedup();
        let word = match service.internal_traffic {
            Policy::Local => "internal-traffic",
            Policy::Cluster => "external-traffic",
        };
        let mut diagnosis =
            Diagnosis::new(format!("service {name} has no endpoint on {node}")).because(format!(
                "its `{word} local` hands connections to endpoints of the node that they come to, no others"
            ));
        if !nodes.is_empty() {
            diagnosis = diagnosis.because(format!("its endpoints are on {}", nodes.join(", ")));
        }
        diagnosis
            .help(format!("run a pod of it on {node}, send clients to nodes that have one, or state `{word} cluster`"))
            .at(Some(service.span))
    }

    /// A virtual server has nobody behind it.
    pub(super) fn without_real_server(self) -> Diagnosis {
        match self.service() {
            Some((service, port)) => self.no_endpoint(service, port),
            None => Diagnosis::new("the virtual server has no real server"),
        }
    }
}
