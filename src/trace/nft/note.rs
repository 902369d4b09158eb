//! What a rule leaves on the trail of a packet.

use super::super::Way;
use super::super::trail::{Decided, Event, RuleTable};
use super::Rules;
use crate::object::{NftChain, Text};
use netc_lang::Span;

/// The line of a rule that a packet is at.
#[derive(Clone, Copy)]
pub(super) struct Line<'l> {
    rules: &'l Rules,
    chain: &'l NftChain,
    text: &'l str,
    origin: Span,
}

/// What is known when a rule matches.
#[derive(Clone, Copy, Default)]
pub(super) struct Match<'t> {
    /// The mark, if the rule changes it.
    pub(super) mark: Option<u32>,
    /// With what probability it does this, if that is left to chance.
    pub(super) chance: Option<f64>,
    /// The map, the element in it that decides, and the statement behind that.
    pub(super) element: Option<(&'t str, &'t str, Span)>,
}

impl<'l> Line<'l> {
    pub(super) fn new(
        rules: &'l Rules,
        chain: &'l NftChain,
        text: &'l str,
        origin: Span,
    ) -> Line<'l> {
        Line { rules, chain, text, origin }
    }

    /// Notes that it matches.
    pub(super) fn note(self, way: &mut Way, known: Match) {
        let (table, chain) = self.place();
        let Match { mark, chance, element } = known;
        way.note(Event::Rule { table, chain, mark, chance }, Some(self.decided()));
        if let Some((map, element, origin)) = element {
            let decided = Decided::new(element, stated(origin));
            way.note(Event::Element { set: map.into() }, Some(decided));
        }
    }

    /// Notes that it cannot be judged.
    pub(super) fn unjudged(self, way: &mut Way) {
        let (table, chain) = self.place();
        way.note(Event::Unjudged { table, chain }, Some(self.decided()));
    }

    fn place(self) -> (RuleTable, Text) {
        (RuleTable::Nft(Text::clone(&self.rules.table.name)), self.chain.name.as_str().into())
    }

    fn decided(self) -> Decided {
        Decided::new(self.text, stated(self.origin))
    }
}

/// What was found on a node has no statement behind it.
fn stated(origin: Span) -> Option<Span> {
    (origin != Span::default()).then_some(origin)
}
