//! What the machine and the process have, as far as it can be read.

use super::modules::Modules;
use super::{Needs, nftables};
use crate::kernel::tool::{Place, find, search};
use crate::kernel::{module, wireguard};
use nix::sys::statvfs::{FsFlags, statvfs};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

/// What was found.
#[derive(Debug)]
pub(super) struct Facts {
    /// The effective capabilities, one bit each (proc_pid_status(5)).
    pub(super) capabilities: Option<u64>,
    /// The tools that are needed.
    pub(super) tools: BTreeMap<String, Place>,
    /// Whether no kernel parameter can be set.
    pub(super) sysctl_read_only: bool,
    /// The release of the kernel (uname(2)).
    pub(super) release: String,
    /// The version of nft, if that is needed.
    pub(super) nft: Option<String>,
    /// Kinds of device that the kernel certainly cannot make.
    pub(super) absent_links: BTreeSet<String>,
    /// Bridges certainly cannot heed vlans.
    pub(super) lacks_vlans: bool,
    /// Modules that are certainly not there.
    pub(super) absent_modules: BTreeSet<String>,
    /// The same of those that the kernel would load by itself.
    pub(super) absent_parts: BTreeSet<String>,
    /// Tools whose part of netfilter is certainly not there, and the module that it is.
    pub(super) absent_netfilter: Vec<(String, &'static str)>,
    /// What is wrong with the files of keys.
    pub(super) unfit_keys: Vec<String>,
}

/// Looks at everything that is needed.
pub(super) fn read(needs: &Needs) -> Facts {
    let release = release();
    let modules = Modules::read(&Path::new("/lib/modules").join(&release));
    let lacks = |name: &str| {
        !module::present(name) && modules.as_ref().is_some_and(|modules| modules.lack(name))
    };
    let search = search();
    let tools: BTreeMap<String, Place> =
        needs.tools.iter().map(|name| (name.clone(), find(name, &search))).collect();
    let restores = tools
        .iter()
        .filter(|(name, tool)| name.ends_with("tables-restore") && **tool == Place::Found);
    let backends = restores.filter_map(|(name, _)| Some((name.clone(), backend(name)?)));
    let absent_netfilter = backends.filter(|(_, module)| lacks(module)).collect();
    let lacking =
        |names: &BTreeSet<String>| names.iter().filter(|name| lacks(name)).cloned().collect();
    let status = fs::read_to_string("/proc/thread-self/status").unwrap_or_default();
    let nft =
        tools.get("nft").filter(|tool| **tool == Place::Found).and_then(|_| nftables::version());
    let keys = needs.keys.iter();
    Facts {
        nft,
        capabilities: capabilities(&status),
        sysctl_read_only: statvfs("/proc/sys")
            .is_ok_and(|found| found.flags().contains(FsFlags::ST_RDONLY)),
        absent_links: lacking(&needs.links),
        lacks_vlans: needs.vlans && config(&release).is_some_and(|config| !has_vlans(&config)),
        absent_modules: lacking(&needs.modules),
        absent_parts: lacking(&needs.parts),
        absent_netfilter,
        unfit_keys: keys.filter_map(|(path, public)| wireguard::unfit(path, *public)).collect(),
        tools,
        release,
    }
}

/// The release of the kernel: `6.1.0-50-amd64`.
pub(super) fn release() -> String {
    let release = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    release.trim().to_owned()
}

/// What the kernel was built with, where it tells: beside it, or in itself (`CONFIG_IKCONFIG_PROC`).
fn config(release: &str) -> Option<String> {
    if let Ok(text) = fs::read_to_string(format!("/boot/config-{release}")) {
        return Some(text);
    }
    let packed = fs::File::open("/proc/config.gz").ok()?;
    let output = Command::new("gzip").arg("-dc").stdin(packed).output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    (output.status.success() && text.contains("CONFIG_")).then_some(text)
}

/// Whether bridges can heed vlans (net/bridge/Kconfig).
fn has_vlans(config: &str) -> bool {
    config.lines().any(|line| line == "CONFIG_BRIDGE_VLAN_FILTERING=y")
}

/// The line `CapEff: 000001ffffffffff`, with a tab.
fn capabilities(status: &str) -> Option<u64> {
    let value = status.lines().find_map(|line| line.strip_prefix("CapEff:"))?;
    u64::from_str_radix(value.trim(), 16).ok()
}

/// The part of netfilter that a restore tool works with, by what it says of itself: `iptables-restore
/// v1.8.9 (nf_tables)`. To ask that touches no table.
fn backend(tool: &str) -> Option<&'static str> {
    let output = Command::new(tool).arg("--version").stdin(Stdio::null()).output().ok()?;
    let said = String::from_utf8_lossy(&output.stdout);
    backend_of(tool, &said)
}

fn backend_of(tool: &str, said: &str) -> Option<&'static str> {
    match said {
        _ if said.contains("(nf_tables)") => Some("nf_tables"),
        _ if !said.contains("(legacy)") => None,
        _ if tool.starts_with("ip6") => Some("ip6_tables"),
        _ => Some("ip_tables"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn capabilities_are_read() {
        assert_eq!(capabilities("Name:\tx\nCapEff:\t0000000000001000\n"), Some(1 << 12));
        assert_eq!(capabilities("Name:\tx\n"), None);
    }

    #[test]
    fn what_bridges_can_stands_in_the_configuration() {
        assert!(has_vlans("CONFIG_BRIDGE=m\nCONFIG_BRIDGE_VLAN_FILTERING=y\n"));
        assert!(!has_vlans("CONFIG_BRIDGE=y\n# CONFIG_BRIDGE_VLAN_FILTERING is not set\n"));
    }

    #[test]
    fn the_back_end_is_what_the_tool_says() {
        let of = |tool, said| backend_of(tool, said);
        assert_eq!(
            of("iptables-restore", "iptables-restore v1.8.9 (nf_tables)\n"),
            Some("nf_tables")
        );
        assert_eq!(
            of("ip6tables-restore", "ip6tables-restore v1.8.9 (legacy)"),
            Some("ip6_tables")
        );
        assert_eq!(of("iptables-restore", "iptables-restore v1.8.9 (legacy)"), Some("ip_tables"));
        assert_eq!(of("iptables-restore", "v1.4"), None);
    }

    #[test]
    fn this_machine_can_be_looked_at() {
        let facts = read(&Needs { tools: ["sh".to_owned()].into(), ..Needs::default() });
        assert!(facts.capabilities.is_some());
        assert!(!facts.release.is_empty());
        assert_eq!(facts.tools.get("sh"), Some(&Place::Found));
    }
}
