//! What can change on its own as JSON, and back.

use super::Fault;
use super::key::{key, read_key};
use super::read::{field, string};
use super::rules::{jumps, lines, read_jumps, read_lines};
use super::state::state;
use super::state_read::read_state;
use crate::plan::{Jumps, Key, Rules, Thing};
use serde_json::Value;
use std::borrow::Cow;

/// A thing as JSON: its key, and beside it what it is.
#[must_use]
pub fn thing(thing: &Thing) -> Value {
    let rules = match thing {
        // No thing is a whole ruleset or a single jump.
        Thing::Object(object) => return state(object).unwrap_or_default(),
        Thing::Chain(chain) => lines(&chain.text),
        Thing::Jumps(own) => jumps(&own.rules),
    };
    let mut value = key(&thing.key());
    if let Value::Object(fields) = &mut value {
        fields.insert("rules".into(), rules);
    }
    value
}

/// A thing from JSON.
///
/// # Errors
/// Where it is not as [`thing`] writes it.
pub fn read_thing(value: &Value) -> Result<Thing<'static>, Fault> {
    if !matches!(field(value, "kind", string)?, "chain" | "jumps") {
        return read_state(value).map(|state| Thing::Object(Cow::Owned(state)));
    }
    Ok(match read_key(value)? {
        Key::Chain(family, table, name) => {
            let text = Cow::Owned(field(value, "rules", read_lines)?);
            Thing::Chain(Rules { family, table, name, text })
        }
        Key::Jumps(family, table, hook) => {
            let rules = field(value, "rules", read_jumps)?;
            Thing::Jumps(Jumps { family, table, hook, rules })
        }
        Key::Object(_) => return Err(Fault::expected("a chain or jumps")),
    })
}
