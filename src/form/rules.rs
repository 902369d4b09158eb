//! The rules of chains, and jumps with their places, as JSON, and back.

use super::Fault;
use super::read::{Read, family, family_name, field, list, number, string, table};
use crate::model::Family;
use crate::object::{Place, Table};
use serde_json::{Value, json};

/// Rules as iptables-save prints them, a string each.
pub(super) fn lines(text: &str) -> Value {
    text.lines().collect()
}

pub(super) fn read_lines(value: &Value) -> Read<String> {
    let mut text = String::new();
    for line in list(value, string)? {
        text.push_str(line);
        text.push('\n');
    }
    Ok(text)
}

/// Jumps in their order, each with its place.
pub(super) fn jumps(rules: &[(Place, String)]) -> Value {
    let one = |(at, rule): &(Place, String)| {
        let mut value = json!({ "rule": rule });
        place(&mut value, *at);
        value
    };
    rules.iter().map(one).collect()
}

pub(super) fn read_jumps(value: &Value) -> Read<Vec<(Place, String)>> {
    let rules =
        list(value, |rule| Ok((read_place(rule)?, field(rule, "rule", string)?.to_owned())))?;
    if rules.is_empty() { Err(Fault::expected("at least one jump")) } else { Ok(rules) }
}

/// Rules of built-in chains that are netc's own although no name tells it.
pub(super) fn owned_rules<'r>(rules: impl Iterator<Item = &'r (Family, Table, String)>) -> Value {
    let one = |(family, table, rule): &(Family, Table, String)| json!({ "family": family_name(*family), "table": table.name(), "rule": rule });
    rules.map(one).collect()
}

pub(super) fn read_owned_rule(value: &Value) -> Read<(Family, Table, String)> {
    let rule = field(value, "rule", string)?.to_owned();
    Ok((field(value, "family", family)?, field(value, "table", table)?, rule))
}

/// Says where in its built-in chain a jump stands.
pub(super) fn place(value: &mut Value, place: Place) {
    let Value::Object(fields) = value else { return };
    let (word, field, number) = match place {
        Place::Top(order) => ("top", "order", order.into()),
        Place::Behind(count) => ("behind", "count", count),
        Place::Bottom(order) => ("bottom", "order", order.into()),
    };
    fields.insert("place".into(), word.into());
    fields.insert(field.into(), number.into());
}

pub(super) fn read_place(value: &Value) -> Read<Place> {
    match field(value, "place", string)? {
        "top" => field(value, "order", number).map(Place::Top),
        "behind" => field(value, "count", number).map(Place::Behind),
        "bottom" => field(value, "order", number).map(Place::Bottom),
        _ => Err(Fault::expected("`top`, `behind` or `bottom`").within("place")),
    }
}
