//! What a host is told by ip(8): its addresses and routes, and what changes of them.

use super::layout::{Host, Route};
use ipnet::IpNet;
use std::net::IpAddr;

/// The commands that give a new host its addresses and routes. Given again they change nothing.
#[must_use]
pub fn commands(host: &Host) -> Vec<String> {
    let mut all = vec!["link set dev lo up".to_owned()];
    for wire in &host.wires {
        all.extend(wire.addresses.iter().map(|own| address("replace", own, &wire.device)));
        all.push(format!("link set dev {} up", wire.device));
    }
    all.extend(host.own.iter().map(|own| address("replace", &(*own).into(), "lo")));
    all.extend(senders(host).map(|(network, device, sender)| {
        format!("route replace {network} dev {device} src {sender}")
    }));
    all.extend(host.routes.iter().map(|route| match route.via {
        Some(via) => format!("route replace {} via {via}", route.to),
        None => format!("route replace blackhole {}", route.to),
    }));
    all
}

/// The commands that take from a host what it is not to have any more, what hangs on something else
/// first. With an address go its routes, so any of them may find nothing left to be done.
#[must_use]
pub fn removals(before: &Host, after: &Host) -> Vec<String> {
    let gone = |route: &&Route| after.routes.iter().all(|other| other.to != route.to);
    let routes = before.routes.iter().filter(gone).map(|route| match route.via {
        Some(via) => format!("route del {} via {via}", route.to),
        None => format!("route del blackhole {}", route.to),
    });
    let networks: Vec<IpNet> = senders(after).map(|(network, ..)| network).collect();
    let sent = senders(before).filter(|(network, ..)| !networks.contains(network));
    let sent = sent.map(|(network, device, _)| format!("route del {network} dev {device}"));
    let wires = before.wires.iter().flat_map(|wire| {
        let now = after.wires.iter().find(|own| own.device == wire.device);
        let stays = move |own: &&IpNet| now.is_some_and(|now| now.addresses.contains(own));
        let gone = wire.addresses.iter().filter(move |own| !stays(own));
        gone.map(|own| address("del", own, &wire.device))
    });
    let own = before.own.iter().filter(|own| !after.own.contains(own));
    let own = own.map(|own| address("del", &(*own).into(), "lo"));
    routes.chain(sent).chain(wires).chain(own).collect()
}

fn address(verb: &str, own: &IpNet, device: &str) -> String {
    // Nobody else has it: that need not be found out.
    let nodad = if own.addr().is_ipv6() && verb != "del" { " nodad" } else { "" };
    format!("address {verb} {own} dev {device}{nodad}")
}

/// The networks on the wires of a host that its neighbours know by an address of its own: each with
/// the device and that address.
fn senders(host: &Host) -> impl Iterator<Item = (IpNet, &str, IpAddr)> {
    host.wires.iter().flat_map(|wire| {
        wire.addresses.iter().map(IpNet::trunc).filter_map(|network| {
            let fits = |sender: &&IpAddr| sender.is_ipv4() == network.addr().is_ipv4();
            let sender = host.senders.iter().find(fits)?;
            Some((network, wire.device.as_str(), *sender))
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::{Role, Wire};

    fn host(addresses: &[&str], own: &[&str], routes: &[(&str, Option<&str>)]) -> Host {
        let routes = routes.iter().map(|(to, via)| Route {
            to: to.parse().unwrap(),
            via: via.map(|via| via.parse().unwrap()),
        });
        Host {
            role: Role::Outside,
            name: "outside".into(),
            wires: vec![Wire {
                device: "eth0".into(),
                port: "port0".into(),
                segment: 0,
                addresses: addresses.iter().map(|own| own.parse().unwrap()).collect(),
                mtu: 1500,
            }],
            own: own.iter().map(|own| own.parse().unwrap()).collect(),
            senders: own.first().map(|own| own.parse().unwrap()).into_iter().collect(),
            routes: routes.collect(),
            pods: Vec::new(),
        }
    }

    #[test]
    fn a_host_gets_its_addresses_before_its_routes() {
        let host = host(&["10.0.0.9/24"], &["203.0.113.9"], &[("0.0.0.0/0", None)]);
        assert_eq!(
            commands(&host),
            [
                "link set dev lo up",
                "address replace 10.0.0.9/24 dev eth0",
                "link set dev eth0 up",
                "address replace 203.0.113.9/32 dev lo",
                "route replace 10.0.0.0/24 dev eth0 src 203.0.113.9",
                "route replace blackhole 0.0.0.0/0",
            ]
        );
        assert!(removals(&host, &host).is_empty());
    }

    #[test]
    fn what_is_gone_is_taken_away() {
        let routes = [("10.9.0.1/32", Some("10.0.0.1")), ("::/0", None)];
        let before = host(&["10.0.0.9/24", "fd00::9/64"], &["203.0.113.9", "fd09::1"], &routes);
        let after = host(&["10.0.0.9/24"], &["203.0.113.9"], &[("10.9.0.1/32", Some("10.0.0.2"))]);
        assert_eq!(
            removals(&before, &after),
            [
                "route del blackhole ::/0",
                "address del fd00::9/64 dev eth0",
                "address del fd09::1/128 dev lo",
            ]
        );
    }
}
