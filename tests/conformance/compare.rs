//! Whether two sets of rules, as iptables-save prints them, are equal.

use similar::TextDiff;
use std::collections::{BTreeMap, BTreeSet};

/// Chains that rules of several services share; the order of the services means nothing.
const SHARED: [&str; 4] =
    ["KUBE-SERVICES", "KUBE-NODEPORTS", "KUBE-EXTERNAL-SERVICES", "KUBE-PROXY-FIREWALL"];

/// What the comment of a rule says whose place does mean something.
const LAST: &str = "this must be the last rule in this chain";

/// Rules by table and chain.
type Chains = BTreeMap<(String, String), Vec<String>>;

/// How two sets differ, to be read; empty if they are equal. `-` is what kube-proxy has, `+` what
/// netc has.
pub(crate) fn differences(kube_proxy: &str, netc: &str) -> String {
    let (expected, found) = (chains(kube_proxy), chains(netc));
    let places: BTreeSet<_> = expected.keys().chain(found.keys()).collect();
    let mut report = String::new();
    for place @ (table, chain) in places {
        let (expected, found) = (shown(expected.get(place)), shown(found.get(place)));
        if expected != found {
            let diff = TextDiff::from_lines(&expected, &found);
            let diff = diff.unified_diff().to_string();
            report.push_str(&format!("table {table}, chain {chain} differs:\n{diff}"));
        }
    }
    report
}

/// A chain as text; one that is not there differs from an empty one.
fn shown(rules: Option<&Vec<String>>) -> String {
    let Some(rules) = rules else { return "no such chain\n".into() };
    rules.iter().map(|rule| format!("{rule}\n")).collect()
}

/// The chains in a form in which equal ones are the same.
fn chains(save: &str) -> Chains {
    let mut chains = Chains::new();
    let mut table = String::new();
    for line in save.lines() {
        let chain = |rest: &str| (table.clone(), rest.split(' ').next().unwrap().to_owned());
        if let Some(name) = line.strip_prefix('*') {
            table = name.to_owned();
        } else if let Some(rest) = line.strip_prefix(':') {
            let policy = rest.split(' ').nth(1);
            assert!(matches!(policy, Some("ACCEPT" | "-")), "nobody sets a policy: {line}");
            chains.insert(chain(rest), Vec::new());
        } else if let Some(rest) = line.strip_prefix("-A ") {
            chains.get_mut(&chain(rest)).expect("rules follow their chain").push(line.to_owned());
        } else {
            assert!(line.is_empty() || line == "COMMIT" || line.starts_with('#'), "{line}");
        }
    }
    // Built-in chains without rules are there or not, as the kernel likes.
    chains.retain(|(_, chain), rules| chain.contains('-') || !rules.is_empty());
    for ((_, chain), rules) in &mut chains {
        if SHARED.contains(&chain.as_str()) {
            for rules in rules.split_mut(|rule| rule.contains(LAST)) {
                rules.sort_by(|one, other| service(one).cmp(service(other)));
            }
        }
    }
    chains
}

/// The service port that a rule is for: `default/web:http` of the comment `default/web:http cluster IP`.
fn service(rule: &str) -> &str {
    let comment = rule.split_once(" --comment ").map_or("", |(_, comment)| comment);
    comment.trim_start_matches('"').split([' ', '"']).next().unwrap_or_default()
}
