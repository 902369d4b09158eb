//! Variables, and the words and expressions that use them.

use crate::ast::{Expression, Operator, Template};
use crate::diagnostic::Diagnostic;
use crate::fault;
use crate::span::{Sources, Span};
use std::borrow::Cow;

/// The variables that are visible at one place, innermost block last.
pub(crate) struct Scopes<'p> {
    sources: &'p Sources,
    stack: Vec<Vec<Binding<'p>>>,
}

/// A variable and its value.
struct Binding<'p> {
    name: &'p str,
    value: Cow<'p, str>,
    span: Span,
}

impl<'p> Scopes<'p> {
    pub(crate) fn new(sources: &'p Sources) -> Scopes<'p> {
        Scopes { sources, stack: vec![Vec::new()] }
    }

    pub(crate) fn enter(&mut self) {
        self.stack.push(Vec::new());
    }

    pub(crate) fn leave(&mut self) {
        self.stack.pop();
    }

    /// Binds a variable in the innermost block.
    pub(crate) fn define(&mut self, name: Span, value: Cow<'p, str>) -> Result<(), Diagnostic> {
        let text = self.sources.slice(name);
        if let Some(first) = self.bindings().find(|binding| binding.name == text) {
            return Err(fault::repeated_variable(text, name, first.span));
        }
        if let Some(scope) = self.stack.last_mut() {
            scope.push(Binding { name: text, value, span: name });
        }
        Ok(())
    }

    /// A word with its holes filled.
    pub(crate) fn fill(&self, template: &Template) -> Result<Cow<'p, str>, Diagnostic> {
        let mut out = String::new();
        let mut at = template.span;
        for hole in &template.holes {
            out.push_str(self.sources.slice(Span { end: hole.span.start, ..at }));
            match &hole.expression {
                Expression::Name(name) => out.push_str(self.lookup(*name)?),
                expression => out.push_str(&self.number(expression, hole.span)?.to_string()),
            }
            at.start = hole.span.end;
        }
        out.push_str(self.sources.slice(at));
        Ok(Cow::Owned(out))
    }

    fn bindings(&self) -> impl Iterator<Item = &Binding<'p>> {
        self.stack.iter().flatten()
    }

    fn lookup(&self, name: Span) -> Result<&str, Diagnostic> {
        let wanted = self.sources.slice(name);
        match self.bindings().find(|binding| binding.name == wanted) {
            Some(binding) => Ok(&binding.value),
            None => {
                let known = self.bindings().map(|binding| binding.name);
                Err(fault::unknown_variable(wanted, name, known))
            }
        }
    }

    fn number(&self, expression: &Expression, at: Span) -> Result<i64, Diagnostic> {
        match expression {
            Expression::Number(number) => Ok(*number),
            Expression::Name(name) => {
                let value = self.lookup(*name)?;
                let text = self.sources.slice(*name);
                value.parse().map_err(|_| fault::not_a_number(text, value, *name))
            }
            Expression::Negate(inner) => {
                self.number(inner, at)?.checked_neg().ok_or_else(|| fault::overflow(at))
            }
            Expression::Binary(operator, left, right) => {
                let (left, right) = (self.number(left, at)?, self.number(right, at)?);
                calculate(*operator, left, right, at)
            }
        }
    }
}

fn calculate(operator: Operator, left: i64, right: i64, at: Span) -> Result<i64, Diagnostic> {
    let result = match operator {
        Operator::Add => left.checked_add(right),
        Operator::Subtract => left.checked_sub(right),
        Operator::Multiply => left.checked_mul(right),
        Operator::Divide | Operator::Remainder if right == 0 => {
            return Err(fault::division_by_zero(at));
        }
        Operator::Divide => left.checked_div(right),
        Operator::Remainder => left.checked_rem(right),
    };
    result.ok_or_else(|| fault::overflow(at))
}
