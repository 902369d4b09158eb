//! What can be wrong with the form of a text.

use super::{Context, MAX_DEPTH};
use crate::code;
use crate::diagnostic::Diagnostic;
use nom::error::{ErrorKind, ParseError};

/// A fault and where it begins.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Fault<'s> {
    /// The rest of the text at the fault.
    pub at: &'s str,
    /// How much of it is at fault.
    pub length: usize,
    /// What is wrong.
    pub kind: Kind<'s>,
}

/// The kinds of fault.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Kind<'s> {
    /// This cannot begin the expected thing; another alternative may fit.
    NotHere,
    /// A character that is never allowed here.
    Character(char),
    /// `"…` without the closing quote on the same line.
    UnterminatedString,
    /// `\x` for an unknown x.
    Escape(char),
    /// An expression that breaks off or goes astray; what was expected.
    Expression(&'static str),
    /// More parentheses or blocks than sensible.
    TooDeep,
    /// A statement that does not begin with a word.
    NotAKeyword,
    /// `,` at the beginning or end of the arguments, or twice.
    Comma,
    /// `}` without `{`.
    Unopened,
    /// `{` without `}`; the rest of the text at the end of the file.
    Unclosed(&'s str),
}

impl<'s> Fault<'s> {
    /// A fault that covers `length` bytes of `at`.
    pub(super) fn new(at: &'s str, length: usize, kind: Kind<'s>) -> Self {
        Fault { at, length, kind }
    }

    /// The fault as a nom failure, which no alternative can mend.
    pub(super) fn fail<T>(self) -> super::Res<'s, T> {
        Err(nom::Err::Failure(self))
    }

    /// The fault within a nom result.
    pub(super) fn from_nom(error: nom::Err<Fault<'s>>) -> Fault<'s> {
        match error {
            nom::Err::Error(fault) | nom::Err::Failure(fault) => fault,
            nom::Err::Incomplete(_) => Fault::new("", 0, Kind::NotHere),
        }
    }

    /// The rest of the text after the fault.
    pub(super) fn after(&self) -> &'s str {
        self.at.get(self.length..).unwrap_or("")
    }

    /// The fault for people.
    pub(super) fn diagnostic(&self, cx: &Context<'s>) -> Diagnostic {
        let span = cx.span(self.at, self.after());
        match &self.kind {
            Kind::NotHere | Kind::NotAKeyword => {
                Diagnostic::at(code::EXPECTED_STATEMENT, span, "a statement starts with a keyword")
                    .here("not a keyword")
                    .help("write one statement a line, such as `node node0 { … }`")
            }
            Kind::Character(found) => character(span, *found),
            Kind::UnterminatedString => {
                Diagnostic::at(code::UNTERMINATED_STRING, span, "the string is not closed")
                    .here("starts here and runs to the end of the line")
                    .help("close it with `\"` on the same line")
            }
            Kind::Escape(found) => {
                Diagnostic::at(code::UNKNOWN_ESCAPE, span, format!("unknown escape `\\{found}`"))
                    .help("the escapes are `\\\"`, `\\\\`, `\\n` and `\\t`")
            }
            Kind::Expression(expected) => {
                Diagnostic::at(code::FAULTY_EXPRESSION, span, "cannot read the expression")
                    .here(format!("expected {expected}"))
                    .help("an expression is integers, variables, `+ - * / %` and parentheses, as in `${base + i * 2}`")
            }
            Kind::TooDeep => {
                Diagnostic::at(code::NESTING_TOO_DEEP, span, "nested too deep")
                    .here(format!("more than {MAX_DEPTH} levels"))
                    .help("flatten it: nothing sensible nests so deep")
            }
            Kind::Comma => {
                Diagnostic::at(code::MISPLACED_COMMA, span, "a comma must stand between two arguments")
                    .help("remove it, or add what was to follow")
            }
            Kind::Unopened => {
                Diagnostic::at(code::UNOPENED_BLOCK, span, "`}` closes nothing")
                    .help("remove it, or open the block that it closes")
            }
            Kind::Unclosed(end) => {
                Diagnostic::at(code::UNCLOSED_BLOCK, span, "the block is not closed")
                    .here("opened here")
                    .label(cx.span(end, end), "the file ends here")
                    .help("close it with `}`")
            }
        }
    }
}

/// The message for a character that has no place in a word.
fn character(span: crate::span::Span, found: char) -> Diagnostic {
    let shown = match found {
        ' '..='~' => format!("`{found}`"),
        _ if found.is_control() || found.is_whitespace() || found == '\u{feff}' => {
            format!("U+{:04X}", u32::from(found))
        }
        _ => format!("`{found}` (U+{:04X})", u32::from(found)),
    };
    let help = match found {
        '“' | '”' | '„' | '«' | '»' => "write plain quotes: `\"`",
        '‘' | '’' | '\'' => "strings stand in double quotes: `\"`",
        '–' | '—' | '−' => "write a plain hyphen: `-`",
        '，' => "write a plain comma: `,`",
        '$' => "a variable is written `${name}`",
        '>' => "an arrow is written `->`, with blanks around it",
        '\\' => "a statement goes on after a comma; there is no other continuation",
        '\u{a0}' => "write a plain blank",
        '\r' => "lines end with a line feed, with or without a carriage return before it",
        _ => {
            "words are letters, digits and `_ - . / : = [ ] @ % + *`; anything else goes into a string"
        }
    };
    Diagnostic::at(code::UNEXPECTED_CHARACTER, span, format!("unexpected character {shown}"))
        .help(help)
}

impl<'s> ParseError<&'s str> for Fault<'s> {
    fn from_error_kind(input: &'s str, _: ErrorKind) -> Self {
        Fault::new(input, 0, Kind::NotHere)
    }

    fn append(_: &'s str, _: ErrorKind, other: Self) -> Self {
        other
    }

    /// Of two alternatives the one that came further says more.
    fn or(self, other: Self) -> Self {
        if other.at.len() < self.at.len() { other } else { self }
    }
}
