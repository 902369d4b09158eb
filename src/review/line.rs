//! A change in lines.

use crate::emit;
use crate::hns::{self, HnsChange};
use crate::object::Id;
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

/// The line of a document for HNS.
pub(super) fn of_hns(change: &HnsChange) -> Line {
    let (mark, text) = hns::changed(change);
    Line::new(mark, text)
}

/// So many commands of one change are shown, if not all are.
const SHOWN: usize = 6;

/// The lines of a change. `rules` are the lines of its rules too. What goes with a device or a
/// namespace has none.
pub(super) fn lines(change: &Change, rules: bool, sources: &Sources) -> Vec<Line> {
    if change.with.is_some() {
        return Vec::new();
    }
    let mark = change.kind.mark();
    let mut out: Vec<Line> =
        headings(change, rules).into_iter().map(|text| Line::new(mark, text)).collect();
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

/// What changes, as the commands that change it if they tell it: all of them, or some.
fn headings(change: &Change, all: bool) -> Vec<String> {
    let mut commands = commands(change);
    match &change.key {
        // Its rules tell what becomes of it.
        Key::Chain(..) | Key::Jumps(..) if change.kind == Kind::Update => {
            vec![format!("# {}", change.key)]
        }
        // Nothing undoes it but what was there before, which is not known.
        _ if commands.is_empty() => vec![format!("# {}: no longer set", change.key)],
        Key::Object(Id::Set(_) | Id::Virtual(_) | Id::NftTable(..))
            if !all && commands.len() > SHOWN =>
        {
            let more = commands.split_off(SHOWN - 1).len();
            commands.push(format!("# and {more} more of {}", change.key));
            commands
        }
        _ => commands,
    }
}

/// How many rules a chain has, or had; how many members a set, how many real servers a virtual one;
/// what a table has of everything.
fn how_many(change: &Change) -> String {
    let count = match change.to.as_ref().or(change.from.as_ref()) {
        Some(Thing::Chain(chain)) => match chain.text.lines().count() {
            0 => None,
            1 => Some("1 rule".to_owned()),
            count => Some(format!("{count} rules")),
        },
        // Its commands tell what changes of an object.
        Some(Thing::Object(object)) if change.kind != Kind::Update => emit::count(object),
        _ => None,
    };
    count.map_or_else(String::new, |count| format!("  # {count}"))
}

/// The rules that come and go, or what comes with an object.
fn of_rules(change: &Change) -> Vec<Line> {
    if let (Some(Thing::Object(object)), true) = (&change.to, change.kind != Kind::Update) {
        let parts = emit::parts(object).into_iter();
        return parts.map(|part| Line::new('+', format!("    {part}"))).collect();
    }
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
