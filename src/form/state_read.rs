//! Objects, from JSON.

use super::Fault;
use super::balancer::read_balancer;
use super::id::read_id;
use super::nft::read_nft_table;
use super::read::{
    Read, address, boolean, family, field, items, list, mac, netns, network, number, object,
    optional, string, text, word,
};
use super::server::read_virtual_server;
use super::set::read_set;
use super::wireguard::{read_peer, read_wireguard};
use crate::object::{
    Address, Aside, Fdb, Flush, Link, LinkKind, MAIN_TABLE, Module, Neighbour, NetnsObject, Peer,
    PolicyAction, PolicyRule, Port, Route, RouteKind, RouteScope, State, Sysctl, Underlay, Up,
    Vxlan,
};
use serde_json::Value;

/// The kinds of object, for people.
const KINDS: &str = "the kind of an object: underlay, module, sysctl, netns, link, port, address, \
                     up, neighbour, fdb, wireguard, wireguard-peer, route, policy-rule, set, \
                     virtual-server, balancer, nft-table or conntrack-flush";

/// An object from JSON.
///
/// # Errors
/// Where it is not as [`super::state`] writes it.
pub fn read_state(value: &Value) -> Result<State, Fault> {
    let link = || field(value, "link", text);
    let netns = || netns(value);
    Ok(match field(value, "kind", string)? {
        "underlay" => State::Underlay(Underlay {
            name: field(value, "name", text)?,
            addresses: field(value, "addresses", |all| list(all, address))?,
        }),
        "module" => State::Module(Module { name: field(value, "name", text)? }),
        "sysctl" => State::Sysctl(sysctl(value)?),
        "netns" => State::Netns(NetnsObject { name: field(value, "name", text)? }),
        "link" => State::Link(self::link(value)?),
        "port" => State::Port(Port {
            netns: netns()?,
            link: link()?,
            bridge: field(value, "bridge", text)?,
            hairpin: field(value, "hairpin", boolean)?,
            isolated: optional(value, "isolated", boolean)?.unwrap_or_default(),
            vlan: optional(value, "vlan", number)?,
        }),
        "address" => State::Address(Address {
            netns: netns()?,
            link: link()?,
            address: field(value, "address", network)?,
            routed: optional(value, "routed", boolean)?.unwrap_or(true),
            held: optional(value, "held", boolean)?.unwrap_or_default(),
            after: Vec::new(),
        }),
        "up" => State::Up(Up { netns: netns()?, link: link()? }),
        "neighbour" => State::Neighbour(Neighbour {
            netns: netns()?,
            link: link()?,
            address: field(value, "address", address)?,
            mac: field(value, "mac", mac)?,
        }),
        "fdb" => State::Fdb(Fdb {
            netns: netns()?,
            link: link()?,
            mac: field(value, "mac", mac)?,
            destination: field(value, "destination", address)?,
        }),
        "wireguard" => State::Wireguard(read_wireguard(value)?),
        "wireguard-peer" => State::WireguardPeer(read_peer(value)?),
        "route" => State::Route(route(value)?),
        "policy-rule" => State::PolicyRule(policy_rule(value)?),
        "set" => State::Set(read_set(value)?),
        "virtual-server" => State::Virtual(read_virtual_server(value)?),
        "balancer" => State::Balancer(read_balancer(value)?),
        "nft-table" => State::NftTable(read_nft_table(value)?),
        "conntrack-flush" => State::Flush(flush(value)?),
        _ => return Err(Fault::expected(KINDS).within("kind")),
    })
}

fn route(value: &Value) -> Read<Route> {
    Ok(Route {
        netns: netns(value)?,
        table: optional(value, "table", number)?.unwrap_or(MAIN_TABLE),
        kind: optional(value, "type", |one| word(one, &RouteKind::ALL, RouteKind::word))?
            .unwrap_or(RouteKind::Unicast),
        destination: field(value, "destination", network)?,
        gateway: optional(value, "gateway", address)?,
        link: optional(value, "link", text)?,
        onlink: field(value, "onlink", boolean)?,
        scope: optional(value, "scope", |one| word(one, &RouteScope::ALL, RouteScope::word))?
            .unwrap_or(RouteScope::Global),
        source: optional(value, "source", address)?,
        protocol: field(value, "protocol", number)?,
        after: items(value, "after", read_id)?,
    })
}

fn policy_rule(value: &Value) -> Read<PolicyRule> {
    let mark = optional(value, "mark", number)?;
    let mark = mark.map(|mark| Ok((mark, field(value, "mask", number)?))).transpose()?;
    let action = match field(value, "action", string)? {
        "lookup" => PolicyAction::Table(field(value, "table", number)?),
        "goto" => PolicyAction::Goto(field(value, "goto", number)?),
        _ => field(value, "action", |one| word(one, &PolicyAction::WORDS, PolicyAction::word))?,
    };
    Ok(PolicyRule {
        netns: netns(value)?,
        family: field(value, "family", family)?,
        priority: field(value, "priority", number)?,
        not: optional(value, "not", boolean)?.unwrap_or_default(),
        from: optional(value, "from", network)?,
        to: optional(value, "to", network)?,
        iif: optional(value, "iif", text)?,
        oif: optional(value, "oif", text)?,
        mark,
        action,
        protocol: field(value, "protocol", number)?,
    })
}

fn sysctl(value: &Value) -> Read<Sysctl> {
    Ok(Sysctl {
        netns: netns(value)?,
        key: field(value, "key", text)?,
        value: field(value, "value", text)?,
        minimum: optional(value, "minimum", boolean)?.unwrap_or_default(),
        after: optional(value, "after", read_id)?,
    })
}

fn flush(value: &Value) -> Read<Flush> {
    let mut keep = field(value, "keep", |all| list(all, address))?;
    // They are searched by halves.
    keep.sort_unstable();
    keep.dedup();
    Ok(Flush {
        family: field(value, "family", family)?,
        destination: optional(value, "destination", address)?,
        port: field(value, "port", number)?,
        keep,
        table: Aside(optional(value, "table", text)?),
    })
}

fn link(value: &Value) -> Read<Link> {
    let kind = match field(value, "type", string)? {
        "bridge" => LinkKind::Bridge {
            vlan_filtering: optional(value, "vlan_filtering", boolean)?.unwrap_or_default(),
        },
        "dummy" => LinkKind::Dummy,
        "wireguard" => LinkKind::Wireguard,
        // One whose other end is out of sight, or that netc could not have made, has only its type.
        kind => match (optional(value, "peer", peer)?, optional(value, "vxlan", vxlan)?) {
            (Some(peer), _) if kind == "veth" => LinkKind::Veth(peer),
            (_, Some(vxlan)) if kind == "vxlan" => LinkKind::Vxlan(vxlan),
            _ if kind == "ipip" && object(value)?.contains_key("ipip") => LinkKind::Ipip {
                local: field(value, "ipip", |ipip| field(ipip, "local", address))?,
            },
            _ if kind == "tun" => LinkKind::Tun,
            _ => LinkKind::Other(kind.into()),
        },
    };
    Ok(Link {
        netns: netns(value)?,
        name: field(value, "name", text)?,
        mac: optional(value, "mac", mac)?,
        mtu: field(value, "mtu", number)?,
        alias: field(value, "alias", text)?,
        promiscuous: optional(value, "promiscuous", boolean)?.unwrap_or_default(),
        kind,
    })
}

fn peer(value: &Value) -> Read<Peer> {
    Ok(Peer {
        netns: netns(value)?,
        name: field(value, "name", text)?,
        mac: field(value, "mac", mac)?,
    })
}

fn vxlan(value: &Value) -> Read<Vxlan> {
    Ok(Vxlan {
        vni: field(value, "id", number)?,
        port: field(value, "port", number)?,
        local: field(value, "local", address)?,
        device: field(value, "link", text)?,
        learning: optional(value, "learning", boolean)?.unwrap_or_default(),
        gbp: optional(value, "gbp", boolean)?.unwrap_or_default(),
    })
}
