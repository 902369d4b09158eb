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
    let mut found = Vec::new();
    for (family, name) in names(machine)? {
        if looked_for(family, &name) {
            found.push(table(machine, family, &name)?);
        }
    }
    Ok(found)
}

/// The names of all tables of both families, those that iptables works with among them.
pub(super) fn names(machine: &mut Machine) -> Result<Vec<(Family, String)>, KernelError> {
    if !module::has_nf_tables() {
        return Ok(Vec::new());
    }
    // As text: the JSON of nft 1.0.6 ends in a crash if any table has flags.
    match run(machine, TOOL, &["list", "tables"], None) {
        Ok(said) => Ok(said.lines().filter_map(named).collect()),
        Err(KernelError::Tool { output, .. }) if output.starts_with(NOT_INSTALLED) => {
            Ok(Vec::new())
        }
        Err(error) => Err(error),
    }
}

/// The table of a line: `table ip kube-proxy`.
fn named(line: &str) -> Option<(Family, String)> {
    let (family, name) = line.strip_prefix("table ")?.split_once(' ')?;
    let family = Family::ALL.into_iter().find(|own| family_name(*own) == family)?;
    Some((family, name.to_owned()))
}

/// A table. What its rules have counted is left out.
fn table(machine: &mut Machine, family: Family, name: &str) -> Result<NftTable, KernelError> {
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
    // The JSON of nft 1.0.6 has no comments of chains.
    let chains = run(machine, TOOL, &["list", "chains", word], None)?;
    found.comment(&verbatim::comments(&chains, &format!("table {word} {name} {{")));
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
