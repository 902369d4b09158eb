//! The syntax tree: what was written, and where.
//!
//! The tree knows nothing of meaning: every statement has the same form. It holds spans
//! instead of text, so it borrows nothing; comments are kept beside it, in order, for the
//! formatter.

use crate::span::{FileId, Sources, Span};

/// One parsed file.
#[derive(Clone, PartialEq, Debug)]
pub struct File {
    /// Which file this is.
    pub id: FileId,
    /// Its statements.
    pub statements: Vec<Statement>,
    /// Its comments, each from `#` to the end of the line, in order.
    pub comments: Vec<Span>,
}

/// `keyword { argument } ( block | newline | ";" )`
#[derive(Clone, PartialEq, Debug)]
pub struct Statement {
    /// The keyword.
    pub keyword: Span,
    /// The arguments, with the commas and arrows between them.
    pub arguments: Vec<Argument>,
    /// The block, if there is one.
    pub block: Option<Box<Block>>,
    /// A part of it could not be read and has been reported.
    pub broken: bool,
}

impl Statement {
    /// The keyword and its arguments, without the block.
    #[must_use]
    pub fn head(&self) -> Span {
        self.arguments.last().map_or(self.keyword, |last| self.keyword.to(last.span()))
    }

    /// The whole statement.
    #[must_use]
    pub fn span(&self) -> Span {
        self.block.as_ref().map_or(self.head(), |block| self.keyword.to(block.close))
    }
}

/// `"{" { statement } "}"`
#[derive(Clone, PartialEq, Debug)]
pub struct Block {
    /// The opening brace.
    pub open: Span,
    /// What stands in it.
    pub statements: Vec<Statement>,
    /// The closing brace.
    pub close: Span,
}

/// One argument, or a mark between arguments. A large cluster has hundreds of thousands, so it
/// is kept small.
#[derive(Clone, PartialEq, Debug)]
pub enum Argument {
    /// A bare word: a name, an address, a number, `key=value`, …
    Word(Span),
    /// A bare word with `${…}` in it.
    Template(Box<Template>),
    /// A quoted string, with its quotes.
    Text(Span),
    /// `,`
    Comma(Span),
    /// `->`
    Arrow(Span),
    /// `<->`
    Link(Span),
}

impl Argument {
    /// Where it stands.
    #[must_use]
    pub fn span(&self) -> Span {
        match self {
            Argument::Template(template) => template.span,
            Argument::Word(span)
            | Argument::Text(span)
            | Argument::Comma(span)
            | Argument::Arrow(span)
            | Argument::Link(span) => *span,
        }
    }
}

/// A bare word with holes in it.
#[derive(Clone, PartialEq, Debug)]
pub struct Template {
    /// The whole word.
    pub span: Span,
    /// Its holes, in order.
    pub holes: Vec<Hole>,
}

/// `${expression}`
#[derive(Clone, PartialEq, Debug)]
pub struct Hole {
    /// From `$` to `}`.
    pub span: Span,
    /// What to put in its place.
    pub expression: Expression,
}

/// An integer expression; a name alone may also stand for a text.
#[derive(Clone, PartialEq, Debug)]
pub enum Expression {
    /// A decimal number.
    Number(i64),
    /// A variable.
    Name(Span),
    /// `-x`
    Negate(Box<Expression>),
    /// `x + y`
    Binary(Operator, Box<Expression>, Box<Expression>),
}

/// An operator of integer arithmetic.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Operator {
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `/`, rounding towards zero
    Divide,
    /// `%`
    Remainder,
}

/// The tree as text without positions: two sources with the same outline say the same.
#[must_use]
pub fn outline(sources: &Sources, statements: &[Statement]) -> String {
    let mut out = String::new();
    for statement in statements {
        out.push('(');
        out.push_str(sources.slice(statement.keyword));
        for argument in &statement.arguments {
            let text = sources.slice(argument.span());
            out.push_str(&match argument {
                Argument::Word(_) => format!(" word:{text}"),
                Argument::Text(_) => format!(" text:{text}"),
                Argument::Comma(_) => " comma".into(),
                Argument::Arrow(_) => " arrow".into(),
                Argument::Link(_) => " link".into(),
                Argument::Template(template) => {
                    let holes =
                        template.holes.iter().map(|hole| formula(sources, &hole.expression));
                    format!(" template:{text}:{}", holes.collect::<Vec<_>>().join(","))
                }
            });
        }
        if let Some(block) = &statement.block {
            out.push_str(&format!(" {{{}}}", outline(sources, &block.statements)));
        }
        out.push(')');
    }
    out
}

fn formula(sources: &Sources, expression: &Expression) -> String {
    match expression {
        Expression::Number(number) => number.to_string(),
        Expression::Name(span) => sources.slice(*span).to_owned(),
        Expression::Negate(inner) => format!("-{}", formula(sources, inner)),
        Expression::Binary(operator, left, right) => {
            format!("({} {operator:?} {})", formula(sources, left), formula(sources, right))
        }
    }
}
