//! Elements of sets, and verdicts: from the JSON of nft to text.

use super::expression::{only, word};
use super::value::{self, Kind, push_quoted};
use serde_json::Value;

/// How the keys of a set and their values are written.
pub(super) struct Kinds {
    pub(super) key: Vec<Kind>,
    pub(super) value: Vec<Kind>,
    /// Whether the values are verdicts.
    pub(super) verdicts: bool,
}

/// Appends an element: `KEY comment "…" : VALUE`; nothing comes of it if it has something in it that
/// is not known.
pub(super) fn push(out: &mut String, element: &Value, kinds: &Kinds) -> Option<()> {
    let (key, value) = match element {
        Value::Array(pair) => match pair.as_slice() {
            [key, value] => (key, Some(value)),
            _ => return None,
        },
        key => (key, None),
    };
    match only(key) {
        // What packets have made of it, its age or its counter, is not of its own.
        Some(("elem", inner)) => {
            value::push(out, inner.get("val")?, &kinds.key)?;
            if let Some(comment) = inner.get("comment") {
                out.push_str(" comment ");
                push_quoted(out, comment.as_str()?);
            }
        }
        _ => value::push(out, key, &kinds.key)?,
    }
    let Some(value) = value else { return Some(()) };
    out.push_str(" : ");
    if kinds.verdicts { push_verdict(out, value) } else { value::push(out, value, &kinds.value) }
}

/// Appends a verdict: `goto there`.
pub(super) fn push_verdict(out: &mut String, verdict: &Value) -> Option<()> {
    let (name, inner) = only(verdict)?;
    match name {
        "accept" | "drop" | "continue" | "return" if inner.is_null() => out.push_str(name),
        "jump" | "goto" => {
            let pieces = [name, " ", word(inner, "target")?];
            pieces.into_iter().for_each(|piece| out.push_str(piece));
        }
        _ => return None,
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn elements_are_in_netcs_form() {
        let said = |element: Value, value: &[Kind], verdicts| {
            let key = vec![Kind::Plain, Kind::Protocol, Kind::Plain];
            let mut out = String::new();
            push(&mut out, &element, &Kinds { key, value: value.to_vec(), verdicts }).map(|()| out)
        };
        let key = || json!({"concat": ["10.0.0.1", "tcp", 80]});
        assert_eq!(said(key(), &[], false).unwrap(), "10.0.0.1 . tcp . 80");
        let commented = json!({"elem": {"val": key(), "comment": "a/b:c"}});
        let element = json!([commented, {"goto": {"target": "reject-chain"}}]);
        let text = "10.0.0.1 . tcp . 80 comment \"a/b:c\" : goto reject-chain";
        assert_eq!(said(element, &[], true).unwrap(), text);
        assert_eq!(
            said(json!([key(), {"drop": null}]), &[], true).unwrap(),
            "10.0.0.1 . tcp . 80 : drop"
        );
        let element = json!([key(), {"concat": ["10.1.0.1", 8080]}]);
        assert_eq!(said(element, &[], false).unwrap(), "10.0.0.1 . tcp . 80 : 10.1.0.1 . 8080");
        let counted = json!({"elem": {"val": key(), "counter": null, "expires": 7}});
        assert_eq!(said(counted, &[], false).unwrap(), "10.0.0.1 . tcp . 80");
        assert_eq!(said(json!([key(), {"queue": {"num": 1}}]), &[], true), None);
        assert_eq!(said(json!([key(), {"mark": 1}]), &[Kind::Mark], false), None);
    }
}
