//! Writing chains as text.

use super::rule_text::push_rule;
use super::{ChainName, Match, Target};
use crate::model::Family;
use netc_lang::Span;

/// Chains as text, and the place to write them.
#[derive(Clone, PartialEq, Debug)]
pub struct Chains {
    family: Family,
    pub(super) blocks: Vec<Block>,
    /// How each rule of the last chain begins: `-A NAME`.
    begin: String,
}

/// Some chains that stand one behind the other. Text in blocks needs no guess of its length, is
/// never moved when it grows, and takes memory that earlier phases gave back.
#[derive(Clone, PartialEq, Default, Debug)]
pub(super) struct Block {
    /// The rules of the chains, a line each.
    pub(super) text: String,
    pub(super) chains: Vec<Head>,
    pub(super) rules: Vec<Tail>,
}

/// What is known of a chain beside its rules.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Head {
    pub(super) name: ChainName,
    pub(super) origin: Span,
    /// Its first rule, within the block.
    pub(super) rules: u32,
}

/// What is known of a rule beside its text.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Tail {
    /// Where in the block's text its line ends, the end of the line included.
    pub(super) end: u32,
    pub(super) origin: Span,
}

impl Chains {
    /// No chains yet.
    #[must_use]
    pub fn new(family: Family) -> Chains {
        Chains { family, blocks: vec![Block::default()], begin: String::new() }
    }

    /// One chain, which may get rules at any time.
    #[must_use]
    pub fn one(family: Family, name: ChainName, origin: Span) -> Chains {
        let mut chains = Chains::new(family);
        chains.begin(name, origin);
        chains
    }

    /// Begins a chain on behalf of a statement. All rules are its own until the next one begins.
    pub fn begin(&mut self, name: ChainName, origin: Span) {
        self.begin.clear();
        self.begin.push_str("-A ");
        self.begin.push_str(name.as_str());
        if let Some(full) = self.blocks.last().filter(|last| last.text.len() >= Block::FULL) {
            self.blocks.push(full.next());
        }
        if let Some(block) = self.blocks.last_mut() {
            block.chains.push(Head { name, origin, rules: narrow(block.rules.len()) });
        }
    }

    /// Writes a rule of the last chain: if everything matches, the target decides. The conditions
    /// may be given in any order.
    pub fn rule(&mut self, matches: &[Match], target: Target, origin: Span) {
        let Some(block) = self.blocks.last_mut() else { return };
        block.text.push_str(&self.begin);
        push_rule(&mut block.text, self.family, matches, target);
        block.text.push('\n');
        block.rules.push(Tail { end: narrow(block.text.len()), origin });
    }
}

impl Block {
    /// How long the text of a block is at least when the next one begins.
    const FULL: usize = 1 << 16;

    /// An empty block with room for as much as this one has, and some chains more.
    fn next(&self) -> Block {
        let room = |length: usize| length + length / 8;
        Block {
            text: String::with_capacity(room(Block::FULL)),
            chains: Vec::with_capacity(room(self.chains.len())),
            rules: Vec::with_capacity(room(self.rules.len())),
        }
    }
}

/// Places within a block are kept in 32 bits: no chain is four gigabytes long.
fn narrow(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}
