//! Source files and positions in them.
//!
//! A [`Span`] is twelve bytes of byte offsets; lines and columns exist only where
//! something is shown to a person.

use std::ops::Range;
use std::sync::OnceLock;

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
    /// How many lines end before each block of the text; counted when somebody asks for a line.
    /// Files of objects are large, and a run that finds nothing wrong may ask for none of theirs.
    marks: OnceLock<Vec<u32>>,
}

impl Source {
    /// The length of a block: short enough to be counted for every question, long enough for the
    /// marks to be few.
    const BLOCK: usize = 512;

    /// The line of an offset, counted from one.
    fn line(&self, offset: usize) -> usize {
        let marks = self.marks.get_or_init(|| {
            let blocks = self.text.as_bytes().chunks(Source::BLOCK);
            let ended = blocks.scan(0u32, |ended, block| {
                *ended += newlines(block);
                Some(*ended)
            });
            std::iter::once(0).chain(ended).collect()
        });
        let block = (offset / Source::BLOCK).min(marks.len() - 1);
        let within = self.text.as_bytes().get(block * Source::BLOCK..offset).unwrap_or_default();
        let ended = marks.get(block).copied().unwrap_or_default() + newlines(within);
        ended as usize + 1
    }
}

fn newlines(text: &[u8]) -> u32 {
    text.iter().map(|byte| u32::from(*byte == b'\n')).sum()
}

/// All source files of one run.
#[derive(Debug, Default)]
pub struct Sources {
    files: Vec<Source>,
}

impl Sources {
    /// Adds a file and returns its index.
    pub fn add(&mut self, path: String, name: String, text: String) -> FileId {
        let id = FileId(u32::try_from(self.files.len()).unwrap_or(u32::MAX));
        self.files.push(Source { path, name, text, marks: OnceLock::new() });
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
        let upto = source.text.get(..span.start as usize).unwrap_or(&source.text);
        let line = source.line(upto.len());
        let before = upto.rsplit('\n').next().unwrap_or_default();
        Position { line, column: before.trim_start_matches('\u{feff}').chars().count() + 1 }
    }

    /// `name:line`, with the name the file has within the project.
    #[must_use]
    pub fn locate(&self, span: Span) -> String {
        // Without the column, which takes counting: a file may be one line of many megabytes.
        let Some(source) = self.get(span.file) else { return "?:1".into() };
        format!("{}:{}", source.name, source.line(span.start as usize))
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

    #[test]
    fn lines_of_a_long_file_are_counted_by_blocks() {
        let mut sources = Sources::default();
        let text = "0123456\n".repeat(3000);
        let file = sources.add("long".into(), "long".into(), text);
        for line in [1u32, 2, 511, 512, 513, 514, 1024, 3000] {
            let start = (line - 1) * 8;
            let span = Span { file, start: start + 3, end: start + 4 };
            let position = Position { line: line as usize, column: 4 };
            assert_eq!(sources.position(span), position);
            let end = Span { file, start: start + 7, end: start + 8 };
            assert_eq!(sources.locate(end), format!("long:{line}"));
        }
    }
}
