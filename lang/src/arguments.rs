//! Matching the arguments of a statement with the patterns of its definition.

use crate::ast::Statement;
use crate::diagnostic::Diagnostic;
use crate::fault;
use crate::party::{PARTIES, Party, unknown_kind};
use crate::schema::{Definition, Field, Pattern};
use crate::shape::{Choice, Misshapen, Shape};
use crate::span::Span;
use crate::suggest::did_you_mean;
use crate::token::{Mark, Token};
use crate::value::{Given, Value};

/// Reads the arguments of a statement; `None`, with faults reported, if they do not fit.
pub(crate) fn read(
    definition: &'static Definition,
    statement: &Statement,
    tokens: &[Token],
    faults: &mut Vec<Diagnostic>,
) -> Option<Vec<Given>> {
    let before = faults.len();
    let given = Vec::with_capacity(tokens.len());
    let (skipped, failed) = (None, false);
    let mut matcher =
        Matcher { definition, statement, rest: tokens, given, skipped, faults, failed };
    matcher.patterns(definition.arguments);
    if let (Some(extra), false) = (matcher.rest.first(), matcher.failed) {
        matcher.extra(extra);
    }
    (matcher.faults.len() == before).then_some(matcher.given)
}

/// What is expected where a party is.
const PARTY: &str = "`pod`, `service`, `node`, `container` or `outside` and a name, or an address";

struct Matcher<'a, 'p> {
    definition: &'static Definition,
    statement: &'a Statement,
    rest: &'a [Token<'p>],
    given: Vec<Given>,
    /// The argument that last could not be taken for one that may be missing.
    skipped: Option<(&'static Field, Span)>,
    faults: &'a mut Vec<Diagnostic>,
    /// An argument is missing: what follows cannot be told apart any more.
    failed: bool,
}

impl Matcher<'_, '_> {
    fn patterns(&mut self, patterns: &'static [Pattern]) {
        for pattern in patterns {
            match pattern {
                Pattern::One(field) => self.one(field),
                Pattern::Maybe(field) => self.maybe(field),
                Pattern::Many(field) => self.many(field),
                Pattern::Party(name) => self.party(name),
                Pattern::List(group) => self.list(group),
                Pattern::Tagged(..) | Pattern::Required(..) => {}
            }
            if self.failed {
                return;
            }
        }
        self.tagged(patterns);
    }

    fn one(&mut self, field: &'static Field) {
        let Some((token, rest)) =
            self.rest.split_first().filter(|(one, _)| one.mark != Mark::Comma)
        else {
            return self.missing(&field.shape.expected());
        };
        self.rest = rest;
        let fault = match field.shape.read(&token.text, token.mark == Mark::Text) {
            Ok(value) => return self.accept(field, token, value),
            Err(fault) => fault,
        };
        // `port HTTP 80`: what was skipped was meant for the argument that may be missing, if
        // the next one would do here.
        if let (Some(skipped), [next, rest @ ..]) = (self.skipped_at(token), rest)
            && let Ok(value) = field.shape.read(&next.text, next.mark == Mark::Text)
        {
            self.take(skipped, token);
            self.accept(field, next, value);
            self.rest = rest;
            return;
        }
        self.refuse(field, token, fault);
    }

    /// The field for which an argument was skipped.
    fn skipped_at(&self, token: &Token) -> Option<&'static Field> {
        self.skipped.filter(|(_, span)| *span == token.span).map(|(field, _)| field)
    }

    /// What is left over: a malformed argument that may be missing, or one too many.
    fn extra(&mut self, token: &Token) {
        let tags = tags(self.definition.arguments);
        let mistyped_tag = did_you_mean(&token.text, tags.iter().copied()).is_some();
        match self.skipped_at(token) {
            Some(field) if !mistyped_tag => self.take(field, token),
            _ => self.faults.push(fault::extra_argument(self.definition, token, &tags)),
        }
    }

    fn maybe(&mut self, field: &'static Field) {
        let Some((token, rest)) = self.rest.split_first() else { return };
        let quoted = token.mark == Mark::Text;
        let word = token.mark == Mark::Word && !is_tag(self.definition.arguments, &token.text);
        if !quoted && !word {
            return;
        }
        match field.shape.read(&token.text, quoted) {
            Ok(value) => {
                self.accept(field, token, value);
                self.rest = rest;
            }
            Err(_) if quoted => {}
            Err(_) => self.skipped = Some((field, token.span)),
        }
    }

    fn many(&mut self, field: &'static Field) {
        self.one(field);
        while let Some((token, rest)) = self.rest.split_first() {
            if self.failed || token.mark == Mark::Comma {
                return;
            }
            self.take(field, token);
            self.rest = rest;
        }
    }

    /// An address, or a word for the kind and a name.
    fn party(&mut self, field: &'static str) {
        let word = |token: &Token| token.mark == Mark::Word;
        let Some((first, rest)) = self.rest.split_first().filter(|(one, _)| word(one)) else {
            return self.missing(PARTY);
        };
        self.rest = rest;
        let kinds = || PARTIES.iter().map(|kind| kind.word);
        let (token, kind) = match kinds().find(|kind| *kind == first.text) {
            None if Party::is_address(&first.text) => (first, None),
            None => {
                // Without its kind nobody knows where what follows belongs.
                self.failed = true;
                let fault = match Party::read(None, &first.text) {
                    Err(fault) if first.text.contains(['.', ':']) => fault,
                    _ => unknown_kind(&first.text),
                };
                return self.faults.push(fault::no_party(self.definition, first, fault));
            }
            Some(kind) => match rest.split_first().filter(|(one, _)| word(one)) {
                Some((name, rest)) => {
                    self.rest = rest;
                    (name, Some(kind))
                }
                None => return self.missing(&format!("the name of the {kind}")),
            },
        };
        match Party::read(kind, &token.text) {
            Ok(party) => {
                let (value, span) = (Value::Party(party), first.span.to(token.span));
                self.given.push(Given { field, value, span });
            }
            Err(fault) => self.faults.push(fault::no_party(self.definition, token, fault)),
        }
    }

    fn list(&mut self, group: &'static [Pattern]) {
        self.patterns(group);
        while let Some((comma, rest)) = self.rest.split_first() {
            if self.failed || comma.mark != Mark::Comma {
                return;
            }
            self.rest = rest;
            self.patterns(group);
        }
    }

    /// The groups introduced by a word, in any order, each at most once.
    fn tagged(&mut self, patterns: &'static [Pattern]) {
        if patterns.iter().all(|pattern| tag(pattern).is_none()) {
            return;
        }
        let mut open: Vec<&'static Pattern> =
            patterns.iter().filter(|pattern| tag(pattern).is_some()).collect();
        while let Some((token, rest)) = self.rest.split_first() {
            let found = open.iter().position(|pattern| {
                token.mark == Mark::Word && tag(pattern) == Some(token.text.as_ref())
            });
            let Some(index) = found else { break };
            self.rest = rest;
            if let Pattern::Tagged(_, group) | Pattern::Required(_, group) = open.remove(index) {
                self.patterns(group);
            }
            if self.failed {
                return;
            }
        }
        for pattern in open {
            if let Pattern::Required(tag, _) = pattern {
                self.missing(&format!("`{tag} …`"));
            }
        }
    }

    fn take(&mut self, field: &'static Field, token: &Token) {
        match field.shape.read(&token.text, token.mark == Mark::Text) {
            Ok(value) => self.accept(field, token, value),
            Err(fault) => self.refuse(field, token, fault),
        }
    }

    fn accept(&mut self, field: &'static Field, token: &Token, value: Value) {
        match value {
            Value::Word(word) if reserved(field.shape, &word) => {
                self.faults.push(fault::reserved_choice(self.definition, field.shape, token));
            }
            value => self.given.push(Given { field: field.name, value, span: token.span }),
        }
    }

    fn refuse(&mut self, field: &'static Field, token: &Token, fault: Misshapen) {
        let example = self.definition.example;
        self.faults.push(fault::misshapen(example, field.shape, token, fault));
    }

    fn missing(&mut self, expected: &str) {
        let at = self.rest.first().map_or(self.statement.head(), |token| token.span);
        self.faults.push(fault::missing_argument(self.definition, at, expected));
        self.failed = true;
    }
}

fn tag(pattern: &Pattern) -> Option<&'static str> {
    match pattern {
        Pattern::Tagged(tag, _) | Pattern::Required(tag, _) => Some(tag),
        _ => None,
    }
}

/// Whether a word introduces a group, at any depth.
fn is_tag(patterns: &[Pattern], word: &str) -> bool {
    patterns.iter().any(|pattern| match pattern {
        Pattern::Tagged(tag, group) | Pattern::Required(tag, group) => {
            *tag == word || is_tag(group, word)
        }
        Pattern::List(group) => is_tag(group, word),
        _ => false,
    })
}

/// All words that introduce a group, at any depth.
fn tags(patterns: &'static [Pattern]) -> Vec<&'static str> {
    let mut found = Vec::new();
    for pattern in patterns {
        found.extend(tag(pattern));
        if let Pattern::Tagged(_, group) | Pattern::Required(_, group) | Pattern::List(group) =
            pattern
        {
            found.extend(tags(group));
        }
    }
    found
}

/// Whether the word is a choice that this release does not compile.
fn reserved(shape: Shape, word: &str) -> bool {
    let is = |choice: &Choice| choice.word == word && !choice.compiled;
    matches!(shape, Shape::Choice(choices) if choices.iter().any(is))
}
