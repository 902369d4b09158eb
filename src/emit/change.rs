//! Changes as the commands that a person would type to make them, in the words of iproute2.

use super::ip::{command, ip};
use crate::object::{Link, LinkKind, State};

/// The commands that change an object from one state to another of the same identity.
#[must_use]
pub fn updates(from: &State, to: &State) -> Vec<String> {
    match (from, to) {
        (State::Link(old), State::Link(new)) => link(old, new),
        _ => command(to).into_iter().collect(),
    }
}

/// The command that removes an object; `None` for what netc does not remove on its own.
#[must_use]
pub fn removal(state: &State) -> Option<String> {
    Some(match state {
        State::Underlay(_)
        | State::Module(_)
        | State::Sysctl(_)
        | State::Ruleset(_)
        | State::Jump(_)
        | State::Flush(_) => return None,
        State::Netns(netns) => format!("ip netns del {}", netns.name),
        State::Link(link) => format!("{} link del {}", ip(&link.netns), link.name),
        State::Port(port) => format!("{} link set {} nomaster", ip(&port.netns), port.link),
        State::Address(address) => {
            format!("{} addr del {} dev {}", ip(&address.netns), address.address, address.link)
        }
        State::Up(up) => format!("{} link set {} down", ip(&up.netns), up.link),
        State::Neighbour(neighbour) => format!(
            "{} neigh del {} dev {}",
            ip(&neighbour.netns),
            neighbour.address,
            neighbour.link
        ),
        State::Fdb(fdb) => {
            format!("bridge fdb del {} dev {} dst {} self", fdb.mac, fdb.link, fdb.destination)
        }
        State::Route(_) => command(state)?.replacen(" route replace ", " route del ", 1),
    })
}

/// What can be changed of a device in place: only what differs.
fn link(old: &Link, new: &Link) -> Vec<String> {
    let mut words = String::new();
    if old.mtu != new.mtu {
        words.push_str(&format!(" mtu {}", new.mtu));
    }
    if let Some(mac) = new.mac.filter(|mac| old.mac != Some(*mac)) {
        words.push_str(&format!(" address {mac}"));
    }
    if old.alias != new.alias {
        words.push_str(&format!(" alias \"{}\"", new.alias));
    }
    let own =
        (!words.is_empty()).then(|| format!("{} link set {}{words}", ip(&new.netns), new.name));
    let peer = match (&old.kind, &new.kind) {
        (LinkKind::Veth(from), LinkKind::Veth(to)) if from.mac != to.mac => {
            Some(format!("{} link set {} address {}", ip(&to.netns), to.name, to.mac))
        }
        _ => None,
    };
    own.into_iter().chain(peer).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::{Address, MAIN_TABLE, Netns, PROTOCOL, Peer, Route, Up};
    use netc_lang::Mac;

    fn veth(mtu: u32, own: u8, other: u8) -> Link {
        let mac = |last| Mac([2, 0, 0, 0, 0, last]);
        let peer = Peer { netns: Netns::Named("a".into()), name: "eth0".into(), mac: mac(other) };
        Link {
            netns: Netns::Node,
            name: "veth0".into(),
            mac: Some(mac(own)),
            mtu,
            alias: "netc pod a".into(),
            kind: LinkKind::Veth(peer),
        }
    }

    #[test]
    fn a_device_is_changed_in_what_differs() {
        let changed = |new| updates(&State::Link(veth(1500, 1, 2)), &State::Link(new));
        assert!(changed(veth(1500, 1, 2)).is_empty());
        assert_eq!(changed(veth(1450, 1, 2)), ["ip link set veth0 mtu 1450"]);
        let all = [
            "ip link set veth0 mtu 1450 address 02:00:00:00:00:03",
            "ip -n a link set eth0 address 02:00:00:00:00:04",
        ];
        assert_eq!(changed(veth(1450, 3, 4)), all);
        let unnamed = Link { alias: "netc".into(), ..veth(1500, 1, 2) };
        assert_eq!(changed(unnamed), ["ip link set veth0 alias \"netc\""]);
    }

    #[test]
    fn each_object_is_removed_by_its_own_command() {
        let netns = || Netns::Named("a".into());
        let said = |state| removal(&state).unwrap();
        assert_eq!(said(State::Link(veth(1500, 1, 2))), "ip link del veth0");
        let address = "10.0.0.1/24".parse().unwrap();
        let address = Address { netns: netns(), link: "eth0".into(), address };
        assert_eq!(said(State::Address(address)), "ip -n a addr del 10.0.0.1/24 dev eth0");
        let up = Up { netns: netns(), link: "lo".into() };
        assert_eq!(said(State::Up(up)), "ip -n a link set lo down");
        let route = Route {
            netns: Netns::Node,
            table: MAIN_TABLE,
            destination: "10.1.0.0/16".parse().unwrap(),
            gateway: "10.0.0.9".parse().unwrap(),
            link: "eth0".into(),
            onlink: false,
            protocol: PROTOCOL,
            after: Vec::new(),
        };
        let removed = "ip route del 10.1.0.0/16 via 10.0.0.9 dev eth0 proto 110";
        assert_eq!(said(State::Route(route)), removed);
    }
}
