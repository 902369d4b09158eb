//! What changes from one `hns.json` to another.

use serde_json::Value;
use std::collections::BTreeMap;

/// A document that comes, goes or changes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HnsChange {
    /// What it is: `endpoint` or `load balancer`.
    pub what: &'static str,
    /// Its name.
    pub name: String,
    /// What was there.
    pub from: Option<Value>,
    /// What is to be there.
    pub to: Option<Value>,
}

/// What changes. Either may be missing; load balancers go before their endpoints, and come after them.
#[must_use]
pub fn between(old: Option<&Value>, new: Option<&Value>) -> Vec<HnsChange> {
    let of = |key: &'static str, what: &'static str| {
        let (before, after) = (named(old, key), named(new, key));
        let names = before.keys().chain(after.keys()).collect::<std::collections::BTreeSet<_>>();
        let changed = names.into_iter().filter(|name| before.get(*name) != after.get(*name));
        let change = |name: &String| HnsChange {
            what,
            name: name.clone(),
            from: before.get(name).map(|one| (*one).clone()),
            to: after.get(name).map(|one| (*one).clone()),
        };
        changed.map(change).collect::<Vec<HnsChange>>()
    };
    let (endpoints, balancers) =
        (of("endpoints", "endpoint"), of("load-balancers", "load balancer"));
    let goes = |one: &HnsChange| one.to.is_none();
    let (gone, others): (Vec<_>, Vec<_>) = balancers.into_iter().partition(goes);
    let (stale, wanted): (Vec<_>, Vec<_>) = endpoints.into_iter().partition(goes);
    gone.into_iter().chain(wanted).chain(others).chain(stale).collect()
}

/// The documents of a list, by name.
fn named<'v>(all: Option<&'v Value>, key: &str) -> BTreeMap<String, &'v Value> {
    let list = all.and_then(|all| all.get(key)).and_then(Value::as_array);
    let named = list
        .into_iter()
        .flatten()
        .filter_map(|one| Some((one.get("name")?.as_str()?.to_owned(), one.get("document")?)));
    named.collect()
}
