//! Answers for machines.

use super::excerpt::Excerpt;
use super::{Answer, Looked, Several, Told};
use netc_lang::{Sources, Span};
use serde_json::{Value, json};

/// The version of the form.
const VERSION: u32 = 1;

/// All that is told of a word.
#[must_use]
pub fn json(word: &str, told: &Told, sources: &Sources, looked: Option<&Looked>) -> Value {
    let known = told
        .known
        .iter()
        .map(|known| json!({ "what": known.what, "statement": statement(known.origin, sources) }));
    let answers = told.answers.iter().map(|(one, nodes)| answer(one, nodes, sources));
    let mentions = told.mentions.iter().map(|(mention, nodes)| {
        json!({
            "line": mention.line, "in": mention.within, "nodes": nodes,
            "statement": statement(mention.origin, sources),
        })
    });
    let (more_answers, more_mentions) = told.more();
    json!({
        "version": VERSION,
        "question": word,
        "known": known.collect::<Vec<_>>(),
        "answers": answers.collect::<Vec<_>>(),
        "more-answers": more_answers,
        "mentions": mentions.collect::<Vec<_>>(),
        "more-mentions": more_mentions,
        "live": looked.map(Looked::json),
    })
}

fn answer(answer: &Answer, nodes: &[String], sources: &Sources) -> Value {
    let statements = answer.statements.all.iter().map(|span| statement(*span, sources));
    json!({
        "what": answer.what,
        "number": answer.step.as_ref().map(|step| step.number),
        "of": answer.step.as_ref().map(|step| step.of),
        "nodes": nodes,
        "shown": several(&answer.shown),
        "statements": {
            "all": statements.collect::<Vec<_>>(), "more": answer.statements.more,
        },
        "needs": several(&answer.needs),
        "needed-by": several(&answer.needed_by),
        "system": answer.system.json(),
    })
}

fn several(all: &Several<String>) -> Value {
    json!({ "all": all.all, "more": all.more })
}

fn statement(span: Span, sources: &Sources) -> Value {
    let position = sources.position(span);
    json!({
        "file": sources.get(span.file).map(|source| &source.path),
        "line": position.line,
        "column": position.column,
        "text": Excerpt::new(sources, span).line,
    })
}
