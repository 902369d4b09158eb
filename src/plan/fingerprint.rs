//! What tells one live state from another.

use super::Live;
use super::own::system;
use super::record::Record;
use crate::form;
use crate::object::ChainName;
use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

/// The fingerprint of a live state: of all that is netc's own, of what stands in its place, and of
/// the built-in chains. Chains of others may change without it.
#[must_use]
pub fn fingerprint(live: &Live, record: &Record) -> String {
    let mut hash = Sha256::new();
    for found in live.states.values() {
        if let Some(value) = form::state(&found.state) {
            hash.update(value.to_string());
            hash.update([u8::from(found.owned), b'\n']);
        }
    }
    for ((family, table), rules) in &live.rules {
        for chain in rules.chains() {
            let name = ChainName::new(&[chain.name]);
            let recorded = record.chains.contains(&(*family, *table, name));
            let own = system(chain.name).is_some() || recorded;
            // An empty table is there or not, as the kernel likes.
            if own || (chain.built_in && !chain.rules.is_empty()) {
                hash.update(format!("{family} {table} {}\n", chain.name));
                hash.update(chain.rules);
            }
        }
    }
    HEXLOWER.encode(&hash.finalize())
}
