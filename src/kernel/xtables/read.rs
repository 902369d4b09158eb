//! Reading rules: netc's tables by the tools at hand, and what the other back end holds.

use super::present;
use crate::kernel::error::KernelError;
use crate::kernel::machine::Machine;
use crate::kernel::tool::{NOT_INSTALLED, Tool, run};
use crate::kernel::{module, nft};
use crate::model::Family;
use crate::object::{Netns, Table};
use crate::plan::{Backend, LiveTable};
use std::collections::BTreeMap;
use std::io;
use std::ops::Range;
use std::sync::Arc;
use std::thread;

/// The tables of both families.
type Tables = BTreeMap<(Family, Table), LiveTable>;

/// The program behind the names of the tools: they print `iptables-restore v1.8.9 (nf_tables)`, or
/// `(legacy)`; before 1.8 there was no other back end, and nothing of it in the version.
///
/// `None` if they are not installed.
///
/// # Errors
/// The tools cannot be run.
pub fn backend(machine: &mut Machine) -> Result<Option<Backend>, KernelError> {
    if machine.backend.is_none() {
        machine.backend = version(machine)?.map(|version| {
            if version.contains("(nf_tables)") { Backend::Nft } else { Backend::Legacy }
        });
    }
    Ok(machine.backend)
}

fn version(machine: &mut Machine) -> Result<Option<String>, KernelError> {
    match run(machine, RESTORE, &["--version"], None) {
        Ok(version) => Ok(Some(version)),
        Err(KernelError::Tool { output, .. }) if output.starts_with(NOT_INSTALLED) => Ok(None),
        Err(error) => Err(error),
    }
}

/// The tool that is asked which back end there is.
const RESTORE: Tool = Tool("iptables-restore");

/// netc's tables of both families. Without the tools there are none, unless rules matter and the
/// kernel has some that cannot be read then.
pub(in crate::kernel) fn read(
    machine: &mut Machine,
    rules_matter: bool,
) -> Result<Tables, KernelError> {
    match backend(machine)? {
        Some(backend) => save(machine, backend),
        None if rules_matter && has_rules(machine)? => {
            // The fault is that of the tool.
            run(machine, RESTORE, &["--version"], None).map(|_| Tables::new())
        }
        None => Ok(Tables::new()),
    }
}

/// Whether there is any table of iptables, of either back end.
fn has_rules(machine: &mut Machine) -> Result<bool, KernelError> {
    let legacy = machine.namespace(&Netns::Node)?.within(|| {
        Family::ALL.into_iter().any(|family| !present::legacy_tables(family).is_empty())
    })?;
    let is_table = |name: &str| Table::ALL.into_iter().any(|table| table.name() == name);
    Ok(legacy || nft::has_any(machine, is_table)?)
}

/// netc's tables of both families. Tables that are not there stay so.
fn save(machine: &mut Machine, backend: Backend) -> Result<Tables, KernelError> {
    let both = machine.namespace(&Netns::Node)?.within(|| {
        // A thread is in the namespace of the one that made it.
        thread::scope(|scope| {
            let other = scope.spawn(|| dump(Family::V6, backend));
            let own = dump(Family::V4, backend);
            (own, other.join().unwrap_or_else(|_| Err(ended())))
        })
    })?;
    let mut all = both.0?;
    all.extend(both.1?);
    Ok(all)
}

fn ended() -> KernelError {
    KernelError::io("cannot read the rules")(io::Error::other("the thread ended"))
}

fn dump(family: Family, backend: Backend) -> Result<Tables, KernelError> {
    let there = match backend {
        Backend::Nft => module::has_nf_tables(),
        Backend::Legacy => !present::legacy_tables(family).is_empty(),
    };
    if !there {
        return Ok(Tables::new());
    }
    let tool = match family {
        Family::V4 => "iptables-save",
        Family::V6 => "ip6tables-save",
    };
    let tables = parse(Tool(tool).run(&[], None)?).into_iter();
    let tables = tables.filter_map(|(name, rules)| {
        let table = Table::ALL.into_iter().find(|table| table.name() == name)?;
        Some(((family, table), rules))
    });
    Ok(tables.collect())
}

/// Reads the output of iptables-save, table by table.
fn parse(dump: String) -> Vec<(String, LiveTable)> {
    let dump = Arc::new(dump);
    let parts = parts(&dump).into_iter().filter_map(|part| {
        let (name, _) = dump.get(part.clone())?.split_once('\n')?;
        Some((name.to_owned(), LiveTable::parse_part(&dump, part)))
    });
    parts.collect()
}

/// Where each table is in a dump, from its name on: `*nat`.
fn parts(dump: &str) -> Vec<Range<usize>> {
    let first = dump.starts_with('*').then_some(1);
    let others = memchr::memmem::find_iter(dump.as_bytes(), b"\n*").map(|at| at + 2);
    let starts: Vec<usize> = first.into_iter().chain(others).collect();
    let ends = starts.iter().skip(1).map(|next| next - 1).chain([dump.len()]);
    starts.iter().copied().zip(ends).map(|(start, end)| start..end).collect()
}

/// What a table of the back end that netc does not use holds: the kernel goes through the rules of
/// both.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Foreign {
    /// The family.
    pub family: Family,
    /// The table.
    pub table: String,
    /// How many rules it has, how many chains beside the built-in ones, and what some of them are
    /// called; `None` if the tool that could tell is not installed.
    pub held: Option<Held>,
}

/// The contents of a table, in short.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Held {
    /// How many rules.
    pub rules: usize,
    /// How many chains beside the built-in ones.
    pub chains: usize,
    /// The names of the first few chains.
    pub names: Vec<String>,
}

/// What the back end that is not behind the names of the tools holds, as far as that can be asked
/// without loading anything. Empty tables are left out.
///
/// # Errors
/// They cannot be read.
pub fn other_backend(machine: &mut Machine, own: Backend) -> Result<Vec<Foreign>, KernelError> {
    let both = machine.namespace(&Netns::Node)?.within(|| {
        let all = Family::ALL.into_iter().map(|family| match own {
            Backend::Legacy => nft(family),
            Backend::Nft => legacy(family),
        });
        all.collect::<Result<Vec<_>, KernelError>>()
    })??;
    Ok(both.into_iter().flatten().collect())
}

fn nft(family: Family) -> Result<Vec<Foreign>, KernelError> {
    let tool = match family {
        Family::V4 => Tool("iptables-nft-save"),
        Family::V6 => Tool("ip6tables-nft-save"),
    };
    let there = module::has_nf_tables();
    let dump = if there { if_installed(tool)? } else { None };
    Ok(dump.map(|dump| held(family, dump)).unwrap_or_default())
}

fn legacy(family: Family) -> Result<Vec<Foreign>, KernelError> {
    let tool = match family {
        Family::V4 => Tool("iptables-legacy-save"),
        Family::V6 => Tool("ip6tables-legacy-save"),
    };
    let tables = present::legacy_tables(family);
    if tables.is_empty() {
        return Ok(Vec::new());
    }
    let unknown = |table| Foreign { family, table, held: None };
    Ok(match if_installed(tool)? {
        Some(dump) => held(family, dump),
        None => tables.into_iter().map(unknown).collect(),
    })
}

/// What a tool prints; `None` if it is not installed.
fn if_installed(tool: Tool) -> Result<Option<String>, KernelError> {
    match tool.run(&[], None) {
        Ok(dump) => Ok(Some(dump)),
        Err(KernelError::Tool { output, .. }) if output.starts_with(NOT_INSTALLED) => Ok(None),
        Err(error) => Err(error),
    }
}

fn held(family: Family, dump: String) -> Vec<Foreign> {
    const NAMED: usize = 4;
    let tables = parse(dump).into_iter().map(|(table, rules)| {
        let own = || rules.chains().filter(|chain| !chain.built_in);
        let held = Held {
            rules: rules.chains().map(|chain| chain.rules.lines().count()).sum(),
            chains: own().count(),
            names: own().take(NAMED).map(|chain| chain.name.to_owned()).collect(),
        };
        Foreign { family, table, held: Some(held) }
    });
    tables.filter(|foreign| foreign.held != Some(Held::default())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const DUMP: &str = "# Generated by iptables-save\n*nat\n:PREROUTING ACCEPT [1:60]\n:KUBE-X - [0:0]\n-A PREROUTING -j KUBE-X\nCOMMIT\n# Completed\n# Generated\n*raw\n:OUTPUT ACCEPT [0:0]\nCOMMIT\n# Completed\n";

    #[test]
    fn a_dump_is_read_by_table_and_chain() {
        let tables = parse(DUMP.to_owned());
        let names: Vec<&str> = tables.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["nat", "raw"]);
        let rules = |chain| tables[0].1.rules(chain);
        assert_eq!(rules("PREROUTING"), Some("-A PREROUTING -j KUBE-X\n"));
        assert_eq!((rules("KUBE-X"), rules("OUTPUT")), (Some(""), None));
        assert_eq!(parse("*nat\n:A - [0:0]\nCOMMIT".to_owned())[0].1.rules("A"), Some(""));
        assert_eq!(parse(String::new()).len(), 0);
    }

    #[test]
    fn empty_tables_of_the_other_back_end_do_not_count() {
        let held = held(Family::V4, DUMP.to_owned());
        let contents = Held { rules: 1, chains: 1, names: vec!["KUBE-X".into()] };
        let nat = Foreign { family: Family::V4, table: "nat".into(), held: Some(contents) };
        assert_eq!(held, [nat]);
    }
}
