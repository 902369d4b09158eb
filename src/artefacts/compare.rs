//! Two versions of an artefact, compared by what they mean: rules by chain, others by line.

use similar::{ChangeTag, TextDiff};
use std::collections::{BTreeMap, BTreeSet};

/// How the new version differs from the old one, for people; `None` if it does not.
#[must_use]
pub fn compare(name: &str, old: &str, new: &str) -> Option<String> {
    if old == new {
        return None;
    }
    let text = match name {
        "iptables.rules" | "ip6tables.rules" => by_chain(old, new),
        // A line says all of a set, a member, a virtual or a real server, wherever it stands.
        "ipset.rules" | "ipvs.rules" => by_set(old, new),
        "plan.txt" => plans(old, new),
        _ => by_line(old, new),
    };
    // The bytes differ, whatever they mean.
    Some(if text.is_empty() { "    only order or spacing differs\n".into() } else { text })
}

fn plans(old: &str, new: &str) -> String {
    let commands =
        |text: &str| -> Vec<String> { text.lines().map(|line| command(line).to_owned()).collect() };
    if commands(old) == commands(new) {
        return "    only positions in the sources have moved\n".into();
    }
    let joined = |text: &str| commands(text).join("\n") + "\n";
    by_line(&joined(old), &joined(new))
}

/// A line of a plan without the position at its end.
fn command(line: &str) -> &str {
    line.rsplit_once("  # ").map_or(line, |(command, _)| command.trim_end())
}

fn by_line(old: &str, new: &str) -> String {
    let diff = TextDiff::from_lines(old, new);
    let changes = diff.iter_all_changes().filter_map(|change| {
        let mark = match change.tag() {
            ChangeTag::Equal => return None,
            ChangeTag::Delete => '-',
            ChangeTag::Insert => '+',
        };
        Some(format!("    {mark} {}\n", change.value().trim_end()))
    });
    changes.collect()
}

/// The lines that only one version has, in their order.
fn by_set(old: &str, new: &str) -> String {
    let lines = |text: &str| -> BTreeSet<String> { text.lines().map(str::to_owned).collect() };
    let (before, after) = (lines(old), lines(new));
    let all: BTreeSet<&String> = before.symmetric_difference(&after).collect();
    let mark = |line: &String| if before.contains(line) { '-' } else { '+' };
    all.into_iter().map(|line| format!("    {} {line}\n", mark(line))).collect()
}

/// The rules of each chain: (table, chain) → lines. A chain without rules is there all the same.
fn chains(text: &str) -> BTreeMap<(String, String), Vec<&str>> {
    let mut all: BTreeMap<(String, String), Vec<&str>> = BTreeMap::new();
    let mut table = String::new();
    for line in text.lines() {
        let word = |rest: &str| rest.split(' ').next().unwrap_or_default().to_owned();
        if let Some(name) = line.strip_prefix('*') {
            table = name.to_owned();
        } else if let Some(rest) = line.strip_prefix(':') {
            all.entry((table.clone(), word(rest))).or_default();
        } else if let Some(rest) = line.strip_prefix("-A ") {
            all.entry((table.clone(), word(rest))).or_default().push(line);
        }
    }
    all
}

fn by_chain(old: &str, new: &str) -> String {
    let (old, new) = (chains(old), chains(new));
    let names: BTreeSet<&(String, String)> = old.keys().chain(new.keys()).collect();
    let mut out = String::new();
    for key in names {
        let (table, chain) = key;
        let text = match (old.get(key), new.get(key)) {
            (Some(before), Some(after)) if before == after => continue,
            (Some(before), Some(after)) => {
                let joined = |lines: &[&str]| lines.join("\n") + "\n";
                format!(
                    "    chain {chain} of {table} changes\n{}",
                    by_line(&joined(before), &joined(after))
                )
            }
            (None, Some(after)) => {
                format!("    chain {chain} of {table} is new, with {} rules\n", after.len())
            }
            (_, None) => format!("    chain {chain} of {table} goes away\n"),
        };
        out.push_str(&text);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_compared_by_chain() {
        let old = "*nat\n:A - [0:0]\n:B - [0:0]\n-A A -j B\n-A B -j RETURN\nCOMMIT\n";
        let new = "*nat\n:A - [0:0]\n:C - [0:0]\n-A A -j C\nCOMMIT\n";
        let text = compare("iptables.rules", old, new).unwrap();
        let expected = "    chain A of nat changes\n    - -A A -j B\n    + -A A -j C\n    chain B of nat goes away\n    chain C of nat is new, with 0 rules\n";
        assert_eq!(text, expected);
    }

    #[test]
    fn sets_and_servers_are_compared_whatever_their_order() {
        let (old, new) = ("add A 1\nadd A 2\n", "add A 2\nadd A 3\n");
        let text = compare("ipset.rules", old, new).unwrap();
        assert_eq!(text, "    - add A 1\n    + add A 3\n");
        let text = compare("ipvs.rules", "-A a\n-A b\n", "-A b\n-A a\n").unwrap();
        assert_eq!(text, "    only order or spacing differs\n");
    }

    #[test]
    fn moved_positions_are_said_to_be_only_that() {
        let text =
            compare("plan.txt", "ip netns add a  # x.netc:1\n", "ip netns add a  # x.netc:2\n");
        assert!(text.unwrap().contains("only positions"));
        assert_eq!(compare("plan.txt", "same", "same"), None);
    }
}
