//! Text to syntax tree.
//!
//! The parser never fails: it returns the tree of everything it could read and a list of
//! faults. Functions named after a production read that production and repeat it from
//! `lang/grammar.ebnf` in their documentation; a test holds the two together. Three kinds:
//!
//! * `word`, `text`, `expression`, … are nom parsers over the rest of the text; they fail
//!   with a [`Fault`] that says what and where;
//! * [`statement`](statement::statements) and its callers hold a [`Context`]: they report
//!   the faults of their parts, leave out what cannot be read and go on with the next
//!   argument or statement, so that one run reports everything;
//! * `skip_*` pass over what carries no meaning.

mod expression;
mod fault;
mod statement;
mod token;
mod word;

use crate::ast;
use crate::diagnostic::Diagnostic;
use crate::span::{FileId, Sources, Span};
use fault::Fault;
pub(crate) use token::unquote;

/// Blocks and parentheses may nest this deep; nothing sensible comes near.
pub(crate) const MAX_DEPTH: usize = 32;

/// After so many faults a file is taken for something else than a netc source.
const MAX_FAULTS: usize = 100;

/// The result of a nom parser over the rest of the text.
type Res<'s, T> = nom::IResult<&'s str, T, Fault<'s>>;

/// Parses one file of `sources`.
#[must_use]
pub fn parse(sources: &Sources, file: FileId) -> (ast::File, Vec<Diagnostic>) {
    let text = sources.text(file);
    let mut cx = Context { file, text, faults: Vec::new(), comments: Vec::new(), unclosed: false };
    let statements = statement::file(&mut cx, text);
    (ast::File { id: file, statements, comments: cx.comments }, cx.faults)
}

/// What the parts of one run of the parser share.
struct Context<'s> {
    file: FileId,
    text: &'s str,
    faults: Vec<Diagnostic>,
    comments: Vec<Span>,
    unclosed: bool,
}

impl<'s> Context<'s> {
    /// The offset of `rest`, which must be an end of the text.
    fn offset(&self, rest: &str) -> u32 {
        u32::try_from(self.text.len() - rest.len()).unwrap_or(u32::MAX)
    }

    /// The span from where `from` begins to where `to` begins.
    fn span(&self, from: &'s str, to: &'s str) -> Span {
        Span { file: self.file, start: self.offset(from), end: self.offset(to) }
    }

    /// Reports a fault.
    fn report(&mut self, fault: &Fault<'s>) {
        self.faults.push(fault.diagnostic(self));
    }

    /// Reports a block that the file does not close, once: the blocks around it are then
    /// open as well.
    fn report_unclosed(&mut self, fault: &Fault<'s>) {
        if !self.unclosed && !self.hopeless() {
            self.report(fault);
        }
        self.unclosed = true;
    }

    /// Whether so much is wrong that reading on makes no sense.
    fn hopeless(&self) -> bool {
        self.faults.len() >= MAX_FAULTS
    }
}
