//! The line of a statement, with the statement marked in it.

use netc_lang::{Sources, Span};

/// How much of a line is shown: a list of objects may well be one line of many megabytes.
const WIDE: usize = 76;

/// Where a statement stands and what it says.
pub(super) struct Excerpt {
    /// `cluster.netc:12:5`
    pub(super) at: String,
    /// The line, without what stands before its first word.
    pub(super) line: String,
    /// How many characters stand before the statement.
    before: usize,
    /// How many of the line it has.
    length: usize,
}

impl Excerpt {
    /// The line of a statement; of one that goes over several lines the first.
    pub(super) fn new(sources: &Sources, span: Span) -> Excerpt {
        let position = sources.position(span);
        let name = sources.get(span.file).map_or("?", |source| &source.path);
        let at = format!("{name}:{}:{}", position.line, position.column);
        let text = sources.text(span.file);
        let (head, rest) = text.split_at_checked(span.start as usize).unwrap_or((text, ""));
        let head = head.rsplit('\n').next().unwrap_or_default().trim_start();
        // Of a long line the part that counts.
        let head: String = match head.chars().count().checked_sub(WIDE / 2) {
            None | Some(0) => head.to_owned(),
            Some(cut) => std::iter::once('…').chain(head.chars().skip(cut)).collect(),
        };
        let rest = rest.lines().next().unwrap_or_default();
        let rest: String = rest.chars().take(WIDE).collect();
        let own = sources.slice(span).lines().next().unwrap_or_default().trim_end();
        let length = own.chars().count().min(rest.chars().count()).max(1);
        let line = format!("{head}{rest}");
        Excerpt { at, line: line.trim_end().to_owned(), before: head.chars().count(), length }
    }

    /// For people: the place, the line and a mark under it, indented.
    pub(super) fn push(&self, indent: &str, out: &mut String) {
        let mark = "^".repeat(self.length);
        let before = " ".repeat(self.before);
        out.push_str(&format!("{indent}  | {}\n{indent}  | {before}{mark}\n", self.line));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn excerpt(text: &str, part: &str) -> String {
        let mut sources = Sources::default();
        let file = sources.add("a.netc".into(), "a.netc".into(), text.into());
        let start = u32::try_from(text.find(part).unwrap()).unwrap();
        let span = Span { file, start, end: start + u32::try_from(part.len()).unwrap() };
        let excerpt = Excerpt::new(&sources, span);
        let mut out = format!("{}\n", excerpt.at);
        excerpt.push("", &mut out);
        out
    }

    #[test]
    fn the_statement_is_marked_in_its_line() {
        let text = "service web {\n    port 80 -> http\n}\n";
        assert_eq!(excerpt(text, "port 80"), "a.netc:2:5\n  | port 80 -> http\n  | ^^^^^^^\n");
        let whole = "a.netc:1:1\n  | service web {\n  | ^^^^^^^^^^^^^\n";
        assert_eq!(excerpt(text, "service web {\n    port 80"), whole);
    }

    #[test]
    fn of_a_long_line_the_part_that_counts_is_shown() {
        let long = format!("{}x{}", "a".repeat(100_000), "b".repeat(100_000));
        let shown = excerpt(&long, "x");
        assert!(shown.lines().all(|line| line.chars().count() < 2 * WIDE), "{shown}");
        assert!(shown.contains("  | …aaa"));
    }
}
