//! Packets that get there and are not answered.

use super::super::{Event, Place};
use super::{Case, Diagnosis};
use crate::model::Pod;
use std::net::IpAddr;

impl Case<'_> {
    /// Nobody is known to listen on the port.
    pub(super) fn not_listening(self, port: Option<u16>) -> Diagnosis {
        let who = self.names.tenant(&self.failure.place);
        let protocol = self.question.payload.protocol().unwrap_or_default();
        let at = port.map_or_else(|| "there".to_owned(), |port| format!("on {port}/{protocol}"));
        let pod = self.names.pod_at(&self.failure.place);
        if let Some((service, own)) = self.service()
            && port.is_some()
            && own.proxy_port == port
        {
            // The node's proxy listens for services that have endpoints.
            return self.no_endpoint(service, own);
        }
        let headline = format!("nobody listens {at} of {who}");
        let mut diagnosis = Diagnosis::new(headline);
        if let Some(pod) = pod {
            diagnosis = diagnosis.because(listens(pod)).at(Some(pod.span));
        }
        match self.service() {
            Some((service, own)) if pod.is_some() && self.was_translated() => diagnosis
                .because(format!("port {} of service {} leads there", own.port, service.name))
                .help("mend the target behind `->` of the service's port")
                .at(Some(own.span)),
            _ => diagnosis.help("ask for a port that somebody listens on, or state it with `port`"),
        }
    }

    fn was_translated(self) -> bool {
        let mut steps = self.ended.way.trail.backwards();
        steps.any(|step| matches!(step.event, Event::Translated { .. } | Event::Scheduled { .. }))
    }

    /// The answer's source was not translated back.
    pub(super) fn other_answer(self, from: IpAddr) -> Diagnosis {
        let asked = self.named(self.question.destination.first());
        let diagnosis = Diagnosis::new(format!(
            "the answer comes from {}, not from {asked}, so the client does not take it",
            self.named(from)
        ));
        let same_node = match (&self.question.place, self.ended.server()) {
            (Place::Node(own, _), Some(server)) => {
                matches!(&server.place, Place::Node(other, _) if other == own)
            }
            _ => false,
        };
        match same_node {
            true => diagnosis
                .because("both are on one bridge: the answer is bridged, and connection tracking does not see it")
                .help("sysctl -w net.bridge.bridge-nf-call-iptables=1 (with the module br_netfilter)"),
            false => diagnosis
                .because("the answer does not come back by the node that translated the request")
                .help("let that node masquerade: see `masquerade-all` and `detect-local` of the proxy"),
        }
    }
}

fn listens(pod: &Pod) -> String {
    let ports: Vec<String> =
        pod.template.ports.iter().map(|own| own.port.value.to_string()).collect();
    match ports.is_empty() {
        true => "no port of the pod is stated".to_owned(),
        false => format!("the pod listens on {}", ports.join(", ")),
    }
}
