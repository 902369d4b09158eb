//! Which modules a kernel could load, by the lists that depmod(8) and the kernel's own
//! installation leave beside them. Nothing is loaded, and no process is needed.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// The modules of one kernel, loadable and built in, and the names by which it asks for them.
pub(super) struct Modules {
    names: BTreeSet<String>,
}

impl Modules {
    /// Reads the lists of a folder; `None` unless all are there, for then nothing is certain.
    pub(super) fn read(folder: &Path) -> Option<Modules> {
        let list = |name: &str| fs::read_to_string(folder.join(name)).ok();
        let (loadable, builtin) = (list("modules.dep")?, list("modules.builtin")?);
        // An empty list is of an installation that was left half done.
        if loadable.trim().is_empty() || builtin.trim().is_empty() {
            return None;
        }
        let aliases = list("modules.alias")?;
        let files = loadable.lines().chain(builtin.lines()).filter_map(module);
        let names = files.chain(aliases.lines().filter_map(kind)).collect();
        Some(Modules { names })
    }

    /// Whether there is certainly no module of that name.
    pub(super) fn lack(&self, name: &str) -> bool {
        !self.names.contains(&plain(name))
    }
}

/// The module of a line: `kernel/drivers/net/vxlan/vxlan.ko.xz: …` (modules.dep(5)).
fn module(line: &str) -> Option<String> {
    let path = line.split(':').next()?;
    let file = path.rsplit('/').next()?;
    let (name, _) = file.split_once(".ko")?;
    Some(plain(name))
}

/// The kind of device of a line: `alias rtnl-link-vxlan vxlan` (rtnetlink.h,
/// `MODULE_ALIAS_RTNL_LINK`).
fn kind(line: &str) -> Option<String> {
    let name = line.strip_prefix("alias rtnl-link-")?.split_whitespace().next()?;
    Some(plain(name))
}

/// In the names of modules `-` and `_` are the same (modprobe(8)).
fn plain(name: &str) -> String {
    name.replace('-', "_")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_in_no_list_is_not_there() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
        write(
            "modules.dep",
            "kernel/net/bridge/br_netfilter.ko.xz: kernel/net/bridge/bridge.ko.xz\nextra/my-mod.ko:\n",
        );
        write("modules.builtin", "kernel/drivers/net/veth.ko\n");
        assert!(Modules::read(folder.path()).is_none());
        write("modules.alias", "alias rtnl-link-vxlan vxlan2\nalias net-pf-10 ipv6\n");
        let modules = Modules::read(folder.path()).unwrap();
        for name in ["br_netfilter", "br-netfilter", "veth", "my_mod", "vxlan"] {
            assert!(!modules.lack(name), "{name}");
        }
        assert!(modules.lack("dummy"));
        // A module that another one needs has a line of its own.
        assert!(modules.lack("bridge"));
        write("modules.builtin", "");
        assert!(Modules::read(folder.path()).is_none());
    }
}
