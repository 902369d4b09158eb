//! Words and the holes in them.

use super::expression::expression;
use super::fault::{Fault, Kind};
use super::token::{skip_blanks, skip_word_chars};
use super::{Context, Res};
use crate::ast::{Argument, Hole, Template};
use nom::Parser;
use nom::bytes::complete::tag;

/// `word = word-part , { word-part } ;`
///
/// A word ends before `->`, so that `80->8080` reads as it looks.
pub(super) fn word<'s>(cx: &Context<'s>, input: &'s str) -> Res<'s, Argument> {
    let mut rest = plain(input)?;
    let mut holes = Vec::new();
    while rest.starts_with("${") {
        let (after, hole) = hole(cx, rest)?;
        holes.push(hole);
        rest = plain(after)?;
    }
    let span = cx.span(input, rest);
    match holes.as_slice() {
        _ if rest.len() == input.len() => Err(nom::Err::Error(Fault::new(input, 0, Kind::NotHere))),
        [] => Ok((rest, Argument::Word(span))),
        _ => Ok((rest, Argument::Template(Box::new(Template { span, holes })))),
    }
}

/// `word-part = word-char , { word-char } | hole ;`
///
/// Passes over the plain characters and stops at a hole, an arrow or the end of the word.
fn plain(input: &str) -> Result<&str, nom::Err<Fault<'_>>> {
    let rest = skip_word_chars(input);
    let part = input.get(..input.len() - rest.len()).unwrap_or("");
    if rest.starts_with('>') && part.ends_with('-') {
        return Ok(input.get(part.len() - 1..).unwrap_or(""));
    }
    if rest.starts_with('$') && !rest.starts_with("${") {
        return Err(nom::Err::Failure(Fault::new(rest, 1, Kind::Character('$'))));
    }
    Ok(rest)
}

/// `hole = "${" , expression , blanks , "}" ;`
fn hole<'s>(cx: &Context<'s>, input: &'s str) -> Res<'s, Hole> {
    let (rest, _) = tag("${").parse(input)?;
    let (rest, expression) = expression(cx, rest, 0)?;
    let rest = skip_blanks(rest);
    match rest.strip_prefix('}') {
        Some(after) => Ok((after, Hole { span: cx.span(input, after), expression })),
        None => {
            let length = rest.chars().next().filter(|c| !c.is_control()).map_or(0, char::len_utf8);
            Fault::new(rest, length, Kind::Expression("an operator or `}`")).fail()
        }
    }
}
