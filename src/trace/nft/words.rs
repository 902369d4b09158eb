//! A rule as words.

/// What is left of a rule. Words stand apart by one blank; what is in quotes is one word.
#[derive(Clone, Copy, Debug)]
pub(super) struct Words<'t>(&'t str);

impl<'t> Words<'t> {
    pub(super) fn new(text: &'t str) -> Words<'t> {
        Words(text)
    }

    /// The next word; it is still there afterwards.
    pub(super) fn peek(self) -> Option<&'t str> {
        let mut copy = self;
        copy.next()
    }

    /// Takes a word, if it comes next.
    pub(super) fn has(&mut self, word: &str) -> bool {
        let found = self.peek() == Some(word);
        if found {
            self.next();
        }
        found
    }

    /// Takes what stands between braces, if they come next.
    pub(super) fn list(&mut self) -> Option<&'t str> {
        let (list, rest) = self.0.strip_prefix("{ ")?.split_once(" }")?;
        self.0 = rest.strip_prefix(' ').unwrap_or(rest);
        Some(list)
    }
}

impl<'t> Iterator for Words<'t> {
    type Item = &'t str;

    fn next(&mut self) -> Option<&'t str> {
        let end = match self.0.strip_prefix('"') {
            Some(quoted) => quoted.find('"').map(|end| end + 2),
            None => self.0.find(' '),
        };
        let (word, rest) = self.0.split_at_checked(end.unwrap_or(self.0.len()))?;
        self.0 = rest.strip_prefix(' ').unwrap_or(rest);
        (!word.is_empty()).then_some(word)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_stand_apart_by_blanks_outside_of_quotes() {
        let mut words = Words::new("iifname \"a b\" tcp dport { 80, 81 } log prefix \"x y\"");
        assert!(words.has("iifname") && !words.has("tcp"));
        assert_eq!((words.next(), words.peek()), (Some("\"a b\""), Some("tcp")));
        assert_eq!((words.nth(1), words.list()), (Some("dport"), Some("80, 81")));
        assert_eq!(words.collect::<Vec<_>>(), ["log", "prefix", "\"x y\""]);
        assert_eq!(Words::new("").next(), None);
        assert_eq!(Words::new("\"open").next(), Some("\"open"));
    }
}
