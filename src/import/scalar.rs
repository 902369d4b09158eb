//! What the plain words of YAML mean. Kubernetes' tools read YAML 1.1 by go-yaml v2, whose
//! `resolve.go` this follows: `on` and `yes` are true, `010` is eight.

use super::tree::Kind;
use std::borrow::Cow;

/// The value of a word that stands without quotes.
pub(super) fn plain(text: Cow<'_, str>) -> Kind<'_> {
    if matches!(text.as_ref(), "" | "~" | "null" | "Null" | "NULL") {
        return Kind::Null;
    }
    match switch(&text).map(Kind::Switch).or_else(|| number(&text)) {
        Some(kind) => kind,
        None => Kind::Text(text),
    }
}

/// The value of a word under a tag such as `!!str`.
pub(super) fn tagged<'t>(tag: &str, text: Cow<'t, str>) -> Kind<'t> {
    match tag {
        "str" | "binary" | "timestamp" => Kind::Text(text),
        _ => plain(text),
    }
}

/// The words of YAML 1.1 for true and false.
pub(super) fn switch(text: &str) -> Option<bool> {
    match text {
        "true" | "True" | "TRUE" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" | "y" | "Y" => {
            Some(true)
        }
        "false" | "False" | "FALSE" | "no" | "No" | "NO" | "off" | "Off" | "OFF" | "n" | "N" => {
            Some(false)
        }
        _ => None,
    }
}

fn number<'t>(text: &str) -> Option<Kind<'t>> {
    if !text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '.')) {
        return None;
    }
    if matches!(text, ".inf" | ".Inf" | ".INF" | ".nan" | ".NaN" | ".NAN") {
        return Some(Kind::Fraction);
    }
    let plain = text.replace('_', "");
    let (negative, digits) = match plain.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, plain.strip_prefix('+').unwrap_or(&plain)),
    };
    if let Some(number) = whole(digits) {
        return Some(Kind::Number(if negative { -number } else { number }));
    }
    let float = |c: char| c.is_ascii_digit() || matches!(c, '.' | 'e' | 'E' | '+' | '-');
    let value: f64 = plain.parse().ok().filter(|_| plain.chars().all(float))?;
    // JSON writes a float without fraction as a whole number.
    let exact = value.fract() == 0.0 && value.abs() < 1e15;
    let whole = exact.then(|| format!("{value:.0}").parse().ok()).flatten();
    Some(whole.map_or(Kind::Fraction, Kind::Number))
}

/// Decimal, or octal, hexadecimal and binary with their prefixes.
fn whole(digits: &str) -> Option<i64> {
    let (radix, digits) = match digits.get(..2) {
        Some("0x" | "0X") => (16, digits.get(2..)?),
        Some("0b" | "0B") => (2, digits.get(2..)?),
        Some("0o" | "0O") => (8, digits.get(2..)?),
        Some(_) if digits.starts_with('0') => (8, digits.get(1..)?),
        _ => (10, digits),
    };
    let unsigned = digits.chars().all(|c| c.is_digit(radix));
    i64::from_str_radix(digits, radix).ok().filter(|_| unsigned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> String {
        match plain(Cow::Borrowed(text)) {
            Kind::Text(text) => format!("text {text}"),
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn words_mean_what_kubectl_takes_them_for() {
        let cases = [
            ("", "Null"),
            ("~", "Null"),
            ("on", "Switch(true)"),
            ("No", "Switch(false)"),
            ("y", "Switch(true)"),
            ("80", "Number(80)"),
            ("-1", "Number(-1)"),
            ("+7", "Number(7)"),
            ("1_000", "Number(1000)"),
            ("0x10", "Number(16)"),
            ("010", "Number(8)"),
            ("0o17", "Number(15)"),
            ("089", "Number(89)"),
            ("80.0", "Number(80)"),
            ("1e3", "Number(1000)"),
            ("0.5", "Fraction"),
            (".inf", "Fraction"),
            ("10.96.0.1", "text 10.96.0.1"),
            ("1:20", "text 1:20"),
            ("8080/tcp", "text 8080/tcp"),
            ("-", "text -"),
            ("ON!", "text ON!"),
            ("2026-11-21", "text 2026-11-21"),
        ];
        for (word, expected) in cases {
            assert_eq!(read(word), expected, "{word}");
        }
        assert!(matches!(tagged("str", Cow::Borrowed("80")), Kind::Text(_)));
        assert!(matches!(tagged("int", Cow::Borrowed("80")), Kind::Number(80)));
    }
}
