//! Tables of nf_tables.

use super::Interest;
use crate::kernel::error::KernelError;
use crate::kernel::machine::Machine;
use crate::kernel::nft;
use crate::model::Family;
use crate::object::{Id, State, Text};
use crate::plan::{Live, system_of_table};

/// Records the tables that are netc's own, which is those that it has recorded, or of interest. Whoever
/// adopts takes over those too that are called like a known system's.
pub(super) fn read(
    machine: &mut Machine,
    interest: &Interest,
    live: &mut Live,
) -> Result<(), KernelError> {
    let recorded = &interest.record.tables;
    if recorded.is_empty() && !interest.adopt && !interest.has_tables() {
        return Ok(());
    }
    let is_own = |place: &(Family, Text)| recorded.contains(place);
    let all = nft::list(machine, |family, name| {
        let place = (family, Text::from(name));
        let known = interest.adopt && system_of_table(name).is_some();
        // iptables-nft keeps its own in such tables: they are read as it prints them.
        let of_iptables = interest.all && is_of_iptables(name);
        known || is_own(&place) || (interest.has(&Id::NftTable(place.0, place.1)) && !of_iptables)
    })?;
    for table in all {
        let owned = interest.adopt || is_own(&table.key());
        live.insert(State::NftTable(table), owned);
    }
    Ok(())
}

/// Whether a table is called as one of iptables (`xtables_ipv4` in iptables/nft.c of iptables).
fn is_of_iptables(name: &str) -> bool {
    matches!(name, "raw" | "mangle" | "filter" | "nat" | "security")
}
