//! Tables of nf_tables as JSON, and back.

use super::Fault;
use super::id::id;
use super::read::{Read, boolean, family, field, items, list, number, optional, string, text};
use super::rules::{lines, read_lines};
use crate::object::{Aside, Base, Field, Id, Lines, NftChain, NftSet, NftTable, Text};
use netc_lang::Span;
use serde_json::{Map, Value};

/// A table with all its parts: rules and elements as in nft's own language. What is not set is
/// missing, and so are the statements behind its parts.
pub(super) fn nft_table(table: &NftTable) -> Value {
    let (family, name) = table.key();
    let mut fields = Fields::of(id(&Id::NftTable(family, name)));
    fields.comment(&table.comment);
    fields.set("sets", table.sets.iter().map(set).collect());
    fields.set("chains", table.chains.iter().map(chain).collect());
    fields.value()
}

fn set(set: &NftSet) -> Value {
    let types = |fields: &[Field]| fields.iter().map(Field::name).collect::<Value>();
    let mut fields = Fields::named(&set.name);
    fields.set("key", types(&set.key));
    if set.is_map() {
        fields.set("value", types(&set.value));
    }
    if set.interval {
        fields.set("interval", true.into());
    }
    if let Some(seconds) = set.timeout {
        fields.set("timeout", seconds.into());
    }
    fields.comment(&set.comment);
    fields.set("elements", lines(set.elements.text()));
    fields.value()
}

fn chain(chain: &NftChain) -> Value {
    let mut fields = Fields::named(&chain.name);
    if let Some(Base { kind, hook, priority, drops }) = &chain.base {
        fields.set("type", (**kind).into());
        fields.set("hook", (**hook).into());
        fields.set("priority", (*priority).into());
        if *drops {
            fields.set("drops", true.into());
        }
    }
    fields.comment(&chain.comment);
    fields.set("rules", lines(chain.rules.text()));
    fields.value()
}

/// The fields of an object.
struct Fields(Map<String, Value>);

impl Fields {
    fn of(value: Value) -> Fields {
        match value {
            Value::Object(fields) => Fields(fields),
            _ => Fields(Map::new()),
        }
    }

    fn named(name: &str) -> Fields {
        let mut fields = Fields(Map::new());
        fields.set("name", name.into());
        fields
    }

    fn set(&mut self, key: &str, value: Value) {
        self.0.insert(key.to_owned(), value);
    }

    fn comment(&mut self, comment: &Aside<Option<Text>>) {
        if let Some(comment) = &comment.0 {
            self.set("comment", (**comment).into());
        }
    }

    fn value(self) -> Value {
        Value::Object(self.0)
    }
}

pub(super) fn read_nft_table(value: &Value) -> Read<NftTable> {
    Ok(NftTable {
        family: field(value, "family", family)?,
        name: field(value, "name", text)?,
        comment: read_comment(value)?,
        sets: items(value, "sets", read_set)?,
        chains: items(value, "chains", read_chain)?,
    })
}

fn read_comment(value: &Value) -> Read<Aside<Option<Text>>> {
    optional(value, "comment", text).map(Aside)
}

fn read_set(value: &Value) -> Read<NftSet> {
    let types = |value| list(value, |name| string(name).map(Field::named));
    Ok(NftSet {
        name: field(value, "name", string)?.to_owned(),
        key: field(value, "key", types)?,
        value: optional(value, "value", types)?.unwrap_or_default(),
        interval: optional(value, "interval", boolean)?.unwrap_or_default(),
        timeout: optional(value, "timeout", number)?,
        comment: read_comment(value)?,
        // They are compared in their order.
        elements: Lines::found(field(value, "elements", read_lines)?).sorted(),
    })
}

fn read_chain(value: &Value) -> Read<NftChain> {
    let base = match optional(value, "hook", text)? {
        Some(hook) => {
            let priority = field(value, "priority", priority)?;
            let drops = optional(value, "drops", boolean)?.unwrap_or_default();
            Some(Base { kind: field(value, "type", text)?, hook, priority, drops })
        }
        None => None,
    };
    let name = field(value, "name", string)?;
    Ok(NftChain {
        base,
        comment: read_comment(value)?,
        rules: Lines::found(field(value, "rules", read_lines)?),
        ..NftChain::new(name, Span::default())
    })
}

fn priority(value: &Value) -> Read<i32> {
    let number = value.as_i64().and_then(|number| i32::try_from(number).ok());
    number.ok_or_else(|| Fault::expected("a whole number"))
}
