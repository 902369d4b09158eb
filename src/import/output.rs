//! What is imported, in the words of the language.

use netc_lang::{Sources, format, has_errors, parse};
use std::fmt::{Display, Write};

/// Statements as they are written, one on a line.
#[derive(Default)]
pub(super) struct Output {
    text: String,
}

impl Output {
    /// One line.
    pub(super) fn line(&mut self, line: impl Display) {
        // Writing to a string cannot fail.
        let _ = writeln!(self.text, "{line}");
    }

    /// A statement, with a block if there is more to say, a blank line apart from what stands
    /// before it.
    pub(super) fn block(&mut self, head: impl Display, fill: impl FnOnce(&mut Output)) {
        let mut inner = Output::default();
        fill(&mut inner);
        if !self.text.is_empty() {
            self.text.push('\n');
        }
        if inner.text.is_empty() {
            self.line(head);
        } else {
            self.line(format_args!("{head} {{\n{}}}", inner.text));
        }
    }

    /// `keyword A, B`, unless there is nothing to list.
    pub(super) fn list<T: Display>(&mut self, keyword: &str, values: impl Iterator<Item = T>) {
        let values = joined(values, ", ");
        if !values.is_empty() {
            self.line(format_args!("{keyword} {values}"));
        }
    }
}

impl Output {
    /// The lines.
    pub(super) fn into_text(self) -> String {
        self.text
    }
}

/// As `netc fmt` has it.
pub(super) fn formatted(out: Output) -> String {
    let mut sources = Sources::default();
    let file = sources.add("imported.netc".into(), "imported.netc".into(), out.text);
    let (tree, faults) = parse(&sources, file);
    if has_errors(&faults) { sources.text(file).to_owned() } else { format(&sources, &tree) }
}

/// Values with something between them.
pub(super) fn joined<T: Display>(values: impl Iterator<Item = T>, separator: &str) -> String {
    values.map(|value| value.to_string()).collect::<Vec<_>>().join(separator)
}
