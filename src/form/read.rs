//! Reading values of JSON.

use super::Fault;
use crate::model::{Family, PublicKey};
use crate::object::{ChainName, Hook, Netns, Table, Text};
use netc_lang::Mac;
use serde_json::{Map, Value};
use std::str::FromStr;

/// What was read, or why it could not be.
pub(crate) type Read<T> = Result<T, Fault>;

pub(crate) fn object(value: &Value) -> Read<&Map<String, Value>> {
    value.as_object().ok_or_else(|| Fault::expected("an object"))
}

/// A field that must be there.
pub(crate) fn field<'v, T>(
    value: &'v Value,
    name: &str,
    read: impl FnOnce(&'v Value) -> Read<T>,
) -> Read<T> {
    match object(value)?.get(name) {
        Some(found) => read(found).map_err(|fault| fault.within(name)),
        None => Err(Fault::expected(format!("a field `{name}`"))),
    }
}

/// A field that may be missing.
pub(crate) fn optional<'v, T>(
    value: &'v Value,
    name: &str,
    read: impl FnOnce(&'v Value) -> Read<T>,
) -> Read<Option<T>> {
    match object(value)?.get(name) {
        Some(found) => read(found).map(Some).map_err(|fault| fault.within(name)),
        None => Ok(None),
    }
}

pub(crate) fn list<'v, T>(value: &'v Value, read: impl Fn(&'v Value) -> Read<T>) -> Read<Vec<T>> {
    let items = value.as_array().ok_or_else(|| Fault::expected("an array"))?;
    let one =
        |(place, item): (usize, _)| read(item).map_err(|fault| fault.within(&place.to_string()));
    items.iter().enumerate().map(one).collect()
}

/// A field with a list; an empty one if it is missing.
pub(crate) fn items<'v, T>(
    value: &'v Value,
    name: &str,
    read: impl Fn(&'v Value) -> Read<T>,
) -> Read<Vec<T>> {
    Ok(optional(value, name, |found| list(found, read))?.unwrap_or_default())
}

pub(crate) fn string(value: &Value) -> Read<&str> {
    value.as_str().ok_or_else(|| Fault::expected("a string"))
}

pub(crate) fn text(value: &Value) -> Read<Text> {
    string(value).map(Text::from)
}

pub(crate) fn boolean(value: &Value) -> Read<bool> {
    value.as_bool().ok_or_else(|| Fault::expected("true or false"))
}

/// A whole number that fits its type.
pub(crate) fn number<T: TryFrom<u64>>(value: &Value) -> Read<T> {
    let fits = value.as_u64().and_then(|number| T::try_from(number).ok());
    fits.ok_or_else(|| {
        let most = u64::MAX >> (64 - 8 * size_of::<T>().clamp(1, 8));
        Fault::expected(format!("a whole number up to {most}"))
    })
}

/// A string that stands for something else.
pub(crate) fn parsed<T: FromStr>(what: &'static str) -> impl Fn(&Value) -> Read<T> {
    move |value| string(value)?.parse().map_err(|_| Fault::expected(what))
}

pub(crate) fn mac(value: &Value) -> Read<Mac> {
    parsed("an Ethernet address")(value)
}

pub(crate) fn public_key(value: &Value) -> Read<PublicKey> {
    parsed("a public key")(value)
}

pub(crate) fn address(value: &Value) -> Read<std::net::IpAddr> {
    parsed("an address")(value)
}

pub(crate) fn network(value: &Value) -> Read<ipnet::IpNet> {
    parsed("an address with a prefix length")(value)
}

/// One of some words.
pub(super) fn word<T: Copy>(value: &Value, all: &[T], name: impl Fn(T) -> &'static str) -> Read<T> {
    let found = string(value)?;
    all.iter().copied().find(|one| name(*one) == found).ok_or_else(|| {
        let names: Vec<String> = all.iter().map(|one| format!("`{}`", name(*one))).collect();
        Fault::expected(names.join(" or "))
    })
}

pub(crate) fn family(value: &Value) -> Read<Family> {
    word(value, &Family::ALL, family_name)
}

pub(crate) fn table(value: &Value) -> Read<Table> {
    word(value, &Table::ALL, Table::name)
}

pub(crate) fn hook(value: &Value) -> Read<Hook> {
    word(value, &Hook::ALL, Hook::name)
}

/// A family as it is written.
pub(crate) fn family_name(family: Family) -> &'static str {
    match family {
        Family::V4 => "ipv4",
        Family::V6 => "ipv6",
    }
}

pub(crate) fn chain_name(value: &Value) -> Read<ChainName> {
    let text = string(value)?;
    let name = ChainName::new(&[text]);
    // A name that is too long would be cut, and be another one.
    let whole = !text.is_empty() && name.as_str() == text;
    whole
        .then_some(name)
        .ok_or_else(|| Fault::expected("the name of a chain, at most 28 characters"))
}

/// The namespace that an object names, or the node's own.
pub(crate) fn netns(value: &Value) -> Read<Netns> {
    Ok(optional(value, "netns", text)?.map_or(Netns::Node, Netns::Named))
}
