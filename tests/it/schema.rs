//! The schema, and what is made of it.

use crate::support::{compiled, read, root};
use netc_lang::schema::{self, Definition, Place};
use std::fs;

#[test]
fn the_reference_page_is_made_of_the_schema() {
    let page = schema::reference();
    if std::env::var_os("UPDATE").is_some() {
        fs::write(root().join("lang/reference.md"), &page).unwrap();
    }
    assert_eq!(read("lang/reference.md"), page, "run the test with UPDATE=1 and read the change");
}

#[test]
fn every_example_of_the_schema_is_correct() {
    for definition in schema::all().filter(|definition| definition.compiled) {
        let source = in_place(definition);
        let faults = compiled(&source).diagnostics;
        // The words and arguments must be right; what they name need not be there.
        let wrong = faults.iter().find(|fault| ("E0102".."E0216").contains(&fault.code.id));
        assert_eq!(wrong, None, "{source}");
    }
}

#[test]
fn every_default_number_is_what_the_model_takes() {
    let text =
        "cluster lab { pods 10.244.0.0/16; overlay vxlan }\nnode n { address 192.0.2.1 on eth0 }\n";
    let cluster = crate::support::cluster(text);
    let default = |place, keyword| schema::find(place, keyword).and_then(|found| found.default);
    assert_eq!(default(Place::Overlay, "vni"), Some("1"));
    let ports = Some("8472 for vxlan, 51820 ipv6 51821 for wireguard, 8285 for udp");
    assert_eq!(default(Place::Overlay, "port"), ports);
    let netc::model::OverlayKind::Vxlan(vxlan) = &cluster.overlay.kind else { panic!("not vxlan") };
    assert_eq!((vxlan.vni, vxlan.port), (1, 8472));
    assert_eq!(default(Place::Cluster, "node-ports"), Some("30000-32767"));
    assert_eq!(cluster.node_ports, 30000..=32767);
    assert_eq!(default(Place::PodNetwork, "name"), Some("cni0"));
    let attachment = cluster.nodes.first().and_then(|node| node.attachment.as_ref()).unwrap();
    assert_eq!(attachment.bridge().map(|bridge| bridge.name.as_str()), Some("cni0"));
    assert_eq!(default(Place::PortMap, "mark-bit"), Some("13"));
    assert_eq!(attachment.port_map.mark, 1 << 13);
    assert_eq!(default(Place::Proxy, "masquerade-bit"), Some("14"));
    assert_eq!(cluster.proxy.map(|proxy| proxy.masquerade_mark), Some(1 << 14));
}

/// The example of a definition in a block where it may stand.
fn in_place(definition: &Definition) -> String {
    let example = definition.example;
    if let Some(text) = in_cluster(definition) {
        return text;
    }
    match definition.place {
        Place::Ingress => format!("ingress i {{ {example} }}\n"),
        Place::IngressHost => format!("ingress i {{ host a.example {{ {example} }} }}\n"),
        Place::Secret => {
            let other = if definition.keyword == "key" { "certificate" } else { "key" };
            let other = schema::find(definition.place, other).unwrap().example;
            format!("secret s {{ {example}\n{other} }}\n")
        }
        Place::Node => format!("node n {{ {example} }}\n"),
        Place::NodeWireguard => {
            let key = definition.keyword == "public-key";
            let key = if key {
                ""
            } else {
                schema::find(definition.place, "public-key").unwrap().example
            };
            format!("node n {{ wireguard {{ {example}\n{key} }} }}\n")
        }
        Place::NodeKernelspace => {
            format!("node n {{ os windows; kernelspace {{ {example} }} }}\n")
        }
        Place::Pod => format!("pod p on n {{ {example} }}\n"),
        Place::Pods => format!("pods p replicas 1 {{ {example} }}\n"),
        Place::Container => format!("pod p on n {{ container c {{ {example} }} }}\n"),
        Place::Service => format!("service s {{ {example} }}\n"),
        Place::Endpoint => format!("service s {{ endpoint 10.0.0.2:80 {{ {example} }} }}\n"),
        Place::Docker => format!("docker n {{ {example} }}\n"),
        Place::DockerNetwork => {
            let address =
                if example.starts_with("address") { "" } else { "address 172.18.0.1/16; " };
            format!("docker n {{ network front {{ {address}{example} }} }}\n")
        }
        Place::DockerContainer => format!("docker n {{ container c {{ {example} }} }}\n"),
        Place::Primitives => format!("primitives n {{ {example} }}\n"),
        Place::PrimitiveBridge => format!("primitives n {{ bridge b {{ {example} }} }}\n"),
        Place::PrimitiveVeth => format!("primitives n {{ veth a <-> b {{ {example} }} }}\n"),
        Place::PrimitiveRoute => {
            format!("primitives n {{ route 10.0.0.0/8 dev a {{ {example} }} }}\n")
        }
        Place::Chain => format!("primitives n {{ chain nat A {{ {example} }} }}\n"),
        Place::ChainRule => {
            format!("primitives n {{ chain nat A {{ rule {{ {example} }} }} }}\n")
        }
        Place::Assert => format!("assert pod a reaches pod b {{ {example} }}\n"),
        Place::Checks => format!("checks {{ {example} }}\n"),
        _ => format!("{example}\n"),
    }
}

/// The same of one that stands in `cluster`, or in a block of that.
fn in_cluster(definition: &Definition) -> Option<String> {
    let example = definition.example;
    let block = match definition.place {
        Place::Cluster => example.to_string(),
        Place::Overlay => format!("overlay vxlan {{ {example} }}"),
        Place::PodNetwork => format!("pod-network bridge {{ {example} }}"),
        Place::HostLocal => {
            format!("pod-network bridge {{ host-local {{ {example} }} }}")
        }
        Place::PortMap => {
            format!("pod-network bridge {{ port-map {{ {example} }} }}")
        }
        Place::Proxy => format!("proxy iptables {{ {example} }}"),
        Place::LoadBalancers => {
            format!("load-balancers 203.0.113.0/24 {{ {example} }}")
        }
        Place::Bgp => {
            let number = if definition.keyword == "as" { "" } else { "as 64512; " };
            format!("bgp {{ {number}{example} }}")
        }
        Place::BgpPeer => format!("bgp {{ as 64512; peer 192.0.2.1 as 64500 {{ {example} }} }}"),
        Place::Controller => format!("ingress nginx {{ {example} }}"),
        _ => return None,
    };
    Some(format!("cluster lab {{ {block} }}\n"))
}
