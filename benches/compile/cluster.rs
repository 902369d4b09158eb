//! Generated clusters.

use std::fmt::Write;

/// Three nodes and a number of services with ten endpoints each.
pub(super) fn services(count: usize) -> String {
    let mut out = String::from(
        "cluster bench {\n    pods 10.0.0.0/8 per-node /16\n    services 172.16.0.0/16\n    overlay host-gw\n}\n",
    );
    for node in 0..3 {
        let _ = writeln!(out, "node node{node} {{ address 192.168.0.{}/24 on eth0 }}", node + 10);
    }
    for service in 0..count {
        service_block(&mut out, service);
    }
    out
}

fn service_block(out: &mut String, service: usize) {
    let (high, low) = ((service + 2) / 256, (service + 2) % 256);
    let _ = writeln!(out, "service team-{}/svc-{service} {{", service % 50);
    let _ = writeln!(out, "    ip 172.16.{high}.{low}\n    port http 80");
    for endpoint in 0..10 {
        let number = service * 10 + endpoint;
        let (b, c, d) = (number / 60_000, number / 250 % 250, number % 250 + 2);
        let _ = writeln!(out, "    endpoint 10.{b}.{c}.{d}:8080 on node{}", endpoint % 3);
    }
    out.push_str("}\n");
}

/// A number of vxlan nodes with ten pods each, and a service that selects them all.
pub(super) fn nodes(count: usize) -> String {
    let mut out = String::from(
        "cluster bench {\n    pods 10.0.0.0/8 per-node /24\n    services 172.16.0.0/16\n    overlay vxlan\n}\n",
    );
    for node in 0..count {
        let (high, low) = ((node + 2) / 250, (node + 2) % 250);
        let _ = writeln!(out, "node node{node} {{ address 192.168.{high}.{low}/16 on eth0 }}");
    }
    let _ = writeln!(out, "pods web replicas {} {{ labels app=web; port http 8080 }}", count * 10);
    out.push_str("service web { select app=web; port 80 -> http }\n");
    out
}

/// A source of about so many lines, of every kind of statement.
pub(super) fn lines(count: usize) -> String {
    let mut out = services(count / 15);
    while out.lines().count() < count {
        let pod = out.len();
        let _ = writeln!(out, "# a pod of its own\npod shop/web-{pod} on node0 {{");
        out.push_str("    labels app=web tier=front\n    container nginx { port http 80 }\n}\n");
    }
    out
}
