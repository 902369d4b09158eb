//! What is netc's own on a node.
//!
//! Devices bear netc's alias, routes its protocol, chains their names. What can bear no mark is
//! recorded when it is made.

use super::record::{Record, in_the_way, is_there};
use super::thing::Jumps;
use super::{Live, LiveTable, replaced};
use crate::model::Family;
use crate::object::{ChainName, Hook, Place, SetName, State, Table, target};
use netc_lang::{Diagnostic, Span, code};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// The systems whose rules netc programs.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum System {
    /// kube-proxy
    KubeProxy,
    /// flannel
    Flannel,
}

impl fmt::Display for System {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            System::KubeProxy => "kube-proxy",
            System::Flannel => "flannel",
        })
    }
}

/// The chains that kube-proxy makes and removes (pkg/proxy/iptables/proxier.go,
/// pkg/proxy/ipvs/proxier.go, and, up to Kubernetes 1.25, pkg/proxy/userspace/proxier.go). Chains of
/// the kubelet begin with `KUBE-` too, and are not among them.
const KUBE_PROXY: [&str; 17] = [
    "KUBE-SERVICES",
    "KUBE-EXTERNAL-SERVICES",
    "KUBE-NODEPORTS",
    "KUBE-POSTROUTING",
    "KUBE-MARK-MASQ",
    "KUBE-FORWARD",
    "KUBE-PROXY-FIREWALL",
    "KUBE-NODE-PORT",
    "KUBE-LOAD-BALANCER",
    "KUBE-SOURCE-RANGES-FIREWALL",
    "KUBE-IPVS-FILTER",
    "KUBE-IPVS-OUT-FILTER",
    "KUBE-PORTALS-CONTAINER",
    "KUBE-PORTALS-HOST",
    "KUBE-NODEPORT-CONTAINER",
    "KUBE-NODEPORT-HOST",
    "KUBE-NODEPORT-NON-LOCAL",
];

/// The sets that kube-proxy makes, behind `KUBE-` for IPv4 and `KUBE-6-` for IPv6
/// (pkg/proxy/ipvs/ipset.go).
const KUBE_PROXY_SETS: [&str; 17] = [
    "LOOP-BACK",
    "CLUSTER-IP",
    "EXTERNAL-IP",
    "EXTERNAL-IP-LOCAL",
    "LOAD-BALANCER",
    "LOAD-BALANCER-LOCAL",
    "LOAD-BALANCER-FW",
    "LOAD-BALANCER-SOURCE-CIDR",
    "LOAD-BALANCER-SOURCE-IP",
    "NODE-PORT-TCP",
    "NODE-PORT-LOCAL-TCP",
    "NODE-PORT-UDP",
    "NODE-PORT-LOCAL-UDP",
    "NODE-PORT-SCTP-HASH",
    "NODE-PORT-LOCAL-SCTP-HASH",
    "HEALTH-CHECK-NODE-PORT",
    "IPVS-IPS",
];

/// How its chains for services and endpoints begin; `XLB` until 1.24.
const KUBE_PROXY_BEGIN: [&str; 6] =
    ["KUBE-SVC-", "KUBE-SVL-", "KUBE-SEP-", "KUBE-FW-", "KUBE-EXT-", "KUBE-XLB-"];

/// flannel's chains (netspec 1.10).
const FLANNEL: [&str; 2] = ["FLANNEL-POSTRTG", "FLANNEL-FWD"];

/// The tables of nf_tables that these systems have to themselves (pkg/proxy/nftables/proxier.go;
/// flannel's pkg/trafficmngr/nftables).
const TABLES: [(&str, System); 3] = [
    ("kube-proxy", System::KubeProxy),
    ("flannel-ipv4", System::Flannel),
    ("flannel-ipv6", System::Flannel),
];

/// Whose a chain is, by its name.
#[must_use]
pub fn system(chain: &str) -> Option<System> {
    if KUBE_PROXY_BEGIN.iter().any(|begin| chain.starts_with(begin)) || KUBE_PROXY.contains(&chain)
    {
        Some(System::KubeProxy)
    } else {
        FLANNEL.contains(&chain).then_some(System::Flannel)
    }
}

/// Whose a set is, by its name.
#[must_use]
pub fn system_of_set(name: &str) -> Option<System> {
    let known = ["KUBE-", "KUBE-6-"].into_iter().any(|begin| {
        // Those of IPv6 are cut to what the kernel takes.
        let full = |end: &str| SetName::new(&format!("{begin}{end}")).as_str() == name;
        KUBE_PROXY_SETS.iter().any(|end| full(end))
    });
    known.then_some(System::KubeProxy)
}

/// Whose a table of nf_tables is, by its name.
#[must_use]
pub fn system_of_table(name: &str) -> Option<System> {
    TABLES.iter().find(|(own, _)| *own == name).map(|(_, system)| *system)
}

/// The chains of one table that are netc's own: those with its systems' names, and those that the
/// desired ones add to them. Beside them, rules of built-in chains that are its own although they
/// lead elsewhere.
pub(super) struct OwnChains {
    more: BTreeSet<ChainName>,
    rules: BTreeSet<String>,
}

impl OwnChains {
    pub(super) fn new(more: impl Iterator<Item = ChainName>) -> OwnChains {
        let more = more.filter(|name| system(name.as_str()).is_none()).collect();
        OwnChains { more, rules: BTreeSet::new() }
    }

    /// The same, and these rules.
    pub(super) fn with(mut self, rules: impl IntoIterator<Item = String>) -> OwnChains {
        self.rules.extend(rules);
        self
    }

    /// Whether a rule of a built-in chain is netc's own.
    fn has_rule(&self, line: &str) -> bool {
        target(line).is_some_and(|target| self.has(target)) || self.rules.contains(line)
    }

    pub(super) fn has(&self, name: &str) -> bool {
        system(name).is_some() || self.more.contains(&ChainName::new(&[name]))
    }
}

/// The jumps of netc's own among the rules of a built-in chain; `None` if there are none. Also how
/// many rules of others there are.
pub(super) fn jumps(
    (family, table, hook): (Family, Table, Hook),
    rules: &str,
    own: &OwnChains,
) -> (Option<Jumps>, u32) {
    let mut others = 0;
    let mut found = Vec::new();
    for line in rules.lines() {
        if own.has_rule(line) {
            found.push((Place::Behind(others), line.to_owned()));
        } else {
            others += 1;
        }
    }
    let jumps = (!found.is_empty()).then_some(Jumps { family, table, hook, rules: found });
    (jumps, others)
}

/// What stands where something desired is to be but is somebody else's, or cannot be made what is
/// desired.
#[must_use]
pub fn foreign<'n>(
    desired: impl Iterator<Item = (&'n State, Span)>,
    live: &Live,
    record: &Record,
) -> Vec<Diagnostic> {
    let desired: Vec<(&State, Span)> = desired.collect();
    // Sets are told all together.
    let others = desired.iter().filter(|(state, _)| {
        !matches!(state, State::Underlay(_) | State::Set(_))
            && live.states.get(&state.id()).is_some_and(|found| !found.owned)
    });
    let others = others.map(|(state, origin)| {
        let message = format!("{} is there already, and is not netc's", state.id());
        Diagnostic::at(code::FOREIGN_OBJECT, *origin, message)
            .here("wanted by this statement")
            .help(take_over(state))
    });
    let mut faults: Vec<Diagnostic> = others.collect();
    faults.extend(strange_sets(live));
    faults.extend(replaced::in_use(&desired, live));
    faults.extend(
        desired.iter().flat_map(|(state, origin)| rules_of_others(state, *origin, live, record)),
    );
    if !record.managed {
        faults.extend(live.rules.iter().flat_map(|((family, table), rules)| {
            strangers(rules).into_iter().map(move |(system, names)| {
                let listed = listed(&names);
                let message =
                    format!("table {table} of {family} has chains of {system} already: {listed}");
                Diagnostic::new(code::FOREIGN_OBJECT, message).help(format!(
                    "if {system} no longer runs here, let netc take them over with `--adopt`"
                ))
            })
        }));
    }
    faults
}

/// Chains and rules in the place of desired ones that netc has not made.
fn rules_of_others(state: &State, origin: Span, live: &Live, record: &Record) -> Vec<Diagnostic> {
    let fault = |what: String, at: Span| {
        let message = format!("{what} is there already, and is not netc's");
        Diagnostic::at(code::FOREIGN_OBJECT, at, message)
            .here("wanted by this statement")
            .help("if what made it no longer runs here, let netc take it over with `--adopt`")
    };
    match state {
        State::Ruleset(own) => {
            let others = in_the_way(own, live).filter(|chain| !record.chains.contains(chain));
            let others: BTreeSet<ChainName> = others.map(|(.., name)| name).collect();
            let chains = own.chains().filter(|chain| others.contains(&chain.name));
            chains.map(|chain| fault(chain.to_string(), chain.origin)).collect()
        }
        State::Jump(own) if is_there(own, live) => {
            let key = (own.family, own.table, own.line.clone());
            let foreign = !record.rules.contains(&key);
            let what = || {
                let line = own.line.trim_start_matches("-A ");
                format!("the {} rule `{line}` of table {}", own.family, own.table)
            };
            foreign.then(|| fault(what(), origin)).into_iter().collect()
        }
        _ => Vec::new(),
    }
}

/// What can be done about somebody else's object in the way.
fn take_over(state: &State) -> String {
    // Nobody can give a table another name.
    let system = match state {
        State::NftTable(table) => system_of_table(&table.name),
        _ => None,
    };
    match system {
        Some(system) => {
            format!("if {system} no longer runs here, let netc take it over with `--adopt`")
        }
        None => "remove it, rename it in the sources, or let netc take it over with `--adopt`"
            .to_owned(),
    }
}

/// The sets that netc would take for its own.
fn strange_sets(live: &Live) -> Option<Diagnostic> {
    let found = live.states.values().filter(|found| !found.owned);
    let names = found.filter_map(|found| match &found.state {
        State::Set(set) => Some((system_of_set(set.name.as_str())?, set.name)),
        _ => None,
    });
    let names: Vec<(System, SetName)> = names.collect();
    let (system, _) = names.first()?;
    let listed = listed(&names.iter().map(|(_, name)| name.as_str()).collect::<Vec<_>>());
    let message = format!("there are sets of {system} already: {listed}");
    Some(
        Diagnostic::new(code::FOREIGN_OBJECT, message).help(format!(
            "if {system} no longer runs here, let netc take them over with `--adopt`"
        )),
    )
}

/// The chains in a table that netc would take for its own, by the system that they are called
/// after.
fn strangers(rules: &LiveTable) -> BTreeMap<System, Vec<&str>> {
    let mut found: BTreeMap<System, Vec<&str>> = BTreeMap::new();
    for chain in rules.chains() {
        if let Some(system) = system(chain.name) {
            found.entry(system).or_default().push(chain.name);
        }
    }
    found
}

/// Some of the names, and how many more there are.
fn listed(names: &[&str]) -> String {
    const NAMED: usize = 4;
    let shown: Vec<&str> = names.iter().take(NAMED).copied().collect();
    match names.len() - shown.len() {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::{Chains, Ipset, Jump, NftTable, Ruleset, SetKind, Target};

    #[test]
    fn sets_and_chains_are_known_by_name() {
        for name in [
            "KUBE-CLUSTER-IP",
            "KUBE-6-LOOP-BACK",
            "KUBE-6-LOAD-BALANCER-SOURCE-CID",
            "KUBE-6-NODE-PORT-LOCAL-SCTP-HAS",
            "KUBE-NODE-PORT-LOCAL-SCTP-HASH",
        ] {
            assert_eq!(system_of_set(name), Some(System::KubeProxy), "{name}");
        }
        for name in ["KUBE-6", "KUBE-", "CLUSTER-IP", "KUBE-CLUSTER-IP6", "cali40all-ipam-pools"] {
            assert_eq!(system_of_set(name), None, "{name}");
        }
        assert_eq!(system_of_table("kube-proxy"), Some(System::KubeProxy));
        assert_eq!(system_of_table("flannel-ipv6"), Some(System::Flannel));
        assert_eq!(system_of_table("filter"), None);
        assert_eq!(system("KUBE-IPVS-OUT-FILTER"), Some(System::KubeProxy));
        assert_eq!(system("KUBE-KUBELET-CANARY"), None);
    }

    #[test]
    fn a_table_of_somebody_else_is_told() {
        let wanted = State::NftTable(NftTable::new(Family::V6, "kube-proxy", None));
        let faults = |owned| {
            let mut live = Live::default();
            live.insert(wanted.clone(), owned);
            foreign([(&wanted, Span::default())].into_iter(), &live, &Record::default())
        };
        assert!(faults(true).is_empty());
        let faults = faults(false);
        let message = "table ip6 kube-proxy is there already, and is not netc's";
        assert_eq!((faults.len(), faults[0].message.as_str()), (1, message));
        let help = "if kube-proxy no longer runs here, let netc take it over with `--adopt`";
        assert_eq!(faults[0].help.as_deref(), Some(help));
    }

    #[test]
    fn chains_of_nobody_are_netcs_own_only_if_they_are_recorded() {
        let (family, table) = (Family::V4, Table::Filter);
        let name = ChainName::new(&["DOCKER-USER"]);
        let chains = vec![Chains::one(family, name, Span::default())];
        let chain = State::Ruleset(Ruleset::new(family, table, chains));
        let (hook, target) = ((Hook::Forward, Place::Bottom(0)), Target::Drop);
        let rule = State::Jump(Jump::rule((family, table), hook, &[], target));
        let mut live = Live::default();
        let text = "*filter\n:DOCKER-USER - [0:0]\n-A FORWARD -j DROP\nCOMMIT\n";
        live.restore(family, text);
        let said = |record: &Record| -> Vec<String> {
            let desired = [&chain, &rule].map(|state| (state, Span::default()));
            let faults = foreign(desired.into_iter(), &live, record);
            faults.into_iter().map(|fault| fault.message).collect()
        };
        let expected = [
            "IPv4 chain DOCKER-USER of table filter is there already, and is not netc's",
            "the IPv4 rule `FORWARD -j DROP` of table filter is there already, and is not netc's",
        ];
        assert_eq!(said(&Record::default()), expected);
        let adopted = Record::default().adopting([&chain, &rule].into_iter(), &live);
        assert!(said(&adopted).is_empty(), "{adopted:?}");
        assert_eq!(adopted.chains.len() + adopted.rules.len(), 2);
    }

    #[test]
    fn sets_of_others_are_told_all_together() {
        let set = |name: &str, kind| {
            State::Set(Ipset::new(SetName::new(name), kind, Family::V4, Vec::new()))
        };
        let mut live = Live::default();
        for name in ["KUBE-CLUSTER-IP", "KUBE-LOOP-BACK"] {
            live.insert(set(name, SetKind::AddressPort), false);
        }
        live.insert(set("mine", SetKind::Address), false);
        let wanted = set("KUBE-CLUSTER-IP", SetKind::AddressPort);
        let said = |live: &Live, wanted: &State| -> Vec<String> {
            let desired = [(wanted, Span::default())].into_iter();
            let faults = foreign(desired, live, &Record { managed: true, ..Record::default() });
            faults.into_iter().map(|fault| fault.message).collect()
        };
        let expected = "there are sets of kube-proxy already: KUBE-CLUSTER-IP, KUBE-LOOP-BACK";
        assert_eq!(said(&live, &wanted), [expected]);
        let mut own = Live::default();
        own.insert(set("KUBE-CLUSTER-IP", SetKind::Address), true);
        assert!(said(&own, &wanted).is_empty());
        let rule = "-A KUBE-SERVICES -m set --match-set KUBE-CLUSTER-IP dst -j ACCEPT";
        own.restore(Family::V4, &format!("*nat\n:KUBE-SERVICES - [0:0]\n{rule}\nCOMMIT\n"));
        let expected = "set KUBE-CLUSTER-IP is hash:ip, not hash:ip,port, and rules look into it: \
                        the kernel keeps it as it is";
        assert_eq!(said(&own, &wanted), [expected]);
        assert!(said(&own, &set("KUBE-CLUSTER-IP", SetKind::Address)).is_empty());
    }
}
