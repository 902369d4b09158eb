//! Short texts that many endpoints have in common.

use super::value::Wrong;
use crate::model::Hints;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Each different text and each different set of hints once.
#[derive(Default)]
pub(super) struct Shared {
    pub(super) nodes: Texts,
    pub(super) zones: Texts,
    hints: BTreeSet<Arc<Hints>>,
}

impl Shared {
    /// The one set of hints like this.
    pub(super) fn hints(&mut self, hints: Hints) -> Arc<Hints> {
        if let Some(known) = self.hints.get(&hints) {
            return Arc::clone(known);
        }
        let new = Arc::new(hints);
        self.hints.insert(Arc::clone(&new));
        new
    }
}

/// Texts of one kind.
#[derive(Default)]
pub(super) struct Texts {
    known: BTreeSet<Arc<str>>,
}

impl Texts {
    /// The one text like this; a new one is checked.
    pub(super) fn get(
        &mut self,
        text: &str,
        check: fn(&str) -> Result<(), Wrong>,
    ) -> Result<Arc<str>, Wrong> {
        if let Some(known) = self.known.get(text) {
            return Ok(Arc::clone(known));
        }
        check(text)?;
        let new: Arc<str> = Arc::from(text);
        self.known.insert(Arc::clone(&new));
        Ok(new)
    }
}
