//! Bridges, namespaces and parameters (netspec 3.1).

use crate::lower::bridge::no_router_advertisements;
use crate::lower::joint::{self, Joint, Membership};
use crate::lower::{Context, host};
use crate::model::{
    Container, ContainerPlace, Docker, DockerLayout, DockerNetwork, DockerRules, Family, PerFamily,
};
use crate::object::{Address, Id, Link, LinkKind, Module, Netns, State, Sysctl, Text, Up};
use ipnet::IpNet;
use netc_lang::Mac;
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::net::IpAddr;

pub(super) fn lower(cx: &mut Context, docker: &Docker, names: &mut BTreeSet<Text>) {
    parameters(cx, docker);
    for network in &docker.networks {
        bridge(cx, docker, network);
    }
    for container in &docker.containers {
        let netns: Text = namespace(container).into();
        match container.place {
            // In the node's namespace or in that of another container nothing is to be made.
            ContainerPlace::Host | ContainerPlace::Shared(_) => {}
            ContainerPlace::Isolated => joint::isolated(cx, &netns, container.span),
            ContainerPlace::Network(place) => {
                if let Some(network) = docker.networks.get(place) {
                    join(cx, docker, (container, network), netns, names);
                }
            }
        }
    }
}

/// The namespace of a container that has one of its own.
pub(crate) fn namespace(container: &Container) -> String {
    format!("docker-{}", container.name)
}

/// Forwarding, and bridged packets that pass iptables where rules must see them: those between
/// containers that must not reach one another, and replies of a container to itself.
fn parameters(cx: &mut Context, docker: &Docker) {
    let sees_bridged = !docker.userland_proxy || docker.networks.iter().any(|one| !one.icc);
    let after = sees_bridged.then(|| {
        let module = Module { name: "br_netfilter".into() };
        let loaded = Id::Module(Text::clone(&module.name));
        cx.objects.add(State::Module(module), docker.span);
        loaded
    });
    for family in docker.families() {
        let (forwarding, bridged) = match family {
            Family::V4 => ("net.ipv4.ip_forward", "net.bridge.bridge-nf-call-iptables"),
            Family::V6 => ("net.ipv6.conf.all.forwarding", "net.bridge.bridge-nf-call-ip6tables"),
        };
        cx.objects.add(host::sysctl(forwarding, None), docker.span);
        if after.is_some() {
            cx.objects.add(host::sysctl(bridged, after.clone()), docker.span);
        }
    }
}

fn bridge(cx: &mut Context, docker: &Docker, network: &DockerNetwork) {
    let (name, span): (Text, _) = (network.device.as_str().into(), network.span);
    let addresses = network.gateways.iter().map(|(family, own)| (family, own.addr())).collect();
    let (node, own) = (&cx.node.name, &network.name);
    let mac = mac(docker, &addresses, &[&cx.cluster.name, node, own]);
    let link = Link {
        netns: Netns::Node,
        name: Text::clone(&name),
        mac: Some(mac),
        mtu: network.mtu,
        alias: format!("netc docker network {own}").into(),
        promiscuous: false,
        kind: LinkKind::Bridge { vlan_filtering: false },
    };
    cx.objects.add(State::Link(link), span);
    cx.objects.add(no_router_advertisements(Netns::Node, &name), span);
    for address in network.gateways.values() {
        let address = Address::new(Netns::Node, Text::clone(&name), *address);
        cx.objects.add(State::Address(address), span);
    }
    // Without a proxy what is sent to 127.0.0.1 goes out by the bridge.
    let v4 = network.gateways.get(Family::V4).is_some();
    if v4 && !docker.userland_proxy && !network.internal {
        let key = format!("net.ipv4.conf.{}.route_localnet", name.replace('.', "/"));
        let after = Some(Id::Link(Netns::Node, Text::clone(&name)));
        let (netns, key, value) = (Netns::Node, key.into(), "1".into());
        let sysctl = Sysctl { netns, key, value, minimum: false, after };
        cx.objects.add(State::Sysctl(sysctl), span);
    }
    cx.objects.add(State::Up(Up { netns: Netns::Node, link: name }), span);
}

fn join(
    cx: &mut Context,
    docker: &Docker,
    (container, network): (&Container, &DockerNetwork),
    netns: Text,
    names: &mut BTreeSet<Text>,
) {
    let (cluster, node) = (&cx.cluster.name, &cx.node.name);
    let known = [cluster.as_str(), node, &network.name, &container.name];
    let joint = Joint {
        span: container.span,
        host: joint::host_end(&netns, names),
        netns,
        alias: format!("netc docker container {}", container.name).into(),
        mac: mac(docker, &container.addresses, &known),
        mtu: network.mtu,
        port: Some(Membership {
            bridge: network.device.as_str().into(),
            // A container that reaches itself by a published port is sent back where it came from.
            hairpin: !docker.userland_proxy,
            isolated: false,
            vlan: None,
        }),
        v6: joint::has_v6(&container.addresses),
    };
    joint::join(cx, &joint);
    for (family, address) in container.addresses.iter() {
        let Some(gateway) = network.gateways.get(family) else { continue };
        let Ok(address) = IpNet::new(*address, gateway.prefix_len()) else { continue };
        let out = (!network.internal).then_some(family.default_route());
        joint::address(cx, &joint, address, out.map(|out| (out, gateway.addr())));
    }
}

/// An Ethernet address: `02:42` and the IPv4 address up to Docker 27. Later ones pick it at random;
/// it follows from the names here.
fn mac(docker: &Docker, addresses: &PerFamily<IpAddr>, names: &[&str]) -> Mac {
    let classic = docker.rules == DockerRules::Iptables(DockerLayout::Classic);
    if let (true, Some(IpAddr::V4(address))) = (classic, addresses.get(Family::V4)) {
        let [a, b, c, d] = address.octets();
        return Mac([0x02, 0x42, a, b, c, d]);
    }
    let hash: [u8; 32] = Sha256::digest(names.join("/")).into();
    let [a, b, c, d, e, f, ..] = hash;
    Mac([(a & 0xfe) | 0x02, b, c, d, e, f])
}
