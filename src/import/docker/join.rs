//! Networks and containers, brought together: each knows the other by name or id.

use super::container::{Joined, SeenContainer, SeenPort};
use super::network::{Member, SeenNetwork, plain};
use super::{Seen, left_out};
use crate::model::stated::{ContainerDecl, Mode, NetworkDecl};
use crate::model::{Family, GatewayMode, PerFamily, Published, natural_order};
use netc_lang::{Diagnostic, Port, Span, Spanned, code};
use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// What becomes of it.
pub(super) struct Joint {
    /// `bridge` first, the others in natural order.
    pub(super) networks: Vec<NetworkDecl>,
    /// In natural order.
    pub(super) containers: Vec<ContainerDecl>,
}

pub(super) fn join(seen: Seen, faults: &mut Vec<Diagnostic>) -> Joint {
    let Seen { mut networks, mut containers } = seen;
    twice("network", networks.iter().map(|one| &one.decl.name), faults);
    twice("container", containers.iter().map(|one| &one.name), faults);
    infer(&mut networks, &containers, faults);
    let members = members(&networks, &containers);
    let names: BTreeMap<String, String> = containers
        .iter()
        .map(|one| (one.id.clone(), one.name.value.clone()))
        .chain(members.iter().map(|(_, one)| (one.id.clone(), one.name.value.clone())))
        .collect();
    containers.sort_by(|a, b| natural_order(&a.name.value, &b.name.value));
    let joiner = Joiner { networks: &networks, names: &names };
    let mut stated: Vec<ContainerDecl> =
        containers.iter().filter_map(|one| joiner.container(one, faults)).collect();
    stated.extend(members.into_iter().map(|(network, one)| member(network, one)));
    stated.sort_by(|a, b| natural_order(&a.name.value, &b.name.value));
    let mut networks: Vec<NetworkDecl> =
        networks.into_iter().filter(|one| !one.is_left_out).map(|one| one.decl).collect();
    networks.sort_by(|a, b| {
        let rank = |network: &NetworkDecl| network.name.value != "bridge";
        let by_name = || natural_order(&a.name.value, &b.name.value);
        rank(a).cmp(&rank(b)).then_with(by_name)
    });
    Joint { networks, containers: stated }
}

/// Reports things of one name.
fn twice<'n>(
    what: &str,
    names: impl Iterator<Item = &'n Spanned<String>>,
    faults: &mut Vec<Diagnostic>,
) {
    let mut known: BTreeMap<&str, Span> = BTreeMap::new();
    for name in names {
        if let Some(earlier) = known.insert(&name.value, name.span) {
            let message = format!("{what} {} is there twice", name.value);
            let fault = Diagnostic::at(code::DUPLICATE_OBJECT, name.span, message);
            let fault = fault.here("again here").label(earlier, "first here");
            faults.push(fault.help("name each file once, and files of one node together"));
        }
    }
}

/// Adds the networks that only containers know.
fn infer(
    networks: &mut Vec<SeenNetwork>,
    containers: &[SeenContainer],
    faults: &mut Vec<Diagnostic>,
) {
    let modes = ["host", "none"];
    let joined = containers.iter().flat_map(|container| &container.joined);
    for joined in joined.filter(|joined| !modes.contains(&joined.name.value.as_str())) {
        let known = |one: &SeenNetwork| {
            one.decl.name.value == joined.name.value || !one.id.is_empty() && one.id == joined.id
        };
        if networks.iter().any(known) || joined.gateways.is_empty() {
            continue;
        }
        let name = &joined.name;
        let what = format!("the options of network {}, which only its containers tell", name.value);
        let help = format!("import it too: `docker network inspect {}`", name.value);
        faults.push(left_out(name.span, what, help));
        let mut decl = plain(name.clone(), false);
        decl.gateways = joined.gateways.iter().map(|(family, own)| (family, *own)).collect();
        let short = joined.id.get(..12).filter(|_| name.value != "bridge");
        decl.device = short.map(|id| Spanned::new(format!("br-{id}"), name.span));
        let id = joined.id.clone();
        networks.push(SeenNetwork { id, is_left_out: false, decl, members: Vec::new() });
    }
}

/// The containers that only their networks know.
fn members<'n>(
    networks: &'n [SeenNetwork],
    containers: &[SeenContainer],
) -> Vec<(&'n NetworkDecl, &'n Member)> {
    let mut all: BTreeMap<&str, (&NetworkDecl, &Member)> = BTreeMap::new();
    for network in networks.iter().filter(|network| !network.is_left_out) {
        for member in &network.members {
            let own = |one: &SeenContainer| one.name.value == member.name.value;
            if !containers.iter().any(own) {
                all.entry(&member.name.value).or_insert((&network.decl, member));
            }
        }
    }
    all.into_values().collect()
}

fn member(network: &NetworkDecl, member: &Member) -> ContainerDecl {
    ContainerDecl {
        name: member.name.clone(),
        span: member.name.span,
        mode: network.name.clone().map(Mode::Network),
        addresses: member.addresses.iter().map(|(family, own)| (family, *own)).collect(),
        published: Vec::new(),
    }
}

struct Joiner<'j> {
    networks: &'j [SeenNetwork],
    /// The names of containers by their ids.
    names: &'j BTreeMap<String, String>,
}

impl Joiner<'_> {
    fn container(
        &self,
        seen: &SeenContainer,
        faults: &mut Vec<Diagnostic>,
    ) -> Option<ContainerDecl> {
        let alone = |mode| ContainerDecl {
            name: seen.name.clone(),
            span: seen.name.span,
            mode: Spanned::new(mode, seen.mode.span),
            addresses: PerFamily::default(),
            published: Vec::new(),
        };
        let mode = match seen.mode.value.as_str() {
            "host" => return Some(alone(Mode::Host)),
            "none" => return Some(alone(Mode::None)),
            "default" | "" => "bridge",
            mode => mode,
        };
        if let Some(other) = mode.strip_prefix("container:") {
            return self.shares(seen, other, faults).map(|name| alone(Mode::Container(name)));
        }
        let (network, joined) = self.network(seen, mode, faults)?;
        let mut own = alone(Mode::Network(network.name.value.clone()));
        let from_network = |member: &Member| member.name.value == seen.name.value;
        let known = self.networks.iter().find(|one| one.decl.name.value == network.name.value);
        let known = known.and_then(|one| one.members.iter().find(|one| from_network(one)));
        for family in network.gateways.families() {
            let told = joined.and_then(|joined| joined.addresses.get(family));
            let told = told.or_else(|| known.and_then(|member| member.addresses.get(family)));
            told.and_then(|address| own.addresses.insert(family, *address));
        }
        own.published = published(seen, network, faults);
        Some(own)
    }

    /// The name of the container whose namespace this one is in.
    fn shares(
        &self,
        seen: &SeenContainer,
        other: &str,
        faults: &mut Vec<Diagnostic>,
    ) -> Option<String> {
        // Docker itself writes the id; people write names.
        let by_name = || self.names.values().find(|name| *name == other);
        let found = self.names.get(other).or_else(by_name);
        if found.is_none() {
            let what = format!(
                "container {}, whose namespace is that of a container that is not here",
                seen.name.value
            );
            let help = format!("import that one too: `docker inspect {other}`");
            faults.push(left_out(seen.mode.span, what, help));
        }
        found.cloned()
    }

    /// The one network that the container is in here.
    fn network<'s>(
        &self,
        seen: &'s SeenContainer,
        mode: &str,
        faults: &mut Vec<Diagnostic>,
    ) -> Option<(&NetworkDecl, Option<&'s Joined>)> {
        let is = |one: &&SeenNetwork, name: &str| one.decl.name.value == name || one.id == name;
        let find = |name: &str| self.networks.iter().find(|one| is(one, name));
        let in_it = |one: &SeenNetwork| {
            let own = |joined: &&Joined| {
                joined.name.value == one.decl.name.value
                    || joined.id == one.id && !one.id.is_empty()
            };
            seen.joined.iter().find(own)
        };
        // That of its mode; where that one is left out, another one that it has joined since.
        let first = find(mode).filter(|one| !one.is_left_out && !one.decl.gateways.is_empty());
        let mut joined = seen.joined.iter().filter_map(|one| find(&one.name.value));
        let network = first.or_else(|| joined.find(|one| !one.is_left_out));
        let Some(network) = network else {
            let what = format!("container {} in network {mode}", seen.name.value);
            let help = match find(mode) {
                Some(_) => "netc does not compile its network".to_owned(),
                None => format!("import its network too: `docker network inspect {mode}`"),
            };
            faults.push(left_out(seen.name.span, what, help));
            return None;
        };
        let own = &network.decl.name.value;
        for other in seen.joined.iter().filter(|other| other.name.value != *own) {
            let what = format!("network {} of container {}", other.name.value, seen.name.value);
            let help = format!("a container is in one network here: {own}");
            faults.push(left_out(other.name.span, what, help));
        }
        Some((&network.decl, in_it(network)))
    }
}

/// The published ports of a container. Docker tells one for each address of the node.
fn published(
    seen: &SeenContainer,
    network: &NetworkDecl,
    faults: &mut Vec<Diagnostic>,
) -> Vec<Published> {
    if network.internal {
        return Vec::new();
    }
    let mut bindings: BTreeMap<(Port, Option<u16>), Vec<&SeenPort>> = BTreeMap::new();
    for port in &seen.ports {
        bindings.entry((port.target, port.port)).or_default().push(port);
    }
    let mut all = Vec::new();
    for ((target, port), ports) in bindings {
        let Some(span) = ports.first().map(|port| port.span) else { continue };
        let routed = network.modes.values().any(|mode| mode.value == GatewayMode::Routed);
        let at = match port {
            Some(_) => addresses(seen, network, &ports, faults),
            // Where nothing is translated the port of the node is of no account.
            None if routed => vec![None],
            None => Vec::new(),
        };
        let port = port.unwrap_or(target.number);
        let publish = |address| Published { address, port, target, span };
        all.extend(at.into_iter().map(publish));
    }
    // The other family of such a port may be translated.
    let named: Vec<Port> =
        all.iter().filter(|one| one.port != one.target.number).map(|one| one.target).collect();
    all.retain(|one| {
        one.port != one.target.number || !named.contains(&one.target) || one.address.is_some()
    });
    all
}

/// The node's addresses at which a port answers; one that is none stands for all of them.
fn addresses(
    seen: &SeenContainer,
    network: &NetworkDecl,
    ports: &[&SeenPort],
    faults: &mut Vec<Diagnostic>,
) -> Vec<Option<IpAddr>> {
    let translated = |family: &Family| network.translates(*family);
    let families: Vec<Family> = Family::ALL.into_iter().filter(translated).collect();
    let any = |family: &Family| match family {
        Family::V4 => IpAddr::from(Ipv4Addr::UNSPECIFIED),
        Family::V6 => IpAddr::from(Ipv6Addr::UNSPECIFIED),
    };
    let has =
        |address: IpAddr| ports.iter().any(|port| port.address.is_none_or(|own| own == address));
    let everywhere = families.iter().all(|family| has(any(family)));
    let mut all = Vec::new();
    if everywhere && !families.is_empty() {
        match network.bind {
            None => all.push(None),
            // Without an address it would be published at that of the network.
            Some(_) => all.extend(families.iter().map(|family| Some(any(family)))),
        }
    }
    for port in ports {
        let Some(address) = port.address else { continue };
        if address.is_unspecified() && everywhere {
            continue;
        }
        if families.contains(&Family::of(address)) {
            all.push(Some(address));
        } else {
            let name = &seen.name.value;
            let what = format!("port {} of container {name} at {address}", port.target.number);
            let help = "a proxy process carries it from one family to the other";
            faults.push(left_out(port.span, what, help));
        }
    }
    all
}
