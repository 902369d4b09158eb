//! Changes as text.

use super::counts::{self, Counts};
use super::fold::{Section, sections};
use super::line::{Line, lines};
use super::names::names;
use super::{Fate, NodeChanges};
use crate::plan::{Change, positioned};
use netc_lang::Sources;

/// The changes of all nodes: a section for each set of nodes that have some in common, and a
/// summary.
#[must_use]
pub fn text(all: &[NodeChanges], sources: &Sources) -> String {
    let mut out = String::new();
    for section in sections(all, sources) {
        out.push_str(&format!("# {}\n", heading(&section, all)));
        for line in &section.lines {
            show(&mut out, line);
        }
        out.push('\n');
    }
    out.push_str(&summary(all));
    out.push('\n');
    out
}

/// The changes of one node, without the rules of its chains.
#[must_use]
pub fn list(changes: &[Change], sources: &Sources) -> String {
    let mut out = String::new();
    for line in changes.iter().flat_map(|change| lines(change, false, sources)) {
        show(&mut out, &line);
    }
    out
}

fn show(out: &mut String, line: &Line) {
    positioned(out, &format!("{} {}", line.mark, line.text), line.position.as_deref());
}

/// Whose changes they are: `node1, node2, new`.
pub(super) fn heading(section: &Section, all: &[NodeChanges]) -> String {
    let same = all.iter().filter(|one| one.fate == section.fate);
    let same: Vec<&str> = same.map(|one| one.node.as_str()).collect();
    let names = names(&section.nodes, &same);
    match (section.fate, section.nodes.len()) {
        (Fate::Stays, _) => names,
        (Fate::Comes, 1) => format!("{names} is new"),
        (Fate::Comes, _) => format!("{names} are new"),
        (Fate::Goes, 1) => format!("{names} is gone"),
        (Fate::Goes, _) => format!("{names} are gone"),
    }
}

/// All in one line: `2 of 50 nodes change: 3 made, 1 removed`.
pub(super) fn summary(all: &[NodeChanges]) -> String {
    let counts = all.iter().map(Counts::of_node).fold(Counts::default(), Counts::and);
    let nodes = counts::nodes(all);
    if counts == Counts::default() { nodes } else { format!("{nodes}: {counts}") }
}
