//! States to come back to as JSON, and back.
//!
//! A target of a large node names a hundred thousand chains: they stand under their family and
//! table, by name, each with its rules, or `null` if it is not to be there. The same holds for
//! jumps, by hook. Objects that are to be there and identities of those that are not have lists.

use super::Fault;
use super::id::{id, read_id};
use super::read::{Read, chain_name, family, family_name, field, hook, items, object, table};
use super::rules::{jumps, lines, owned_rules, read_jumps, read_lines, read_owned_rule};
use super::state::state;
use super::state_read::read_state;
use crate::model::Family;
use crate::object::{State, Table};
use crate::plan::{Jumps, Key, Rules, Target, Thing};
use serde_json::{Map, Value, json};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// Things by family and table.
type Tables = Map<String, Value>;

/// A target as JSON.
#[must_use]
pub fn target(target: &Target) -> Value {
    let (mut objects, mut absent) = (Vec::new(), Vec::new());
    let (mut chains, mut hooks) = (Tables::new(), Tables::new());
    for (key, wanted) in target.things() {
        match (key, wanted) {
            (Key::Object(key), None) => absent.push(id(key)),
            (Key::Object(_), Some(thing)) => objects.extend(thing.state().and_then(state)),
            (Key::Chain(family, table, name), wanted) => {
                let rules = match wanted {
                    Some(Thing::Chain(chain)) => lines(&chain.text),
                    _ => Value::Null,
                };
                insert(&mut chains, (*family, *table), name.as_str(), rules);
            }
            (Key::Jumps(family, table, hook), wanted) => {
                let rules = match wanted {
                    Some(Thing::Jumps(own)) => jumps(&own.rules),
                    _ => Value::Null,
                };
                insert(&mut hooks, (*family, *table), hook.name(), rules);
            }
        }
    }
    let mut value =
        json!({ "objects": objects, "absent": absent, "chains": chains, "jumps": hooks });
    if let (Value::Object(fields), true) = (&mut value, target.rules().len() > 0) {
        fields.insert("rules".into(), owned_rules(target.rules()));
    }
    value
}

fn insert(tables: &mut Tables, (family, table): (Family, Table), name: &str, rules: Value) {
    let mut within = tables;
    for step in [family_name(family), table.name()] {
        let inner = within.entry(step).or_insert_with(|| Value::Object(Map::new()));
        let Value::Object(inner) = inner else { return };
        within = inner;
    }
    within.insert(name.into(), rules);
}

/// A target from JSON.
///
/// # Errors
/// Where it is not as [`target`] writes it.
pub fn read_target(value: &Value) -> Result<Target, Fault> {
    let mut things = BTreeMap::new();
    for state in items(value, "objects", read_state)? {
        let thing = Thing::Object(Cow::<State>::Owned(state));
        things.insert(thing.key(), Some(thing));
    }
    for id in items(value, "absent", read_id)? {
        things.insert(Key::Object(id), None);
    }
    field(value, "chains", |tables| {
        each(tables, |family, table, name, rules| {
            let name = chain_name(&name.into())?;
            let read = |rules| -> Read<_> {
                let text = Cow::Owned(read_lines(rules)?);
                Ok(Thing::Chain(Rules { family, table, name, text }))
            };
            things.insert(Key::Chain(family, table, name), rules.map(read).transpose()?);
            Ok(())
        })
    })?;
    field(value, "jumps", |tables| {
        each(tables, |family, table, name, rules| {
            let hook = hook(&name.into())?;
            let read = |rules| -> Read<_> {
                Ok(Thing::Jumps(Jumps { family, table, hook, rules: read_jumps(rules)? }))
            };
            things.insert(Key::Jumps(family, table, hook), rules.map(read).transpose()?);
            Ok(())
        })
    })?;
    Ok(Target::new(things).with(items(value, "rules", read_owned_rule)?))
}

/// Reads each name of each table, with its rules if it has any.
fn each(
    tables: &Value,
    mut read: impl FnMut(Family, Table, &str, Option<&Value>) -> Read<()>,
) -> Read<()> {
    for (family_name, tables) in object(tables)? {
        let mut of_family = || {
            let family = family(&family_name.as_str().into())?;
            for (table_name, names) in object(tables)? {
                let mut of_table = || {
                    let table = table(&table_name.as_str().into())?;
                    object(names)?.iter().try_for_each(|(name, rules)| {
                        let rules = (!rules.is_null()).then_some(rules);
                        read(family, table, name, rules).map_err(|fault| fault.within(name))
                    })
                };
                of_table().map_err(|fault| fault.within(table_name))?;
            }
            Ok(())
        };
        of_family().map_err(|fault: Fault| fault.within(family_name))?;
    }
    Ok(())
}
