//! `lang/grammar.ebnf` is true: it says what the parser's comments say, and accepts what the
//! parser accepts.

use crate::support::{files, read, root};
use netc_lang::{Diagnostic, Sources, code, parse};
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::fs;

#[test]
fn the_parser_repeats_every_production_and_no_other() {
    let grammar = Grammar::read();
    let mut repeated = BTreeMap::new();
    for path in files("lang/src/parse", ".rs") {
        for line in fs::read_to_string(path).unwrap().lines() {
            let inner = line.trim().strip_prefix("/// `").and_then(|line| line.strip_suffix('`'));
            if let Some((name, body)) = inner.and_then(|line| line.split_once(" = ")) {
                let body = body.strip_suffix(" ;").expect("a production ends with a semicolon");
                repeated.insert(name.to_owned(), body.to_owned());
            }
        }
    }
    assert_eq!(repeated, grammar.text);
}

#[test]
fn grammar_and_parser_agree_on_every_source_of_the_project() {
    let grammar = Grammar::read();
    let folders = ["examples", "tests/bad"];
    for path in folders.into_iter().flat_map(|folder| files(folder, ".netc")) {
        let Ok(text) = fs::read_to_string(&path) else { continue };
        if let Some(accepted) = parser_accepts(&text) {
            let name = path.strip_prefix(root()).unwrap().display();
            assert_eq!(grammar.accepts(&text), accepted, "{name}");
        }
    }
}

proptest! {
    #[test]
    fn grammar_and_parser_agree_on_pieces_put_together_at_random(
        pieces in prop::collection::vec(prop::sample::select(PIECES.to_vec()), 0..25)
    ) {
        let text = pieces.concat();
        if let Some(accepted) = parser_accepts(&text) {
            prop_assert_eq!(Grammar::read().accepts(&text), accepted, "{:?}", text);
        }
    }
}

/// What texts are made of, and what goes wrong in them.
const PIECES: &[&str] = &[
    "node",
    "pods-of",
    "web-0",
    "10.0.0.0/8",
    "app=web",
    "80",
    "_x",
    " ",
    " ",
    "\t",
    "\n",
    "\n",
    "\r\n",
    "\r",
    ";",
    ",",
    ", ",
    "->",
    "<->",
    "-",
    ">",
    "{",
    "}",
    "\"text\"",
    "\"",
    "\\",
    "# comment\n",
    "#",
    "$",
    "${",
    "${i}",
    "${ (1 + i) * -2 }",
    "(",
    ")",
    "i",
    "3",
    "+",
    "*",
    "ä",
    "\u{feff}",
];

/// Whether the parser finds no fault of syntax; `None` if it meets one of its own limits.
fn parser_accepts(text: &str) -> Option<bool> {
    let mut sources = Sources::default();
    let file = sources.add("test".into(), "test".into(), text.into());
    let (_, faults) = parse(&sources, file);
    let limit = |fault: &Diagnostic| {
        let long_number = fault.labels.iter().any(|label| label.text.contains("18 digits"));
        fault.code == code::NESTING_TOO_DEEP || long_number
    };
    (!faults.iter().any(limit)).then_some(faults.is_empty())
}

/// A grammar read as a parsing expression grammar.
struct Grammar {
    text: BTreeMap<String, String>,
    productions: BTreeMap<String, Expression>,
}

#[derive(Debug)]
enum Expression {
    Literal(String),
    Name(String),
    Special(String),
    Sequence(Vec<Expression>),
    Choice(Vec<Expression>),
    Optional(Box<Expression>),
    Repeated(Box<Expression>),
}

impl Grammar {
    fn read() -> Grammar {
        let source = read("lang/grammar.ebnf");
        let source = source.split_once("*)").expect("a comment at the head").1;
        let mut text = BTreeMap::new();
        for production in source.split(" ;\n").map(str::trim).filter(|text| !text.is_empty()) {
            let (name, body) = production.split_once(" = ").expect("name = body");
            text.insert(name.to_owned(), body.to_owned());
        }
        let productions = text.iter().map(|(name, body)| {
            let mut tokens = Tokens(body);
            (name.clone(), tokens.choice())
        });
        Grammar { productions: productions.collect(), text: text.clone() }
    }

    fn accepts(&self, text: &str) -> bool {
        self.name("file", text).is_some_and(str::is_empty)
    }

    /// What is left after an expression; `None` if it does not fit.
    fn matches<'t>(&self, expression: &Expression, text: &'t str) -> Option<&'t str> {
        match expression {
            Expression::Literal(literal) => text.strip_prefix(literal.as_str()),
            Expression::Name(name) => self.name(name, text),
            Expression::Special(special) => self.special(special, text),
            Expression::Sequence(parts) => {
                parts.iter().try_fold(text, |rest, part| self.matches(part, rest))
            }
            Expression::Choice(choices) => {
                choices.iter().find_map(|choice| self.matches(choice, text))
            }
            Expression::Optional(inner) => Some(self.matches(inner, text).unwrap_or(text)),
            Expression::Repeated(inner) => {
                let mut rest = text;
                while let Some(after) = self.matches(inner, rest).filter(|after| *after != rest) {
                    rest = after;
                }
                Some(rest)
            }
        }
    }

    fn name<'t>(&self, name: &str, text: &'t str) -> Option<&'t str> {
        let one = |fits: fn(char) -> bool| {
            text.chars().next().filter(|c| fits(*c)).map(|c| &text[c.len_utf8()..])
        };
        match name {
            "letter" => one(|c| c.is_ascii_alphabetic()),
            "digit" => one(|c| c.is_ascii_digit()),
            "tab" => text.strip_prefix('\t'),
            "line-feed" => text.strip_prefix('\n'),
            "carriage-return" => text.strip_prefix('\r'),
            "byte-order-mark" => text.strip_prefix('\u{feff}'),
            _ => self.matches(&self.productions[name], text),
        }
    }

    fn special<'t>(&self, special: &str, text: &'t str) -> Option<&'t str> {
        let next = text.chars().next();
        let but =
            |refused: &[char]| next.filter(|c| !refused.contains(c)).map(|c| &text[c.len_utf8()..]);
        match special {
            "not before word-char" => self.name("word-char", text).is_none().then_some(text),
            "not before \">\"" => (next != Some('>')).then_some(text),
            "before newline, \";\", \"#\", \"}\" or the end" => {
                let newline = self.name("newline", text).is_some();
                (newline || matches!(next, None | Some(';' | '#' | '}'))).then_some(text)
            }
            "any character but line-feed" => but(&['\n']),
            "any character but quote, backslash, carriage-return and line-feed" => {
                but(&['"', '\\', '\r', '\n'])
            }
            other => panic!("unknown special sequence {other:?}"),
        }
    }
}

/// The rest of a production's body.
struct Tokens<'t>(&'t str);

impl Tokens<'_> {
    fn eat(&mut self, token: &str) -> bool {
        self.0 = self.0.trim_start();
        let rest = self.0.strip_prefix(token);
        self.0 = rest.unwrap_or(self.0);
        rest.is_some()
    }

    fn choice(&mut self) -> Expression {
        let mut choices = vec![self.sequence()];
        while self.eat("|") {
            choices.push(self.sequence());
        }
        Expression::Choice(choices)
    }

    fn sequence(&mut self) -> Expression {
        let mut parts = vec![self.part()];
        while self.eat(",") {
            parts.push(self.part());
        }
        Expression::Sequence(parts)
    }

    fn part(&mut self) -> Expression {
        for quote in ["\"", "'"] {
            if self.eat(quote) {
                return Expression::Literal(self.until(quote));
            }
        }
        if self.eat("?") {
            return Expression::Special(self.until("?").trim().to_owned());
        }
        for (open, close) in [("(", ")"), ("[", "]"), ("{", "}")] {
            if self.eat(open) {
                let inner = self.choice();
                assert!(self.eat(close), "{close} expected before {:?}", self.0);
                return match open {
                    "[" => Expression::Optional(Box::new(inner)),
                    "{" => Expression::Repeated(Box::new(inner)),
                    _ => inner,
                };
            }
        }
        let end = self.0.find(|c: char| !c.is_ascii_lowercase() && c != '-');
        let (name, rest) = self.0.split_at(end.unwrap_or(self.0.len()));
        self.0 = rest;
        Expression::Name(name.to_owned())
    }

    fn until(&mut self, close: &str) -> String {
        let (inner, rest) = self.0.split_once(close).expect("a closing mark");
        self.0 = rest;
        inner.to_owned()
    }
}
