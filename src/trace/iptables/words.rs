//! The words of a rule as iptables-save prints it.

use std::net::IpAddr;

/// What is left of a rule.
#[derive(Clone, Copy, Debug)]
pub(super) struct Words<'r>(&'r str);

/// A word.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Word<'r> {
    /// What it says, without quotation marks.
    pub(super) text: &'r str,
    /// It stood in quotation marks: it is a text of its own, whatever it looks like.
    quoted: bool,
}

impl Word<'_> {
    /// Whether it names an option.
    pub(super) fn is_option(self) -> bool {
        !self.quoted && self.text.starts_with('-')
    }

    /// Whether it inverts the option behind it.
    pub(super) fn is_not(self) -> bool {
        !self.quoted && self.text == "!"
    }
}

impl<'r> Words<'r> {
    /// The words of a part of a rule.
    pub(super) fn new(text: &'r str) -> Words<'r> {
        Words(text)
    }

    /// The next word: the value of an option. Nothing if there is none.
    pub(super) fn value(&mut self) -> &'r str {
        self.next().map_or("", |word| word.text)
    }

    /// The value of an option among these words.
    pub(super) fn of(mut self, option: &str) -> Option<&'r str> {
        while let Some(word) = self.next() {
            if word.is_option() && word.text == option {
                return Some(self.value());
            }
        }
        None
    }
}

impl<'r> Iterator for Words<'r> {
    type Item = Word<'r>;

    fn next(&mut self) -> Option<Word<'r>> {
        let text = self.0.trim_start_matches(' ');
        let (word, rest) = match text.strip_prefix('"') {
            Some(inner) => {
                let (text, rest) = inner.split_at_checked(end_of(inner)).unwrap_or((inner, ""));
                (Word { text, quoted: true }, rest.strip_prefix('"').unwrap_or(rest))
            }
            None => {
                let (text, rest) = text.split_once(' ').unwrap_or((text, ""));
                (Word { text, quoted: false }, rest)
            }
        };
        self.0 = rest;
        (word.quoted || !word.text.is_empty()).then_some(word)
    }
}

/// Where the quotation mark is that ends a text: `\` takes its meaning from the one behind it
/// (`xtables_save_string` of libxtables).
fn end_of(text: &str) -> usize {
    let mut escaped = false;
    let end = text.bytes().position(|byte| {
        let ends = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        ends
    });
    end.unwrap_or(text.len())
}

/// A number, in decimal or as `0x…`.
pub(super) fn number(text: &str) -> Option<u32> {
    match text.strip_prefix("0x") {
        Some(digits) => u32::from_str_radix(digits, 16).ok(),
        None => text.parse().ok(),
    }
}

/// A value and the bits of it that count: all if none are named.
pub(super) fn masked(text: &str) -> Option<(u32, u32)> {
    match text.split_once('/') {
        Some((value, mask)) => Some((number(value)?, number(mask)?)),
        None => Some((number(text)?, u32::MAX)),
    }
}

/// What stands before and behind the sign between two ends of a range; twice the same if there is
/// no sign.
pub(super) fn range(text: &str, sign: char) -> (&str, &str) {
    text.split_once(sign).unwrap_or((text, text))
}

/// `10.0.0.1`, `10.0.0.1:80`, `[fd00::1]:80`, `:80`: an address, a port, or both.
pub(super) fn destination(text: &str) -> Option<(Option<IpAddr>, Option<u16>)> {
    if let Ok(address) = text.parse::<IpAddr>() {
        return Some((Some(address), None));
    }
    let (address, port) = text.rsplit_once(':')?;
    let port = port.parse().ok()?;
    let address = address.trim_start_matches('[').trim_end_matches(']');
    if address.is_empty() {
        return Some((None, Some(port)));
    }
    Some((Some(address.parse().ok()?), Some(port)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_in_quotation_marks_is_one_word() {
        let text =
            r#" ! -s 10.0.0.0/8 -m comment --comment "a -j \"DROP\" \\" -j LOG --log-prefix """#;
        let words: Vec<Word> = Words::new(text).collect();
        let texts: Vec<&str> = words.iter().map(|word| word.text).collect();
        let comment = r#"a -j \"DROP\" \\"#;
        let expected = [
            "!",
            "-s",
            "10.0.0.0/8",
            "-m",
            "comment",
            "--comment",
            comment,
            "-j",
            "LOG",
            "--log-prefix",
            "",
        ];
        assert_eq!(texts, expected);
        assert!(words[0].is_not() && words[1].is_option() && !words[6].is_option());
        assert_eq!(Words::new(text).of("-j"), Some("LOG"));
        assert_eq!(Words::new(text).of("--to-ports"), None);
        assert_eq!(Words::new(r#""open"#).map(|word| word.text).collect::<Vec<_>>(), ["open"]);
    }

    #[test]
    fn values_are_read() {
        assert_eq!(masked("0x4000/0x4000"), Some((0x4000, 0x4000)));
        assert_eq!((masked("7"), masked("0xg")), (Some((7, u32::MAX)), None));
        assert_eq!((range("80:90", ':'), range("80", ':')), (("80", "90"), ("80", "80")));
        let ip = |text: &str| Some(text.parse::<IpAddr>().unwrap());
        assert_eq!(destination("10.0.0.1:80"), Some((ip("10.0.0.1"), Some(80))));
        assert_eq!(destination("[fd00::1]:80"), Some((ip("fd00::1"), Some(80))));
        assert_eq!(destination("fd00::1"), Some((ip("fd00::1"), None)));
        assert_eq!(destination(":80"), Some((None, Some(80))));
        assert_eq!(destination("10.0.0.1-10.0.0.9"), None);
    }
}
