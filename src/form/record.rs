//! What netc knows of a node from earlier runs as JSON, and back.

use super::Fault;
use super::id::{id, read_id};
use super::key::{key, read_key};
use super::read::{Read, boolean, field, items, list, text};
use super::rules::{owned_rules, read_owned_rule};
use super::server::{read_virtual_address, virtual_address};
use super::state::state;
use super::state_read::read_state;
use crate::model::Family;
use crate::object::{Id, State, Text};
use crate::plan::{Key, Record};
use serde_json::{Value, json};

/// A record as JSON.
#[must_use]
pub fn record(record: &Record) -> Value {
    let netns: Vec<&str> = record.netns.iter().map(|name| &**name).collect();
    let originals: Vec<Value> = record.originals.values().filter_map(state).collect();
    let chains: Vec<Value> = record
        .chains
        .iter()
        .map(|(family, table, name)| key(&Key::Chain(*family, *table, *name)))
        .collect();
    let virtuals: Vec<Value> = record.virtuals.iter().map(|own| virtual_address(*own)).collect();
    let tables: Vec<Value> = record
        .tables
        .iter()
        .map(|(family, name)| id(&Id::NftTable(*family, Text::clone(name))))
        .collect();
    let addresses: Vec<Value> = record.addresses.iter().map(id).collect();
    let parameters: Vec<Value> = record.parameters.values().filter_map(state).collect();
    json!({
        "managed": record.managed, "netns": netns, "chains": chains, "virtuals": virtuals,
        "addresses": addresses, "tables": tables, "rules": owned_rules(record.rules.iter()), "parameters": parameters,
        "originals": originals,
    })
}

/// A record from JSON.
///
/// # Errors
/// Where it is not as [`record`] writes it.
pub fn read_record(value: &Value) -> Result<Record, Fault> {
    let states = |name| field(value, name, |all| list(all, read_state));
    let by_id = |all: Vec<State>| all.into_iter().map(|state| (state.id(), state)).collect();
    let keys = field(value, "chains", |all| list(all, read_key))?;
    let chains = keys.into_iter().filter_map(|key| match key {
        Key::Chain(family, table, name) => Some((family, table, name)),
        _ => None,
    });
    Ok(Record {
        managed: field(value, "managed", boolean)?,
        netns: field(value, "netns", |all| list(all, text))?.into_iter().collect(),
        chains: chains.collect(),
        // Records of versions that knew no virtual servers have none.
        virtuals: items(value, "virtuals", read_virtual_address)?.into_iter().collect(),
        // The same holds for addresses, tables and rules.
        addresses: items(value, "addresses", read_id)?.into_iter().collect(),
        tables: items(value, "tables", read_table)?.into_iter().collect(),
        rules: items(value, "rules", read_owned_rule)?.into_iter().collect(),
        parameters: by_id(states("parameters")?),
        originals: by_id(states("originals")?),
    })
}

fn read_table(value: &Value) -> Read<(Family, Text)> {
    match read_id(value)? {
        Id::NftTable(family, name) => Ok((family, name)),
        _ => Err(Fault::expected("`nft-table`").within("kind")),
    }
}
