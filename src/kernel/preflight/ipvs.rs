//! Whether this machine can do what IPVS mode needs.

use super::facts;
use super::modules::Modules;
use crate::kernel::module;
use crate::kernel::tool::{Place, find, search};
use crate::object::SetKind;
use std::path::Path;

/// The modules of IPVS mode beside that of the scheduler: IPVS itself, the extensions of iptables
/// that its rules use, and the device for addresses. Those of sets are further below.
const MODULES: [&str; 6] = ["ip_vs", "ip_set", "xt_set", "xt_ipvs", "xt_physdev", "dummy"];

/// The module of a type of set (net/netfilter/ipset/ip_set_hash_ip.c and others).
pub(super) fn of_set(kind: SetKind) -> Option<&'static str> {
    match kind {
        SetKind::Address => Some("ip_set_hash_ip"),
        SetKind::AddressPort => Some("ip_set_hash_ipport"),
        SetKind::AddressPortAddress => Some("ip_set_hash_ipportip"),
        SetKind::AddressPortNetwork => Some("ip_set_hash_ipportnet"),
        SetKind::Port => Some("ip_set_bitmap_port"),
        SetKind::Other => None,
    }
}

/// The module of a scheduler (net/netfilter/ipvs/ip_vs_sched.c, `ip_vs_scheduler_get`).
pub(super) fn of_scheduler(name: &str) -> String {
    format!("ip_vs_{name}")
}

/// What this machine lacks for IPVS mode with a scheduler, for people; empty if it has everything.
///
/// A module that is neither loaded nor listed as one that can be is lacking; where there is no list
/// at all, so are ip_vs and ip_set if they are not to be seen. Whoever asks has to decide: a
/// preflight would take a module for there until it is known not to be.
#[must_use]
pub fn ipvs_lacks(scheduler: &str) -> Vec<String> {
    let modules = Modules::read(&Path::new("/lib/modules").join(facts::release()));
    // Where there is no list, the kernel may have all of it built in: it shows only the two large
    // parts (those with parameters stand in /sys/module), and the others come with them.
    let built_in = modules.is_none() && ["ip_vs", "ip_set"].into_iter().all(module::present);
    let has = |name: &str| {
        let listed = modules.as_ref().is_some_and(|modules| !modules.lack(name));
        built_in || listed || module::present(name)
    };
    let search = search();
    lacks(scheduler, has, |tool| find(tool, &search) == Place::Found)
}

fn lacks(
    scheduler: &str,
    has: impl Fn(&str) -> bool,
    installed: impl Fn(&str) -> bool,
) -> Vec<String> {
    let sets = SetKind::ALL.into_iter().filter_map(of_set);
    let modules = MODULES.into_iter().chain(sets).map(str::to_owned);
    let modules = modules.chain([of_scheduler(scheduler)]).filter(|name| !has(name));
    let modules = modules.map(|name| format!("module {name}"));
    let tools = ["ipset"].into_iter().filter(|name| !installed(name));
    modules.chain(tools.map(|name| format!("the tool {name}"))).collect()
}

/// The release of the kernel, as far as two numbers tell it: 6.1.
#[must_use]
pub fn release() -> Option<(u16, u16)> {
    numbers(&facts::release())
}

/// `6.1.0-50-amd64`
pub(super) fn numbers(release: &str) -> Option<(u16, u16)> {
    let mut numbers = release.split(|character: char| !character.is_ascii_digit());
    Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_lacking_is_named() {
        assert_eq!(lacks("rr", |_| true, |_| true), [""; 0]);
        let has = |name: &str| name != "ip_vs_mh" && name != "ip_set_bitmap_port";
        assert_eq!(
            lacks("mh", has, |_| false),
            ["module ip_set_bitmap_port", "module ip_vs_mh", "the tool ipset"]
        );
        assert_eq!(lacks("rr", |_| false, |_| true).len(), 12);
    }

    #[test]
    fn releases_are_read() {
        assert_eq!(numbers("6.1.0-50-amd64"), Some((6, 1)));
        assert_eq!(numbers("5.9"), Some((5, 9)));
        assert_eq!(numbers("5.9-rc1"), Some((5, 9)));
        assert_eq!(numbers("6"), None);
        assert!(release().is_some());
    }
}
