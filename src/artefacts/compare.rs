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
        "iptables.rules" | "ip6tables.rules" => by_part(&chains(old), &chains(new)),
        "nft.rules" => by_part(&parts(old), &parts(new)),
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

/// The lines of each part of each table: (table, part) → lines. A part without lines is there all
/// the same.
type Parts<'t> = BTreeMap<(String, String), Vec<&'t str>>;

/// The rules of each chain of iptables.
fn chains(text: &str) -> Parts<'_> {
    let mut all = Parts::new();
    let mut table = String::new();
    for line in text.lines() {
        let part = |rest: &str| format!("chain {}", rest.split(' ').next().unwrap_or_default());
        if let Some(name) = line.strip_prefix('*') {
            table = name.to_owned();
        } else if let Some(rest) = line.strip_prefix(':') {
            all.entry((table.clone(), part(rest))).or_default();
        } else if let Some(rest) = line.strip_prefix("-A ") {
            all.entry((table.clone(), part(rest))).or_default().push(line);
        }
    }
    all
}

/// The lines of each chain and set of nf_tables.
fn parts(text: &str) -> Parts<'_> {
    let mut all = Parts::new();
    let (mut table, mut part) = (String::new(), String::new());
    for line in text.lines() {
        let own = line.trim_start_matches('\t');
        match (line.len() - own.len(), own.strip_suffix(" {")) {
            (0, Some(name)) => name.clone_into(&mut table),
            (1, Some(name)) => {
                name.clone_into(&mut part);
                all.entry((table.clone(), part.clone())).or_default();
            }
            (2.., None) if own != "}" => {
                let lines = all.entry((table.clone(), part.clone())).or_default();
                lines.push(own.strip_suffix(',').unwrap_or(own));
            }
            _ => {}
        }
    }
    all
}

fn by_part(old: &Parts, new: &Parts) -> String {
    let names: BTreeSet<&(String, String)> = old.keys().chain(new.keys()).collect();
    let mut out = String::new();
    for key in names {
        let (table, part) = key;
        let text = match (old.get(key), new.get(key)) {
            (Some(before), Some(after)) if before == after => continue,
            (Some(before), Some(after)) => {
                let joined = |lines: &[&str]| lines.join("\n") + "\n";
                format!(
                    "    {part} of {table} changes\n{}",
                    by_line(&joined(before), &joined(after))
                )
            }
            (None, Some(after)) => {
                let what = if part.starts_with("chain ") { "rules" } else { "elements" };
                let count = after.iter().filter(|line| !is_property(line)).count();
                format!("    {part} of {table} is new, with {count} {what}\n")
            }
            (_, None) => format!("    {part} of {table} goes away\n"),
        };
        out.push_str(&text);
    }
    out
}

/// Whether a line says something of a chain or set beside its rules or elements.
fn is_property(line: &str) -> bool {
    let word = line.split(' ').next().unwrap_or_default();
    matches!(word, "type" | "typeof" | "flags" | "timeout" | "comment")
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
    fn tables_are_compared_by_chain_and_set() {
        let old = "add table ip t\ndelete table ip t\ntable ip t {\n\tset s {\n\t\ttype mark\n\t\telements = {\n\t\t\t1,\n\t\t\t2,\n\t\t}\n\t}\n\tchain c {\n\t\tdrop\n\t}\n}\n";
        let new = old.replace("\t\t\t2,\n", "").replace("chain c", "chain d");
        let text = compare("nft.rules", old, &new).unwrap();
        let expected = "    chain c of table ip t goes away\n    chain d of table ip t is new, with 1 rules\n    set s of table ip t changes\n    - 2\n";
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
