//! Sets as JSON, and back.

use super::Fault;
use super::read::{Read, family, family_name, field, list, string};
use crate::object::{Ipset, Member, SetKind, SetName};
use serde_json::{Value, json};

/// A set as JSON: its members as `ipset save` prints them.
pub(super) fn set(set: &Ipset) -> Value {
    let members: Vec<String> = set.members.iter().map(Member::to_string).collect();
    json!({
        "kind": "set", "name": set.name.as_str(), "type": set.kind.name(),
        "family": family_name(set.family), "members": members,
    })
}

pub(super) fn read_set(value: &Value) -> Read<Ipset> {
    let name = field(value, "name", set_name)?;
    let kind = field(value, "type", read_kind)?;
    let member = |value| {
        let member = Member::parse(kind, string(value)?);
        member.ok_or_else(|| Fault::expected(format!("a member of {}", kind.name())))
    };
    let members = field(value, "members", |all| list(all, member))?;
    Ok(Ipset::new(name, kind, field(value, "family", family)?, members))
}

fn read_kind(value: &Value) -> Read<SetKind> {
    let name = string(value)?;
    let all = SetKind::ALL.into_iter().chain([SetKind::Other]);
    let kind = all.into_iter().find(|kind| kind.name() == name);
    kind.ok_or_else(|| Fault::expected("the type of a set"))
}

/// The name of a set. One that is too long would be cut, and be another one.
pub(super) fn set_name(value: &Value) -> Read<SetName> {
    let text = string(value)?;
    let name = SetName::new(text);
    let whole = !text.is_empty() && name.as_str() == text;
    whole.then_some(name).ok_or_else(|| Fault::expected("the name of a set, at most 31 characters"))
}
