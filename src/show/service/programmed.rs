//! What a node holds for a service port: chains, elements of maps, or virtual servers.

use super::with_port;
use crate::graph::Ordered;
use crate::lower::{own_chains, table_name, userspace_servers};
use crate::model::{Cluster, Family, Node, Proxy, ProxyMode, Service, ServicePort};
use crate::object::{ChainName, NftTable, Ruleset, State, VirtualServer};
use crate::show::table::Table;
use std::net::IpAddr;

/// A row for each of them.
pub(super) fn programmed(
    cluster: &Cluster,
    service: &Service,
    port: &ServicePort,
    (node, ordered): (&Node, &Ordered),
) -> Table {
    let mut table = Table::new(&["what", "name", "holds"]);
    let Some(proxy) = cluster.proxy.as_ref().filter(|_| service.is_programmed()) else {
        return table;
    };
    listening(proxy, service, port, &mut table);
    let chains = own_chains(proxy, service, port);
    let base = match proxy.mode {
        ProxyMode::Nftables(_) => Some(table_name(service, port)),
        _ => None,
    };
    for place in &ordered.nodes {
        match (&place.object.state, &base) {
            (State::Ruleset(ruleset), _) => of_ruleset(ruleset, &chains, &mut table),
            (State::NftTable(own), Some(base)) => of_table(own, base, &mut table),
            (State::Virtual(server), _) if is_of(server, service, port, node) => {
                table.row([
                    "virtual server".into(),
                    server_name(server).into(),
                    reals(server).into(),
                ]);
            }
            _ => {}
        }
    }
    table
}

/// The chains of iptables that are the port's own.
fn of_ruleset(ruleset: &Ruleset, own: &[(ChainName, &str)], table: &mut Table) {
    for (name, what) in own {
        let Some(chain) = ruleset.chains().find(|chain| chain.name == *name) else { continue };
        let rules = chain.rules().len();
        table.row([
            format!("{} chain of {}", chain.family, chain.table).into(),
            name.to_string().into(),
            format!("{}; {what}", counted(rules, "rule")).into(),
        ]);
    }
}

/// The chains of nf_tables that are the port's own, and the elements that lead to them: their names
/// end alike.
fn of_table(own: &NftTable, base: &str, table: &mut Table) {
    for chain in own.chains.iter().filter(|chain| chain.name.ends_with(base)) {
        table.row([
            format!("chain of {}", own.place()).into(),
            (&chain.name).into(),
            counted(chain.rules.len(), "rule").into(),
        ]);
    }
    for set in &own.sets {
        for line in set.elements.iter().filter(|line| line.ends_with(base)) {
            table.row([
                format!("element of {}", own.place()).into(),
                (&set.name).into(),
                line.into(),
            ]);
        }
    }
}

/// The sockets on which the node's proxy takes connections to a service port.
fn listening(proxy: &Proxy, service: &Service, port: &ServicePort, table: &mut Table) {
    let (Some(engine), Some(number)) = (proxy.mode.engine(), port.proxy_port) else { return };
    for family in service.addresses.families() {
        let held = match userspace_servers(port, family).len() {
            0 => "nobody listens: no endpoint is ready".to_owned(),
            all => format!("round robin; {}", counted(all, "endpoint")),
        };
        let at = match family {
            Family::V4 => "0.0.0.0",
            Family::V6 => "::",
        };
        let name = with_port(at, number, port.port.protocol, family);
        table.row([engine.word().into(), name.into(), held.into()]);
    }
}

/// Whether a virtual server answers for a service port.
fn is_of(server: &VirtualServer, service: &Service, port: &ServicePort, node: &Node) -> bool {
    let (address, number) = (server.address.socket.ip(), server.address.socket.port());
    if server.address.protocol != port.port.protocol {
        return false;
    }
    let is = |own: &IpAddr| *own == address;
    let portal = service.addresses.values().any(is)
        || service.external_ips.iter().any(is)
        || service.load_balancer_ips.iter().any(is);
    let of_node = node.addresses.iter().any(|own| own.address == address)
        || node.gateways.values().any(is)
        || !portal;
    (portal && number == port.port.number) || (of_node && port.node_port == Some(number))
}

fn server_name(server: &VirtualServer) -> String {
    let socket = server.address.socket;
    let family = Family::of(socket.ip());
    with_port(&socket.ip().to_string(), socket.port(), server.address.protocol, family)
}

fn reals(server: &VirtualServer) -> String {
    let scheduler = &server.scheduling.scheduler;
    format!("{scheduler}; {}", counted(server.reals.len(), "real server"))
}

fn counted(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}
