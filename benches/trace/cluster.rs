//! Generated clusters whose endpoints are pods.

use std::fmt::Write;

/// Services of ten pods each, spread over so many nodes. The first thousand have node ports.
pub(super) fn services(count: usize, nodes: usize, proxy: &str) -> String {
    let mut out = head(nodes, "/18", proxy);
    for service in 0..count {
        let kind = if service < 1000 {
            format!("type node-port; port 80 -> 8080 node-port {}", 30_000 + service)
        } else {
            "port 80 -> 8080".to_owned()
        };
        let on = on(service, 10, nodes);
        let _ = writeln!(
            out,
            "pods s{service} replicas 10 on {on} {{ labels app=s{service}; port 8080 }}\n\
             service s{service} {{ select app=s{service}; {kind} }}"
        );
    }
    out
}

/// Nodes with so many pods each, and services that each select the pods of some.
pub(super) fn pairs(nodes: usize, pods: usize, services: usize, proxy: &str) -> String {
    let mut out = head(nodes, "/24", proxy);
    let replicas = nodes * pods / services;
    for service in 0..services {
        let on = on(service, replicas, nodes);
        let _ = writeln!(
            out,
            "pods s{service} replicas {replicas} on {on} {{ labels app=s{service}; port 8080 }}\n\
             service s{service} {{ select app=s{service}; port 80 -> 8080 }}"
        );
    }
    out
}

/// The nodes that the replicas of a service are on: those behind the ones of the service before.
fn on(service: usize, replicas: usize, nodes: usize) -> String {
    let all = (0..replicas).map(|place| format!("node{}", (service * replicas + place) % nodes));
    all.collect::<Vec<_>>().join(", ")
}

fn head(nodes: usize, block: &str, proxy: &str) -> String {
    let mut out = format!(
        "cluster bench {{\n    pods 10.0.0.0/8 per-node {block}\n    services 172.16.0.0/16\n    \
         overlay vxlan\n    proxy {proxy}\n}}\n"
    );
    for node in 0..nodes {
        let (high, low) = ((node + 2) / 250, (node + 2) % 250);
        let _ = writeln!(out, "node node{node} {{ address 192.168.{high}.{low}/16 on eth0 }}");
    }
    out
}
