//! What changes need of the machine.

use super::{ipvs, nftables};
use crate::model::{Family, PublicKey};
use crate::object::{LinkKind, State};
use crate::plan::{Change, Key, Kind, Thing};
use memchr::memmem::Finder;
use std::collections::{BTreeMap, BTreeSet};

/// What an apply will need.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Needs {
    /// Programs, by name.
    pub tools: BTreeSet<String>,
    /// Kernel parameters that are to be set.
    pub sysctls: BTreeSet<String>,
    /// Kinds of device that are to be made, as `ip link` calls them.
    pub links: BTreeSet<String>,
    /// Whether a bridge is to heed vlans.
    pub vlans: bool,
    /// Modules that are to be loaded.
    pub modules: BTreeSet<String>,
    /// Modules that the kernel loads by itself when something of theirs is asked for.
    pub parts: BTreeSet<String>,
    /// Files that must hold a key of wireguard, with the public key that must belong to it.
    pub keys: BTreeMap<String, Option<PublicKey>>,
}

impl Needs {
    /// What changes need to be made.
    #[must_use]
    pub fn of(changes: &[Change]) -> Needs {
        let mut needs = Needs::default();
        let extensions = Extension::all();
        for change in changes {
            match (&change.key, &change.to) {
                (Key::Chain(family, ..) | Key::Jumps(family, ..), _) => needs.tools.extend(
                    match family {
                        Family::V4 => ["iptables-restore", "iptables-save"],
                        Family::V6 => ["ip6tables-restore", "ip6tables-save"],
                    }
                    .map(String::from),
                ),
                (_, Some(Thing::Object(state))) => needs.add(state, change.kind),
                _ => {}
            }
            if let Some(Thing::Chain(chain)) = &change.to {
                extensions
                    .iter()
                    .for_each(|extension| extension.find(&chain.text, &mut needs.parts));
            }
        }
        needs
    }

    fn add(&mut self, state: &State, kind: Kind) {
        if let State::Link(link) = state {
            self.vlans |= link.kind == LinkKind::Bridge { vlan_filtering: true };
        }
        match state {
            State::Module(module) => {
                self.tools.insert("modprobe".to_owned());
                self.modules.insert(module.name.to_string());
            }
            State::Sysctl(sysctl) => {
                self.sysctls.insert(sysctl.key.to_string());
            }
            State::Link(link) if kind != Kind::Update => {
                let kind = match &link.kind {
                    LinkKind::Bridge { .. } => "bridge",
                    LinkKind::Dummy => "dummy",
                    LinkKind::Veth(_) => "veth",
                    LinkKind::Vxlan(_) => "vxlan",
                    LinkKind::Ipip { .. } => "ipip",
                    LinkKind::Wireguard => "wireguard",
                    LinkKind::Tun => "tun",
                    LinkKind::Other(kind) => kind,
                };
                if link.kind == LinkKind::Tun {
                    self.tools.insert("ip".to_owned());
                }
                self.links.insert(kind.to_owned());
            }
            State::Wireguard(device) => {
                let file = device.private_key_file.0.as_ref();
                self.keys.extend(file.map(|file| (file.to_string(), device.public_key)));
            }
            State::WireguardPeer(peer) => {
                // Where one was only found there is nothing to read.
                let file = peer.preshared_key_file.as_ref().filter(|file| !file.0.is_empty());
                self.keys.extend(file.map(|file| (file.0.to_string(), None)));
            }
            State::Set(set) => {
                self.tools.insert("ipset".to_owned());
                self.parts.insert("ip_set".to_owned());
                self.parts.extend(ipvs::of_set(set.kind).map(str::to_owned));
            }
            State::Virtual(server) => {
                self.parts.insert("ip_vs".to_owned());
                self.parts.insert(ipvs::of_scheduler(&server.scheduling.scheduler));
            }
            State::NftTable(table) => nftables::needs(table, self),
            _ => {}
        }
    }
}

/// An extension of iptables that not every kernel has.
struct Extension {
    module: &'static str,
    /// How a rule asks for it.
    text: Finder<'static>,
}

impl Extension {
    fn all() -> [Extension; 4] {
        let of = |module, text| Extension { module, text: Finder::new(text) };
        [
            of("xt_set", " -m set "),
            of("xt_ipvs", " -m ipvs "),
            of("xt_physdev", " -m physdev "),
            of("xt_multiport", " -m multiport "),
        ]
    }

    /// Adds the module if a rule uses it.
    fn find(&self, rules: &str, parts: &mut BTreeSet<String>) {
        if !parts.contains(self.module) && self.text.find(rules.as_bytes()).is_some() {
            parts.insert(self.module.to_owned());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extensions_are_found_in_rules() {
        let rules = "-A KUBE-SERVICES -s 127.0.0.0/8 -j RETURN\n\
                     -A KUBE-SERVICES -m set --match-set KUBE-CLUSTER-IP dst,dst -j ACCEPT\n\
                     -A KUBE-SERVICES -m physdev ! --physdev-is-in -j ACCEPT\n";
        let mut parts = BTreeSet::new();
        Extension::all().iter().for_each(|extension| extension.find(rules, &mut parts));
        assert_eq!(parts.into_iter().collect::<Vec<_>>(), ["xt_physdev", "xt_set"]);
    }
}
