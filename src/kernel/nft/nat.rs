//! Translations: from the JSON of nft to text.

use super::expression::{only, word};
use super::statement::{Surroundings, push_lookup};
use super::value::{self, joined};
use crate::object::family_name;
use serde_json::Value;

/// Appends a translation: `dnat to 10.0.0.1:80`, `masquerade fully-random`.
pub(super) fn push(out: &mut String, name: &str, nat: &Value, around: &Surroundings) -> Option<()> {
    out.push_str(name);
    if nat.is_null() {
        return Some(());
    }
    nat.get("type_flags").is_none().then_some(())?;
    let (address, port) = (nat.get("addr"), nat.get("port"));
    match address.map(|address| (address, only(address))) {
        Some((_, Some(("map", lookup)))) => {
            port.is_none().then_some(())?;
            push_mapped(out, nat, lookup, around)?;
        }
        Some((address, _)) => {
            out.push_str(" to ");
            push_address(out, address, port.is_some())?;
        }
        None if port.is_some() => out.push_str(" to "),
        None => {}
    }
    if let Some(port) = port {
        out.push(':');
        value::push(out, port, &[])?;
    }
    if let Some(flags) = nat.get("flags") {
        out.push(' ');
        value::push(out, flags, &[])?;
    }
    Some(())
}

/// Translated to what a map gives. That it gives ports too is not told: the map says it.
fn push_mapped(out: &mut String, nat: &Value, lookup: &Value, around: &Surroundings) -> Option<()> {
    let gives_sockets = match lookup.get("data")? {
        Value::String(name) => (around.gives_sockets)(name.trim_start_matches('@')),
        data => {
            let first = data.get("set")?.get(0)?.get(1)?;
            only(first).is_some_and(|(name, _)| name == "concat")
        }
    };
    if gives_sockets {
        let family = word(nat, "family").unwrap_or(family_name(around.family));
        [" ", family, " addr . port to "].into_iter().for_each(|piece| out.push_str(piece));
    } else {
        out.push_str(" to ");
    }
    push_lookup(out, lookup, " map ", |out, to| value::push(out, to, &[]))
}

/// An address, or the first and the last of some. One of IPv6 is in brackets if a port follows.
fn push_address(out: &mut String, address: &Value, ported: bool) -> Option<()> {
    match only(address) {
        Some(("range", Value::Array(ends))) => {
            joined(out, ends, "-", |out, _, end| push_address(out, end, ported))
        }
        Some(_) => None,
        None => {
            let bracketed = ported && address.as_str()?.contains(':');
            out.push_str(if bracketed { "[" } else { "" });
            value::push(out, address, &[])?;
            out.push_str(if bracketed { "]" } else { "" });
            Some(())
        }
    }
}
