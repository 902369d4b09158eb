//! What a lab is to consist of.

use crate::support::{cluster, clusters};
use netc::lab::{Entry, Host, Layout, Member, Process, Renewal, Role, VERSION};

/// The lab of nodes.
fn layout(nodes: &str) -> Layout {
    Layout::of(&cluster(&format!("cluster c {{ overlay none; proxy none }}\n{nodes}")))
}

fn host(layout: &Layout, role: Role) -> Option<&Host> {
    layout.hosts.iter().find(|host| host.role == role)
}

/// The addresses of a host on its wires, and its default routes.
fn shown(host: &Host) -> (String, String) {
    let wires = host.wires.iter().map(|wire| {
        let addresses: Vec<String> = wire.addresses.iter().map(ToString::to_string).collect();
        format!("{} on {}", addresses.join(" "), wire.segment)
    });
    let routes = host.routes.iter().filter(|route| route.to.prefix_len() == 0);
    let routes = routes.map(|route| route.via.map_or("nowhere".to_owned(), |via| via.to_string()));
    (wires.collect::<Vec<_>>().join(", "), routes.collect::<Vec<_>>().join(" "))
}

#[test]
fn on_one_segment_the_world_is_a_neighbour() {
    let layout = layout(
        "node a { address 172.16.16.202/24 on eth0 }\nnode b { address 172.16.16.254/24 on eth0 }",
    );
    assert_eq!(layout.segments.len(), 1);
    assert!(host(&layout, Role::Router).is_none());
    let outside = host(&layout, Role::Outside).unwrap();
    // The last address that is free.
    assert_eq!(outside.wires[0].addresses[0].to_string(), "172.16.16.253/24");
    assert_eq!(outside.own[0].to_string(), "203.0.113.9");
    let (wires, routes) = shown(&layout.hosts[0]);
    assert_eq!((wires.as_str(), routes.as_str()), ("172.16.16.202/24 on 0", "172.16.16.253"));
}

#[test]
fn addresses_without_a_length_share_a_segment() {
    let layout = layout("node a { address 172.16.16.1 }\nnode b { address 172.16.19.1 }");
    assert_eq!(layout.segments.len(), 1);
    let wires: Vec<String> = layout.hosts.iter().take(2).map(|host| shown(host).0).collect();
    assert_eq!(wires, ["172.16.16.1/22 on 0", "172.16.19.1/22 on 0"]);
    assert_eq!(layout.hosts[0].wires[0].device, "eth0");
}

#[test]
fn a_router_is_what_is_stated_of_it() {
    let layout = layout(
        "node a { address 172.16.1.10/24, fd00:1::10/64 on eth0; gateway 172.16.1.1 }\n\
         node b { address 172.16.2.10/24 on eth0; gateway none }\n",
    );
    // Two of the nodes, and the world behind the router.
    assert_eq!(layout.segments.len(), 3);
    let router = host(&layout, Role::Router).unwrap();
    assert_eq!(router.wires[0].addresses[0].to_string(), "172.16.1.1/24");
    assert_eq!(router.wires[1].addresses[0].to_string(), "172.16.2.254/24");
    assert_eq!(shown(&layout.hosts[0]).1.split(' ').next(), Some("172.16.1.1"));
    assert_eq!(shown(&layout.hosts[1]).1, "");
    let outside = host(&layout, Role::Outside).unwrap();
    assert_eq!(outside.wires[0].addresses[0].to_string(), "203.0.113.9/24");
}

#[test]
fn the_world_is_where_the_cluster_is_not() {
    let layout = layout("node a { address 203.0.113.20/24 on eth0 }");
    let outside = host(&layout, Role::Outside).unwrap();
    assert_eq!(outside.own[0].to_string(), "198.51.100.9");
}

#[test]
fn the_world_has_a_network_even_if_all_for_documentation_are_used() {
    let nodes = "node a { address 203.0.113.20/24 on eth0 }
        node b { address 198.51.100.20/24 on eth0 }
        node c { address 192.0.2.20/24 on eth0 }";
    let layout = layout(nodes);
    let outside = host(&layout, Role::Outside).unwrap();
    let (wires, _) = shown(outside);
    assert!(wires.contains("198.18.9.9/24"), "{wires}");
    assert!(outside.routes.iter().all(|route| route.to.prefix_len() == 0 || route.via.is_some()));
    assert!(outside.routes.iter().any(|route| route.to.to_string() == "192.0.2.0/24"));
}

#[test]
fn every_cluster_has_a_lab() {
    for (name, compiled) in clusters() {
        let cluster = &compiled.built.as_ref().unwrap().cluster;
        let layout = Layout::of(cluster);
        let linux = cluster.nodes.iter().filter(|node| !node.is_windows()).count();
        let nodes = layout.hosts.iter().filter(|host| host.role == Role::Node).count();
        assert_eq!(nodes, linux, "{name}");
        assert!(host(&layout, Role::Outside).is_some(), "{name}");
        let mut ports: Vec<&str> = layout
            .hosts
            .iter()
            .flat_map(|host| &host.wires)
            .map(|wire| wire.port.as_str())
            .collect();
        let all = ports.len();
        ports.sort_unstable();
        ports.dedup();
        assert_eq!(ports.len(), all, "{name}");
        let wires = layout.hosts.iter().flat_map(|host| &host.wires);
        assert!(wires.into_iter().all(|wire| wire.segment < layout.segments.len()), "{name}");
    }
}

/// A lab of nodes that runs, and what becomes of it with other ones.
fn renewed(before: &str, after: &str) -> Result<Renewal, String> {
    let before = layout(before);
    let process = Process { pid: 1, start: 1 };
    let entry = Entry {
        version: VERSION,
        name: "c".into(),
        sources: Vec::new(),
        lock: None,
        since: 0,
        hub: process,
        rootless: false,
        segments: before.segments,
        members: before.hosts.into_iter().map(|host| Member::of(host, process)).collect(),
        left_out: Vec::new(),
    };
    let renewal = Renewal::of(&entry, &layout(after), Vec::new());
    renewal.map_err(|fault| format!("{} {}", fault.code.id, fault.message))
}

#[test]
fn a_lab_takes_over_what_its_machines_can() {
    let node = "node a { address 172.16.16.202/24 on eth0 }\n";
    let same = renewed(node, node).unwrap();
    assert!(same.changed.is_empty());
    // Another address of a node, and somebody outside whom a statement names.
    let after = "node a { address 172.16.16.203/24 on eth0 }\n\
                 assert outside 198.51.100.7 reaches node a:80\n";
    let renewal = renewed(node, after).unwrap();
    let names: Vec<&str> = renewal.changed.iter().map(|(_, host)| host.name.as_str()).collect();
    assert_eq!(names, ["a", "outside"]);
    assert_eq!(renewal.entry.members[0].wires[0].addresses[0].to_string(), "172.16.16.203/24");
    assert!(renewal.changed[1].1.own.iter().any(|own| own.to_string() == "198.51.100.7"));
    // In whichever order nodes are stated.
    let other = "node b { address 172.16.16.3/24 }\n";
    let renewal = renewed(&format!("{node}{other}"), &format!("{other}{node}"));
    assert!(renewal.unwrap().changed.is_empty());
}

#[test]
fn other_machines_want_another_lab() {
    let a = "node a { address 172.16.16.1/24 on eth0 }\n";
    let b = "node b { address 172.16.16.2/24 }\n";
    let both = format!("{a}{b}");
    for (before, after, why) in [
        (a, both.as_str(), "node `b` is new"),
        (both.as_str(), a, "node `b` is gone"),
        (a, "node a { address 172.16.16.1/24 on eth1 }", "node `a` has other devices"),
        (a, "node a { address 172.16.16.1/24 on eth0; gateway 172.16.16.9 }", "the router is new"),
    ] {
        let said = renewed(before, after).unwrap_err();
        assert!(
            said.starts_with("E0858 the lab `c` cannot become") && said.contains(why),
            "{said}"
        );
    }
}
