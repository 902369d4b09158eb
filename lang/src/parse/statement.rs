//! Statements, blocks, and how to go on after a fault.

use super::fault::{Fault, Kind};
use super::token::{
    is_word_char, newline, skip_blanks, skip_comment, skip_continuation, skip_gap, text,
};
use super::word::word;
use super::{Context, MAX_DEPTH, Res};
use crate::ast::{Argument, Block, Statement};

/// `file = [ byte-order-mark ] , statements ;`
pub(super) fn file<'s>(cx: &mut Context<'s>, input: &'s str) -> Vec<Statement> {
    let mut all = Vec::new();
    let mut rest = input.strip_prefix('\u{feff}').unwrap_or(input);
    loop {
        let (after, found) = statements(cx, rest, 0);
        all.extend(found);
        if !after.starts_with('}') {
            return all;
        }
        let fault = Fault::new(after, 1, Kind::Unopened);
        cx.report(&fault);
        rest = fault.after();
    }
}

/// `statements = gap , { statement , gap } ;`
///
/// Stops at a closing brace or the end of the text.
fn statements<'s>(cx: &mut Context<'s>, input: &'s str, depth: usize) -> (&'s str, Vec<Statement>) {
    let mut found = Vec::new();
    let mut rest = skip_gap(cx, input);
    while !rest.is_empty() && !rest.starts_with('}') {
        if cx.hopeless() {
            return ("", found);
        }
        let (after, statement) = statement(cx, rest, depth);
        found.extend(statement);
        rest = skip_gap(cx, after);
    }
    (rest, found)
}

/// `statement = keyword , blanks , [ arguments , blanks ] , ( block | end ) ;`
///
/// `None` if it has no keyword; its faults, and those of its block, are reported all the same.
fn statement<'s>(
    cx: &mut Context<'s>,
    input: &'s str,
    depth: usize,
) -> (&'s str, Option<Statement>) {
    match keyword(input) {
        Ok((after, _)) => {
            let keyword = cx.span(input, after);
            let (rest, arguments, broken) = arguments(cx, after);
            let broken = report_commas(cx, &arguments) || broken;
            let (rest, block) = block(cx, rest, depth);
            (rest, Some(Statement { keyword, arguments, block, broken }))
        }
        Err(error) => {
            let fault = Fault::from_nom(error);
            cx.report(&fault);
            let (rest, _, _) = arguments(cx, skip_faulty(fault.after()));
            let (rest, _) = block(cx, rest, depth);
            (rest, None)
        }
    }
}

/// `keyword = letter , { letter | "-" } , ? not before word-char ? ;`
fn keyword(input: &str) -> Res<'_, &str> {
    let rest = input.trim_start_matches(|c: char| c.is_ascii_alphabetic() || c == '-');
    let begins = input.starts_with(|c: char| c.is_ascii_alphabetic());
    match rest.chars().next() {
        Some(c) if begins && is_word_char(c) => {
            let length = input.len() - input.trim_start_matches(is_word_char).len();
            Fault::new(input, length, Kind::NotAKeyword).fail()
        }
        _ if begins => Ok((rest, input.get(..input.len() - rest.len()).unwrap_or(""))),
        Some(c) if !is_word_char(c) && !matches!(c, '"' | '{' | ',' | '$' | '>') => {
            Fault::new(input, c.len_utf8(), Kind::Character(c)).fail()
        }
        _ => Fault::new(input, input.len() - skip_faulty(input).len(), Kind::NotAKeyword).fail(),
    }
}

/// `end = ? before newline, ";", "#", "}" or the end ? ;`
///
/// A block ends the arguments too.
fn at_end(input: &str) -> bool {
    input.is_empty() || input.starts_with([';', '#', '}', '{', '\n']) || newline(input).is_ok()
}

/// `arguments = argument , { blanks , [ "," , continuation ] , argument } ;`
///
/// Reads arguments up to the block or the end of the statement. What cannot be read is
/// reported and left out; the last value says whether that happened.
fn arguments<'s>(cx: &mut Context<'s>, input: &'s str) -> (&'s str, Vec<Argument>, bool) {
    let mut found = Vec::new();
    let mut broken = false;
    let mut rest = skip_blanks(input);
    while !at_end(rest) {
        match argument(cx, rest) {
            Ok((after, argument)) => {
                rest = match &argument {
                    Argument::Comma(_) => skip_continuation(cx, after),
                    _ => skip_blanks(after),
                };
                found.push(argument);
            }
            Err(error) => {
                let fault = Fault::from_nom(error);
                cx.report(&fault);
                broken = true;
                rest = skip_blanks(skip_faulty(skip_hole(rest, fault.after())));
            }
        }
        if cx.hopeless() {
            return ("", found, true);
        }
    }
    (rest, found, broken)
}

/// `argument = word | text | "->" | "<->" ;`
///
/// A comma is read here too: whether it stands between two arguments is seen later.
fn argument<'s>(cx: &Context<'s>, input: &'s str) -> Res<'s, Argument> {
    let mut chars = input.chars();
    match chars.next() {
        Some(',') => Ok((chars.as_str(), Argument::Comma(cx.span(input, chars.as_str())))),
        Some('"') => {
            let (rest, _) = text(input)?;
            Ok((rest, Argument::Text(cx.span(input, rest))))
        }
        Some('-') if input.starts_with("->") => {
            let rest = input.get(2..).unwrap_or("");
            Ok((rest, Argument::Arrow(cx.span(input, rest))))
        }
        Some('<') if input.starts_with("<->") => {
            let rest = input.get(3..).unwrap_or("");
            Ok((rest, Argument::Link(cx.span(input, rest))))
        }
        Some(c) if is_word_char(c) || c == '$' => word(cx, input),
        Some(c) => Fault::new(input, c.len_utf8(), Kind::Character(c)).fail(),
        None => Err(nom::Err::Error(Fault::new(input, 0, Kind::NotHere))),
    }
}

/// `block = "{" , statements , "}" ;`
fn block<'s>(cx: &mut Context<'s>, input: &'s str, depth: usize) -> (&'s str, Option<Box<Block>>) {
    let Some(inside) = input.strip_prefix('{') else { return (input, None) };
    if depth + 1 > MAX_DEPTH {
        cx.report(&Fault::new(input, 1, Kind::TooDeep));
        let rest = skip_block(cx, inside);
        let (open, close) = (cx.span(input, inside), cx.span(rest, rest));
        return (rest, Some(Box::new(Block { open, statements: Vec::new(), close })));
    }
    let (rest, statements) = statements(cx, inside, depth + 1);
    let open = cx.span(input, inside);
    let after = rest.strip_prefix('}').unwrap_or(rest);
    if rest.is_empty() {
        cx.report_unclosed(&Fault::new(input, 1, Kind::Unclosed(rest)));
    }
    let close = cx.span(rest, after);
    (after, Some(Box::new(Block { open, statements, close })))
}

/// Passes over a block that nests too deep, without recursion: strings and comments are
/// respected, nothing else.
fn skip_block<'s>(cx: &mut Context<'s>, inside: &'s str) -> &'s str {
    let mut rest = inside;
    let mut open = 1usize;
    while open > 0 && !rest.is_empty() {
        let mut chars = rest.chars();
        match chars.next() {
            Some('{') => open += 1,
            Some('}') => open -= 1,
            Some('#') => {
                rest = skip_comment(cx, rest);
                continue;
            }
            Some('"') => {
                if let Ok((after, _)) = text(rest) {
                    rest = after;
                    continue;
                }
            }
            _ => {}
        }
        rest = chars.as_str();
    }
    rest
}

/// Passes over the rest of an argument that could not be read.
fn skip_faulty(input: &str) -> &str {
    input.trim_start_matches(|c: char| {
        !matches!(c, ' ' | '\t' | '\n' | '\r' | ';' | ',' | '{' | '}' | '#')
    })
}

/// If the fault lies within a hole that `argument` opened, passes over the rest of the hole:
/// its brace must not be taken for the end of a block.
fn skip_hole<'s>(argument: &'s str, after: &'s str) -> &'s str {
    let before = argument.get(..argument.len() - after.len()).unwrap_or("");
    let in_hole =
        before.rfind("${").is_some_and(|open| !before.get(open..).unwrap_or("").contains('}'));
    let end = after
        .find(['\n', '}'])
        .filter(|end| after.get(*end..).is_some_and(|rest| rest.starts_with('}')));
    match end {
        Some(end) if in_hole => after.get(end + 1..).unwrap_or(""),
        _ => after,
    }
}

/// Commas stand between arguments: neither first nor last nor side by side.
fn report_commas(cx: &mut Context<'_>, arguments: &[Argument]) -> bool {
    let is_comma =
        |argument: Option<&Argument>| matches!(argument, None | Some(Argument::Comma(_)));
    let mut any = false;
    for (i, argument) in arguments.iter().enumerate() {
        let Argument::Comma(span) = argument else { continue };
        let before = i.checked_sub(1).and_then(|before| arguments.get(before));
        if is_comma(before) || arguments.get(i + 1).is_none() {
            let at = cx.text.get(span.start as usize..).unwrap_or("");
            cx.report(&Fault::new(at, 1, Kind::Comma));
            any = true;
        }
    }
    any
}
