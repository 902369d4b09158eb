//! The formatter: one way to write every program.
//!
//! Statements stand one on a line, four blanks deeper in every block. A block that was on one
//! line stays so while it fits. Within a block the first arguments of neighbouring statements
//! are aligned, and so are the comments behind neighbouring lines. Blank lines are kept, but
//! never two. The tree of the result equals the tree of the input, and formatting twice
//! changes nothing more.

use crate::ast::{Argument, Block, File, Statement};
use crate::span::{Sources, Span};

/// Lines are kept within this many characters where they can be broken.
const WIDTH: usize = 100;

/// Formats a file that has been parsed without faults.
#[must_use]
pub fn format(sources: &Sources, file: &File) -> String {
    let text = sources.text(file.id);
    let mut layout =
        Layout { sources, text, comments: &file.comments, rows: Vec::new(), end: None };
    layout.statements(&file.statements, 0);
    layout.comments_before(u32::MAX, 0);
    let mut rows = layout.rows;
    align(
        &mut rows,
        |row| row.keyword.then(|| row.head.chars().count()),
        |row, width| {
            row.head = format!("{:width$}", row.head);
        },
    );
    align(
        &mut rows,
        |row| (!row.comment.is_empty()).then(|| row.code().chars().count()),
        |row, width| {
            row.padding = width.saturating_sub(row.code().chars().count());
        },
    );
    rows.iter().map(Row::line).collect()
}

/// One line of output.
#[derive(Default)]
struct Row {
    /// A blank line stands before it.
    apart: bool,
    /// How many blocks it is in.
    depth: usize,
    /// The keyword, if its arguments are to be aligned with those of its neighbours.
    keyword: bool,
    /// The keyword, or the whole code.
    head: String,
    /// The arguments.
    tail: String,
    /// The comment behind the code, or alone.
    comment: String,
    /// Blanks before the comment beyond the usual two.
    padding: usize,
}

impl Row {
    fn code(&self) -> String {
        let separator = if self.head.is_empty() || self.tail.is_empty() { "" } else { " " };
        format!("{}{separator}{}", self.head, self.tail)
    }

    fn line(&self) -> String {
        let mut out = String::new();
        if self.apart {
            out.push('\n');
        }
        let indent = " ".repeat(4 * self.depth);
        let code = self.code();
        let gap = if code.is_empty() || self.comment.is_empty() { 0 } else { 2 + self.padding };
        let line = format!("{indent}{code}{}{}", " ".repeat(gap), self.comment);
        out.push_str(&wrap(line.trim_end(), 4 * self.depth + 4));
        out.push('\n');
        out
    }
}

/// Breaks a long line without comment behind commas; not one with a whole block, which would not
/// stand on one line then.
fn wrap(line: &str, indent: usize) -> String {
    if line.chars().count() <= WIDTH || line.contains(['#', '"']) || line.ends_with('}') {
        return line.into();
    }
    let mut out = String::new();
    let mut width = 0;
    for part in line.split_inclusive(", ") {
        let length = part.trim_end().chars().count();
        if width > 0 && width + length > WIDTH {
            out.truncate(out.trim_end().len());
            out.push('\n');
            out.push_str(&" ".repeat(indent));
            width = indent;
        }
        out.push_str(part);
        width += part.chars().count();
    }
    out
}

/// Gives the rows of each run of neighbours the width of the widest.
fn align(rows: &mut [Row], width: fn(&Row) -> Option<usize>, pad: fn(&mut Row, usize)) {
    let neighbours = |a: &Row, b: &Row| {
        a.depth == b.depth && !b.apart && width(a).is_some() == width(b).is_some()
    };
    for run in rows.chunk_by_mut(neighbours) {
        if let Some(widest) = run.iter().filter_map(width).max() {
            run.iter_mut().for_each(|row| pad(row, widest));
        }
    }
}

struct Layout<'s> {
    sources: &'s Sources,
    text: &'s str,
    /// Comments that have not been placed yet.
    comments: &'s [Span],
    rows: Vec<Row>,
    /// Where the source of the last row ends; `None` at the beginning of a block.
    end: Option<u32>,
}

impl<'s> Layout<'s> {
    fn statements(&mut self, statements: &[Statement], depth: usize) {
        for statement in statements {
            self.comments_before(statement.head().end, depth);
            self.statement(statement, depth);
        }
    }

    fn statement(&mut self, statement: &Statement, depth: usize) {
        let head = self.sources.slice(statement.keyword).to_owned();
        let tail = self.arguments(&statement.arguments);
        let apart = self.apart(statement.keyword.start);
        // At the top level, and for the words that steer, alignment would only blur.
        let keyword = depth > 0 && !tail.is_empty() && !matches!(head.as_str(), "let" | "for");
        let row = Row { apart, depth, keyword, head, tail, ..Row::default() };
        let Some(block) = &statement.block else {
            return self.push(row, statement.head().end);
        };
        if let Some(line) = self.one_line(block)
            && 4 * depth + row.code().chars().count() + line.chars().count() < WIDTH
        {
            let tail = format!("{} {line}", row.tail).trim_start().to_owned();
            return self.push(Row { tail, ..row }, block.close.end);
        }
        let tail = format!("{} {{", row.tail).trim_start().to_owned();
        self.push(Row { tail, keyword: false, ..row }, block.open.end);
        self.end = None;
        self.statements(&block.statements, depth + 1);
        self.comments_before(block.close.start, depth + 1);
        self.push(Row { depth, head: "}".into(), ..Row::default() }, block.close.end);
    }

    fn arguments(&self, arguments: &[Argument]) -> String {
        let mut out = String::new();
        for argument in arguments {
            if !out.is_empty() && !matches!(argument, Argument::Comma(_)) {
                out.push(' ');
            }
            out.push_str(self.sources.slice(argument.span()));
        }
        out
    }

    /// A block on one line, if it was so in the source and has no comments.
    fn one_line(&self, block: &Block) -> Option<String> {
        let inside = self.text.get(block.open.start as usize..block.close.end as usize)?;
        if inside.contains(['\n', '#']) {
            return None;
        }
        let statements: Option<Vec<String>> =
            block.statements.iter().map(|statement| self.inline(statement)).collect();
        let joined = statements?.join("; ");
        Some(if joined.is_empty() { "{}".into() } else { format!("{{ {joined} }}") })
    }

    fn inline(&self, statement: &Statement) -> Option<String> {
        let head = self.sources.slice(statement.keyword);
        let arguments = self.arguments(&statement.arguments);
        let block = statement.block.as_ref().map(|block| self.one_line(block));
        let block = match block {
            Some(None) => return None,
            Some(Some(line)) => line,
            None => String::new(),
        };
        let parts = [head, &arguments, &block];
        Some(parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" "))
    }

    /// Adds a row and the comment behind it.
    fn push(&mut self, mut row: Row, end: u32) {
        self.end = Some(end);
        if let Some((comment, rest)) = self.comments.split_first()
            && !self
                .text
                .get(end as usize..comment.start as usize)
                .is_none_or(|gap| gap.contains('\n'))
        {
            row.comment = self.comment(*comment);
            self.comments = rest;
            self.end = Some(comment.end);
        }
        self.rows.push(row);
    }

    /// Places the comments that stand before an offset, each on a line of its own.
    fn comments_before(&mut self, offset: u32, depth: usize) {
        while let Some((comment, rest)) = self.comments.split_first() {
            if comment.start >= offset {
                return;
            }
            let (apart, text) = (self.apart(comment.start), self.comment(*comment));
            self.rows.push(Row { apart, depth, comment: text, ..Row::default() });
            self.comments = rest;
            self.end = Some(comment.end);
        }
    }

    fn comment(&self, span: Span) -> String {
        self.sources.slice(span).trim_end().to_owned()
    }

    /// Whether the source has a blank line between the last row and this offset.
    fn apart(&self, start: u32) -> bool {
        let gap = self.end.and_then(|end| self.text.get(end as usize..start as usize));
        gap.is_some_and(|gap| gap.bytes().filter(|byte| *byte == b'\n').count() > 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse;

    fn formatted(text: &str) -> String {
        let mut sources = Sources::default();
        let file = sources.add("a.netc".into(), "a.netc".into(), text.into());
        let (tree, faults) = parse(&sources, file);
        assert!(faults.is_empty(), "{faults:?}");
        format(&sources, &tree)
    }

    #[test]
    fn arguments_and_comments_of_neighbours_are_aligned() {
        let messy = "cluster lab{ # shared\n\tpods 10.0.0.0/16,fd00::/56 # both\n services   10.96.0.0/16 # v4\n\n\n overlay vxlan{vni 1;port 8472}}";
        let neat = "\
cluster lab {  # shared
    pods     10.0.0.0/16, fd00::/56  # both
    services 10.96.0.0/16            # v4

    overlay vxlan { vni 1; port 8472 }
}
";
        assert_eq!(formatted(messy), neat);
        assert_eq!(formatted(neat), neat);
    }

    #[test]
    fn a_block_on_one_line_is_not_broken() {
        let hints = format!("for-zones {}; for-nodes node0", ["zone-a"; 7].join(", "));
        let text = format!(
            "service a {{\n    a-rather-long-statement b\n    endpoint {{ {hints} }}\n}}\n"
        );
        let neat = formatted(&text);
        assert!(neat.contains(&hints), "{neat}");
        assert_eq!(formatted(&neat), neat);
    }

    #[test]
    fn comments_keep_their_order_and_a_broken_line_is_joined() {
        let messy =
            "# top\npods web replicas 2 on a, # first\n b { # in\n # alone\n} # end\n# bottom";
        let neat = "\
# top
# first
pods web replicas 2 on a, b {  # in
    # alone
}  # end
# bottom
";
        assert_eq!(formatted(messy), neat);
        assert_eq!(formatted(neat), neat);
    }
}
