//! The schema for people: what `netc explain` shows.

use super::{Braces, Choice, Definition, Pattern, Place, Shape, usage, within};
use crate::party::PARTIES;

/// Explanations are broken into lines of this width.
const WIDTH: usize = 84;

/// All words that can stand as one of several in these arguments.
#[must_use]
pub fn choices(patterns: &'static [Pattern]) -> Vec<&'static Choice> {
    let mut all: Vec<&'static Choice> = Vec::new();
    for pattern in patterns {
        match pattern {
            Pattern::One(field) | Pattern::Maybe(field) | Pattern::Many(field) => {
                if let Shape::Choice(choices) = field.shape {
                    all.extend(choices);
                }
            }
            // Two parties are of the same kinds.
            Pattern::Party(_) => {
                let known =
                    all.iter().any(|known| PARTIES.iter().any(|kind| kind.word == known.word));
                all.extend(PARTIES.iter().filter(|_| !known));
            }
            Pattern::List(group) | Pattern::Tagged(_, group) | Pattern::Required(_, group) => {
                all.extend(choices(group));
            }
        }
    }
    all
}

/// A statement: its form, where it stands, what it means.
#[must_use]
pub fn describe(definition: &Definition) -> String {
    let mut out = format!("{}\n    {}", usage(definition), definition.place.describe());
    out.push_str(if definition.repeats { ", as often as needed\n" } else { ", once\n" });
    if !definition.compiled {
        out.push_str("    reserved: this release does not compile it\n");
    }
    out.push('\n');
    paragraph(&mut out, "", definition.doc);
    let choices = choices(definition.arguments);
    let width = choices.iter().map(|choice| choice.word.len()).max().unwrap_or(0);
    if width > 0 {
        out.push('\n');
    }
    for choice in choices {
        paragraph(&mut out, &format!("{:width$}  ", choice.word), &choice_doc(choice));
    }
    out.push('\n');
    if let Some(default) = definition.default {
        paragraph(&mut out, "default  ", default);
    }
    // An example is to be copied: it stays on one line.
    out.push_str(&format!("    example  {}\n", definition.example));
    if let Braces::Optional(place) | Braces::Required(place) = definition.braces
        && place != Place::Anywhere
    {
        let inside = within(place).filter(|inner| inner.place == place);
        let words: Vec<&str> = inside.map(|inner| inner.keyword).collect();
        paragraph(&mut out, "block    ", &words.join(", "));
    }
    out
}

/// One word of several.
#[must_use]
pub fn describe_choice(definition: &Definition, choice: &Choice) -> String {
    let mut out = format!("{} {}\n\n", definition.keyword, choice.word);
    paragraph(&mut out, "", &choice_doc(choice));
    out
}

fn choice_doc(choice: &Choice) -> String {
    let reserved =
        if choice.compiled { "" } else { "Reserved: this release does not compile it. " };
    format!("{reserved}{}", choice.doc)
}

/// A paragraph, indented, its first line behind a label.
fn paragraph(out: &mut String, label: &str, text: &str) {
    let indent = 4 + label.chars().count();
    let mut line = format!("    {label}");
    let mut empty = true;
    for word in text.split(' ') {
        if !empty && line.chars().count() + 1 + word.chars().count() > WIDTH {
            out.push_str(line.trim_end());
            out.push('\n');
            line = " ".repeat(indent);
            empty = true;
        }
        if !empty {
            line.push(' ');
        }
        line.push_str(word);
        empty = false;
    }
    out.push_str(line.trim_end());
    out.push('\n');
}
