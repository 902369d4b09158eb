//! Keys as JSON, and back.

use super::Fault;
use super::id::{id, read_id};
use super::read::{chain_name, family, family_name, field, hook, string, table};
use crate::plan::Key;
use serde_json::{Value, json};

/// A key as JSON.
#[must_use]
pub fn key(key: &Key) -> Value {
    match key {
        Key::Object(object) => id(object),
        Key::Chain(family, table, name) => json!({
            "kind": "chain", "family": family_name(*family), "table": table.name(),
            "name": name.as_str(),
        }),
        Key::Jumps(family, table, hook) => json!({
            "kind": "jumps", "family": family_name(*family), "table": table.name(),
            "hook": hook.name(),
        }),
    }
}

/// A key from JSON.
///
/// # Errors
/// Where it is not as [`key`] writes it.
pub fn read_key(value: &Value) -> Result<Key, Fault> {
    let place = || Ok::<_, Fault>((field(value, "family", family)?, field(value, "table", table)?));
    Ok(match field(value, "kind", string)? {
        "chain" => {
            let (family, table) = place()?;
            Key::Chain(family, table, field(value, "name", chain_name)?)
        }
        "jumps" => {
            let (family, table) = place()?;
            Key::Jumps(family, table, field(value, "hook", hook)?)
        }
        _ => Key::Object(read_id(value)?),
    })
}
