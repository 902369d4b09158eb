//! Connections of UDP that endpoints leave behind when they go (`CleanStaleEntries` of
//! kube-proxy's `pkg/proxy/conntrack/cleanup.go`).

use super::exposure::Exposure;
use super::programmed;
use crate::lower::Context;
use crate::model::{Family, Service, ServicePort};
use crate::object::{Aside, Flush, State, Text};
use netc_lang::Protocol;
use std::net::IpAddr;

/// `table` is the one of nf_tables that translates first packets, if it is not iptables that does.
pub(super) fn lower(cx: &mut Context, family: Family, table: Option<&Text>) {
    for service in programmed(cx.cluster) {
        for port in service.ports.iter().filter(|port| port.port.protocol == Protocol::Udp) {
            for flush in flushes(service, port, family, table) {
                cx.objects.add(State::Flush(flush), port.span);
            }
        }
    }
}

/// One flush for each way to a service port. Whether an endpoint is ready, or near, decides who
/// gets new connections; what it serves already stays with it.
fn flushes(
    service: &Service,
    port: &ServicePort,
    family: Family,
    table: Option<&Text>,
) -> Vec<Flush> {
    let Some(address) = service.addresses.get(family) else { return Vec::new() };
    let serving = port.endpoints.iter().filter(|one| one.conditions.serving);
    let addresses = serving.map(|one| one.address.ip());
    let mut keep: Vec<IpAddr> = addresses.filter(|one| Family::of(*one) == family).collect();
    keep.sort_unstable();
    keep.dedup();
    // Where nobody serves, forgetting a connection helps nobody.
    if keep.is_empty() {
        return Vec::new();
    }
    let outside = Exposure::new(service, port, family);
    let number = port.port.number;
    let addresses = [*address].into_iter().chain(outside.external_ips);
    let ways = addresses.chain(outside.load_balancer_ips).map(|one| (Some(one), number));
    let node_port = outside.node_port.map(|number| (None, number));
    let flush = |(destination, port)| Flush {
        family,
        destination,
        port,
        keep: keep.clone(),
        table: Aside(table.cloned()),
    };
    ways.chain(node_port).map(flush).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Conditions, Endpoint, PerFamily, Policy, ServiceKind};
    use netc_lang::{Port, QualifiedName, Span};

    fn service(kind: ServiceKind, endpoints: &[(&str, bool)]) -> Service {
        let ips = |all: [&str; 2]| all.map(|one| one.parse().unwrap()).to_vec();
        let endpoint = |(address, serving): &(&str, bool)| Endpoint {
            address: address.parse().unwrap(),
            node: None,
            conditions: Conditions { ready: false, serving: *serving, terminating: true },
            hints: None,
            weight: None,
            span: Span::default(),
        };
        let port = ServicePort {
            name: None,
            port: Port { number: 53, protocol: Protocol::Udp },
            node_port: kind.has_node_ports().then_some(30053),
            proxy_port: None,
            span: Span::default(),
            endpoints: endpoints.iter().map(endpoint).collect(),
        };
        let [v4, v6] = ["10.96.0.10", "fd00::10"].map(|one| one.parse().unwrap());
        Service {
            name: QualifiedName { namespace: "default".into(), name: "dns".into() },
            span: Span::default(),
            kind,
            addresses: PerFamily::from_iter([(Family::V4, v4), (Family::V6, v6)]),
            ports: vec![port],
            affinity: None,
            external_traffic: Policy::Local,
            internal_traffic: Policy::Cluster,
            load_balancer_ips: ips(["203.0.113.7", "2001:db8::7"]),
            source_ranges: Vec::new(),
            external_ips: ips(["198.51.100.7", "2001:db8::8"]),
            health_check_node_port: None,
        }
    }

    fn of(service: &Service, family: Family) -> Vec<String> {
        let line = |one: Flush| {
            let to = one.destination.map_or("*".into(), |address| address.to_string());
            let keep: Vec<String> = one.keep.iter().map(ToString::to_string).collect();
            format!("{to} {} {}", one.port, keep.join(","))
        };
        flushes(service, &service.ports[0], family, None).into_iter().map(line).collect()
    }

    #[test]
    fn every_way_to_a_service_is_flushed_but_for_who_serves() {
        let all = [
            ("10.244.0.10:53", true),
            ("10.244.0.9:53", true),
            ("10.244.0.8:53", false),
            ("10.244.0.9:5353", true),
            ("[fd00::9]:53", true),
        ];
        let service = service(ServiceKind::LoadBalancer, &all);
        let keep = "10.244.0.9,10.244.0.10";
        let ways = ["10.96.0.10 53", "198.51.100.7 53", "203.0.113.7 53", "* 30053"];
        assert_eq!(of(&service, Family::V4), ways.map(|way| format!("{way} {keep}")));
        let ways = ["fd00::10 53", "2001:db8::8 53", "2001:db8::7 53", "* 30053"];
        assert_eq!(of(&service, Family::V6), ways.map(|way| format!("{way} fd00::9")));
    }

    #[test]
    fn nothing_is_flushed_where_nobody_serves() {
        let service = service(ServiceKind::ClusterIp, &[("10.244.0.9:53", false)]);
        assert_eq!(of(&service, Family::V4), [""; 0]);
        assert_eq!(of(&service, Family::V6), [""; 0]);
    }
}
