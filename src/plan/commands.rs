//! Changes as commands.

use super::change::{Change, Kind};
use super::thing::{Key, Thing};
use crate::emit::{chain_command, chain_removal, command, removal, rule_command, updates};

/// The commands that a person would type to make a change. A chain is one command, whatever its
/// rules.
#[must_use]
pub fn commands(change: &Change) -> Vec<String> {
    let line = |line: &str, flag: &str| match &change.key {
        Key::Jumps(family, table, _) => {
            Some(rule_command(*family, *table, &line.replacen("-A ", flag, 1)))
        }
        _ => None,
    };
    match (&change.from, &change.to) {
        (Some(Thing::Object(from)), Some(Thing::Object(to))) if change.kind == Kind::Update => {
            updates(from, to)
        }
        (_, Some(Thing::Object(to))) => command(to).into_iter().collect(),
        (Some(Thing::Object(from)), None) => removal(from).into_iter().collect(),
        (_, Some(Thing::Chain(chain))) => {
            vec![chain_command(chain.family, chain.table, chain.name.as_str())]
        }
        (Some(Thing::Chain(chain)), None) => {
            vec![chain_removal(chain.family, chain.table, chain.name.as_str())]
        }
        (_, Some(Thing::Jumps(jumps))) => {
            jumps.rules.iter().filter_map(|(_, rule)| line(rule, "-A ")).collect()
        }
        (Some(Thing::Jumps(jumps)), None) => {
            jumps.rules.iter().filter_map(|(_, rule)| line(rule, "-D ")).collect()
        }
        (None, None) => Vec::new(),
    }
}
