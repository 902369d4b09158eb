//! Tables in the words of nft(8): `nft.rules`, the input of `nft -f`, and commands.

mod commands;
mod delta;
mod stages;

pub(super) use commands::shell;
pub(super) use commands::table_command;
pub(crate) use commands::{
    Commands, element_command, nft_chain_command, nft_rule_command, set_command,
};
pub(crate) use stages::stages;

use crate::object::{NftChain, NftSet, NftTable, State};
use commands::push_all;

/// The tables among some objects: one transaction that brings them into being, whatever is called
/// like them; empty if there are none.
#[must_use]
pub fn tables<'s>(states: impl Iterator<Item = &'s State>) -> String {
    let mut out = String::new();
    for state in states {
        if let State::NftTable(table) = state {
            // What is not there cannot be removed: it is made first.
            let place = table.place();
            out.push_str(&format!("add table {place}\ndelete table {place}\n"));
            push_table(&mut out, table);
        }
    }
    out
}

/// Appends a table with all its parts.
fn push_table(out: &mut String, table: &NftTable) {
    out.push_str(&format!("table {} {{\n", table.place()));
    if let Some(comment) = &table.comment.0 {
        out.push_str(&format!("\tcomment \"{comment}\"\n"));
    }
    for set in &table.sets {
        push_set(out, set);
    }
    for chain in &table.chains {
        push_chain(out, chain);
    }
    out.push_str("}\n");
}

fn push_set(out: &mut String, set: &NftSet) {
    push_all(out, &["\t", set.word(), " ", &set.name, " {\n"]);
    for property in set.properties() {
        push_all(out, &["\t\t", &property, "\n"]);
    }
    if !set.elements.is_empty() {
        out.push_str("\t\telements = {\n");
        for element in set.elements.iter() {
            push_all(out, &["\t\t\t", element, ",\n"]);
        }
        out.push_str("\t\t}\n");
    }
    out.push_str("\t}\n");
}

fn push_chain(out: &mut String, chain: &NftChain) {
    push_all(out, &["\tchain ", &chain.name, " {\n"]);
    if let Some(base) = &chain.base {
        out.push_str(&format!("\t\t{base}; policy {};\n", base.policy()));
    }
    if let Some(comment) = &chain.comment.0 {
        push_all(out, &["\t\tcomment \"", comment, "\"\n"]);
    }
    for rule in chain.rules.iter() {
        push_all(out, &["\t\t", rule, "\n"]);
    }
    out.push_str("\t}\n");
}

/// The commands that make a table or change it, as a person types them, an element each.
pub(super) fn typed(from: Option<&NftTable>, to: &NftTable) -> Vec<String> {
    let stages = stages(from, to, 1);
    stages.iter().flat_map(|stage| stage.text.lines()).map(shell).collect()
}
