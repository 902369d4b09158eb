//! kube-ipvs0, the device that has the addresses of services, so that the node takes what is sent
//! to them for its own. It is never up (netspec 4.5).

use super::servers::Bound;
use crate::lower::Context;
use crate::model::Proxy;
use crate::object::{Address, Id, Link, LinkKind, Netns, SERVICE_DEVICE, State, Text};
use ipnet::IpNet;

pub(super) fn lower(cx: &mut Context, proxy: &Proxy) {
    let link = Link {
        netns: Netns::Node,
        name: SERVICE_DEVICE.into(),
        mac: None,
        mtu: 1500,
        alias: format!("netc services of {}", cx.cluster.name).into(),
        promiscuous: false,
        kind: LinkKind::Dummy,
    };
    cx.objects.add(State::Link(link), proxy.span);
}

/// Puts addresses on the device, each once the virtual servers that answer to it are there.
pub(super) fn bind(cx: &mut Context, all: Vec<Bound>) {
    let device: Text = SERVICE_DEVICE.into();
    for Bound { address, servers, origin } in all {
        let address = Address {
            after: servers.into_iter().map(Id::Virtual).collect(),
            ..Address::new(Netns::Node, Text::clone(&device), IpNet::from(address))
        };
        cx.objects.add(State::Address(address), origin);
    }
}
