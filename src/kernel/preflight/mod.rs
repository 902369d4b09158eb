//! What can be known to fail before anything is changed.
//!
//! Everything is looked at and all faults are given at once. Nothing is loaded or written. Only
//! what is certain is a fault: the kernel itself may know better.

mod conflicts;
mod facts;
mod ipvs;
mod modules;
mod needs;
mod nftables;

pub use conflicts::conflicts;
pub use ipvs::{ipvs_lacks, release};
pub use needs::Needs;

use crate::kernel::tool::Place;
use facts::Facts;
use netc_lang::{Diagnostic, code};

/// Everything that is known to stand in the way of an apply, on this machine and for this process.
#[must_use]
pub fn preflight(needs: &Needs) -> Vec<Diagnostic> {
    decide(needs, &facts::read(needs))
}

fn decide(needs: &Needs, facts: &Facts) -> Vec<Diagnostic> {
    let mut faults = Vec::new();
    faults.extend(rights(needs, facts));
    faults.extend(needs.tools.iter().filter_map(|name| tool(name, facts)));
    faults.extend(nftables::too_old(needs, facts));
    faults.extend(sysctls(needs, facts));
    for kind in needs.links.iter().filter(|kind| facts.absent_links.contains(*kind)) {
        faults.push(kernel(facts, &format!("this kernel has no {kind} devices")));
    }
    if facts.lacks_vlans {
        let release = &facts.release;
        let message = format!("bridges of this kernel cannot heed vlans ({release})");
        faults.push(Diagnostic::new(code::NODE_NOT_READY, message).help(
            "remove `vlan`, or take a kernel with CONFIG_BRIDGE_VLAN_FILTERING, as Debian's and Ubuntu's are",
        ));
    }
    let modules = needs.modules.intersection(&facts.absent_modules);
    for name in modules.chain(needs.parts.intersection(&facts.absent_parts)) {
        faults.push(kernel(facts, &format!("this kernel has no module {name}")));
    }
    for (tool, module) in &facts.absent_netfilter {
        faults.push(kernel(facts, &format!("this kernel has no {module}, which {tool} uses")));
    }
    faults.extend(facts.unfit_keys.iter().map(|what| {
        Diagnostic::new(code::NODE_NOT_READY, what).help(
            "write the key there, for its owner alone to read: `umask 077; wg genkey > FILE`, and \
             state what `wg pubkey < FILE` prints",
        )
    }));
    faults
}

/// Capabilities (linux/capability.h) and what each is for.
const CAP_NET_ADMIN: (u32, &str, &str) = (12, "CAP_NET_ADMIN", "change the network");
const CAP_SYS_MODULE: (u32, &str, &str) = (16, "CAP_SYS_MODULE", "load modules");
const CAP_SYS_ADMIN: (u32, &str, &str) = (21, "CAP_SYS_ADMIN", "enter network namespaces");

fn rights(needs: &Needs, facts: &Facts) -> Option<Diagnostic> {
    let mut wanted = vec![CAP_NET_ADMIN, CAP_SYS_ADMIN];
    if !needs.modules.is_empty() {
        wanted.push(CAP_SYS_MODULE);
    }
    let held = facts.capabilities?;
    wanted.retain(|(bit, ..)| held >> bit & 1 == 0);
    let names: Vec<&str> = wanted.iter().map(|(_, name, _)| *name).collect();
    let uses: Vec<&str> = wanted.iter().map(|(_, _, what)| *what).collect();
    (!names.is_empty()).then(|| {
        let message = format!("apply needs root, or {}", names.join(" and "));
        let help = format!("run it as root; this process may not {}", uses.join(" or "));
        Diagnostic::new(code::NODE_NOT_READY, message).help(help)
    })
}

fn tool(name: &str, facts: &Facts) -> Option<Diagnostic> {
    let (message, help) = match facts.tools.get(name)? {
        Place::Found => return None,
        Place::Elsewhere(path) => {
            let folder = path.parent().unwrap_or(path).display();
            let help = format!("add its folder: `PATH=$PATH:{folder}`");
            (format!("{name} is {}, which PATH does not lead to", path.display()), Some(help))
        }
        Place::Missing => {
            let help =
                package(name).map(|package| format!("install it (Debian: package {package})"));
            (format!("{name} is not installed"), help)
        }
    };
    Some(Diagnostic::new(code::TOOL_FAILED, message).maybe_help(help))
}

/// The Debian package of a tool.
fn package(tool: &str) -> Option<&'static str> {
    match tool {
        "ip" => Some("iproute2"),
        "modprobe" => Some("kmod"),
        "ping" => Some("iputils-ping"),
        "ipset" => Some("ipset"),
        "nft" => Some("nftables"),
        _ if tool.starts_with("iptables") || tool.starts_with("ip6tables") => Some("iptables"),
        _ => None,
    }
}

fn sysctls(needs: &Needs, facts: &Facts) -> Option<Diagnostic> {
    let first = needs.sysctls.first().filter(|_| facts.sysctl_read_only)?;
    let others = match needs.sysctls.len() {
        1 => String::new(),
        count => format!(" and {} more", count - 1),
    };
    let message = format!("cannot set {first}{others}: /proc/sys is mounted read-only");
    Some(Diagnostic::new(code::NODE_NOT_READY, message).help(
        "containers have it so: run netc on the machine itself or in a privileged container, or set them from outside",
    ))
}

fn kernel(facts: &Facts, message: &str) -> Diagnostic {
    let release = &facts.release;
    Diagnostic::new(code::NODE_NOT_READY, format!("{message} ({release})")).help(format!(
        "install the rest of its modules (Ubuntu: package linux-modules-extra-{release}), or take a kernel that has them"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn set(words: &[&str]) -> BTreeSet<String> {
        words.iter().map(|word| (*word).to_owned()).collect()
    }

    fn needs() -> Needs {
        Needs {
            tools: set(&["ip6tables-restore", "iptables-restore", "modprobe"]),
            sysctls: set(&["net.ipv4.ip_forward", "net.ipv6.conf.all.forwarding"]),
            links: set(&["bridge", "vxlan"]),
            modules: set(&["br_netfilter"]),
            parts: set(&["xt_set"]),
            vlans: true,
            keys: [].into(),
        }
    }

    fn facts() -> Facts {
        let tools = ["ip6tables-restore", "iptables-restore", "modprobe"];
        Facts {
            capabilities: Some(u64::MAX),
            tools: tools.map(|name| (name.to_owned(), Place::Found)).into(),
            sysctl_read_only: false,
            release: "6.1.0-1".to_owned(),
            nft: None,
            absent_links: BTreeSet::new(),
            lacks_vlans: false,
            absent_modules: BTreeSet::new(),
            absent_parts: BTreeSet::new(),
            absent_netfilter: Vec::new(),
            unfit_keys: Vec::new(),
        }
    }

    fn messages(needs: &Needs, facts: &Facts) -> Vec<String> {
        decide(needs, facts).into_iter().map(|fault| fault.message).collect()
    }

    #[test]
    fn nothing_is_in_the_way() {
        assert_eq!(decide(&needs(), &facts()), []);
        // What is not known is no fault.
        let facts = Facts { capabilities: None, tools: [].into(), ..facts() };
        assert_eq!(decide(&needs(), &facts), []);
    }

    #[test]
    fn all_faults_at_once() {
        let mut facts = facts();
        facts.capabilities = Some(0);
        facts.tools.insert("modprobe".into(), Place::Elsewhere("/usr/sbin/modprobe".into()));
        facts.tools.insert("iptables-restore".into(), Place::Missing);
        facts.sysctl_read_only = true;
        facts.absent_links = set(&["vxlan"]);
        facts.lacks_vlans = true;
        facts.absent_modules = set(&["br_netfilter"]);
        facts.absent_parts = set(&["xt_set", "xt_ipvs"]);
        facts.absent_netfilter = vec![("ip6tables-restore".into(), "nf_tables")];
        assert_eq!(
            messages(&needs(), &facts),
            [
                "apply needs root, or CAP_NET_ADMIN and CAP_SYS_ADMIN and CAP_SYS_MODULE",
                "iptables-restore is not installed",
                "modprobe is /usr/sbin/modprobe, which PATH does not lead to",
                "cannot set net.ipv4.ip_forward and 1 more: /proc/sys is mounted read-only",
                "this kernel has no vxlan devices (6.1.0-1)",
                "bridges of this kernel cannot heed vlans (6.1.0-1)",
                "this kernel has no module br_netfilter (6.1.0-1)",
                "this kernel has no module xt_set (6.1.0-1)",
                "this kernel has no nf_tables, which ip6tables-restore uses (6.1.0-1)",
            ]
        );
    }

    #[test]
    fn what_is_too_old_for_tables_is_told() {
        let release = "5.10.0-28-amd64".to_owned();
        let facts = Facts { nft: Some("0.9.8".to_owned()), release, ..facts() };
        assert_eq!(messages(&needs(), &facts), [""; 0]);
        let needs = Needs { tools: set(&["nft"]), ..Needs::default() };
        assert_eq!(
            messages(&needs, &facts),
            [
                "nft is 0.9.8: tables of nftables mode need 1.0.1 or newer",
                "the kernel is 5.10.0-28-amd64: tables of nftables mode need 5.13 or newer",
            ]
        );
    }

    #[test]
    fn what_is_not_needed_is_no_fault() {
        let mut facts = facts();
        facts.sysctl_read_only = true;
        facts.capabilities = Some(1 << 12 | 1 << 21);
        facts.tools.insert("modprobe".into(), Place::Missing);
        assert_eq!(decide(&Needs::default(), &facts), []);
    }

    #[test]
    fn the_missing_right_alone_is_named() {
        let facts = Facts { capabilities: Some(1 << 21), ..facts() };
        let fault = decide(&Needs::default(), &facts).remove(0);
        assert_eq!(fault.message, "apply needs root, or CAP_NET_ADMIN");
        let help = "run it as root; this process may not change the network";
        assert_eq!(fault.help.as_deref(), Some(help));
    }
}
