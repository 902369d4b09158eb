//! The answers of several nodes: what is the same on many is told once.

use super::Answer;
use super::answer::{self, answer, lines, statements};
use super::find::{Found, find};
use super::system::Around;
use super::{Known, Meaning, known};
use crate::graph::{Item, Ordered, detail};
use crate::model::{Cluster, Node};
use crate::plan::Key;
use netc_lang::Span;
use std::collections::BTreeSet;

/// So many answers are told in full.
const ANSWERS: usize = 8;

/// So many things are named that only mention what was asked for.
const MENTIONS: usize = 12;

/// A rule, an element or a route that names what was asked for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Mention {
    /// It, as its tool shows it.
    pub line: String,
    /// What it is in.
    pub within: String,
    /// Its statement.
    pub origin: Span,
    /// By what that which it is in is found among changes.
    pub(super) key: Key,
}

/// All that is told of a word.
#[derive(Clone, Default, Debug)]
pub struct Told {
    /// What it is to the cluster.
    pub known: Vec<Known>,
    /// What it is on nodes, each with their names.
    pub answers: Vec<(Answer, Vec<String>)>,
    /// What names it, each with the names of nodes.
    pub mentions: Vec<(Mention, Vec<String>)>,
    /// How many nodes were asked.
    pub nodes: usize,
    /// What else it is, and what else names it: both as item and line.
    others: (BTreeSet<Brief>, BTreeSet<Brief>),
}

/// An item and a line of it.
type Brief = (String, String);

impl Told {
    /// What the cluster says of a word.
    #[must_use]
    pub fn of(meanings: &[Meaning], cluster: &Cluster) -> Told {
        let known = meanings.iter().flat_map(|meaning| known(meaning, cluster)).collect();
        Told { known, ..Told::default() }
    }

    /// Adds what a node says.
    pub fn add(
        &mut self,
        meanings: &[Meaning],
        (cluster, node): (&Cluster, &Node),
        ordered: &Ordered,
    ) {
        self.nodes += 1;
        let items = detail(ordered);
        let mut found: Vec<Found> =
            meanings.iter().flat_map(|meaning| find(meaning, &items)).collect();
        // Of lines that are the word itself and others that have it in them, the first are meant.
        if meanings.iter().any(|one| matches!(one, Meaning::Line(_))) {
            let exact = found.iter().any(|one| one.itself);
            found.iter_mut().for_each(|one| one.itself |= !exact);
            found.retain(|one| one.itself);
        }
        if found.is_empty() {
            return;
        }
        let around = Around::new(cluster, node, items.iter().map(|placed| placed.item));
        // Lines of what is told in full are told with it.
        let whole: Vec<usize> =
            found.iter().filter(|one| one.itself && one.is_whole()).map(|one| one.place).collect();
        // To tell all of something that is everywhere would take very long.
        let (mut told, mut named) = (0, 0);
        for one in &found {
            let Some(item) = items.get(one.place).map(|placed| placed.item) else { continue };
            if one.itself && told < ANSWERS {
                told += 1;
                let answer = answer(one, &items, &around);
                answer.into_iter().for_each(|answer| self.answer(answer, &node.name));
            } else if one.itself {
                self.others.0.insert(key(one, &item));
            } else if !whole.contains(&one.place) && named < MENTIONS {
                named += 1;
                self.mention(mention(one, &item), &node.name);
            } else if !whole.contains(&one.place) {
                self.others.1.insert(key(one, &item));
            }
        }
    }

    fn answer(&mut self, answer: Answer, node: &str) {
        match self.answers.iter_mut().find(|(own, _)| *own == answer) {
            Some((_, nodes)) => push(nodes, node),
            None => self.answers.push((answer, vec![node.to_owned()])),
        }
    }

    fn mention(&mut self, mention: Mention, node: &str) {
        match self.mentions.iter_mut().find(|(own, _)| *own == mention) {
            Some((_, nodes)) => push(nodes, node),
            None => self.mentions.push((mention, vec![node.to_owned()])),
        }
    }

    /// How many more things it is, and how many more name it.
    #[must_use]
    pub fn more(&self) -> (usize, usize) {
        let answered = |key: &&Brief| {
            self.answers.iter().any(|(own, _)| own.shown.all.first() == Some(&key.1))
        };
        let mentioned = |key: &&Brief| {
            let is = |own: &Mention| own.within == key.0 && own.line == key.1;
            self.mentions.iter().any(|(own, _)| is(own))
        };
        let (answers, mentions) = &self.others;
        let answers = answers.iter().filter(|key| !answered(key)).count();
        (answers, mentions.iter().filter(|key| !mentioned(key)).count())
    }

    /// The lines that have a part of a line which was asked for, if there are several: none of them was
    /// meant more than the others.
    #[must_use]
    pub fn candidates(&self, meanings: &[Meaning]) -> Vec<&str> {
        let part = |line: &&str| {
            meanings.iter().any(|one| matches!(one, Meaning::Line(text) if *line != text.as_str()))
        };
        let lines = self.answers.iter().filter_map(|(one, _)| one.shown.all.first());
        let mut lines: Vec<&str> = lines.map(String::as_str).filter(part).collect();
        lines.dedup();
        if lines.len() > 1 { lines } else { Vec::new() }
    }

    /// Whether nothing at all was found.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.known.is_empty() && self.answers.is_empty() && self.mentions.is_empty()
    }
}

/// What tells a thing from others, short of all that is told of it.
fn key(found: &Found, item: &Item) -> Brief {
    (item.to_string(), lines(found, item).into_iter().next().unwrap_or_default())
}

fn mention(found: &Found, item: &Item) -> Mention {
    let (within, line) = key(found, item);
    let origin = statements(found, item).first().copied().unwrap_or_default();
    Mention { line, within, origin, key: answer::key(item) }
}

fn push(nodes: &mut Vec<String>, node: &str) {
    if nodes.last().is_none_or(|last| last != node) {
        nodes.push(node.to_owned());
    }
}
