//! Sentences about tables of nf_tables: which of their chains and sets differ, and how.

use super::rules;
use super::serving::{NAMED, listed};
use crate::object::{NftChain, NftSet, NftTable};
use crate::plan::tables::{Elements, Mismatch, definition, mismatches, place};

/// So many lines are shown.
const SHOWN: usize = 6;

/// How a table differs, and the rules that do.
pub(super) fn table(wanted: &NftTable, found: &NftTable) -> (String, Vec<String>) {
    let at = format!("table {}", wanted.place());
    if is_flushed(wanted, found) {
        return (format!("all chains of {at} are empty"), Vec::new());
    }
    let all = mismatches(wanted, found);
    let mut out = Vec::new();
    let names = |pick: fn(&Mismatch) -> Option<String>| all.iter().filter_map(pick).collect();
    let lacks: Vec<String> = names(lacking);
    out.extend(listed(&lacks).map(|names| format!("{at} lacks {names}")));
    let more: Vec<String> = names(further);
    out.extend(listed(&more).map(|names| format!("{at} has {names} too many")));
    let (mut details, mut others) = (Vec::new(), Vec::new());
    for one in &all {
        let (said, lines) = differing(one, &at);
        details.extend(lines);
        others.extend(said);
    }
    let rest = others.split_off(others.len().min(NAMED)).len();
    out.extend(others);
    match rest {
        0 => {}
        1 => out.push(format!("1 more part of {at} differs")),
        more => out.push(format!("{more} more parts of {at} differ")),
    }
    (out.join("; "), cut(details))
}

/// Whether a table has lost all rules: `nft flush table` leaves chains and elements.
pub(super) fn is_flushed(wanted: &NftTable, found: &NftTable) -> bool {
    let rules = |table: &NftTable| table.chains.iter().any(|chain| !chain.rules.is_empty());
    rules(wanted) && !rules(found) && wanted.chains.len() == found.chains.len()
}

/// The first lines, and how many more there are.
fn cut(mut lines: Vec<String>) -> Vec<String> {
    let more = lines.len().saturating_sub(SHOWN);
    lines.truncate(SHOWN);
    if more > 0 {
        lines.push(format!("and {more} more"));
    }
    lines
}

fn lacking(one: &Mismatch) -> Option<String> {
    match one {
        Mismatch::NoChain(chain) => Some(of_chain(chain)),
        Mismatch::NoSet(set) => Some(of_set(set)),
        _ => None,
    }
}

fn further(one: &Mismatch) -> Option<String> {
    match one {
        Mismatch::MoreChain(chain) => Some(of_chain(chain)),
        Mismatch::MoreSet(set) => Some(of_set(set)),
        _ => None,
    }
}

fn of_chain(chain: &NftChain) -> String {
    format!("chain {}", chain.name)
}

fn of_set(set: &NftSet) -> String {
    format!("{} {}", set.word(), set.name)
}

/// How a part that is there differs, and its rules that do.
fn differing(one: &Mismatch, at: &str) -> (Option<String>, Vec<String>) {
    match one {
        Mismatch::Base(found, wanted) => {
            let (is, not) = (place(found), place(wanted));
            (Some(format!("{} of {at} is {is}, not {not}", of_chain(wanted))), Vec::new())
        }
        Mismatch::Rules(found, wanted) => {
            let name = format!("{} of {at}", of_chain(wanted));
            let (said, lines) = rules::texts(&name, found.rules.text(), wanted.rules.text());
            (Some(said), lines)
        }
        Mismatch::Type(found, wanted) => {
            let (is, not) = (definition(found), definition(wanted));
            (Some(format!("{} of {at} is of {is}, not of {not}", of_set(wanted))), Vec::new())
        }
        Mismatch::Elements(found, wanted) => {
            let name = format!("{} of {at}", of_set(wanted));
            let said = elements(&Elements::of(found, wanted));
            (Some(format!("{name} {}", said.join(", "))), Vec::new())
        }
        _ => (None, Vec::new()),
    }
}

fn elements(Elements { lacked, more, others }: &Elements) -> Vec<String> {
    let owned = |keys: &[&str]| keys.iter().map(|key| (*key).to_owned()).collect::<Vec<_>>();
    let others: Vec<String> =
        others.iter().map(|(found, wanted)| format!("{found}, not {wanted}")).collect();
    let parts = [
        listed(&owned(lacked)).map(|keys| format!("lacks {keys}")),
        listed(&owned(more)).map(|keys| format!("has {keys} too many")),
        listed(&others).map(|all| format!("has {all}")),
    ];
    parts.into_iter().flatten().collect()
}
