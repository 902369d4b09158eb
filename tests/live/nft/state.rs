//! What nf_tables holds in a namespace, as text to be compared: chain by chain with the rules in
//! their order, set by set with the elements in any. Tables that iptables works with are left out.

use super::shell;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// A list of JSON for each table, and the same as text: only that has all comments.
const TABLES: &str = "\
nft list tables | while read -r _ family name; do
    case $name in nat|filter|mangle|raw|security) continue;; esac
    echo; nft -s -j list table $family $name
done";
const COMMENTS: &str = "\
nft list tables | while read -r _ family name; do
    case $name in nat|filter|mangle|raw|security) continue;; esac
    nft -s list table $family $name
done";

/// All of it, a line for each part.
pub(crate) fn state(netns: &str) -> String {
    let mut lines = Vec::new();
    for table in shell(netns, TABLES).lines().filter(|line| !line.is_empty()) {
        let listed: Value = serde_json::from_str(table).unwrap();
        let mut rules = BTreeMap::new();
        for item in listed["nftables"].as_array().unwrap() {
            let (kind, inner) = item.as_object().unwrap().iter().next().unwrap();
            if kind == "metainfo" {
                continue;
            }
            lines.extend(part(kind, inner.as_object().unwrap(), &mut rules));
        }
    }
    lines.extend(comments(&shell(netns, COMMENTS)));
    lines.sort();
    lines.join("\n")
}

/// A part without its handle, and its elements each in a line of its own.
fn part(
    kind: &str,
    inner: &Map<String, Value>,
    rules: &mut BTreeMap<String, usize>,
) -> Vec<String> {
    let mut inner = inner.clone();
    inner.remove("handle");
    let elements = inner.remove("elem");
    let word = |name: &str| inner.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let place = format!("{} {}", word("family"), word("table"));
    let mut lines = Vec::new();
    if kind == "rule" {
        // Those of one chain come in their order.
        let chain = word("chain");
        let number = rules.entry(chain.clone()).or_default();
        *number += 1;
        return vec![format!("{place} {chain} rule {number:04} {}", Value::Object(inner))];
    }
    // What packets have put in comes and goes.
    if !inner.contains_key("timeout") {
        let elements = elements.and_then(|all| all.as_array().cloned()).unwrap_or_default();
        let name = word("name");
        lines.extend(elements.iter().map(|one| format!("{place} {name} element {one}")));
    }
    lines.push(format!("{place} {kind} {}", Value::Object(inner)));
    lines
}

/// The comments of tables, chains and sets, each with what it stands in.
fn comments(listed: &str) -> Vec<String> {
    let (mut table, mut part) = (String::new(), String::new());
    let mut found = Vec::new();
    for line in listed.lines() {
        let depth = line.len() - line.trim_start().len();
        match (depth, line.trim()) {
            (0, head) if head.ends_with('{') => (table, part) = (head.to_owned(), String::new()),
            (1, head) if head.ends_with('{') => part = head.to_owned(),
            (_, comment) if comment.starts_with("comment ") => {
                found.push(format!("{table} {part} {comment}"));
            }
            _ => {}
        }
    }
    found
}
