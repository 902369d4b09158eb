//! Sentences about rules: which differ, and which jumps are not where they belong.

use super::Trouble;
use crate::object::{Place, decides, target};
use crate::plan::change::Change;
use crate::plan::thing::{Jumps, Rules, Thing};
use similar::{ChangeTag, TextDiff};

/// So many lines that differ are shown of a chain.
const SHOWN: usize = 6;

/// What is the matter with a chain or with jumps, and the rules that differ.
pub(super) fn sentence(change: &Change) -> (String, Vec<String>) {
    match (&change.from, &change.to) {
        (None, Some(Thing::Chain(chain))) => (format!("{} is missing", name(chain)), Vec::new()),
        (Some(Thing::Chain(found)), None) => (left(found), Vec::new()),
        (Some(Thing::Chain(found)), Some(Thing::Chain(wanted))) => differs(found, wanted),
        (None, Some(Thing::Jumps(wanted))) => (gone(wanted, &all(wanted)), Vec::new()),
        (Some(Thing::Jumps(found)), None) => (further(found, &all(found)), lines(found)),
        (Some(Thing::Jumps(found)), Some(Thing::Jumps(wanted))) => jumps(found, wanted),
        _ => (change.key.to_string(), Vec::new()),
    }
}

/// How jumps that were found differ from the wanted ones.
pub(super) fn trouble(wanted: &Jumps, found: &Jumps) -> Trouble {
    if !lacking(wanted, found).is_empty() {
        Trouble::Missing
    } else if !lacking(found, wanted).is_empty() || found.rules.len() > wanted.rules.len() {
        Trouble::Stale
    } else {
        Trouble::Misplaced
    }
}

fn name(chain: &Rules) -> String {
    format!("{} chain {} of table {}", chain.family, chain.name, chain.table)
}

/// What a chain was for, by its name (pkg/proxy/iptables/proxier.go).
fn left(chain: &Rules) -> String {
    let name_of = chain.name.as_str();
    let of = if name_of.starts_with("KUBE-SEP-") {
        "is left from an endpoint that is gone"
    } else if ["KUBE-SVC-", "KUBE-SVL-", "KUBE-EXT-", "KUBE-FW-", "KUBE-XLB-"]
        .iter()
        .any(|begin| name_of.starts_with(begin))
    {
        "is left from a service that is gone"
    } else {
        "is left: nothing asks for it"
    };
    format!("{} {of}", name(chain))
}

fn differs(found: &Rules, wanted: &Rules) -> (String, Vec<String>) {
    let (what, mut lines) = texts(&name(found), &found.text, &wanted.text);
    let more = lines.len().saturating_sub(SHOWN);
    lines.truncate(SHOWN);
    if more > 0 {
        lines.push(format!("and {more} more"));
    }
    (what, lines)
}

/// How the rules of a chain of this name differ, and those that do.
pub(super) fn texts(name: &str, found: &str, wanted: &str) -> (String, Vec<String>) {
    let count = |count| if count == 1 { "1 rule".into() } else { format!("{count} rules") };
    let (is, not) = (found.lines().count(), wanted.lines().count());
    let diff = TextDiff::from_lines(found, wanted);
    let other = diff.iter_all_changes().filter(|line| line.tag() != ChangeTag::Equal);
    let mut lines: Vec<String> = other
        .map(|line| match line.tag() {
            ChangeTag::Delete => format!("is      {}", line.value().trim_end()),
            _ => format!("not     {}", line.value().trim_end()),
        })
        .collect();
    let (extra, lost) = (
        lines.iter().filter(|line| line.starts_with("is ")).count(),
        lines.iter().filter(|line| line.starts_with("not ")).count(),
    );
    let what = match (is, not) {
        (0, not) => format!("{name} is empty, and should have {}", count(not)),
        (is, not) if is != not => format!("{name} has {}, not {not}", count(is)),
        _ if is == 1 => format!("{name} has another rule"),
        _ if extra == 1 && lost == 1 => format!("{name} has {}, 1 differs", count(is)),
        _ => format!("{name} has {}, {} differ", count(is), extra.max(lost)),
    };
    if is == 0 {
        lines.clear();
    }
    (what, lines)
}

/// The rules of one that the other has not.
fn lacking<'j>(wanted: &'j Jumps, found: &Jumps) -> Vec<&'j str> {
    let has = |line: &String| found.rules.iter().any(|(_, other)| other == line);
    wanted.rules.iter().filter(|(_, line)| !has(line)).map(|(_, line)| line.as_str()).collect()
}

fn all(jumps: &Jumps) -> Vec<&str> {
    jumps.rules.iter().map(|(_, line)| line.as_str()).collect()
}

fn lines(jumps: &Jumps) -> Vec<String> {
    jumps.rules.iter().map(|(_, line)| line.clone()).collect()
}

fn from(jumps: &Jumps) -> String {
    format!("{} {} of table {}", jumps.family, jumps.hook, jumps.table)
}

/// The chains that rules lead to.
fn targets(rules: &[&str]) -> String {
    let mut names: Vec<&str> = rules.iter().filter_map(|line| target(line)).collect();
    names.dedup();
    names.join(", ")
}

fn gone(jumps: &Jumps, rules: &[&str]) -> String {
    let decide = rules.iter().all(|line| decides(line));
    let noun = if decide { "rule" } else { "jump" };
    let (plural, verb) = if rules.len() == 1 { ("", "is") } else { ("s", "are") };
    format!("the {noun}{plural} from {} to {} {verb} missing", from(jumps), targets(rules))
}

fn further(jumps: &Jumps, rules: &[&str]) -> String {
    match rules.len() {
        1 => format!("{} has a further rule to {}", from(jumps), targets(rules)),
        count => format!("{} has {count} further rules to {}", from(jumps), targets(rules)),
    }
}

fn jumps(found: &Jumps, wanted: &Jumps) -> (String, Vec<String>) {
    let mut all = Vec::new();
    let (lost, extra) = (lacking(wanted, found), lacking(found, wanted));
    if !lost.is_empty() {
        all.push(gone(wanted, &lost));
    }
    if !extra.is_empty() {
        all.push(further(found, &extra));
    }
    let twice = found.rules.iter().enumerate().filter(|(place, (_, line))| {
        lacking(wanted, found).is_empty()
            && wanted.rules.iter().any(|(_, other)| other == line)
            && found.rules.iter().take(*place).any(|(_, other)| other == line)
    });
    let twice: Vec<&str> = twice.map(|(_, (_, line))| line.as_str()).collect();
    if !twice.is_empty() {
        all.push(further(found, &twice));
    }
    all.extend(behind(found, wanted));
    if all.is_empty() {
        all.push(format!("the jumps from {} are out of order", from(wanted)));
    }
    (all.join("; "), extra.into_iter().map(str::to_owned).collect())
}

/// What is to be at the top and is not.
fn behind(found: &Jumps, wanted: &Jumps) -> Option<String> {
    let top = wanted.rules.iter().filter(|(place, _)| matches!(place, Place::Top(_)));
    let late: Vec<(&str, u32)> = top
        .filter_map(|(_, line)| {
            found.rules.iter().find_map(|(place, other)| match place {
                Place::Behind(count) if *count > 0 && other == line => {
                    Some((line.as_str(), *count))
                }
                _ => None,
            })
        })
        .collect();
    let (_, count) = *late.first()?;
    let rules: Vec<&str> = late.iter().map(|(line, _)| *line).collect();
    let verb = if rules.len() == 1 { "is" } else { "are" };
    let of = if count == 1 { "1 rule".into() } else { format!("{count} rules") };
    let hook = format!("{} of table {}", wanted.hook, wanted.table);
    Some(format!("{} in {} {hook} {verb} behind {of} of others", targets(&rules), wanted.family))
}
