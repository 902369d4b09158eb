//! What the rules of nf_tables do with a packet.

use super::Way;
use super::verdict::{Judged, Verdict, View};
use crate::model::Family;
use crate::object::{Base, Hook, NftTable};

/// The rules of one table.
#[derive(Debug)]
pub struct Rules {
    table: NftTable,
}

impl Rules {
    /// The rules of a table.
    #[must_use]
    pub fn new(table: NftTable) -> Rules {
        Rules { table }
    }

    /// Its family.
    #[must_use]
    pub fn family(&self) -> Family {
        self.table.family
    }

    /// Its base chains of a hook, by name.
    pub fn bases(&self, hook: Hook) -> impl Iterator<Item = (&str, &Base)> {
        let chains = self.table.chains.iter();
        let bases = chains.filter_map(|chain| Some((chain.name.as_str(), chain.base.as_ref()?)));
        bases.filter(move |(_, base)| base.hook.eq_ignore_ascii_case(hook.name()))
    }

    /// Lets a packet pass a base chain.
    #[must_use]
    pub fn pass(&self, chain: &str, way: Way, view: &View) -> Vec<Judged> {
        let _ = (chain, view);
        vec![Judged { way, verdict: Verdict::Accept }]
    }
}
