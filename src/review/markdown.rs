//! Changes as a comment on a pull request.

use super::counts::Counts;
use super::fold::{Section, sections};
use super::names::names;
use super::text::{heading, summary};
use super::{Fate, NodeChanges};
use netc_lang::Sources;
use std::collections::BTreeMap;

/// A comment on GitHub has at most 65,536 characters. What is around the changes takes the rest.
const ROOM: usize = 60_000;

/// So many rows the table has at most.
const ROWS: usize = 100;

/// The changes of all nodes: a summary, a table, and the details folded away. What would make it
/// too long for a comment is left out, and said to be.
#[must_use]
pub fn markdown(all: &[NodeChanges], sources: &Sources) -> String {
    let mut out = format!("**{}**\n", summary(all));
    if all.iter().all(NodeChanges::is_empty) {
        return out;
    }
    table(&mut out, all);
    let sections = sections(all, sources);
    let mut left_out = 0;
    for section in &sections {
        let room = ROOM.saturating_sub(out.len());
        if room < 500 {
            left_out += section.lines.len();
        } else {
            left_out += details(&mut out, section, all, room);
        }
    }
    if left_out > 0 {
        out.push_str(&format!(
            "\n> **{left_out} lines are left out**: a comment has no room for them. `netc diff` \
             shows all.\n"
        ));
    }
    out
}

/// How many changes each node has; nodes with as many of each have one row.
fn table(out: &mut String, all: &[NodeChanges]) {
    let mut rows: BTreeMap<(Fate, Counts), (usize, Vec<&str>)> = BTreeMap::new();
    for (place, one) in all.iter().enumerate().filter(|(_, one)| !one.is_empty()) {
        let counts = Counts::of_node(one);
        rows.entry((one.fate, counts)).or_insert((place, Vec::new())).1.push(&one.node);
    }
    let mut rows: Vec<_> = rows.into_iter().collect();
    rows.sort_by_key(|(_, (place, _))| *place);
    out.push_str("\n| node | made | changed | made anew | removed |\n|---|---:|---:|---:|---:|\n");
    for ((fate, counts), (_, nodes)) in rows.iter().take(ROWS) {
        let same: Vec<&str> =
            all.iter().filter(|one| one.fate == *fate).map(|one| one.node.as_str()).collect();
        let fate = match fate {
            Fate::Stays => "",
            Fate::Comes => " (new)",
            Fate::Goes => " (gone)",
        };
        let cuts = if counts.cuts > 0 { " **cuts traffic**" } else { "" };
        let number = |count: usize| if count == 0 { String::new() } else { count.to_string() };
        out.push_str(&format!(
            "| {}{fate}{cuts} | {} | {} | {} | {} |\n",
            names(nodes, &same),
            number(counts.made),
            number(counts.changed),
            number(counts.made_anew),
            number(counts.removed)
        ));
    }
    if let Some(more) = rows.len().checked_sub(ROWS).filter(|more| *more > 0) {
        out.push_str(&format!("| and {more} more rows | | | | |\n"));
    }
}

/// The lines of a section, as far as there is room. Returns how many are left out.
fn details(out: &mut String, section: &Section, all: &[NodeChanges], room: usize) -> usize {
    let each = if section.nodes.len() > 1 { " each" } else { "" };
    let text = section.lines.iter().map(|line| {
        let position = line.position.as_ref().map_or_else(String::new, |at| format!("  # {at}"));
        format!("{} {}{position}\n", line.mark, line.text)
    });
    let mut length = 0;
    let lines: Vec<String> = text
        .take_while(|line| {
            length += line.len();
            length < room
        })
        .collect();
    // A comment in a rule may well hold backticks.
    let longest = lines.iter().map(|line| backticks(line)).max().unwrap_or_default();
    let fence = "`".repeat(longest.max(2) + 1);
    out.push_str(&format!(
        "\n<details><summary>{}: {}{each}</summary>\n\n{fence}diff\n{}{fence}\n\n</details>\n",
        heading(section, all),
        section.counts,
        lines.concat()
    ));
    section.lines.len() - lines.len()
}

/// The longest run of backticks.
fn backticks(line: &str) -> usize {
    line.split(|letter| letter != '`').map(str::len).max().unwrap_or_default()
}
