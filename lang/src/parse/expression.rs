//! Integer expressions.

use super::fault::{Fault, Kind};
use super::token::{name, skip_blanks};
use super::{Context, MAX_DEPTH, Res};
use crate::ast::{Expression, Operator};
use nom::Parser;
use nom::character::complete::digit1;

/// `expression = term , { blanks , ( "+" | "-" ) , term } ;`
pub(super) fn expression<'s>(
    cx: &Context<'s>,
    input: &'s str,
    depth: usize,
) -> Res<'s, Expression> {
    chain(cx, input, depth, term, |c| match c {
        '+' => Some(Operator::Add),
        '-' => Some(Operator::Subtract),
        _ => None,
    })
}

/// `term = factor , { blanks , ( "*" | "/" | "%" ) , factor } ;`
fn term<'s>(cx: &Context<'s>, input: &'s str, depth: usize) -> Res<'s, Expression> {
    chain(cx, input, depth, factor, |c| match c {
        '*' => Some(Operator::Multiply),
        '/' => Some(Operator::Divide),
        '%' => Some(Operator::Remainder),
        _ => None,
    })
}

/// A chain of operands of one precedence, read from left to right.
fn chain<'s>(
    cx: &Context<'s>,
    input: &'s str,
    depth: usize,
    operand: fn(&Context<'s>, &'s str, usize) -> Res<'s, Expression>,
    operator: fn(char) -> Option<Operator>,
) -> Res<'s, Expression> {
    let (mut rest, mut left) = operand(cx, input, depth)?;
    let mut length = 0;
    loop {
        let at = skip_blanks(rest);
        let Some(found) = at.chars().next().and_then(operator) else { return Ok((rest, left)) };
        length += 1;
        if length > MAX_DEPTH {
            return Fault::new(at, 1, Kind::TooDeep).fail();
        }
        let (after, right) = operand(cx, at.get(1..).unwrap_or(""), depth)?;
        left = Expression::Binary(found, Box::new(left), Box::new(right));
        rest = after;
    }
}

/// `factor = blanks , ( number | name | "-" , factor | "(" , expression , blanks , ")" ) ;`
fn factor<'s>(cx: &Context<'s>, input: &'s str, depth: usize) -> Res<'s, Expression> {
    let input = skip_blanks(input);
    if depth >= MAX_DEPTH {
        return Fault::new(input, 1, Kind::TooDeep).fail();
    }
    match input.chars().next() {
        Some('0'..='9') => number(input),
        Some('-') => {
            let (rest, inner) = factor(cx, input.get(1..).unwrap_or(""), depth + 1)?;
            Ok((rest, Expression::Negate(Box::new(inner))))
        }
        Some('(') => {
            let (rest, inner) = expression(cx, input.get(1..).unwrap_or(""), depth + 1)?;
            let rest = skip_blanks(rest);
            match rest.strip_prefix(')') {
                Some(after) => Ok((after, inner)),
                None => Fault::new(rest, 0, Kind::Expression("`)`")).fail(),
            }
        }
        Some(c) if c.is_ascii_alphabetic() => {
            let (rest, _) = name(input)?;
            Ok((rest, Expression::Name(cx.span(input, rest))))
        }
        other => {
            let length = other.filter(|c| !c.is_control()).map_or(0, char::len_utf8);
            Fault::new(input, length, Kind::Expression("a number, a variable, `-` or `(`")).fail()
        }
    }
}

/// `number = digit , { digit } ;`
fn number(input: &str) -> Res<'_, Expression> {
    let (rest, digits) = digit1.parse(input)?;
    match digits.parse() {
        Ok(value) => Ok((rest, Expression::Number(value))),
        Err(_) => {
            Fault::new(input, digits.len(), Kind::Expression("a number of at most 18 digits"))
                .fail()
        }
    }
}
