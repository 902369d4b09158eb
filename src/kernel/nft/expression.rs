//! What rules look at: from the JSON of nft to text.

use super::value::{self, Kind, joined};
use serde_json::Value;

/// Appends an expression; nothing comes of it if it is of a form that is not known.
pub(super) fn push(out: &mut String, expression: &Value) -> Option<()> {
    let (name, inner) = only(expression)?;
    match name {
        "payload" => push_payload(out, inner)?,
        "meta" => push_meta(out, word(inner, "key")?)?,
        "ct" => push_ct(out, inner)?,
        "fib" => push_fib(out, inner)?,
        "numgen" => {
            out.push_str("numgen ");
            out.push_str(word(inner, "mode")?);
            push_modulus(out, inner)?;
        }
        "symhash" => {
            out.push_str("symhash");
            push_modulus(out, inner)?;
        }
        "concat" => joined(out, inner.as_array()?, " . ", |out, _, one| push(out, one))?,
        "&" | "|" | "^" => push_binary(out, name, inner)?,
        _ => return None,
    }
    Some(())
}

/// How values are written that are compared with an expression, part by part if it is a
/// concatenation.
pub(super) fn kinds(expression: &Value) -> Vec<Kind> {
    match only(expression) {
        Some(("concat", Value::Array(parts))) => parts.iter().map(kind).collect(),
        _ => vec![kind(expression)],
    }
}

fn kind(expression: &Value) -> Kind {
    let Some((name, inner)) = only(expression) else { return Kind::Plain };
    let key = || word(inner, "key").unwrap_or_default();
    match name {
        "meta" => match key() {
            "mark" => Kind::Mark,
            "l4proto" => Kind::Protocol,
            "iif" | "oif" | "iifname" | "oifname" => Kind::Name,
            _ => Kind::Plain,
        },
        "ct" => match key() {
            "mark" => Kind::Mark,
            "protocol" => Kind::Protocol,
            "helper" => Kind::Name,
            _ => Kind::Plain,
        },
        "payload" => match word(inner, "field") {
            Some("protocol" | "nexthdr") => Kind::Protocol,
            _ => Kind::Plain,
        },
        "&" | "|" | "^" => inner.get(0).map_or(Kind::Plain, kind),
        _ => Kind::Plain,
    }
}

/// Whether it is one that is worked out of others: a comparison with it names its operator.
pub(super) fn is_binary(expression: &Value) -> bool {
    matches!(only(expression), Some(("&" | "|" | "^", _)))
}

/// The name of the only member of an object, and the member.
pub(super) fn only(value: &Value) -> Option<(&str, &Value)> {
    let object = value.as_object().filter(|object| object.len() == 1)?;
    object.iter().next().map(|(name, inner)| (name.as_str(), inner))
}

/// A member that is text.
pub(super) fn word<'v>(value: &'v Value, name: &str) -> Option<&'v str> {
    value.get(name)?.as_str()
}

fn push_payload(out: &mut String, payload: &Value) -> Option<()> {
    out.push_str(word(payload, "protocol")?);
    out.push(' ');
    out.push_str(word(payload, "field")?);
    Some(())
}

fn push_meta(out: &mut String, key: &str) -> Option<()> {
    match key {
        "iif" | "oif" | "iifname" | "oifname" | "iifgroup" | "oifgroup" => {}
        "mark" | "l4proto" | "length" | "protocol" | "nfproto" | "pkttype" | "skuid" | "skgid"
        | "cpu" | "cgroup" | "nftrace" => out.push_str("meta "),
        _ => return None,
    }
    out.push_str(key);
    Some(())
}

fn push_ct(out: &mut String, ct: &Value) -> Option<()> {
    const KEYS: [&str; 16] = [
        "state",
        "status",
        "direction",
        "mark",
        "zone",
        "protocol",
        "l3proto",
        "helper",
        "bytes",
        "packets",
        "proto-src",
        "proto-dst",
        "ip saddr",
        "ip daddr",
        "ip6 saddr",
        "ip6 daddr",
    ];
    let key = word(ct, "key").filter(|key| KEYS.contains(key) && ct.get("family").is_none())?;
    out.push_str("ct ");
    if let Some(direction) = ct.get("dir") {
        out.push_str(direction.as_str()?);
        out.push(' ');
    }
    out.push_str(key);
    Some(())
}

/// What the routing tables say of an address. Of the results only the type of the address is
/// compared with words.
fn push_fib(out: &mut String, fib: &Value) -> Option<()> {
    out.push_str("fib ");
    match fib.get("flags")? {
        Value::Array(flags) => joined(out, flags, " . ", |out, _, flag| {
            out.push_str(flag.as_str()?);
            Some(())
        })?,
        flag => out.push_str(flag.as_str()?),
    }
    out.push_str(word(fib, "result").filter(|result| *result == "type").map(|_| " type")?);
    Some(())
}

/// ` mod 3 offset 7`
fn push_modulus(out: &mut String, of: &Value) -> Option<()> {
    out.push_str(" mod ");
    out.push_str(&of.get("mod")?.as_u64()?.to_string());
    let offset = of.get("offset").map_or(Some(0), Value::as_u64)?;
    if offset > 0 {
        out.push_str(" offset ");
        out.push_str(&offset.to_string());
    }
    Some(())
}

/// An expression and a number, or such a one in its turn. `&` binds more tightly than the others;
/// no parentheses are ever written.
fn push_binary(out: &mut String, operator: &str, operands: &Value) -> Option<()> {
    let [left, right] = operands.as_array()?.as_slice() else { return None };
    if let Some((inner @ ("&" | "|" | "^"), _)) = only(left) {
        (inner == "&" && operator != "&").then_some(())?;
    }
    push(out, left)?;
    [" ", operator, " "].into_iter().for_each(|piece| out.push_str(piece));
    right.as_u64()?;
    value::push(out, right, &[kind(left)])
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn said(expression: &Value) -> Option<String> {
        let mut out = String::new();
        push(&mut out, expression).map(|()| out)
    }

    #[test]
    fn expressions_are_as_nft_lists_them() {
        let mark = || json!({"meta": {"key": "mark"}});
        let daddr = || json!({"payload": {"protocol": "ip", "field": "daddr"}});
        let all = [
            (json!({"concat": [daddr(), mark()]}), "ip daddr . meta mark"),
            (json!({"meta": {"key": "oifname"}}), "oifname"),
            (json!({"ct": {"key": "ip daddr", "dir": "original"}}), "ct original ip daddr"),
            (json!({"fib": {"result": "type", "flags": ["daddr", "iif"]}}), "fib daddr . iif type"),
            (json!({"fib": {"result": "type", "flags": "saddr"}}), "fib saddr type"),
            (json!({"numgen": {"mode": "inc", "mod": 2, "offset": 0}}), "numgen inc mod 2"),
            (
                json!({"numgen": {"mode": "random", "mod": 2, "offset": 5}}),
                "numgen random mod 2 offset 5",
            ),
            (json!({"&": [mark(), 16384]}), "meta mark & 0x00004000"),
            (json!({"|": [{"&": [mark(), 255]}, 16]}), "meta mark & 0x000000ff | 0x00000010"),
        ];
        for (expression, text) in &all {
            assert_eq!(said(expression).as_deref(), Some(*text));
        }
    }

    #[test]
    fn what_is_not_known_is_not_guessed() {
        let mark = || json!({"meta": {"key": "mark"}});
        let all = [
            json!({"fib": {"result": "oif", "flags": ["saddr"]}}),
            json!({"meta": {"key": "hour"}}),
            json!({"ct": {"key": "expiration"}}),
            json!({"&": [{"|": [mark(), 1]}, 2]}),
            json!({"&": [mark(), ["fin", "syn"]]}),
            json!({"payload": {"base": "th", "offset": 16, "len": 16}}),
            json!("10.0.0.1"),
        ];
        for expression in &all {
            assert_eq!(said(expression), None, "{expression}");
        }
    }

    #[test]
    fn values_are_of_the_kind_of_what_they_are_compared_with() {
        let l4proto = json!({"meta": {"key": "l4proto"}});
        let dport = json!({"payload": {"protocol": "th", "field": "dport"}});
        let concat = json!({"concat": [l4proto, dport]});
        assert_eq!(kinds(&concat), [Kind::Protocol, Kind::Plain]);
        assert_eq!(kinds(&json!({"&": [{"ct": {"key": "mark"}}, 1]})), [Kind::Mark]);
        assert_eq!(kinds(&json!({"meta": {"key": "iif"}})), [Kind::Name]);
    }
}
