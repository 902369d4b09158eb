//! What rules do: from the JSON of nft to text. Conditions are statements, too.

use super::expression::{self, is_binary, kinds, only, word};
use super::value::{self, joined, push_quoted, push_set};
use super::{element, nat};
use crate::model::Family;
use serde_json::Value;

/// What must be known of the table that rules are in.
pub(super) struct Surroundings<'s> {
    /// The family.
    pub(super) family: Family,
    /// Whether a map gives addresses with ports.
    pub(super) gives_sockets: &'s dyn Fn(&str) -> bool,
}

/// Appends a rule; nothing comes of it if it has something in it that is not known.
pub(super) fn push_rule(
    out: &mut String,
    statements: &[Value],
    comment: Option<&str>,
    around: &Surroundings,
) -> Option<()> {
    joined(out, statements, " ", |out, _, statement| push(out, statement, around))?;
    if let Some(comment) = comment {
        out.push_str(" comment ");
        push_quoted(out, comment);
    }
    Some(())
}

fn push(out: &mut String, statement: &Value, around: &Surroundings) -> Option<()> {
    let (name, inner) = only(statement)?;
    match name {
        "match" => push_match(out, inner),
        "vmap" => push_lookup(out, inner, " vmap ", element::push_verdict),
        "counter" => push_counter(out, inner),
        "log" => push_log(out, inner),
        "limit" => push_limit(out, inner),
        "mangle" => push_mangle(out, inner),
        "set" => push_update(out, inner),
        "reject" => push_reject(out, inner),
        "notrack" => named(out, name, inner),
        "dnat" | "snat" | "redirect" | "masquerade" => nat::push(out, name, inner, around),
        _ => element::push_verdict(out, statement),
    }
}

/// A statement without anything more.
fn named(out: &mut String, name: &str, inner: &Value) -> Option<()> {
    out.push_str(name);
    inner.is_null().then_some(())
}

fn push_match(out: &mut String, condition: &Value) -> Option<()> {
    let (left, right) = (condition.get("left")?, condition.get("right")?);
    expression::push(out, left)?;
    match word(condition, "op")? {
        "==" if is_binary(left) => out.push_str(" == "),
        "==" | "in" => out.push(' '),
        operator @ ("!=" | "<" | ">" | "<=" | ">=") => {
            [" ", operator, " "].into_iter().for_each(|piece| out.push_str(piece));
        }
        _ => return None,
    }
    value::push(out, single(right), &kinds(left))
}

/// A set of one member that needs no braces: the member.
fn single(right: &Value) -> &Value {
    match only(right) {
        Some(("set", Value::Array(members))) => match members.as_slice() {
            [one] if only(one).is_none_or(|(name, _)| name != "concat" && name != "elem") => one,
            _ => right,
        },
        _ => right,
    }
}

/// Appends what is looked for in a map: `KEY vmap @name`, or `KEY vmap { … }`.
pub(super) fn push_lookup(
    out: &mut String,
    lookup: &Value,
    verb: &str,
    push: impl Fn(&mut String, &Value) -> Option<()>,
) -> Option<()> {
    let key = lookup.get("key")?;
    expression::push(out, key)?;
    out.push_str(verb);
    let members = match lookup.get("data")? {
        Value::String(name) => {
            out.push_str(name);
            return Some(());
        }
        data => only(data).filter(|(name, _)| *name == "set")?.1,
    };
    let kinds = kinds(key);
    push_set(out, members, |out, member| {
        let [key, value] = member.as_array()?.as_slice() else { return None };
        value::push(out, key, &kinds)?;
        out.push_str(" : ");
        push(out, value)
    })
}

/// What it has counted does not count.
fn push_counter(out: &mut String, counter: &Value) -> Option<()> {
    out.push_str("counter");
    if let Value::String(name) = counter {
        out.push_str(" name ");
        push_quoted(out, name);
    }
    Some(())
}

fn push_log(out: &mut String, log: &Value) -> Option<()> {
    out.push_str("log");
    let Value::Object(options) = log else { return log.is_null().then_some(()) };
    let known = ["prefix", "group", "level"];
    options.keys().all(|name| known.contains(&name.as_str())).then_some(())?;
    for name in known {
        let Some(option) = options.get(name) else { continue };
        [" ", name, " "].into_iter().for_each(|piece| out.push_str(piece));
        match option {
            Value::String(text) if name == "prefix" => push_quoted(out, text),
            option => value::push(out, option, &[])?,
        }
    }
    Some(())
}

/// How many packets a limit lets through at once if nothing is said (nft(8), LIMIT STATEMENT).
const BURST: u64 = 5;

fn push_limit(out: &mut String, limit: &Value) -> Option<()> {
    let number = |name| limit.get(name).map_or(Some(0), Value::as_u64);
    let (rate, burst, per) = (number("rate")?, number("burst")?, word(limit, "per")?);
    let over = limit.get("inv").is_some_and(|inverted| *inverted == Value::Bool(true));
    out.push_str(if over { "limit rate over " } else { "limit rate " });
    match word(limit, "rate_unit").filter(|unit| *unit != "packets") {
        Some(unit) => {
            out.push_str(&format!("{rate} {unit}/{per}"));
            if burst > 0 {
                out.push_str(&format!(" burst {burst} {}", word(limit, "burst_unit")?));
            }
        }
        None => {
            out.push_str(&format!("{rate}/{per}"));
            if burst != BURST {
                out.push_str(&format!(" burst {burst} packets"));
            }
        }
    }
    Some(())
}

fn push_mangle(out: &mut String, mangle: &Value) -> Option<()> {
    let (key, to) = (mangle.get("key")?, mangle.get("value")?);
    matches!(only(key), Some(("meta" | "ct", _))).then_some(())?;
    expression::push(out, key)?;
    out.push_str(" set ");
    match only(to) {
        Some(("map", lookup)) => {
            let kinds = kinds(key);
            push_lookup(out, lookup, " map ", |out, to| value::push(out, to, &kinds))
        }
        Some(_) => expression::push(out, to),
        None => value::push(out, to, &kinds(key)),
    }
}

/// `update @set { ip saddr }`
fn push_update(out: &mut String, update: &Value) -> Option<()> {
    update.get("stmt").is_none().then_some(())?;
    let pieces = [word(update, "op")?, " ", word(update, "set")?, " { "];
    pieces.into_iter().for_each(|piece| out.push_str(piece));
    expression::push(out, update.get("elem")?)?;
    out.push_str(" }");
    Some(())
}

/// What is answered is told only if it is not what is answered anyway.
fn push_reject(out: &mut String, reject: &Value) -> Option<()> {
    out.push_str("reject");
    if reject.is_null() {
        return Some(());
    }
    let kind = word(reject, "type")?;
    match (kind, reject.get("expr")) {
        ("icmp" | "icmpv6", Some(Value::String(answer))) if answer == "port-unreachable" => {}
        ("tcp reset", None) => out.push_str(" with tcp reset"),
        (_, Some(Value::String(answer))) => {
            [" with ", kind, " ", answer].into_iter().for_each(|piece| out.push_str(piece));
        }
        _ => return None,
    }
    Some(())
}
