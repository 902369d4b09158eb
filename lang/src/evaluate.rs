//! From statements to items: loops unfolded, variables filled in, files put together, and
//! everything checked against the schema.
//!
//! Evaluation always ends: there is no recursion, and loops unfold into a bounded number of
//! statements.

use crate::arguments;
use crate::ast::{Argument, Block, Statement};
use crate::diagnostic::{Diagnostic, sort};
use crate::fault;
use crate::parse::unquote;
use crate::program::Program;
use crate::schema::{self, Braces, Definition, Place};
use crate::scope::Scopes;
use crate::shape::Shape;
use crate::span::{FileId, Span};
use crate::token::{Mark, Token};
use crate::value::Item;
use std::borrow::Cow;
use std::ops::Range;

/// Loops may unfold into this many statements.
const MAX_UNFOLDED: usize = 1_000_000;

/// Evaluates a program. The items are complete only if no fault is an error.
#[must_use]
pub fn evaluate(program: &Program) -> (Vec<Item>, Vec<Diagnostic>) {
    let mut evaluator = Evaluator {
        program,
        scopes: Scopes::new(&program.sources),
        including: Vec::new(),
        unfolded: 0,
        faults: Vec::new(),
    };
    let mut level = Level::new(Place::File);
    for root in &program.roots {
        evaluator.file(*root, &mut level);
    }
    sort(&mut evaluator.faults);
    evaluator.faults.dedup();
    (level.items, evaluator.faults)
}

/// The block that is being filled.
struct Level {
    place: Place,
    items: Vec<Item>,
    /// Statements that may stand only once, and where they stood.
    seen: Vec<(&'static str, Span)>,
}

impl Level {
    fn new(place: Place) -> Level {
        Level { place, items: Vec::new(), seen: Vec::new() }
    }
}

struct Evaluator<'p> {
    program: &'p Program,
    scopes: Scopes<'p>,
    including: Vec<FileId>,
    unfolded: usize,
    faults: Vec<Diagnostic>,
}

impl<'p> Evaluator<'p> {
    fn file(&mut self, id: FileId, level: &mut Level) {
        if self.program.unbalanced.contains(&id) {
            return;
        }
        if let Some(file) = self.program.files.get(&id) {
            self.including.push(id);
            self.statements(&file.statements, level);
            self.including.pop();
        }
    }

    fn statements(&mut self, statements: &'p [Statement], level: &mut Level) {
        for statement in statements {
            self.statement(statement, level);
        }
    }

    fn statement(&mut self, statement: &'p Statement, level: &mut Level) {
        let keyword = self.program.sources.slice(statement.keyword);
        let Some(definition) = schema::find(level.place, keyword) else {
            let at = statement.keyword;
            return self.faults.push(fault::unknown_statement(keyword, at, level.place));
        };
        if !definition.compiled {
            return self.faults.push(fault::not_compiled(definition, statement.keyword));
        }
        let tokens = self.tokens(statement);
        let tokens = tokens.filter(|_| self.braces(statement, definition));
        match (definition.keyword, tokens) {
            ("let", Some(tokens)) => self.bind(statement, &tokens),
            ("for", Some(tokens)) => self.unfold(statement, &tokens, level),
            ("include", Some(_)) => self.include(statement, level),
            ("let" | "for" | "include", None) => {}
            (_, tokens) => self.item(statement, definition, tokens, level),
        }
    }

    /// The arguments with their holes filled; `None` if something in them is at fault.
    fn tokens(&mut self, statement: &'p Statement) -> Option<Vec<Token<'p>>> {
        let mut tokens = Vec::with_capacity(statement.arguments.len());
        let mut complete = !statement.broken;
        for argument in &statement.arguments {
            let (mark, text) = match argument {
                Argument::Word(span) => {
                    (Mark::Word, Cow::Borrowed(self.program.sources.slice(*span)))
                }
                Argument::Template(template) => match self.scopes.fill(template) {
                    Ok(text) => (Mark::Word, text),
                    Err(fault) => {
                        self.faults.push(fault);
                        complete = false;
                        continue;
                    }
                },
                Argument::Text(span) => {
                    (Mark::Text, Cow::Owned(unquote(self.program.sources.slice(*span))))
                }
                Argument::Comma(_) => (Mark::Comma, Cow::Borrowed(",")),
                Argument::Arrow(_) => (Mark::Word, Cow::Borrowed("->")),
                Argument::Link(_) => (Mark::Word, Cow::Borrowed("<->")),
            };
            tokens.push(Token { mark, text, span: argument.span() });
        }
        complete.then_some(tokens)
    }

    /// Whether there is a block exactly where there must or may be one.
    fn braces(&mut self, statement: &Statement, definition: &Definition) -> bool {
        let fault = match (definition.braces, &statement.block) {
            (Braces::None, Some(block)) => fault::block_not_allowed(definition, block.open),
            (Braces::Required(_), None) => fault::block_required(definition, statement.head()),
            _ => return true,
        };
        self.faults.push(fault);
        false
    }

    /// A statement with a meaning of its own.
    fn item(
        &mut self,
        statement: &'p Statement,
        definition: &'static Definition,
        tokens: Option<Vec<Token<'p>>>,
        level: &mut Level,
    ) {
        let head = statement.head();
        if !definition.repeats {
            match level.seen.iter().find(|(keyword, _)| *keyword == definition.keyword) {
                Some((_, first)) => {
                    self.faults.push(fault::repeated_statement(definition, head, *first));
                }
                None => level.seen.push((definition.keyword, head)),
            }
        }
        let given = tokens
            .and_then(|tokens| arguments::read(definition, statement, &tokens, &mut self.faults));
        let items = match (definition.braces, &statement.block) {
            (Braces::Optional(place) | Braces::Required(place), Some(block)) => {
                self.block(block, Level::new(place))
            }
            _ => Vec::new(),
        };
        if let Some(arguments) = given {
            level.items.push(Item { keyword: definition.keyword, span: head, arguments, items });
        }
    }

    fn block(&mut self, block: &'p Block, mut level: Level) -> Vec<Item> {
        self.scopes.enter();
        self.statements(&block.statements, &mut level);
        self.scopes.leave();
        level.items
    }

    /// `let variable = value`
    fn bind(&mut self, statement: &Statement, tokens: &[Token<'p>]) {
        match tokens {
            [name, equals, value] if equals.text == "=" && value.mark != Mark::Comma => {
                if self.is_variable(name) {
                    let bound = self.scopes.define(name.span, value.text.clone());
                    self.faults.extend(bound.err());
                }
            }
            _ => self.faults.push(fault::misformed(statement, "let replicas = 3")),
        }
    }

    /// Whether the token can name a variable.
    fn is_variable(&mut self, token: &Token) -> bool {
        let read = Shape::Variable.read(&token.text, token.mark != Mark::Word);
        let fault =
            read.err().map(|why| fault::misshapen("let replicas = 3", Shape::Variable, token, why));
        let fits = fault.is_none();
        self.faults.extend(fault);
        fits
    }

    /// `for variable in range-or-list { … }`
    fn unfold(&mut self, statement: &'p Statement, tokens: &[Token<'p>], level: &mut Level) {
        let misformed = || fault::misformed(statement, "for i in 0..3 { … }");
        let (Some(block), [name, within, values @ ..]) = (&statement.block, tokens) else {
            return self.faults.push(misformed());
        };
        let turns = match Turns::read(values) {
            _ if within.text != "in" => return self.faults.push(misformed()),
            None => return self.faults.push(misformed()),
            Some(Err(fault)) => return self.faults.push(fault),
            Some(Ok(turns)) => turns,
        };
        let more = turns.count().saturating_mul(1 + block.statements.len());
        self.unfolded = self.unfolded.saturating_add(more);
        if self.unfolded > MAX_UNFOLDED {
            let at = statement.head();
            return self.faults.push(fault::too_many_statements(at, MAX_UNFOLDED));
        }
        if !self.is_variable(name) {
            return;
        }
        for value in turns.values() {
            let before = self.faults.len();
            self.scopes.enter();
            let bound = self.scopes.define(name.span, value);
            self.faults.extend(bound.err());
            self.statements(&block.statements, level);
            self.scopes.leave();
            if self.faults.len() > before {
                // A fault in the block is the same fault in every turn: one is enough.
                return;
            }
        }
    }

    /// `include "file"`
    fn include(&mut self, statement: &'p Statement, level: &mut Level) {
        let [Argument::Text(path)] = statement.arguments.as_slice() else {
            return self.faults.push(fault::misformed(statement, "include \"nodes.netc\""));
        };
        let Some(id) = self.program.includes.get(path).copied() else { return };
        if let Some(start) = self.including.iter().position(|file| *file == id) {
            let cycle = self.including.iter().skip(start).chain([&id]);
            let paths = cycle.filter_map(|file| self.program.sources.get(*file));
            let names: Vec<&str> = paths.map(|source| source.path.as_str()).collect();
            return self.faults.push(fault::include_cycle(*path, &names));
        }
        self.file(id, level);
    }
}

/// What a loop runs over.
enum Turns<'t, 'p> {
    /// `0..3`
    Numbers(Range<i64>),
    /// `a, b, c`, with the commas.
    Words(&'t [Token<'p>]),
}

impl<'t, 'p> Turns<'t, 'p> {
    /// `None` if it is neither a range nor a list.
    fn read(values: &'t [Token<'p>]) -> Option<Result<Turns<'t, 'p>, Diagnostic>> {
        if let [only] = values
            && let Some((first, end)) = only.text.split_once("..")
        {
            return Some(match (first.parse(), end.parse()) {
                (Ok(first), Ok(end)) => Ok(Turns::Numbers(first..end)),
                _ => Err(fault::faulty_range(&only.text, only.span)),
            });
        }
        let commas = values.iter().map(|token| token.mark == Mark::Comma);
        let alternates = commas.enumerate().all(|(i, comma)| comma == (i % 2 == 1));
        (alternates && !values.is_empty()).then_some(Ok(Turns::Words(values)))
    }

    fn count(&self) -> usize {
        match self {
            Turns::Numbers(range) => {
                usize::try_from(range.end.saturating_sub(range.start)).unwrap_or(0)
            }
            Turns::Words(words) => words.len().div_ceil(2),
        }
    }

    fn values(self) -> Box<dyn Iterator<Item = Cow<'p, str>> + 't>
    where
        'p: 't,
    {
        match self {
            Turns::Numbers(range) => Box::new(range.map(|number| Cow::Owned(number.to_string()))),
            Turns::Words(words) => {
                Box::new(words.iter().step_by(2).map(|token| token.text.clone()))
            }
        }
    }
}
