//! How often services were asked, by what the kernel counts of its own accord.
//!
//! Where kube-proxy's rules are iptables', exactly one rule of a service's chain leads each connection to an
//! endpoint (netspec 4.4), and in the table nat it counts the first packet alone. In userspace mode that is the
//! rule of its portal. IPVS counts connections itself. kube-proxy's nftables have no counters.

use crate::model::{Cluster, Service, ServicePort};
use netc_lang::Protocol;
use serde::Serialize;
use std::collections::BTreeMap;
use std::net::SocketAddr;

/// What was counted on one node, or on several.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Tally {
    /// Connections by what stands in the comments of rules: `shop/web:http`.
    ids: BTreeMap<String, u64>,
    /// Connections of virtual servers.
    servers: BTreeMap<(Protocol, SocketAddr), u64>,
}

/// A port of a service, and how often it was asked.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Asked {
    /// `shop/web`
    pub service: String,
    /// `http 80/tcp`
    pub port: String,
    /// How many endpoints are ready.
    pub endpoints: usize,
    /// Connections on all nodes since their rules were written; nothing where the kernel counts none.
    pub connections: Option<u64>,
}

impl Tally {
    /// Adds what `iptables-save --counters` prints of the table nat.
    pub fn add_rules(&mut self, text: &str) {
        for line in text.lines() {
            if let Some((id, count)) = rule(line) {
                *self.ids.entry(id.to_owned()).or_default() += count;
            }
        }
    }

    /// Adds what `ipvsadm --list --numeric --exact --stats` prints.
    pub fn add_servers(&mut self, text: &str) {
        for line in text.lines() {
            if let Some((server, count)) = server(line) {
                *self.servers.entry(server).or_default() += count;
            }
        }
    }

    /// Adds what another node has counted.
    pub fn add(&mut self, other: Tally) {
        for (id, count) in other.ids {
            *self.ids.entry(id).or_default() += count;
        }
        for (server, count) in other.servers {
            *self.servers.entry(server).or_default() += count;
        }
    }

    /// How often each port of each service of a cluster was asked.
    #[must_use]
    pub fn services(&self, cluster: &Cluster) -> Vec<Asked> {
        let ports = cluster
            .services
            .iter()
            .flat_map(|service| service.ports.iter().map(move |port| (service, port)));
        let asked = ports.map(|(service, port)| Asked {
            service: service.name.to_string(),
            port: match &port.name {
                Some(name) => format!("{name} {}", port.port),
                None => port.port.to_string(),
            },
            endpoints: port.endpoints.iter().filter(|own| own.conditions.ready).count(),
            connections: self.of(service, port),
        });
        asked.collect()
    }

    fn of(&self, service: &Service, port: &ServicePort) -> Option<u64> {
        let id = match &port.name {
            Some(name) => format!("{}:{name}", service.name),
            None => service.name.to_string(),
        };
        if let Some(count) = self.ids.get(&id) {
            return Some(*count);
        }
        let own = service.addresses.values().chain(&service.external_ips);
        let own: Vec<_> = own.chain(&service.load_balancer_ips).collect();
        let fits = |(protocol, server): &(Protocol, SocketAddr)| {
            let at = server.port() == port.port.number && own.contains(&&server.ip());
            *protocol == port.port.protocol && (at || Some(server.port()) == port.node_port)
        };
        let counts =
            self.servers.iter().filter(|(server, _)| fits(server)).map(|(_, count)| *count);
        counts.reduce(u64::saturating_add)
    }
}

/// The service and the count of a rule that leads connections to an endpoint.
fn rule(line: &str) -> Option<(&str, u64)> {
    const CHAINS: [&str; 3] = ["KUBE-SVC-", "KUBE-SVL-", "KUBE-PORTALS-"];
    let (counters, rule) = line.strip_prefix('[')?.split_once("] -A ")?;
    let packets = counters.split(':').next()?.parse().ok()?;
    if !CHAINS.iter().any(|chain| rule.starts_with(chain)) {
        return None;
    }
    let leads = ["-j KUBE-SEP-", "-j REDIRECT", "-j DNAT"];
    if !leads.iter().any(|target| rule.contains(target)) {
        return None;
    }
    let comment = rule.split_once("--comment ")?.1;
    let comment = match comment.strip_prefix('"') {
        Some(quoted) => quoted.split('"').next()?,
        None => comment.split(' ').next()?,
    };
    // Of a port without a name, Kubernetes up to 1.17 wrote a colon all the same.
    let id = comment.split(" ->").next()?.trim_end_matches(':');
    Some((id, packets))
}

/// A virtual server and its connections.
fn server(line: &str) -> Option<((Protocol, SocketAddr), u64)> {
    let mut words = line.split_whitespace();
    let protocol = match words.next()? {
        "TCP" => Protocol::Tcp,
        "UDP" => Protocol::Udp,
        "SCTP" => Protocol::Sctp,
        _ => return None,
    };
    let server = words.next()?.parse().ok()?;
    Some(((protocol, server), words.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULES: &str = r#"
*nat
:KUBE-SVC-X - [0:0]
[9:540] -A KUBE-SERVICES -d 10.96.0.80/32 -p tcp -m comment --comment "shop/web:http cluster IP" -j KUBE-SVC-X
[1:60] -A KUBE-SVC-X ! -s 10.244.0.0/16 -m comment --comment "shop/web:http cluster IP" -j KUBE-MARK-MASQ
[4:240] -A KUBE-SVC-X -m comment --comment "shop/web:http -> 10.244.0.2:80" -m statistic --mode random --probability 0.5 -j KUBE-SEP-A
[5:300] -A KUBE-SVC-X -m comment --comment "shop/web:http -> 10.244.1.2:80" -j KUBE-SEP-B
[2:120] -A KUBE-SVL-X -m comment --comment shop/web:http -j KUBE-SEP-B
[7:420] -A KUBE-PORTALS-HOST -d 10.96.0.9/32 -p tcp -m comment --comment shop/old: -m tcp --dport 80 -j DNAT --to-destination 10.0.0.1:1
COMMIT
"#;

    #[test]
    fn each_connection_is_counted_where_its_endpoint_is_chosen() {
        let mut tally = Tally::default();
        tally.add_rules(RULES);
        let ids: Vec<(&str, u64)> =
            tally.ids.iter().map(|(id, count)| (id.as_str(), *count)).collect();
        assert_eq!(ids, [("shop/old", 7), ("shop/web:http", 11)]);
        let mut both = tally.clone();
        both.add(tally);
        assert_eq!(both.ids["shop/web:http"], 22);
    }

    #[test]
    fn virtual_servers_count_themselves() {
        let mut tally = Tally::default();
        tally.add_servers(
            "IP Virtual Server version 1.2.1 (size=4096)\n\
             Prot LocalAddress:Port               Conns   InPkts  OutPkts  InBytes OutBytes\n  \
               -> RemoteAddress:Port\n\
             TCP  10.96.0.80:80                      12       60       48     4000     9000\n  \
               -> 10.244.0.2:8080                    12       60       48     4000     9000\n\
             UDP  [fd00:10:96::53]:53                 3        3        3      200      300\n",
        );
        let counts: Vec<u64> = tally.servers.values().copied().collect();
        assert_eq!(counts, [12, 3]);
    }
}
