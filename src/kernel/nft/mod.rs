//! Tables of nf_tables, by their tool (nft(8)).

mod element;
mod expression;
mod nat;
mod read;
mod statement;
#[cfg(test)]
mod tests;
mod value;
mod verbatim;

use super::error::KernelError;
use super::machine::Machine;
use super::module;
use super::tool::{NOT_INSTALLED, Tool, run};
use crate::model::Family;
use crate::object::{NftTable, family_name};

const TOOL: Tool = Tool("nft");

/// The tables of both families that are looked for. None without the module, which is not loaded
/// for the answer, or without the tool: netc has then made none.
pub(super) fn list(
    machine: &mut Machine,
    looked_for: impl Fn(Family, &str) -> bool,
) -> Result<Vec<NftTable>, KernelError> {
    let chains = chains(machine)?;
    let wanted = chains.lines().filter_map(named);
    let wanted = wanted.filter(|(family, name)| looked_for(*family, name));
    wanted.map(|(family, name)| table(machine, family, name, &chains)).collect()
}

/// Whether there is a table of one of these names, in either family.
pub(super) fn has_any(
    machine: &mut Machine,
    is_one: impl Fn(&str) -> bool,
) -> Result<bool, KernelError> {
    let chains = chains(machine)?;
    Ok(chains.lines().filter_map(named).any(|(_, name)| is_one(name)))
}

/// All tables with their chains, without rules. That is quick: to list but the names of tables, nft
/// 1.0.6 reads all rules and elements. As text: its JSON has no comments of chains, and ends in a
/// crash if any table has flags.
fn chains(machine: &mut Machine) -> Result<String, KernelError> {
    if !module::has_nf_tables() {
        return Ok(String::new());
    }
    match run(machine, TOOL, &["list", "chains"], None) {
        Err(KernelError::Tool { output, .. }) if output.starts_with(NOT_INSTALLED) => {
            Ok(String::new())
        }
        chains => chains,
    }
}

/// The table that begins with a line: `table ip kube-proxy {`.
fn named(line: &str) -> Option<(Family, &str)> {
    let (family, name) = line.strip_prefix("table ")?.strip_suffix(" {")?.split_once(' ')?;
    let family = Family::ALL.into_iter().find(|own| family_name(*own) == family)?;
    Some((family, name))
}

/// A table. What its rules have counted is left out.
fn table(
    machine: &mut Machine,
    family: Family,
    name: &str,
    chains: &str,
) -> Result<NftTable, KernelError> {
    let word = family_name(family);
    let mut list = |form| run(machine, TOOL, &["-s", form, "list", "table", word, name], None);
    let found = list("-j").and_then(|said| read::table(family, name, &said));
    let mut found = match found {
        Ok(found) if !found.has_gaps() => found,
        found => {
            let verbatim = verbatim::read(&list("-a")?);
            if verbatim.sleeps {
                return Err(asleep(word, name));
            }
            let mut found = found?;
            found.fill(&verbatim);
            found
        }
    };
    found.comment(&verbatim::comments(chains, &format!("table {word} {name} {{")));
    Ok(found.finish())
}

/// That a table has the flag that keeps packets out of all its chains.
fn asleep(family: &str, name: &str) -> KernelError {
    let place = format!("{family} {name}");
    let output = format!(
        "table {place} is dormant, no packet meets it: wake it with `nft add table {place}`"
    );
    KernelError::Tool { tool: TOOL.0, output, line: None }
}

/// Feeds `nft -f`: a transaction, which is carried out as a whole or not at all.
pub(super) fn load(machine: &mut Machine, input: &str) -> Result<(), KernelError> {
    run(machine, TOOL, &["-f", "-"], Some(input)).map(drop)
}

/// Whether a transaction would be carried out: nothing is changed.
pub(super) fn check(machine: &mut Machine, input: &str) -> Result<(), KernelError> {
    run(machine, TOOL, &["-c", "-f", "-"], Some(input)).map(drop)
}
