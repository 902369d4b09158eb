//! Source files and positions in them.
//!
//! A [`Span`] is twelve bytes of byte offsets; lines and columns exist only where
//! something is shown to a person.

use std::ops::Range;

/// The index of a file in [`Sources`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct FileId(u32);

/// A range of bytes in one source file.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Span {
    /// The file.
    pub file: FileId,
    /// The first byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// The smallest span that holds both; `other` must lie in the same file.
    #[must_use]
    pub fn to(self, other: Span) -> Span {
        Span { file: self.file, start: self.start.min(other.start), end: self.end.max(other.end) }
    }

    /// The byte range within the file.
    #[must_use]
    pub fn range(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }
}

/// A line and a column, both counted from one; columns count characters.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Position {
    /// The line.
    pub line: usize,
    /// The column.
    pub column: usize,
}

/// One source file.
#[derive(Debug)]
pub struct Source {
    /// The path as the user gave it: what diagnostics show.
    pub path: String,
    /// The path within the project: what artefacts show, the same on every machine.
    pub name: String,
    /// The text.
    pub text: String,
    line_starts: Vec<u32>,
}

/// All source files of one run.
#[derive(Debug, Default)]
pub struct Sources {
    files: Vec<Source>,
}

impl Sources {
    /// Adds a file and returns its index.
    pub fn add(&mut self, path: String, name: String, text: String) -> FileId {
        let newlines = text.bytes().zip(1u32..).filter(|(byte, _)| *byte == b'\n');
        let line_starts = std::iter::once(0).chain(newlines.map(|(_, next)| next)).collect();
        let id = FileId(u32::try_from(self.files.len()).unwrap_or(u32::MAX));
        self.files.push(Source { path, name, text, line_starts });
        id
    }

    /// The file with this index.
    #[must_use]
    pub fn get(&self, file: FileId) -> Option<&Source> {
        self.files.get(file.0 as usize)
    }

    /// All files, in the order in which they were added.
    pub fn iter(&self) -> impl Iterator<Item = (FileId, &Source)> {
        (0..).map(FileId).zip(&self.files)
    }

    /// The text of a file; empty for an unknown one.
    #[must_use]
    pub fn text(&self, file: FileId) -> &str {
        self.get(file).map_or("", |source| &source.text)
    }

    /// The text under a span; empty when the span lies outside its file.
    #[must_use]
    pub fn slice(&self, span: Span) -> &str {
        self.text(span.file).get(span.range()).unwrap_or("")
    }

    /// The line and column where a span begins.
    #[must_use]
    pub fn position(&self, span: Span) -> Position {
        let Some(source) = self.get(span.file) else { return Position { line: 1, column: 1 } };
        let line = source.line_starts.partition_point(|start| *start <= span.start).max(1);
        let start = source.line_starts.get(line - 1).copied().unwrap_or(0);
        let before = source.text.get(start as usize..span.start as usize).unwrap_or("");
        Position { line, column: before.trim_start_matches('\u{feff}').chars().count() + 1 }
    }

    /// `name:line`, with the name the file has within the project.
    #[must_use]
    pub fn locate(&self, span: Span) -> String {
        let name = self.get(span.file).map_or("?", |source| &source.name);
        format!("{name}:{}", self.position(span).line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_count_lines_and_characters_from_one() {
        let mut sources = Sources::default();
        let file = sources.add("/x/a.netc".into(), "a.netc".into(), "one\nzwölf x\n".into());
        let x = u32::try_from(sources.text(file).find('x').unwrap()).unwrap();
        let span = Span { file, start: x, end: x + 1 };
        assert_eq!(sources.position(span), Position { line: 2, column: 7 });
        assert_eq!(sources.slice(span), "x");
        assert_eq!(sources.locate(span), "a.netc:2");
    }
}
