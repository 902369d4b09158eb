//! What the program of a node passes on.

use crate::lower::balancer::Stream;
use crate::lower::kube::iptables::PortName;
use crate::lower::kube::programmed;
use crate::model::{Cluster, Engine, Family, ProxyMode, ServicePort, usable};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// The connections that a program of every node takes for services; none in other modes. Nobody
/// listens for a service port without servers: its connections are refused.
pub(in crate::lower) fn streams(cluster: &Cluster, engine: Engine) -> Vec<Stream> {
    match cluster.proxy.as_ref().map(|proxy| &proxy.mode) {
        Some(ProxyMode::Userspace(userspace)) if userspace.engine == engine => {}
        _ => return Vec::new(),
    }
    let ports = programmed(cluster)
        .flat_map(|service| service.ports.iter().map(move |port| (service, port)));
    let streams = ports.flat_map(|(service, port)| {
        let families = service.addresses.families();
        families.filter_map(move |family| {
            Some(Stream {
                name: PortName::new(service, port, false).id,
                listen: SocketAddr::new(any(family), port.proxy_port?),
                protocol: port.port.protocol,
                affinity: service.affinity,
                servers: servers(port, family),
                span: port.span,
            })
        })
    });
    streams.filter(|stream| !stream.servers.is_empty()).collect()
}

/// Who gets connections to a service port in turn: all endpoints that are ready, wherever they are;
/// those being shut down if there are no others.
pub(crate) fn servers(port: &ServicePort, family: Family) -> Vec<SocketAddr> {
    let own = port.endpoints.iter().filter(|one| Family::of(one.address.ip()) == family);
    let mut all: Vec<SocketAddr> = usable(own).into_iter().map(|one| one.address).collect();
    all.sort_unstable();
    all.dedup();
    all
}

/// Every address of a family.
fn any(family: Family) -> IpAddr {
    match family {
        Family::V4 => Ipv4Addr::UNSPECIFIED.into(),
        Family::V6 => Ipv6Addr::UNSPECIFIED.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compile::compile;
    use netc_lang::{OneText, Protocol};

    fn cluster(text: &str) -> Cluster {
        let compiled = compile(&["test.netc".into()], &mut OneText(text), None);
        compiled.built.unwrap_or_else(|| panic!("{:#?}", compiled.diagnostics)).cluster
    }

    #[test]
    fn each_service_port_is_a_stream_of_its_family() {
        let text = "cluster lab { services 10.96.0.0/16, fd00:96::/108; proxy userspace }
            service web {
                families ipv4, ipv6
                port 80 proxy-port 28100
                affinity client-ip 10m
                endpoint 10.0.0.2:80; endpoint 10.0.0.1:80; endpoint [fd00::1]:80
            }
            service none { port 81; no-endpoints }
            service dns { port 53/udp; endpoint 10.0.0.3:53 }";
        let cluster = cluster(text);
        assert_eq!(streams(&cluster, Engine::Haproxy), []);
        let streams = streams(&cluster, Engine::Nginx);
        let said: Vec<String> = streams
            .iter()
            .map(|one| format!("{} {} {}", one.name, one.listen, one.servers.len()))
            .collect();
        assert_eq!(
            said,
            [
                "default/dns 0.0.0.0:28000 1",
                "default/web 0.0.0.0:28100 2",
                "default/web [::]:28100 1"
            ]
        );
        assert_eq!(streams[0].protocol, Protocol::Udp);
        assert_eq!(streams[1].affinity, Some(600));
        assert_eq!(streams[1].servers[0], "10.0.0.1:80".parse().unwrap());
    }
}
