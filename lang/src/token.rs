//! Arguments on their way from the syntax tree to the schema.

use crate::span::Span;
use std::borrow::Cow;

/// An argument after its holes have been filled.
#[derive(Clone, Debug)]
pub(crate) struct Token<'p> {
    /// What it is.
    pub(crate) mark: Mark,
    /// Its text; without quotes.
    pub(crate) text: Cow<'p, str>,
    /// Where it stands.
    pub(crate) span: Span,
}

/// The kinds of token; an arrow is a word that no shape accepts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Mark {
    Word,
    Text,
    Comma,
}
