//! Where things are in YAML.

use netc_lang::{FileId, Span};
use saphyr_parser::{Marker, ScalarStyle};

/// Places in the text. The parser counts characters; spans count bytes.
pub(super) struct Places<'t> {
    pub(super) text: &'t str,
    ascii: bool,
    /// So many characters take so many bytes: places are asked for from front to back.
    characters: usize,
    bytes: usize,
    file: FileId,
}

impl<'t> Places<'t> {
    pub(super) fn new(text: &'t str, file: FileId) -> Places<'t> {
        Places { text, ascii: text.is_ascii(), characters: 0, bytes: 0, file }
    }

    fn offset(&mut self, mark: Marker) -> usize {
        let wanted = mark.index();
        if self.ascii {
            return wanted.min(self.text.len());
        }
        while self.characters < wanted {
            let rest = self.text.get(self.bytes..).unwrap_or_default();
            let Some(next) = rest.chars().next() else { break };
            (self.characters, self.bytes) = (self.characters + 1, self.bytes + next.len_utf8());
        }
        while self.characters > wanted {
            let before = self.text.get(..self.bytes).unwrap_or_default();
            let Some(last) = before.chars().next_back() else { break };
            (self.characters, self.bytes) = (self.characters - 1, self.bytes - last.len_utf8());
        }
        self.bytes
    }

    /// The span of a scalar, as far as its first line goes.
    pub(super) fn span(&mut self, start: Marker, end: Marker, style: ScalarStyle) -> Span {
        let (start, end) = (self.offset(start), self.offset(end));
        let text = self.text.get(start..end).unwrap_or_default();
        let line = text.lines().next().unwrap_or_default();
        // The end of a quoted text takes in the blanks and the comment behind it.
        let quote = match style {
            ScalarStyle::SingleQuoted => line.rfind('\''),
            ScalarStyle::DoubleQuoted => line.rfind('"'),
            _ => None,
        };
        let length = quote.map_or(line.len(), |quote| quote + 1);
        self.bytes_span(start, start + length)
    }

    /// The span of the character at a mark.
    pub(super) fn point(&mut self, mark: Marker) -> Span {
        let start = self.offset(mark);
        let next = self.text.get(start..).and_then(|rest| rest.chars().next());
        let length = next.filter(|c| !c.is_control()).map_or(0, char::len_utf8);
        self.bytes_span(start, start + length)
    }

    fn bytes_span(&self, start: usize, end: usize) -> Span {
        let place = |offset: usize| u32::try_from(offset).unwrap_or(u32::MAX);
        Span { file: self.file, start: place(start), end: place(end) }
    }
}
