//! Identities as JSON, and back.

use super::Fault;
use super::balancer::engine;
use super::read::{
    Read, address, chain_name, family, family_name, field, hook, mac, netns, network, number,
    optional, public_key, string, table, text,
};
use super::rules::{place, read_place};
use super::server::{read_virtual_address, virtual_address};
use super::set::set_name;
use crate::emit::within;
use crate::model::{Family, PublicKey};
use crate::object::{Id, MAIN_TABLE};
use ipnet::IpNet;
use serde_json::{Value, json};
use std::net::IpAddr;

/// An identity as JSON.
#[must_use]
pub fn id(id: &Id) -> Value {
    let named = |kind: &str, name: &str| json!({ "kind": kind, "name": name });
    let (netns, value) = match id {
        Id::Underlay(name) => return named("underlay", name),
        Id::Module(name) => return named("module", name),
        Id::Netns(name) => return named("netns", name),
        Id::Sysctl(netns, key) => (netns, json!({ "kind": "sysctl", "key": **key })),
        Id::Link(netns, name) => (netns, named("link", name)),
        Id::Port(netns, link) => (netns, json!({ "kind": "port", "link": **link })),
        Id::Address(netns, link, address) => {
            (netns, json!({ "kind": "address", "link": **link, "address": address }))
        }
        Id::Up(netns, link) => (netns, json!({ "kind": "up", "link": **link })),
        Id::Neighbour(netns, link, address) => {
            (netns, json!({ "kind": "neighbour", "link": **link, "address": address }))
        }
        Id::Fdb(netns, link, mac) => {
            (netns, json!({ "kind": "fdb", "link": **link, "mac": mac.to_string() }))
        }
        Id::Wireguard(netns, link) => (netns, json!({ "kind": "wireguard", "link": **link })),
        Id::WireguardPeer(netns, link, key) => (netns, peer(link, *key)),
        Id::Route(netns, table, destination) => (netns, route(*table, destination)),
        Id::PolicyRule(netns, family, priority) => (
            netns,
            json!({
                "kind": "policy-rule", "family": family_name(*family), "priority": priority,
            }),
        ),
        Id::Set(name) => return named("set", name.as_str()),
        Id::Virtual(address) => return virtual_address(*address),
        Id::Balancer(engine) => return json!({ "kind": "balancer", "engine": engine.word() }),
        Id::NftTable(family, name) => {
            return json!({ "kind": "nft-table", "family": family_name(*family), "name": **name });
        }
        Id::Ruleset(family, table) => {
            return json!({
                "kind": "ruleset", "family": family_name(*family), "table": table.name(),
            });
        }
        Id::Jump(family, table, hook, at, to) => {
            let mut value = json!({
                "kind": "jump", "family": family_name(*family), "table": table.name(),
                "hook": hook.name(), "to": to.as_str(),
            });
            place(&mut value, *at);
            return value;
        }
        Id::Flush(family, destination, port) => return flush(*family, *destination, *port),
    };
    within(netns, value)
}

/// The main table goes without saying.
fn route(table: u32, destination: &IpNet) -> Value {
    match table {
        MAIN_TABLE => json!({ "kind": "route", "destination": destination }),
        table => json!({ "kind": "route", "table": table, "destination": destination }),
    }
}

fn peer(link: &str, key: PublicKey) -> Value {
    json!({ "kind": "wireguard-peer", "link": link, "public-key": key.to_string() })
}

/// Connections to any address name none.
fn flush(family: Family, destination: Option<IpAddr>, port: u16) -> Value {
    let mut value = json!({ "kind": "conntrack-flush", "family": family_name(family) });
    if let Value::Object(fields) = &mut value {
        fields.extend(destination.map(|to| ("destination".to_owned(), to.to_string().into())));
        fields.insert("port".to_owned(), port.into());
    }
    value
}

/// An identity from JSON.
///
/// # Errors
/// Where it is not as [`id`] writes it.
pub fn read_id(value: &Value) -> Result<Id, Fault> {
    let name = || field(value, "name", text);
    let netns = || netns(value);
    let link = || -> Read<_> { Ok((netns()?, field(value, "link", text)?)) };
    Ok(match field(value, "kind", string)? {
        "underlay" => Id::Underlay(name()?),
        "module" => Id::Module(name()?),
        "netns" => Id::Netns(name()?),
        "sysctl" => Id::Sysctl(netns()?, field(value, "key", text)?),
        "link" => Id::Link(netns()?, name()?),
        "port" => link().map(|(netns, link)| Id::Port(netns, link))?,
        "up" => link().map(|(netns, link)| Id::Up(netns, link))?,
        "address" => {
            let (netns, link) = link()?;
            Id::Address(netns, link, field(value, "address", network)?)
        }
        "neighbour" => {
            let (netns, link) = link()?;
            Id::Neighbour(netns, link, field(value, "address", address)?)
        }
        "fdb" => {
            let (netns, link) = link()?;
            Id::Fdb(netns, link, field(value, "mac", mac)?)
        }
        "wireguard" => link().map(|(netns, link)| Id::Wireguard(netns, link))?,
        "wireguard-peer" => {
            let (netns, link) = link()?;
            Id::WireguardPeer(netns, link, field(value, "public-key", public_key)?)
        }
        "route" => {
            let table = optional(value, "table", number)?.unwrap_or(MAIN_TABLE);
            Id::Route(netns()?, table, field(value, "destination", network)?)
        }
        "policy-rule" => Id::PolicyRule(
            netns()?,
            field(value, "family", family)?,
            field(value, "priority", number)?,
        ),
        "set" => Id::Set(field(value, "name", set_name)?),
        "virtual-server" => Id::Virtual(read_virtual_address(value)?),
        "balancer" => Id::Balancer(field(value, "engine", engine)?),
        "nft-table" => Id::NftTable(field(value, "family", family)?, name()?),
        "ruleset" => Id::Ruleset(field(value, "family", family)?, field(value, "table", table)?),
        "jump" => Id::Jump(
            field(value, "family", family)?,
            field(value, "table", table)?,
            field(value, "hook", hook)?,
            read_place(value)?,
            field(value, "to", chain_name)?,
        ),
        "conntrack-flush" => Id::Flush(
            field(value, "family", family)?,
            optional(value, "destination", address)?,
            field(value, "port", number)?,
        ),
        _ => return Err(Fault::expected("the kind of an object").within("kind")),
    })
}
