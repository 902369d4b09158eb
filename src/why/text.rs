//! Answers for people.

use super::excerpt::Excerpt;
use super::{Answer, Looked, Several, Told};
use netc_lang::{Sources, Span};

/// How wide the labels are.
const LABELS: usize = 13;

/// So many nodes are named.
const NODES: usize = 4;

/// So much is said of what a word is to the cluster: very many services may have one port.
const KNOWN: usize = 6;

/// All that is told of a word.
#[must_use]
pub fn text(word: &str, told: &Told, sources: &Sources, looked: Option<&Looked>) -> String {
    let mut out = String::new();
    if !told.known.is_empty() {
        out.push_str(&format!("{word}\n"));
        for (place, known) in told.known.iter().take(KNOWN).enumerate() {
            row(&mut out, if place == 0 { "is" } else { "" }, &known.what);
            statement(&mut out, "", known.origin, sources);
        }
        if let Some(more @ 1..) = told.known.len().checked_sub(KNOWN) {
            row(&mut out, "", &format!("… and {more} more"));
        }
    }
    let presences = looked.map(|looked| looked.presences.as_slice()).unwrap_or_default();
    let mut presences = presences.iter();
    for (answer, nodes) in &told.answers {
        apart(&mut out);
        out.push_str(&format!("{}{}{}\n", answer.what, step(answer), on(nodes, told.nodes)));
        let lines = presences.next().map(|one| one.lines.as_slice()).unwrap_or_default();
        for (place, line) in lines.iter().enumerate() {
            row(&mut out, if place == 0 { "on the node" } else { "" }, line);
        }
        push(&mut out, answer, sources);
    }
    for one in looked.map(|looked| looked.strangers.as_slice()).unwrap_or_default() {
        apart(&mut out);
        out.push_str(&format!("{}, which no source asks for\n", one.what));
        row(&mut out, "whose", &one.whose);
        for (place, line) in one.lines.iter().enumerate() {
            row(&mut out, if place == 0 { "shown as" } else { "" }, line);
        }
    }
    let (answers, mentions) = told.more();
    if answers > 0 {
        out.push_str(&format!(
            "\n… and {answers} more; `--node NAME` or more of the word narrows it down\n"
        ));
    }
    if !told.mentions.is_empty() {
        apart(&mut out);
        out.push_str("named in\n");
        let mut there = looked.map(|looked| looked.mentions.iter()).into_iter().flatten();
        for (mention, nodes) in &told.mentions {
            let at = sources.locate(mention.origin);
            let gone = if there.next() == Some(&false) { ", not on the node" } else { "" };
            out.push_str(&format!("  {}  ({at}){}{gone}\n", mention.line, on(nodes, told.nodes)));
            // A rule of a chain says itself where it stands.
            if !mention.line.starts_with("-A ") {
                out.push_str(&format!("    in {}\n", mention.within));
            }
        }
        if mentions > 0 {
            out.push_str(&format!("  … and {mentions} more\n"));
        }
    }
    out
}

fn apart(out: &mut String) {
    if !out.is_empty() {
        out.push('\n');
    }
}

/// The place of a rule.
fn step(answer: &Answer) -> String {
    let step = answer.step.as_ref();
    step.map_or_else(String::new, |step| format!(", number {} of {}", step.number, step.of))
}

/// On which nodes something is, if there are others.
fn on(nodes: &[String], all: usize) -> String {
    match nodes {
        _ if all == 1 => String::new(),
        nodes if nodes.len() == all => format!(", on all {all} nodes"),
        nodes if nodes.len() > NODES => {
            let shown: Vec<&str> = nodes.iter().take(NODES - 1).map(String::as_str).collect();
            format!(", on {} and {} more nodes", shown.join(", "), nodes.len() + 1 - NODES)
        }
        nodes => format!(", on {}", nodes.join(", ")),
    }
}

fn push(out: &mut String, answer: &Answer, sources: &Sources) {
    several(out, "shown as", &answer.shown);
    let mut label = "made by";
    for span in &answer.statements.all {
        statement(out, label, *span, sources);
        label = "";
    }
    if answer.statements.more > 0 {
        row(out, label, &format!("… and {} more statements", answer.statements.more));
    }
    several(out, "needs", &answer.needs);
    let label = if answer.is_part { "is in" } else { "needed by" };
    several(out, label, &answer.needed_by);
    row(out, "programmed by", answer.system.name());
    for (place, source) in answer.system.specified().iter().enumerate() {
        row(out, if place == 0 { "specified in" } else { "" }, source);
    }
}

fn several(out: &mut String, label: &str, all: &Several<String>) {
    let mut label = label;
    for one in &all.all {
        row(out, label, one);
        label = "";
    }
    if all.more > 0 {
        row(out, label, &format!("… and {} more", all.more));
    }
}

fn row(out: &mut String, label: &str, text: &str) {
    out.push_str(&format!("  {label:LABELS$}  {text}\n"));
}

fn statement(out: &mut String, label: &str, span: Span, sources: &Sources) {
    let excerpt = Excerpt::new(sources, span);
    row(out, label, &excerpt.at);
    excerpt.push(&" ".repeat(LABELS + 4), out);
}
