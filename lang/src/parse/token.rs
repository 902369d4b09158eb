//! Blanks, comments, strings and the characters of words.

use super::fault::{Fault, Kind};
use super::{Context, Res};
use nom::Parser;
use nom::bytes::complete::{tag, take_till, take_while, take_while1};
use nom::combinator::{opt, recognize};
use nom::sequence::preceded;

/// `word-char = letter | digit | "_" | "." | "/" | ":" | "=" | "[" | "]" | "@" | "%" | "+" | "*" | "-" , ? not before ">" ? ;`
///
/// Whether `>` follows is seen where words are read.
pub(super) fn is_word_char(c: char) -> bool {
    u8::try_from(c).is_ok_and(is_word_byte)
}

fn is_word_byte(byte: u8) -> bool {
    const WORD: [bool; 256] = {
        let mut table = [false; 256];
        let mut byte = 0u8;
        while byte < 128 {
            // Indexing by a byte cannot leave a table of 256.
            #[expect(clippy::indexing_slicing, reason = "checked when it is compiled")]
            {
                table[byte as usize] = byte.is_ascii_alphanumeric()
                    || matches!(
                        byte,
                        b'_' | b'-'
                            | b'.'
                            | b'/'
                            | b':'
                            | b'='
                            | b'['
                            | b']'
                            | b'@'
                            | b'%'
                            | b'+'
                            | b'*'
                    );
            }
            byte += 1;
        }
        table
    };
    WORD.get(usize::from(byte)).is_some_and(|word| *word)
}

/// Passes over the characters of a word. All are ASCII, so bytes will do: most of every source
/// is words.
pub(super) fn skip_word_chars(input: &str) -> &str {
    let end = input.bytes().position(|byte| !is_word_byte(byte)).unwrap_or(input.len());
    input.get(end..).unwrap_or("")
}

/// `blanks = { blank } ;`
///
/// `blank = " " | tab ;`
pub(super) fn skip_blanks(input: &str) -> &str {
    let end = input.bytes().position(|byte| !matches!(byte, b' ' | b'\t')).unwrap_or(input.len());
    input.get(end..).unwrap_or("")
}

/// `comment = "#" , { ? any character but line-feed ? } ;`
fn comment(input: &str) -> Res<'_, &str> {
    recognize(preceded(tag("#"), take_till(|c| c == '\n'))).parse(input)
}

/// `newline = [ carriage-return ] , line-feed ;`
pub(super) fn newline(input: &str) -> Res<'_, &str> {
    recognize((opt(tag("\r")), tag("\n"))).parse(input)
}

/// Passes over a comment, if there is one, and keeps it.
pub(super) fn skip_comment<'s>(cx: &mut Context<'s>, input: &'s str) -> &'s str {
    let Ok((rest, found)) = comment(input) else { return input };
    let found = found.strip_suffix('\r').unwrap_or(found);
    let start = cx.offset(input);
    let end = start + u32::try_from(found.len()).unwrap_or(0);
    cx.comments.push(crate::span::Span { file: cx.file, start, end });
    rest
}

/// `gap = { blank | newline | ";" | comment } ;`
///
/// Passes over everything that can stand between statements.
pub(super) fn skip_gap<'s>(cx: &mut Context<'s>, input: &'s str) -> &'s str {
    let mut rest = input;
    loop {
        let end = rest.bytes().position(|b| !matches!(b, b' ' | b'\t' | b'\n' | b';'));
        rest = end.and_then(|end| rest.get(end..)).unwrap_or("");
        if rest.starts_with('#') {
            rest = skip_comment(cx, rest);
        } else if let Ok((after, _)) = newline(rest) {
            rest = after;
        } else {
            return rest;
        }
    }
}

/// `continuation = { blank | newline | comment } ;`
///
/// A statement goes on after a comma.
pub(super) fn skip_continuation<'s>(cx: &mut Context<'s>, input: &'s str) -> &'s str {
    let mut rest = input;
    loop {
        rest = skip_comment(cx, skip_blanks(rest));
        let Ok((after, _)) = newline(rest) else { return rest };
        rest = after;
    }
}

/// `text = '"' , { text-char | escape } , '"' ;`
///
/// `text-char = ? any character but quote, backslash, carriage-return and line-feed ? ;`
///
/// `escape = "\" , ( '"' | "\" | "n" | "t" ) ;`
pub(super) fn text(input: &str) -> Res<'_, &str> {
    let (mut rest, _) = tag("\"").parse(input)?;
    loop {
        let mut plain = take_while(|c| !matches!(c, '"' | '\\' | '\n' | '\r'));
        (rest, _) = plain.parse(rest)?;
        let mut chars = rest.chars();
        match (chars.next(), chars.next()) {
            (Some('"'), _) => {
                let rest = rest.get(1..).unwrap_or("");
                let length = input.len() - rest.len();
                return Ok((rest, input.get(..length).unwrap_or("")));
            }
            (Some('\\'), Some('"' | '\\' | 'n' | 't')) => rest = rest.get(2..).unwrap_or(""),
            (Some('\\'), Some(c)) if c != '\n' && c != '\r' => {
                let length = 1 + c.len_utf8();
                return Fault::new(rest, length, Kind::Escape(c)).fail();
            }
            _ => {
                let length = input.len() - rest.len();
                return Fault::new(input, length, Kind::UnterminatedString).fail();
            }
        }
    }
}

/// The meaning of a string: its text without quotes, escapes undone.
pub(crate) fn unquote(quoted: &str) -> String {
    let inner = quoted.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(quoted);
    let mut chars = inner.chars();
    let mut out = String::with_capacity(inner.len());
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some('n') => out.push('\n'),
                Some('t') => out.push('\t'),
                Some(other) => out.push(other),
                None => {}
            },
            _ => out.push(c),
        }
    }
    out
}

/// `name = letter , { letter | digit | "_" } ;`
pub(super) fn name(input: &str) -> Res<'_, &str> {
    let first = take_while1(|c: char| c.is_ascii_alphabetic());
    let others = take_while(|c: char| c.is_ascii_alphanumeric() || c == '_');
    recognize((first, others)).parse(input)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_keep_to_one_line_and_know_four_escapes() {
        assert_eq!(text("\"a\\\"b\" c").unwrap(), (" c", "\"a\\\"b\""));
        assert_eq!(unquote("\"a\\\"b\\n\""), "a\"b\n");
        assert!(text("\"abc\ndef\"").is_err());
        assert!(text("\"a\\qb\"").is_err());
    }
}
