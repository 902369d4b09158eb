//! The wording of what can be wrong with words and arguments.

use crate::ast::Statement;
use crate::code;
use crate::diagnostic::Diagnostic;
use crate::schema::{self, Definition, Place, usage};
use crate::shape::{Misshapen, Shape};
use crate::span::Span;
use crate::suggest::{all_of, did_you_mean, one_of};
use crate::token::{Mark, Token};

pub(crate) fn unknown_statement(keyword: &str, at: Span, place: Place) -> Diagnostic {
    let elsewhere: Vec<&Definition> = schema::named(keyword).collect();
    if !elsewhere.is_empty() {
        let places: Vec<&str> = elsewhere.iter().map(|found| found.place.describe()).collect();
        let message = format!("`{keyword}` cannot stand {}", place.describe());
        return Diagnostic::at(code::MISPLACED_STATEMENT, at, message)
            .here("not here")
            .help(format!("it stands {}", places.join(" or ")));
    }
    let compiled = || schema::within(place).filter(|definition| definition.compiled);
    let words = || compiled().map(|definition| definition.keyword);
    let help = did_you_mean(keyword, words())
        .or_else(|| did_you_mean(keyword, schema::all().map(|definition| definition.keyword)))
        .unwrap_or_else(|| format!("{} can stand {}", one_of(words()), place.describe()));
    Diagnostic::at(code::UNKNOWN_STATEMENT, at, format!("unknown statement `{keyword}`")).help(help)
}

pub(crate) fn not_compiled(definition: &Definition, at: Span) -> Diagnostic {
    let message = format!("`{}` is not compiled by this release", definition.keyword);
    let others = schema::within(definition.place).filter(|other| other.compiled);
    let help = format!("compiled here are {}", all_of(others.map(|other| other.keyword)));
    Diagnostic::at(code::NOT_COMPILED_YET, at, message)
        .here("part of the language, but without effect so far")
        .help(help)
}

pub(crate) fn reserved_choice(definition: &Definition, shape: Shape, token: &Token) -> Diagnostic {
    let message =
        format!("`{} {}` is not compiled by this release", definition.keyword, token.text);
    let supported = match shape {
        Shape::Choice(choices) => one_of(choices.iter().filter(|c| c.compiled).map(|c| c.word)),
        _ => String::new(),
    };
    Diagnostic::at(code::NOT_COMPILED_YET, token.span, message)
        .here("part of the language, but without effect so far")
        .help(format!("write {supported}"))
}

pub(crate) fn repeated_statement(definition: &Definition, at: Span, first: Span) -> Diagnostic {
    Diagnostic::at(code::REPEATED_STATEMENT, at, format!("`{}` stands twice", definition.keyword))
        .here("again here")
        .label(first, "first here")
        .help("keep one of them")
}

pub(crate) fn block_not_allowed(definition: &Definition, open: Span) -> Diagnostic {
    Diagnostic::at(code::BLOCK_NOT_ALLOWED, open, format!("`{}` has no block", definition.keyword))
        .help(format!("it is written `{}`", usage(definition)))
}

pub(crate) fn block_required(definition: &Definition, head: Span) -> Diagnostic {
    Diagnostic::at(code::BLOCK_REQUIRED, head, format!("`{}` needs a block", definition.keyword))
        .here("`{ … }` is missing after this")
        .help(format!("for example: {}", definition.example))
}

pub(crate) fn missing_argument(definition: &Definition, at: Span, expected: &str) -> Diagnostic {
    let message = format!("`{}` lacks an argument", definition.keyword);
    Diagnostic::at(code::MISSING_ARGUMENT, at, message)
        .here(format!("expected {expected}"))
        .help(format!("it is written `{}`", usage(definition)))
}

pub(crate) fn extra_argument(definition: &Definition, token: &Token, tags: &[&str]) -> Diagnostic {
    let message = format!("`{}` has no place for `{}`", definition.keyword, token.text);
    let help = did_you_mean(&token.text, tags.iter().copied())
        .unwrap_or_else(|| format!("it is written `{}`", usage(definition)));
    Diagnostic::at(code::EXTRA_ARGUMENT, token.span, message).help(help)
}

pub(crate) fn misshapen(
    example: &str,
    shape: Shape,
    token: &Token,
    fault: Misshapen,
) -> Diagnostic {
    let shown = match token.mark {
        Mark::Text => format!("{:?}", token.text),
        _ => token.text.clone().into_owned(),
    };
    let help = fault.help.unwrap_or_else(|| format!("for example: {example}").into());
    Diagnostic::at(code::WRONG_ARGUMENT, token.span, format!("`{shown}` {}", fault.reason))
        .here(format!("expected {}", shape.expected()))
        .help(help)
}

pub(crate) fn no_party(definition: &Definition, token: &Token, fault: Misshapen) -> Diagnostic {
    let help = fault.help.unwrap_or_else(|| format!("for example: {}", definition.example).into());
    Diagnostic::at(code::WRONG_ARGUMENT, token.span, format!("`{}` {}", token.text, fault.reason))
        .help(help)
}

/// `let`, `for` and `include` have forms of their own.
pub(crate) fn misformed(statement: &Statement, example: &str) -> Diagnostic {
    let keyword = example.split(' ').next().unwrap_or_default();
    let message = format!("`{keyword}` is not written so");
    Diagnostic::at(code::WRONG_ARGUMENT, statement.head(), message)
        .help(format!("for example: {example}"))
}

pub(crate) fn faulty_range(found: &str, at: Span) -> Diagnostic {
    Diagnostic::at(code::WRONG_ARGUMENT, at, format!("`{found}` is not a range of numbers"))
        .help("a range is two whole numbers, the second left out: `0..3` is 0, 1 and 2")
}

pub(crate) fn unknown_variable<'a>(
    name: &str,
    at: Span,
    known: impl Iterator<Item = &'a str>,
) -> Diagnostic {
    let help = did_you_mean(name, known)
        .unwrap_or_else(|| format!("bind it above with `let {name} = …` or `for {name} in …`"));
    Diagnostic::at(code::UNKNOWN_VARIABLE, at, format!("unknown variable `{name}`")).help(help)
}

pub(crate) fn repeated_variable(name: &str, at: Span, first: Span) -> Diagnostic {
    Diagnostic::at(code::REPEATED_VARIABLE, at, format!("`{name}` is bound already"))
        .here("again here")
        .label(first, "first here")
        .help("choose another name: a variable has one value")
}

pub(crate) fn not_a_number(name: &str, value: &str, at: Span) -> Diagnostic {
    Diagnostic::at(code::NOT_A_NUMBER, at, format!("`{name}` is `{value}`, which is not a number"))
        .help("only whole numbers can be calculated with; a text stands alone: `${name}`")
}

pub(crate) fn overflow(at: Span) -> Diagnostic {
    Diagnostic::at(code::ARITHMETIC, at, "the result does not fit into 64 bits")
        .help("numbers lie between -9223372036854775808 and 9223372036854775807")
}

pub(crate) fn division_by_zero(at: Span) -> Diagnostic {
    Diagnostic::at(code::ARITHMETIC, at, "division by zero")
        .help("see to it that the divisor is never 0")
}

pub(crate) fn too_many_statements(at: Span, limit: usize) -> Diagnostic {
    let message = format!("the loops unfold into more than {limit} statements");
    Diagnostic::at(code::TOO_MANY_STATEMENTS, at, message)
        .here("the limit is reached here")
        .help("check the bounds; `pods … replicas N` needs no loop")
}

pub(crate) fn include_cycle(at: Span, paths: &[&str]) -> Diagnostic {
    Diagnostic::at(code::INCLUDE_CYCLE, at, "the files include each other")
        .here(paths.join(" includes "))
        .help("put what both need into a third file")
}
