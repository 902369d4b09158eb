//! What `nft -j list` prints, object by object: a table can be large, so no more than one of them is
//! held as JSON at a time (libnftables-json(5)).

use super::element::{self, Kinds};
use super::expression::{only, word};
use super::statement::{Surroundings, push_rule};
use super::value::Kind;
use super::verbatim::Verbatim;
use crate::kernel::error::KernelError;
use crate::model::Family;
use crate::object::{Aside, Base, Field, Lines, NftChain, NftSet, NftTable, Text};
use crate::plan::system_of_table;
use netc_lang::Span;
use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt;

/// A table, as far as it can be read at once.
pub(super) fn table(family: Family, name: &str, said: &str) -> Result<Draft, KernelError> {
    let mut draft = Draft {
        table: NftTable::new(family, name, None),
        has_flags: false,
        chains: BTreeMap::new(),
        rules: Vec::new(),
        vague: Vec::new(),
    };
    stream(said, &mut |item| match item {
        Item::Table(table) => {
            draft.has_flags = !table.flags.is_null();
            draft.table.comment = aside(table.comment.or_else(|| usual_comment(name)));
        }
        Item::Set(set) => draft.set(set),
        Item::Chain(chain) => draft.chain(chain),
        Item::Rule(rule) => draft.rule(&rule),
        Item::Other => {}
    })?;
    Ok(draft)
}

/// A table that is being read.
pub(super) struct Draft {
    table: NftTable,
    /// Whether the table has flags. What nft 1.0.6 tells of them is not to be believed.
    has_flags: bool,
    /// The places of the chains, by name.
    chains: BTreeMap<String, usize>,
    /// The rules of each chain, each with its handle; none where it cannot be expressed.
    rules: Vec<Vec<(u64, Option<String>)>>,
    /// The places of the sets with elements that cannot be expressed.
    vague: Vec<usize>,
}

impl Draft {
    /// Whether something cannot be expressed, or believed.
    pub(super) fn has_gaps(&self) -> bool {
        self.has_flags
            || !self.vague.is_empty()
            || self.rules.iter().flatten().any(|(_, rule)| rule.is_none())
    }

    /// What cannot be expressed is taken as nft's text has it.
    pub(super) fn fill(&mut self, verbatim: &Verbatim) {
        for (handle, rule) in self.rules.iter_mut().flatten() {
            if rule.is_none() {
                *rule = verbatim.rules.get(handle).cloned();
            }
        }
        for place in std::mem::take(&mut self.vague) {
            let Some(set) = self.table.sets.get_mut(place) else { continue };
            let elements = verbatim.elements.get(&set.name).map_or(&[][..], Vec::as_slice);
            let text = elements.iter().map(|element| format!("{element}\n")).collect();
            set.elements = Lines::found(text).sorted();
        }
    }

    /// Sets the comments of chains, each by the name of its chain.
    pub(super) fn comment(&mut self, comments: &BTreeMap<String, String>) {
        for chain in &mut self.table.chains {
            if let Some(comment) = comments.get(&chain.name) {
                chain.comment = aside(Some(comment.clone()));
            }
        }
    }

    /// The table.
    pub(super) fn finish(mut self) -> NftTable {
        for (chain, rules) in self.table.chains.iter_mut().zip(self.rules) {
            let mut text = String::new();
            for rule in rules.into_iter().filter_map(|(_, rule)| rule) {
                text.push_str(&rule);
                text.push('\n');
            }
            chain.rules = Lines::found(text);
        }
        self.table
    }

    fn set(&mut self, item: SetItem) {
        let mut set = NftSet::new(item.name, &fields(&item.key), &fields(&item.map));
        set.interval = flagged(&item.flags, "interval");
        // Elements that bring a time of their own are of another set than those that stay.
        set.timeout = item.timeout.or_else(|| flagged(&item.flags, "timeout").then_some(0));
        set.comment = aside(item.comment);
        if set.timeout.is_none() {
            match elements(&set, &item.elem) {
                Some(elements) => set.elements = elements,
                None => self.vague.push(self.table.sets.len()),
            }
        }
        self.table.sets.push(set);
    }

    fn chain(&mut self, item: ChainItem) {
        let base = item.kind.zip(item.hook).map(|(kind, hook)| Base {
            drops: item.policy.as_deref() == Some("drop"),
            ..Base::new(&kind, &hook, item.prio.unwrap_or_default())
        });
        let mut chain = NftChain::new(item.name.clone(), Span::default());
        (chain.base, chain.comment) = (base, aside(item.comment));
        self.chains.insert(item.name, self.table.chains.len());
        self.table.chains.push(chain);
        self.rules.push(Vec::new());
    }

    fn rule(&mut self, item: &RuleItem) {
        let place = self.chains.get(item.chain.as_str());
        let Some(rules) = place.and_then(|place| self.rules.get_mut(*place)) else { return };
        let sets = &self.table.sets;
        let gives_sockets =
            |name: &str| sets.iter().any(|set| set.name == name && set.value.len() > 1);
        let around = Surroundings { family: self.table.family, gives_sockets: &gives_sockets };
        let mut text = String::new();
        let known = push_rule(&mut text, &item.expr, item.comment.as_deref(), &around);
        rules.push((item.handle, known.map(|()| text)));
    }
}

/// What kube-proxy and flannel say of a table of theirs: nft 1.0.6 does not tell it.
fn usual_comment(name: &str) -> Option<String> {
    system_of_table(name).map(|_| format!("rules for {name}"))
}

/// Whether a flag is among some, or is the only one.
fn flagged(flags: &Value, flag: &str) -> bool {
    match flags {
        Value::Array(flags) => flags.iter().any(|one| one == flag),
        one => one == flag,
    }
}

fn aside(comment: Option<String>) -> Aside<Option<Text>> {
    Aside(comment.map(Text::from))
}

/// The elements, if all of them can be expressed.
fn elements(set: &NftSet, all: &[Value]) -> Option<Lines> {
    let kinds = |fields: &[Field]| fields.iter().map(Kind::of).collect();
    let kinds = Kinds {
        key: kinds(&set.key),
        value: kinds(&set.value),
        verdicts: set.value == [Field::Verdict],
    };
    let mut text = String::new();
    for element in all {
        element::push(&mut text, element, &kinds)?;
        text.push('\n');
    }
    Some(Lines::found(text).sorted())
}

/// The types of a key or a value: `"a"`, `"a . b"`, `["a", "b"]`, or, from nft 1.1.4 on, expressions.
fn fields(kind: &Value) -> Vec<Field> {
    match kind {
        Value::String(names) => names.split(" . ").map(Field::named).collect(),
        Value::Array(names) => names.iter().flat_map(fields).collect(),
        kind => match only(kind) {
            Some(("typeof" | "concat", inner)) => fields(inner),
            Some((name, inner)) => vec![typed(name, inner)],
            None => Vec::new(),
        },
    }
}

/// The type of an expression.
fn typed(name: &str, inner: &Value) -> Field {
    let (protocol, field) = (word(inner, "protocol"), word(inner, "field").or(word(inner, "key")));
    match (name, protocol, field) {
        ("payload", Some("ip"), Some("saddr" | "daddr")) => Field::Address(Family::V4),
        ("payload", Some("ip6"), Some("saddr" | "daddr")) => Field::Address(Family::V6),
        ("payload", _, Some("sport" | "dport")) => Field::Port,
        ("meta", _, Some("l4proto")) => Field::Protocol,
        ("meta", _, Some("iifname" | "oifname")) => Field::Device,
        ("meta", _, Some("mark")) => Field::Other("mark".to_owned()),
        ("numgen", ..) => Field::Number,
        _ => Field::Other(name.to_owned()),
    }
}

/// What a list is made of.
enum Item {
    Table(TableItem),
    Set(SetItem),
    Chain(ChainItem),
    Rule(RuleItem),
    Other,
}

#[derive(Deserialize)]
struct TableItem {
    #[serde(default)]
    flags: Value,
    comment: Option<String>,
}

#[derive(Deserialize)]
struct SetItem {
    name: String,
    #[serde(rename = "type", default)]
    key: Value,
    /// The type of the values.
    #[serde(default)]
    map: Value,
    #[serde(default)]
    flags: Value,
    timeout: Option<u32>,
    comment: Option<String>,
    #[serde(default)]
    elem: Vec<Value>,
}

#[derive(Deserialize)]
struct ChainItem {
    name: String,
    #[serde(rename = "type")]
    kind: Option<String>,
    hook: Option<String>,
    prio: Option<i32>,
    policy: Option<String>,
    comment: Option<String>,
}

#[derive(Deserialize)]
struct RuleItem {
    chain: String,
    handle: u64,
    comment: Option<String>,
    #[serde(default)]
    expr: Vec<Value>,
}

/// Goes through `{"nftables": [{"table": …}, …]}`.
fn stream(said: &str, each: &mut dyn FnMut(Item)) -> Result<(), KernelError> {
    let mut reader = serde_json::Deserializer::from_str(said);
    List(each)
        .deserialize(&mut reader)
        .map_err(|error| KernelError::Garbled(format!("the JSON of nft: {error}")))
}

/// The outermost object.
struct List<'e>(&'e mut dyn FnMut(Item));

impl<'de> DeserializeSeed<'de> for List<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<(), D::Error> {
        reader.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for List<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("what nft lists")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(name) = map.next_key::<String>()? {
            match name.as_str() {
                "nftables" => map.next_value_seed(Items(&mut *self.0))?,
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(())
    }
}

/// The array in it.
struct Items<'e>(&'e mut dyn FnMut(Item));

impl<'de> DeserializeSeed<'de> for Items<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<(), D::Error> {
        reader.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Items<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut all: A) -> Result<(), A::Error> {
        while let Some(item) = all.next_element::<Item>()? {
            (self.0)(item);
        }
        Ok(())
    }
}

impl<'de> Deserialize<'de> for Item {
    fn deserialize<D: Deserializer<'de>>(reader: D) -> Result<Item, D::Error> {
        reader.deserialize_map(ItemVisitor)
    }
}

/// An object of one member, whose name says what it is.
struct ItemVisitor;

impl<'de> Visitor<'de> for ItemVisitor {
    type Value = Item;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a part of a table")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Item, A::Error> {
        let mut item = Item::Other;
        while let Some(name) = map.next_key::<String>()? {
            item = match name.as_str() {
                "table" => Item::Table(map.next_value()?),
                "set" | "map" => Item::Set(map.next_value()?),
                "chain" => Item::Chain(map.next_value()?),
                "rule" => Item::Rule(map.next_value()?),
                _ => {
                    map.next_value::<IgnoredAny>()?;
                    Item::Other
                }
            };
        }
        Ok(item)
    }
}
