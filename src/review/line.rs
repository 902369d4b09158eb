//! A change in lines.

use crate::plan::{Change, Jumps, Key, Kind, Thing, commands};
use netc_lang::Sources;
use similar::{ChangeTag, TextDiff};

/// A line: what happens, to what, and where it was asked for.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Line {
    /// `+` makes, `~` changes, `!` makes anew, `-` removes; a blank only tells.
    pub(super) mark: char,
    pub(super) text: String,
    pub(super) position: Option<String>,
}

impl Line {
    fn new(mark: char, text: impl Into<String>) -> Line {
        Line { mark, text: text.into(), position: None }
    }
}

/// The lines of a change. `rules` are the lines of its rules too. What goes with a device or a
/// namespace has none.
pub(super) fn lines(change: &Change, rules: bool, sources: &Sources) -> Vec<Line> {
    if change.with.is_some() {
        return Vec::new();
    }
    let mark = change.kind.mark();
    let mut out: Vec<Line> =
        headings(change).into_iter().map(|text| Line::new(mark, text)).collect();
    if let Some(first) = out.first_mut() {
        first.position = change.origin.shown(sources);
        if !rules || change.kind == Kind::Remove {
            first.text.push_str(&how_many(change));
        }
    }
    // How a chain differs is told by its rules, if they are shown.
    let told = rules && change.key.rules().is_some();
    if !change.was.is_empty() && !told {
        out.push(Line::new(' ', format!("    {}", change.was)));
    }
    if change.cuts_traffic() {
        out.push(Line::new('!', "    cuts traffic while it is changed"));
    }
    if rules && change.kind != Kind::Remove {
        out.extend(of_rules(change));
    }
    out
}

/// What changes, as the commands that change it if they tell it.
fn headings(change: &Change) -> Vec<String> {
    let commands = commands(change);
    match &change.key {
        // Its rules tell what becomes of it.
        Key::Chain(..) | Key::Jumps(..) if change.kind == Kind::Update => {
            vec![format!("# {}", change.key)]
        }
        // Nothing undoes it but what was there before, which is not known.
        _ if commands.is_empty() => vec![format!("# {}: no longer set", change.key)],
        _ => commands,
    }
}

/// How many rules a chain has, or had.
fn how_many(change: &Change) -> String {
    let Some(Thing::Chain(chain)) = change.to.as_ref().or(change.from.as_ref()) else {
        return String::new();
    };
    match chain.text.lines().count() {
        0 => String::new(),
        1 => "  # 1 rule".to_owned(),
        count => format!("  # {count} rules"),
    }
}

/// The rules that come and go.
fn of_rules(change: &Change) -> Vec<Line> {
    let text = |thing: &Option<Thing>| match thing {
        Some(Thing::Chain(chain)) => chain.text.clone().into_owned(),
        Some(Thing::Jumps(jumps)) if change.kind == Kind::Update => joined(jumps),
        _ => String::new(),
    };
    let (old, new) = (text(&change.from), text(&change.to));
    let diff = TextDiff::from_lines(&old, &new);
    let changed = diff.iter_all_changes().filter_map(|line| {
        let mark = match line.tag() {
            ChangeTag::Equal => return None,
            ChangeTag::Delete => '-',
            ChangeTag::Insert => '+',
        };
        Some(Line::new(mark, format!("    {}", line.value().trim_end())))
    });
    changed.collect()
}

fn joined(jumps: &Jumps) -> String {
    jumps.rules.iter().map(|(_, line)| format!("{line}\n")).collect()
}
