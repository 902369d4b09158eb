//! Objects as JSON: as in `netlink.json`, with what that leaves out.

use super::balancer::balancer;
use super::id::id;
use super::nft::nft_table;
use super::server::virtual_server;
use super::set::set;
use crate::emit::{operation, within};
use crate::object::{State, Sysctl};
use serde_json::{Value, json};

/// An object as JSON; `None` for rules, which are written as chains and jumps.
#[must_use]
pub fn state(state: &State) -> Option<Value> {
    let mut value = match state {
        State::Ruleset(_) | State::Jump(_) => return None,
        State::Underlay(underlay) => json!({
            "kind": "underlay", "name": *underlay.name, "addresses": underlay.addresses,
        }),
        State::Module(module) => json!({ "kind": "module", "name": *module.name }),
        State::Sysctl(sysctl) => self::sysctl(sysctl),
        State::Set(own) => set(own),
        State::Virtual(server) => virtual_server(server),
        State::Balancer(own) => balancer(own),
        State::NftTable(table) => nft_table(table),
        _ => operation(state)?,
    };
    if let (State::Route(route), Value::Object(fields)) = (state, &mut value)
        && !route.after.is_empty()
    {
        fields.insert("after".into(), route.after.iter().map(id).collect());
    }
    if let (State::Flush(flush), Value::Object(fields)) = (state, &mut value) {
        fields.extend(flush.table.0.as_ref().map(|table| ("table".into(), (**table).into())));
    }
    Some(value)
}

fn sysctl(sysctl: &Sysctl) -> Value {
    let mut value = json!({ "kind": "sysctl", "key": *sysctl.key, "value": *sysctl.value });
    if let Value::Object(fields) = &mut value {
        if sysctl.minimum {
            fields.insert("minimum".into(), true.into());
        }
        fields.extend(sysctl.after.as_ref().map(|after| ("after".into(), id(after))));
    }
    within(&sysctl.netns, value)
}
