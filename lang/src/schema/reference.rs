//! The reference page of the language, `lang/reference.md`.

use super::{Definition, Place, all, choices, usage};
use std::fmt::Write;

const HEAD: &str = "\
# The netc language

<!-- Made from the schema in lang/src/schema/ by the test `reference`; do not edit. -->

A source is a sequence of statements, one on a line. A statement is a keyword, its arguments and,
for some, a block in braces; `;` can stand for the end of a line, and a statement goes on after a
comma. `#` begins a comment. The whole grammar is in [grammar.ebnf](grammar.ebnf); each code of a
diagnostic has a page in [errors/](errors/). `netc explain WORD` shows every part of this page.
";

/// The whole page.
#[must_use]
pub fn reference() -> String {
    let mut out = HEAD.to_owned();
    for place in Place::ALL {
        let title = place.describe();
        let (first, rest) = title.split_at(1);
        push(&mut out, &format!("\n## {}{rest}\n", first.to_uppercase()));
        for definition in all().filter(|definition| definition.place == place) {
            statement(&mut out, definition);
        }
    }
    out
}

fn statement(out: &mut String, definition: &Definition) {
    push(out, &format!("\n### `{}`\n", definition.keyword));
    push(out, &format!("\n    {}\n", usage(definition)));
    if !definition.compiled {
        push(out, "\n*Reserved: this release does not compile it.*\n");
    }
    push(out, &format!("\n{}\n", definition.doc));
    let choices = choices(definition.arguments);
    if !choices.is_empty() {
        out.push('\n');
    }
    for choice in choices {
        let reserved = if choice.compiled { "" } else { " *Reserved.*" };
        push(out, &format!("* `{}`: {}{reserved}\n", choice.word, choice.doc));
    }
    if let Some(default) = definition.default {
        push(out, &format!("\nDefault: {default}.\n"));
    }
    push(out, &format!("\nExample: `{}`\n", definition.example));
}

fn push(out: &mut String, text: &str) {
    // Writing to a string cannot fail.
    let _ = write!(out, "{text}");
}
