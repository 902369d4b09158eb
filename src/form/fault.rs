//! What cannot be read.

use std::fmt;

/// A value that is not what was expected.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fault {
    /// Where it stands: a JSON pointer (RFC 6901), empty for the whole document.
    pub pointer: String,
    /// What was expected there.
    pub expected: String,
}

impl Fault {
    /// Something else was expected.
    pub(crate) fn expected(what: impl Into<String>) -> Fault {
        Fault { pointer: String::new(), expected: what.into() }
    }

    /// The same, seen from one level further up.
    pub(crate) fn within(self, step: &str) -> Fault {
        let step = step.replace('~', "~0").replace('/', "~1");
        Fault { pointer: format!("/{step}{}", self.pointer), expected: self.expected }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Fault { pointer, expected } = self;
        match pointer.as_str() {
            "" => write!(f, "expected {expected}"),
            _ => write!(f, "expected {expected} at {pointer}"),
        }
    }
}

impl std::error::Error for Fault {}
