//! Each object as the command that a person would type to make it, in the words of iproute2.

use super::balancer;
use super::ipvs::push_virtual;
use super::nft::table_command;
use super::wireguard;
use crate::model::Family;
use crate::object::{
    Address, Link, LinkKind, MAIN_TABLE, Netns, PROTOCOL, PolicyAction, PolicyRule, Port, Route,
    RouteKind, RouteScope, State, Table, Vxlan,
};
use std::fmt::Display;

/// The command that makes an object; `None` for what netc does not make. The chains of a ruleset
/// have commands of their own.
#[must_use]
pub fn command(state: &State) -> Option<String> {
    Some(match state {
        State::Underlay(_) | State::Ruleset(_) => return None,
        State::Module(module) => format!("modprobe {}", module.name),
        State::Sysctl(sysctl) => {
            format!("{}sysctl -w {}={}", within(&sysctl.netns), sysctl.key, sysctl.value)
        }
        State::Netns(netns) => format!("ip netns add {}", netns.name),
        State::Link(link) => self::link(link),
        State::Port(port) => self::port(port),
        State::Wireguard(device) => wireguard::device(device),
        State::WireguardPeer(peer) => wireguard::peer(peer),
        State::Address(address) => self::address(address),
        State::Up(up) => format!("{} link set {} up", ip(&up.netns), up.link),
        State::Neighbour(neighbour) => format!(
            "{} neigh replace {} lladdr {} dev {} nud permanent",
            ip(&neighbour.netns),
            neighbour.address,
            neighbour.mac,
            neighbour.link
        ),
        State::Fdb(fdb) => format!(
            "bridge fdb replace {} dev {} dst {} self permanent",
            fdb.mac, fdb.link, fdb.destination
        ),
        State::Route(route) => {
            // Without a gateway ip-route(8) takes the scope to be the link's.
            let says_scope = route.gateway.is_none() && route.kind == RouteKind::Unicast;
            let scope = if says_scope && is_global(route) { " scope global" } else { "" };
            format!("{} route replace {}{scope}", ip(&route.netns), words(route, ""))
        }
        State::PolicyRule(rule) => {
            let family = match rule.family {
                Family::V4 => "",
                Family::V6 => " -6",
            };
            format!("{}{family} rule add {}", ip(&rule.netns), policy_rule(rule))
        }
        State::Set(set) => format!("ipset create {} {}", set.name, set.definition()),
        State::Balancer(own) => balancer::start(own),
        State::NftTable(table) => table_command(table),
        State::Virtual(server) => {
            let mut out = "ipvsadm ".to_owned();
            push_virtual(&mut out, "-A", server);
            out
        }
        State::Jump(jump) => rule_command(jump.family, jump.table, &jump.line),
        State::Flush(flush) => {
            let to = flush.destination.map_or_else(String::new, |to| format!(" --orig-dst {to}"));
            let family = family_name(flush.family);
            format!("conntrack -D -f {family} -p udp{to} --orig-port-dst {}", flush.port)
        }
    })
}

/// What has no place in the command.
#[must_use]
pub fn remark(state: &State) -> Option<String> {
    /// So many addresses are named.
    const NAMED: usize = 4;
    match state {
        State::Balancer(own) => balancer::remark(own),
        State::Sysctl(sysctl) => sysctl.minimum.then(|| "at least".to_owned()),
        State::Address(address) if address.held => Some(match address.address {
            ipnet::IpNet::V4(_) => "announced by gratuitous ARP".to_owned(),
            ipnet::IpNet::V6(_) => "announced by neighbour advertisements".to_owned(),
        }),
        State::Flush(flush) => {
            let named = if flush.keep.len() > NAMED { NAMED - 1 } else { NAMED };
            let all: Vec<String> = flush.keep.iter().take(named).map(ToString::to_string).collect();
            let more = match flush.keep.len() - all.len() {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            Some(format!("but those answered by {}{more}", all.join(", ")))
        }
        _ => None,
    }
}

/// The command that makes a chain.
#[must_use]
pub fn chain_command(family: Family, table: Table, name: &str) -> String {
    format!("{} -t {table} -N {name}", iptables(family))
}

/// The command that removes a chain.
#[must_use]
pub fn chain_removal(family: Family, table: Table, name: &str) -> String {
    format!("{} -t {table} -X {name}", iptables(family))
}

/// The command that appends a rule, given as iptables-save prints it.
#[must_use]
pub fn rule_command(family: Family, table: Table, line: &str) -> String {
    format!("{} -t {table} {line}", iptables(family))
}

/// A route as `ip route` shows it once it is there: IPv6 routes have a metric and a preference.
#[must_use]
pub fn shown(route: &Route) -> String {
    match Family::of_net(route.destination) {
        Family::V4 => words(route, ""),
        Family::V6 => format!("{} pref medium", words(route, " metric 1024")),
    }
}

/// The route that comes with an address, as `ip route` shows it; `None` if there is none.
#[must_use]
pub fn shown_connected(address: &Address) -> Option<String> {
    let (net, link) = (address.address.trunc(), &address.link);
    match Family::of_net(net) {
        family if !address.routed || net.prefix_len() == family.bits() => None,
        Family::V4 => {
            let source = address.address.addr();
            Some(format!("{net} dev {link} proto kernel scope link src {source}"))
        }
        Family::V6 => Some(format!("{net} dev {link} proto kernel metric 256 pref medium")),
    }
}

/// Whether it is an IPv4 route of global scope; IPv6 knows no other.
fn is_global(route: &Route) -> bool {
    route.scope == RouteScope::Global && route.destination.addr().is_ipv4()
}

/// A route in iproute2's words.
fn words(route: &Route, metric: &str) -> String {
    let mut out = match route.kind {
        RouteKind::Unicast => String::new(),
        kind => format!("{} ", kind.word()),
    };
    match route.destination.prefix_len() {
        0 => out.push_str("default"),
        _ => out.push_str(&route.destination.to_string()),
    }
    let mut say = |word: &str, what: &dyn Display| out.push_str(&format!(" {word} {what}"));
    if let Some(gateway) = route.gateway {
        say("via", &gateway);
    }
    if let Some(link) = &route.link {
        say("dev", link);
    }
    if route.table != MAIN_TABLE {
        say("table", &route.table);
    }
    say("proto", &route.protocol);
    if route.scope != RouteScope::Global {
        say("scope", &route.scope.word());
    }
    if let Some(source) = route.source {
        say("src", &source);
    }
    out.push_str(metric);
    if route.onlink {
        out.push_str(" onlink");
    }
    out
}

/// A rule of the routing policy in the words of ip-rule(8).
fn policy_rule(rule: &PolicyRule) -> String {
    let mut out = if rule.not { "not ".to_owned() } else { String::new() };
    out.push_str(&format!("{} priority {} ", selectors(rule), rule.priority));
    match rule.action {
        PolicyAction::Table(table) => out.push_str(&format!("table {table}")),
        PolicyAction::Goto(priority) => out.push_str(&format!("goto {priority}")),
        action => out.push_str(action.word()),
    }
    out.push_str(&format!(" protocol {}", rule.protocol));
    out
}

fn selectors(rule: &PolicyRule) -> String {
    let mut all = vec![match rule.from {
        Some(from) => format!("from {from}"),
        None => "from all".to_owned(),
    }];
    all.extend(rule.to.map(|to| format!("to {to}")));
    all.extend(rule.mark.map(|(value, mask)| format!("fwmark {value:#x}/{mask:#x}")));
    all.extend(rule.iif.as_ref().map(|device| format!("iif {device}")));
    all.extend(rule.oif.as_ref().map(|device| format!("oif {device}")));
    all.join(" ")
}

/// What a rule of the routing policy says, as `ip rule` shows it.
#[must_use]
pub fn policy(rule: &PolicyRule) -> String {
    let not = if rule.not { "not " } else { "" };
    let action = match rule.action {
        PolicyAction::Table(table) => format!("lookup {table}"),
        PolicyAction::Goto(priority) => format!("goto {priority}"),
        action => action.word().to_owned(),
    };
    let other = match rule.protocol {
        PROTOCOL => String::new(),
        other => format!(" proto {other}"),
    };
    format!("{not}{} {action}{other}", selectors(rule))
}

/// Where a route leads, in the words of ip-route(8); whose it is if it is not netc's.
#[must_use]
pub fn way(route: &Route) -> String {
    let mut all = Vec::new();
    if route.kind != RouteKind::Unicast {
        all.push(route.kind.word().to_owned());
    }
    all.extend(route.gateway.map(|gateway| format!("via {gateway}")));
    all.extend(route.link.as_ref().map(|link| format!("dev {link}")));
    match route.protocol {
        PROTOCOL => {}
        // `RTPROT_KERNEL` in linux/rtnetlink.h
        2 => all.push("proto kernel".to_owned()),
        other => all.push(format!("proto {other}")),
    }
    if route.scope != RouteScope::Global {
        all.push(format!("scope {}", route.scope.word()));
    }
    all.extend(route.source.map(|source| format!("src {source}")));
    if route.onlink {
        all.push("onlink".to_owned());
    }
    all.join(" ")
}

fn port(port: &Port) -> String {
    let Port { netns, link, bridge, hairpin, isolated, vlan } = port;
    let hairpin = if *hairpin { "on" } else { "off" };
    let isolated = if *isolated { " isolated on" } else { "" };
    let vlan = vlan.map_or_else(String::new, |vlan| {
        format!(" && bridge vlan add vid {vlan} dev {link} pvid untagged")
    });
    let ip = ip(netns);
    format!(
        "{ip} link set {link} master {bridge} && bridge link set dev {link} hairpin {hairpin}{isolated}{vlan}"
    )
}

fn address(address: &Address) -> String {
    // The addresses are allocated: nobody else has them, and they are needed at once.
    let nodad = if address.address.addr().is_ipv6() { " nodad" } else { "" };
    let unrouted = if address.routed { "" } else { " noprefixroute" };
    let held = if address.held { " preferred_lft 0" } else { "" };
    let ip = ip(&address.netns);
    format!("{ip} addr add {} dev {}{nodad}{unrouted}{held}", address.address, address.link)
}

fn link(link: &Link) -> String {
    let mac = link.mac.map_or_else(String::new, |mac| format!(" address {mac}"));
    let mtu = link.mtu;
    let kind = match &link.kind {
        LinkKind::Bridge { vlan_filtering: false } => "bridge".to_owned(),
        LinkKind::Bridge { vlan_filtering: true } => "bridge vlan_filtering 1".to_owned(),
        LinkKind::Dummy => "dummy".to_owned(),
        LinkKind::Other(kind) => kind.to_string(),
        LinkKind::Veth(peer) => {
            let netns = match &peer.netns {
                Netns::Node => String::new(),
                Netns::Named(name) => format!(" netns {name}"),
            };
            format!("veth peer name {}{netns} address {} mtu {mtu}", peer.name, peer.mac)
        }
        LinkKind::Vxlan(vxlan) => {
            let Vxlan { vni, port, local, device, learning, gbp } = vxlan;
            let learning = if *learning { "learning" } else { "nolearning" };
            let gbp = if *gbp { " gbp" } else { "" };
            format!("vxlan id {vni} local {local} dev {device} dstport {port} {learning}{gbp}")
        }
        LinkKind::Ipip { local } => format!("ipip local {local} remote any"),
        LinkKind::Wireguard => "wireguard".to_owned(),
        LinkKind::Tun => {
            let ip = ip(&link.netns);
            let name = &link.name;
            return format!(
                "{ip} tuntap add dev {name} mode tun && {ip} link set {name} mtu {mtu}"
            );
        }
    };
    let (ip, name) = (ip(&link.netns), &link.name);
    let more = if link.promiscuous {
        format!(" && {ip} link set {name} promisc on")
    } else {
        String::new()
    };
    format!("{ip} link add {name}{mac} mtu {mtu} type {kind}{more}")
}

/// `ip`, in a namespace.
pub(super) fn ip(netns: &Netns) -> String {
    match netns {
        Netns::Node => "ip".to_owned(),
        Netns::Named(name) => format!("ip -n {name}"),
    }
}

/// The beginning of a command that runs in a namespace.
pub(super) fn within(netns: &Netns) -> String {
    match netns {
        Netns::Node => String::new(),
        Netns::Named(name) => format!("ip netns exec {name} "),
    }
}

/// A family in the words of conntrack(8).
pub(super) fn family_name(family: Family) -> &'static str {
    match family {
        Family::V4 => "ipv4",
        Family::V6 => "ipv6",
    }
}

/// The tool of a family.
fn iptables(family: Family) -> &'static str {
    match family {
        Family::V4 => "iptables",
        Family::V6 => "ip6tables",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::emit::netlink::operations;

    #[test]
    fn only_the_main_table_goes_without_saying() {
        let route = |table| {
            let (to, gateway) = ("10.0.0.0/8".parse().unwrap(), "192.0.2.1".parse().unwrap());
            State::Route(Route { table, ..Route::via(Netns::Node, to, gateway, "eth0".into()) })
        };
        let words = "ip route replace 10.0.0.0/8 via 192.0.2.1 dev eth0";
        assert_eq!(command(&route(MAIN_TABLE)), Some(format!("{words} proto 110")));
        assert_eq!(command(&route(100)), Some(format!("{words} table 100 proto 110")));
        assert_eq!(route(MAIN_TABLE).id().to_string(), "route 10.0.0.0/8");
        assert_eq!(route(100).id().to_string(), "route 10.0.0.0/8 of table 100");
        let json = |table| operations("n", [route(table)].iter());
        assert!(json(100).contains("\"table\":100"));
        assert!(!json(MAIN_TABLE).contains("table"));
    }
}
