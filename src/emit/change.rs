//! Changes as the commands that a person would type to make them, in the words of iproute2.

use super::balancer;
use super::ip::{command, ip};
use super::ipset::push_member;
use super::ipvs::{push_address, push_real, push_real_removal, push_virtual};
use super::nft::{self, shell};
use super::wireguard;
use crate::object::{Ipset, Lines, Link, LinkKind, Member, NftTable, Port, State, VirtualServer};

/// The commands that change an object from one state to another of the same identity.
#[must_use]
pub fn updates(from: &State, to: &State) -> Vec<String> {
    match (from, to) {
        (State::Link(old), State::Link(new)) => link(old, new),
        (State::Port(old), State::Port(new)) => port(old, new),
        (State::Set(old), State::Set(new)) => set(old, new),
        (State::Virtual(old), State::Virtual(new)) => server(old, new),
        (State::NftTable(old), State::NftTable(new)) => nft::typed(Some(old), new),
        (State::Balancer(_), State::Balancer(new)) => vec![balancer::reload(new)],
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
        State::Set(set) => format!("ipset destroy {}", set.name),
        State::Balancer(own) => balancer::end(own),
        State::NftTable(table) => shell(&format!("delete table {}", table.place())),
        State::Virtual(server) => {
            let mut out = "ipvsadm ".to_owned();
            push_address(&mut out, "-D", server.address);
            out
        }
        State::Netns(netns) => format!("ip netns del {}", netns.name),
        State::Link(link) => format!("{} link del {}", ip(&link.netns), link.name),
        State::Port(port) => format!("{} link set {} nomaster", ip(&port.netns), port.link),
        State::Wireguard(device) => wireguard::device_removal(device),
        State::WireguardPeer(peer) => wireguard::peer_removal(peer),
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
        State::PolicyRule(_) => command(state)?.replacen(" rule add ", " rule del ", 1),
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
    if old.promiscuous != new.promiscuous {
        words.push_str(if new.promiscuous { " promisc on" } else { " promisc off" });
    }
    if let (LinkKind::Bridge { vlan_filtering: was }, LinkKind::Bridge { vlan_filtering: is }) =
        (&old.kind, &new.kind)
        && was != is
    {
        words.push_str(&format!(" type bridge vlan_filtering {}", u8::from(*is)));
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

/// A port leaves its vlan before it joins another one; the first is what ports are born into.
fn port(old: &Port, new: &Port) -> Vec<String> {
    let link = &new.link;
    let mut all: Vec<String> = command(&State::Port(new.clone())).into_iter().collect();
    if let Some(vlan) = old.vlan.filter(|vlan| new.vlan != Some(*vlan)) {
        all.insert(0, format!("bridge vlan del vid {vlan} dev {link}"));
        if new.vlan.is_none() {
            all.push(format!("bridge vlan add vid 1 dev {link} pvid untagged"));
        }
    }
    all
}

/// What a set gets and what it loses.
fn set(old: &Ipset, new: &Ipset) -> Vec<String> {
    let added = new.beyond(old).map(|member| ("ipset add", member));
    let gone = old.beyond(new).map(|member| ("ipset del", member));
    added.chain(gone).map(|(verb, member)| of_set(verb, new, member)).collect()
}

fn of_set(verb: &str, set: &Ipset, member: &Member) -> String {
    let mut out = String::new();
    push_member(&mut out, verb, set.name, member);
    out.truncate(out.trim_end().len());
    out
}

/// What differs of a virtual server: first it gets what is new, then it loses what goes.
fn server(old: &VirtualServer, new: &VirtualServer) -> Vec<String> {
    let line = |push: &dyn Fn(&mut String)| {
        let mut out = "ipvsadm ".to_owned();
        push(&mut out);
        out
    };
    let own = (!old.serves_alike(new)).then(|| line(&|out| push_virtual(out, "-E", new)));
    let shifts = old.shifts(new);
    let mended = shifts.iter().filter_map(|shift| {
        let verb = if shift.from.is_some() { "-e" } else { "-a" };
        shift.to.map(|real| line(&|out| push_real(out, verb, new.address, real)))
    });
    let lost = shifts.iter().filter(|shift| shift.to.is_none()).filter_map(|shift| shift.from);
    let lost = lost.map(|real| line(&|out| push_real_removal(out, new.address, real)));
    own.into_iter().chain(mended).chain(lost).collect()
}

/// The commands for the parts of an object that come with it: the members of a set, the real
/// servers of a virtual one, the sets and chains of a table with all that is in them.
#[must_use]
pub fn parts(state: &State) -> Vec<String> {
    match state {
        State::Set(set) => {
            set.members.iter().map(|member| of_set("ipset add", set, member)).collect()
        }
        State::Virtual(server) => {
            let each = server.reals.iter().map(|real| {
                let mut out = "ipvsadm ".to_owned();
                push_real(&mut out, "-a", server.address, real);
                out
            });
            each.collect()
        }
        // The first one makes the table itself.
        State::NftTable(table) => nft::typed(None, table).into_iter().skip(1).collect(),
        _ => Vec::new(),
    }
}

/// How many parts an object has, in words; nothing if it has none.
#[must_use]
pub fn count(state: &State) -> Option<String> {
    match state {
        State::Set(set) => counted(set.members.len(), "member"),
        State::Virtual(server) => counted(server.reals.len(), "real server"),
        State::NftTable(table) => of_table(table),
        _ => None,
    }
}

/// `12 chains, 8 sets, 40 rules, 96 elements`
fn of_table(table: &NftTable) -> Option<String> {
    let rules = table.chains.iter().map(|chain| chain.rules.len()).sum();
    let elements = table.sets.iter().map(|set| set.elements.len()).sum();
    let parts = [
        counted(table.chains.len(), "chain"),
        counted(table.sets.len(), "set"),
        counted(rules, "rule"),
        counted(elements, "element"),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

/// How many lines there are, as rules of a chain or as elements of a set.
pub(crate) fn count_lines(lines: &Lines, what: &str) -> Option<String> {
    counted(lines.len(), what)
}

fn counted(count: usize, what: &str) -> Option<String> {
    match count {
        0 => None,
        1 => Some(format!("1 {what}")),
        count => Some(format!("{count} {what}s")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Family;
    use crate::object::{
        Address, Field, Netns, NftChain, NftSet, Peer, Route, SetKind, SetName, Up,
    };
    use netc_lang::{Mac, Span};

    fn veth(mtu: u32, own: u8, other: u8) -> Link {
        let mac = |last| Mac([2, 0, 0, 0, 0, last]);
        let peer = Peer { netns: Netns::Named("a".into()), name: "eth0".into(), mac: mac(other) };
        Link {
            netns: Netns::Node,
            name: "veth0".into(),
            mac: Some(mac(own)),
            mtu,
            alias: "netc pod a".into(),
            promiscuous: false,
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
    fn a_virtual_server_is_changed_in_what_differs() {
        let server = |scheduler: &str, persistence, reals: &[(&str, u32)]| {
            let server = VirtualServer::sample("10.96.0.1:80", scheduler, reals);
            State::Virtual(VirtualServer { persistence, ..server })
        };
        let old = server("rr", None, &[("10.0.0.1:80", 1), ("10.0.0.2:80", 1)]);
        let new = server("wrr", Some(600), &[("10.0.0.2:80", 0), ("10.0.0.3:80", 1)]);
        assert!(updates(&old, &old).is_empty());
        let all = [
            "ipvsadm -E -t 10.96.0.1:80 -s wrr -p 600",
            "ipvsadm -e -t 10.96.0.1:80 -r 10.0.0.2:80 -m -w 0",
            "ipvsadm -a -t 10.96.0.1:80 -r 10.0.0.3:80 -m -w 1",
            "ipvsadm -d -t 10.96.0.1:80 -r 10.0.0.1:80",
        ];
        assert_eq!(updates(&old, &new), all);
        assert_eq!(removal(&new).unwrap(), "ipvsadm -D -t 10.96.0.1:80");
        assert_eq!(parts(&new).len(), 2);
        assert_eq!(count(&new).unwrap(), "2 real servers");
    }

    #[test]
    fn a_set_gets_what_is_new_before_it_loses_what_goes() {
        let set = |ports: &[u16]| {
            let members = ports.iter().map(|port| Member::Port(*port)).collect();
            let name = SetName::new("KUBE-NODE-PORT-TCP");
            State::Set(Ipset::new(name, SetKind::Port, Family::V4, members))
        };
        let (old, new) = (set(&[30001, 30002]), set(&[30002, 30003]));
        let all = ["ipset add KUBE-NODE-PORT-TCP 30003", "ipset del KUBE-NODE-PORT-TCP 30001"];
        assert_eq!(updates(&old, &new), all);
        assert_eq!(parts(&set(&[1])), ["ipset add KUBE-NODE-PORT-TCP 1"]);
        assert_eq!((count(&set(&[1])), count(&set(&[]))), (Some("1 member".into()), None));
    }

    #[test]
    fn a_table_is_changed_by_the_lines_of_its_transaction() {
        let table = |rules: &str, elements: &str| {
            let mut table = NftTable::new(Family::V6, "t", Some("x"));
            table.chains.push(NftChain {
                rules: Lines::found(rules.to_owned()),
                ..NftChain::new("c", Span::default())
            });
            let mut set = NftSet::new("s", &[Field::Port], &[]);
            set.elements = Lines::found(elements.to_owned());
            table.sets.push(set);
            State::NftTable(table)
        };
        let (old, new) =
            (table("drop\n", "1\n2\n"), table("meta mark & 1 == 0 drop\n", "2\n3\n4\n"));
        let all = [
            "nft flush chain ip6 t c",
            "nft 'delete element ip6 t s { 1 }'",
            "nft 'add rule ip6 t c meta mark & 1 == 0 drop'",
            "nft 'add element ip6 t s { 3 }'",
            "nft 'add element ip6 t s { 4 }'",
        ];
        assert_eq!(updates(&old, &new), all);
        assert_eq!(command(&old).unwrap(), "nft 'add table ip6 t { comment \"x\" ; }'");
        let all = [
            "nft 'add set ip6 t s { type inet_service ; }'",
            "nft add chain ip6 t c",
            "nft add rule ip6 t c drop",
            "nft 'add element ip6 t s { 1 }'",
            "nft 'add element ip6 t s { 2 }'",
        ];
        assert_eq!(parts(&old), all);
        assert_eq!(count(&old).unwrap(), "1 chain, 1 set, 1 rule, 2 elements");
        assert_eq!(removal(&old).unwrap(), "nft delete table ip6 t");
    }

    #[test]
    fn each_object_is_removed_by_its_own_command() {
        let netns = || Netns::Named("a".into());
        let said = |state| removal(&state).unwrap();
        assert_eq!(said(State::Link(veth(1500, 1, 2))), "ip link del veth0");
        let address = "10.0.0.1/24".parse().unwrap();
        let after = Vec::new();
        let address = Address { after, ..Address::new(netns(), "eth0".into(), address) };
        assert_eq!(said(State::Address(address)), "ip -n a addr del 10.0.0.1/24 dev eth0");
        let up = Up { netns: netns(), link: "lo".into() };
        assert_eq!(said(State::Up(up)), "ip -n a link set lo down");
        let (to, gateway) = ("10.1.0.0/16".parse().unwrap(), "10.0.0.9".parse().unwrap());
        let route = Route::via(Netns::Node, to, gateway, "eth0".into());
        let removed = "ip route del 10.1.0.0/16 via 10.0.0.9 dev eth0 proto 110";
        assert_eq!(said(State::Route(route)), removed);
    }
}
