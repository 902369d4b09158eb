//! Values as rules and elements have them: from the JSON of nft to text.

use crate::object::Field;
use serde_json::Value;
use std::net::Ipv6Addr;

/// How bare values are written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    /// As they are.
    Plain,
    /// A mark, in hexadecimal digits.
    Mark,
    /// The name of a device or of another thing, in quotes.
    Name,
    /// A protocol above IP, by its name.
    Protocol,
}

impl Kind {
    /// That of a type.
    pub(super) fn of(field: &Field) -> Kind {
        match field {
            Field::Device => Kind::Name,
            Field::Protocol => Kind::Protocol,
            Field::Other(name) if name == "mark" => Kind::Mark,
            Field::Other(name) if name == "ifname" || name == "iface_index" => Kind::Name,
            _ => Kind::Plain,
        }
    }
}

/// The protocols that rules of netc name. nft tells them by number where the node has no
/// /etc/protocols.
const PROTOCOLS: [(u64, &str); 5] =
    [(1, "icmp"), (6, "tcp"), (17, "udp"), (58, "ipv6-icmp"), (132, "sctp")];

/// Appends a value, or several in a concatenation, a set or a list of flags; nothing comes of it if
/// it is of a form that is not known.
pub(super) fn push(out: &mut String, value: &Value, kinds: &[Kind]) -> Option<()> {
    let kind = kinds.first().copied().unwrap_or(Kind::Plain);
    match value {
        Value::String(word) => push_word(out, word, kind),
        Value::Number(number) => push_number(out, number.as_u64()?, kind)?,
        Value::Array(flags) => joined(out, flags, ",", |out, _, flag| push(out, flag, kinds))?,
        Value::Object(object) => {
            let (name, inner) = object.iter().next()?;
            match (name.as_str(), inner) {
                ("concat", Value::Array(parts)) => {
                    joined(out, parts, " . ", |out, place, part| {
                        let kind = kinds.get(place).copied().unwrap_or(Kind::Plain);
                        push(out, part, &[kind])
                    })?;
                }
                ("prefix", network) => {
                    push(out, network.get("addr")?, kinds)?;
                    out.push('/');
                    push(out, network.get("len")?, &[Kind::Plain])?;
                }
                ("range", Value::Array(ends)) => {
                    joined(out, ends, "-", |out, _, end| push(out, end, kinds))?;
                }
                ("set", members) => push_set(out, members, |out, one| push(out, one, kinds))?,
                _ => return None,
            }
        }
        Value::Null | Value::Bool(_) => return None,
    }
    Some(())
}

/// Appends an anonymous set. One that has a single member may be told without a list.
pub(super) fn push_set(
    out: &mut String,
    members: &Value,
    push: impl Fn(&mut String, &Value) -> Option<()>,
) -> Option<()> {
    out.push_str("{ ");
    match members {
        Value::Array(members) => joined(out, members, ", ", |out, _, one| push(out, one))?,
        one => push(out, one)?,
    }
    out.push_str(" }");
    Some(())
}

/// Appends values with something between them.
pub(super) fn joined(
    out: &mut String,
    values: &[Value],
    between: &str,
    push: impl Fn(&mut String, usize, &Value) -> Option<()>,
) -> Option<()> {
    values.iter().enumerate().try_for_each(|(place, value)| {
        if place > 0 {
            out.push_str(between);
        }
        push(out, place, value)
    })
}

fn push_word(out: &mut String, word: &str, kind: Kind) {
    match kind {
        Kind::Name if !word.starts_with('@') => push_quoted(out, word),
        // The libraries disagree on how some addresses of IPv6 are written.
        Kind::Plain if word.contains(':') => match word.parse::<Ipv6Addr>() {
            Ok(address) => out.push_str(&address.to_string()),
            Err(_) => out.push_str(word),
        },
        _ => out.push_str(word),
    }
}

/// Appends a word in quotes.
pub(super) fn push_quoted(out: &mut String, word: &str) {
    ["\"", word, "\""].into_iter().for_each(|piece| out.push_str(piece));
}

fn push_number(out: &mut String, number: u64, kind: Kind) -> Option<()> {
    match kind {
        Kind::Mark => out.push_str(&format!("0x{:08x}", u32::try_from(number).ok()?)),
        Kind::Protocol => match PROTOCOLS.iter().find(|(known, _)| *known == number) {
            Some((_, name)) => out.push_str(name),
            None => out.push_str(&number.to_string()),
        },
        Kind::Plain | Kind::Name => out.push_str(&number.to_string()),
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn values_are_written_by_their_kind() {
        let said = |value: Value, kinds: &[Kind]| {
            let mut out = String::new();
            push(&mut out, &value, kinds).map(|()| out)
        };
        let is = |value, kinds: &[Kind], text: &str| {
            assert_eq!(said(value, kinds).as_deref(), Some(text));
        };
        is(json!(16384), &[Kind::Mark], "0x00004000");
        is(json!(132), &[Kind::Protocol], "sctp");
        is(json!(47), &[Kind::Protocol], "47");
        is(json!("cali*"), &[Kind::Name], "\"cali*\"");
        is(json!("@names"), &[Kind::Name], "@names");
        is(json!("0:0:0:0:0:ffff:102:304"), &[Kind::Plain], "::ffff:1.2.3.4");
        is(json!("aa:bb:cc:dd:ee:ff"), &[], "aa:bb:cc:dd:ee:ff");
        is(json!(["established", "related"]), &[], "established,related");
        let pair = json!({"concat": [{"prefix": {"addr": "10.0.0.0", "len": 24}}, 6]});
        is(pair, &[Kind::Plain, Kind::Protocol], "10.0.0.0/24 . tcp");
        let set = json!({"set": [80, {"range": [1000, 2000]}]});
        is(set, &[Kind::Plain], "{ 80, 1000-2000 }");
        is(json!({"set": "new"}), &[], "{ new }");
        assert_eq!(said(json!(true), &[]), None);
        assert_eq!(said(json!({"unheard-of": 1}), &[]), None);
        assert_eq!(said(json!(1u64 << 40), &[Kind::Mark]), None);
    }
}
