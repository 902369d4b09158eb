//! Text in lines, each with the statement behind it.

use super::set::element_key;
use netc_lang::Span;

/// The rules of a chain or the elements of a set, a line each. Two are equal if their text is.
#[derive(Clone, Default, Debug)]
pub struct Lines {
    text: String,
    /// Where each line ends, the end of the line included, and the statement behind it.
    ends: Vec<(usize, Span)>,
}

impl PartialEq for Lines {
    fn eq(&self, other: &Lines) -> bool {
        self.text == other.text
    }
}

impl Eq for Lines {}

impl Lines {
    /// Adds a line that `write` appends to the text, without the end of the line.
    pub fn push(&mut self, origin: Span, write: impl FnOnce(&mut String)) {
        write(&mut self.text);
        self.text.push('\n');
        self.ends.push((self.text.len(), origin));
    }

    /// Lines that were found on a node, or in a file: no statement is behind them.
    #[must_use]
    pub fn found(text: String) -> Lines {
        let mut end = 0;
        let ends = text.split_inclusive('\n').map(|line| {
            end += line.len();
            (end, Span::default())
        });
        Lines { ends: ends.collect(), text }
    }

    /// The same lines in the order of their bytes.
    #[must_use]
    pub fn sorted(self) -> Lines {
        if self.iter().is_sorted() {
            return self;
        }
        let all = self.ranked();
        self.picked(all.iter().map(|one| (one.line, one.origin)))
    }

    /// The elements of a set: sorted, and of several with one key the last one that was added.
    #[must_use]
    pub fn into_elements(self) -> Lines {
        let all = self.ranked();
        // Lines of one key stand together: whatever comes behind a key begins with a blank.
        let groups = all.chunk_by(|a, b| have_one_key(a.line, b.line));
        let last = groups.filter_map(|group| group.iter().max_by_key(|one| one.place));
        self.picked(last.map(|one| (one.line, one.origin)))
    }

    /// The lines in the order of their bytes, equal ones in the order in which they were added.
    fn ranked(&self) -> Vec<Ranked<'_>> {
        let first = self.iter().next().unwrap_or_default();
        let shared = self.iter().map(|line| shared(first, line)).min().unwrap_or_default();
        let rank =
            |(place, (line, origin))| Ranked { rank: rank(line, shared), line, place, origin };
        let mut all: Vec<Ranked> = self.with_origins().enumerate().map(rank).collect();
        all.sort_unstable_by(|a, b| (a.rank, a.line, a.place).cmp(&(b.rank, b.line, b.place)));
        all
    }

    /// Some of these lines in another order.
    fn picked<'l>(&self, lines: impl Iterator<Item = (&'l str, Span)>) -> Lines {
        let mut picked = Lines {
            text: String::with_capacity(self.text.len()),
            ends: Vec::with_capacity(self.ends.len()),
        };
        lines.for_each(|(line, origin)| picked.push(origin, |out| out.push_str(line)));
        picked
    }

    /// The lines, in order.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &str> {
        self.with_origins().map(|(line, _)| line)
    }

    /// The lines, each with the statement behind it.
    pub fn with_origins(&self) -> impl DoubleEndedIterator<Item = (&str, Span)> {
        let starts = std::iter::once(0).chain(self.ends.iter().map(|(end, _)| *end));
        let starts: Vec<usize> = starts.take(self.ends.len()).collect();
        let all = starts.into_iter().zip(&self.ends);
        all.filter_map(|(start, (end, origin))| {
            Some((self.text.get(start..end.saturating_sub(1))?, *origin))
        })
    }

    /// One of the lines, with the statement behind it.
    #[must_use]
    pub fn line(&self, place: usize) -> Option<(&str, Span)> {
        let (end, origin) = *self.ends.get(place)?;
        let before = place.checked_sub(1).and_then(|before| self.ends.get(before));
        let start = before.map_or(0, |(end, _)| *end);
        Some((self.text.get(start..end.saturating_sub(1))?, origin))
    }

    /// All lines, each with its end.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The lines that another one has not. Both are sorted.
    pub fn beyond<'l>(&'l self, other: &'l Lines) -> impl Iterator<Item = &'l str> {
        let mut others = other.iter().peekable();
        self.iter().filter(move |line| {
            while others.next_if(|other| other < line).is_some() {}
            others.next_if_eq(line).is_none()
        })
    }
}

/// A line in its place. Most lines are told apart by the number, which is compared much faster
/// than a text.
struct Ranked<'l> {
    rank: u128,
    line: &'l str,
    place: usize,
    origin: Span,
}

/// The bytes of a line behind those that all lines share, as a number of the same order.
fn rank(line: &str, shared: usize) -> u128 {
    let rest = line.as_bytes().get(shared..).unwrap_or_default();
    let mut bytes = [0; 16];
    bytes.iter_mut().zip(rest).for_each(|(byte, of)| *byte = *of);
    u128::from_be_bytes(bytes)
}

/// How many bytes two lines share.
fn shared(a: &str, b: &str) -> usize {
    a.bytes().zip(b.bytes()).take_while(|(a, b)| a == b).count()
}

/// Whether two elements have one key.
fn have_one_key(a: &str, b: &str) -> bool {
    if a == b {
        return true;
    }
    // They share the key and the blank behind it, or else they differ in their keys.
    let head = a.as_bytes().get(..shared(a, b)).unwrap_or_default();
    let may = head.ends_with(b" ") || head.windows(2).any(|pair| pair == b" :" || pair == b" c");
    may && element_key(a) == element_key(b)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(start: u32) -> Span {
        Span { start, ..Span::default() }
    }

    #[test]
    fn lines_keep_their_statements_when_they_are_sorted() {
        let mut lines = Lines::default();
        for (text, start) in [("c", 3), ("a", 1), ("b b", 2)] {
            lines.push(at(start), |out| out.push_str(text));
        }
        let sorted = lines.clone().sorted();
        let expected = [("a", at(1)), ("b b", at(2)), ("c", at(3))];
        assert_eq!(sorted.with_origins().collect::<Vec<_>>(), expected);
        assert_eq!((lines.len(), lines.text()), (3, "c\na\nb b\n"));
        assert_eq!(sorted, Lines::found("a\nb b\nc\n".to_owned()));
        assert!(Lines::default().iter().next().is_none());
        let single: Vec<(&str, Span)> = (0..3).filter_map(|place| sorted.line(place)).collect();
        assert_eq!(single, expected);
        assert_eq!(sorted.line(3), None);
    }

    #[test]
    fn of_elements_with_one_key_the_last_one_stays() {
        let mut lines = Lines::default();
        let all = ["tcp . 80 : goto b", "tcp . 8 : drop", "tcp . 80 comment \"a\" : goto a"];
        for (text, start) in all.into_iter().chain(["tcp . 800 : drop", "10.0.0.1"]).zip(1..) {
            lines.push(at(start), |out| out.push_str(text));
        }
        lines.push(at(9), |out| out.push_str("10.0.0.1"));
        let sorted = lines.into_elements();
        let expected = ["10.0.0.1", "tcp . 8 : drop", all[2], "tcp . 800 : drop"];
        assert_eq!(sorted.iter().collect::<Vec<_>>(), expected);
        let origins: Vec<u32> = sorted.with_origins().map(|(_, span)| span.start).collect();
        assert_eq!(origins, [9, 2, 3, 4]);
    }

    #[test]
    fn what_only_one_has_is_found() {
        let of = |text: &str| Lines::found(text.to_owned());
        let beyond = |one: &str, other: &str| -> Vec<String> {
            of(one).beyond(&of(other)).map(str::to_owned).collect()
        };
        assert_eq!(beyond("a\nb\nd\n", "b\nc\n"), ["a", "d"]);
        assert_eq!(beyond("b\nc\n", "a\nb\nd\n"), ["c"]);
        assert!(beyond("", "a\n").is_empty());
    }
}
