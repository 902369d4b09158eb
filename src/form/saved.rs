//! Plans that are kept for a later apply, as JSON, and back.

use super::Fault;
use super::key::{key, read_key};
use super::read::{Read, boolean, field, list, string};
use super::state::state;
use super::state_read::read_state;
use super::thing::{read_thing, thing};
use crate::object::State;
use crate::plan::{Change, Kind, Origin, Thing};
use netc_lang::Sources;
use serde_json::{Value, json};

/// What tells the file from others in JSON, such as Kubernetes objects.
const KIND: &str = "netc-plan";

/// Whether a file that begins so is a saved plan.
#[must_use]
pub fn is_saved(beginning: &str) -> bool {
    let compact: String = beginning.split_ascii_whitespace().collect();
    compact.starts_with(&format!("{{\"kind\":\"{KIND}\""))
}

/// The version of the form.
const VERSION: u32 = 1;

/// A plan for one node: what was seen to be necessary, for somebody to agree to.
#[derive(Clone, Debug)]
pub struct SavedPlan {
    /// The node.
    pub node: String,
    /// Of the state of the node that the plan is for: it is carried out on no other one.
    pub fingerprint: String,
    /// The changes, in order.
    pub changes: Vec<Change<'static>>,
    /// Whether what others have made is taken over.
    pub adopt: bool,
    /// All objects that are desired, but for rules: they are looked at when it is carried out.
    pub desired: Vec<State>,
}

/// A plan as JSON.
#[must_use]
pub fn saved(plan: &SavedPlan, sources: &Sources) -> Value {
    let changes: Vec<Value> = plan.changes.iter().map(|one| change(one, sources)).collect();
    let desired: Vec<Value> = plan.desired.iter().filter_map(state).collect();
    json!({
        "kind": KIND, "version": VERSION, "node": plan.node, "fingerprint": plan.fingerprint,
        "adopt": plan.adopt, "changes": changes, "desired": desired,
    })
}

fn change(change: &Change, sources: &Sources) -> Value {
    json!({
        "action": change.kind.word(),
        "was": change.was,
        "with": change.with.as_ref().map(key),
        "origin": change.origin.shown(sources),
        "from": change.from.as_ref().map(thing),
        "to": change.to.as_ref().map(thing),
    })
}

/// A plan from JSON.
///
/// # Errors
/// Where it is not as [`saved`] writes it.
pub fn read_saved(value: &Value) -> Result<SavedPlan, Fault> {
    let text = |value| string(value).map(str::to_owned);
    field(value, "version", |version| {
        let known = *version == VERSION;
        known.then_some(()).ok_or_else(|| Fault::expected(VERSION.to_string()))
    })?;
    Ok(SavedPlan {
        node: field(value, "node", text)?,
        fingerprint: field(value, "fingerprint", text)?,
        changes: field(value, "changes", |all| list(all, read_change))?,
        adopt: field(value, "adopt", boolean)?,
        desired: field(value, "desired", |all| list(all, read_state))?,
    })
}

fn read_change(value: &Value) -> Read<Change<'static>> {
    let from = nullable(value, "from", read_thing)?;
    let to = nullable(value, "to", read_thing)?;
    let key = to.as_ref().or(from.as_ref()).map(Thing::key);
    let key = key.ok_or_else(|| Fault::expected("a thing").within("to"))?;
    let origin = nullable(value, "origin", string)?;
    Ok(Change {
        key,
        from,
        to,
        kind: field(value, "action", kind)?,
        was: field(value, "was", string)?.to_owned(),
        with: nullable(value, "with", read_key)?,
        origin: origin.map_or(Origin::Nowhere, |text| Origin::Saved(text.into())),
    })
}

fn kind(value: &Value) -> Read<Kind> {
    let all = [Kind::Make, Kind::Update, Kind::Replace, Kind::Remove];
    let found = string(value)?;
    all.into_iter()
        .find(|kind| kind.word() == found)
        .ok_or_else(|| Fault::expected("`make`, `update`, `replace` or `remove`"))
}

/// A field that must be there and may be null.
fn nullable<'v, T>(
    value: &'v Value,
    name: &str,
    read: impl FnOnce(&'v Value) -> Read<T>,
) -> Read<Option<T>> {
    field(value, name, |value| if value.is_null() { Ok(None) } else { read(value).map(Some) })
}
