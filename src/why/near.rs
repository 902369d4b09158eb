//! What may have been meant where nothing was found.

use super::Meaning;
use super::known::surroundings;
use crate::graph::{Item, Ordered, PartKind, items};
use crate::model::Cluster;
use crate::object::{LinkKind, State};
use netc_lang::suggest::nearest;
use std::collections::BTreeSet;

/// So many names that begin alike are listed.
const LISTED: usize = 4;

/// What a word may be.
const MAY_BE: &str = "it may be a chain, set, map, table, device, namespace or parameter by its name, an \
                      address, a network such as 10.244.1.0/24 or `default`, a virtual server as \
                      10.96.0.80:80/tcp, a port as 30080/tcp, or a rule as iptables-save or nft prints it";

/// The names of what nodes hold, for [`near`].
pub(crate) fn names(ordered: &Ordered, all: &mut BTreeSet<String>) {
    for item in items(ordered) {
        match item {
            Item::Chain(chain) => {
                all.insert(chain.name.to_string());
            }
            Item::Part(part) => {
                all.insert(match part.kind {
                    PartKind::Set(set) => set.name.clone(),
                    PartKind::Chain(chain) => chain.name.clone(),
                });
            }
            Item::Object(object) => {
                let name = match &object.state {
                    State::Underlay(own) => own.name.to_string(),
                    State::Link(link) => {
                        if let LinkKind::Veth(peer) = &link.kind {
                            all.insert(peer.name.to_string());
                        }
                        link.name.to_string()
                    }
                    State::Set(set) => set.name.to_string(),
                    State::NftTable(table) => table.name.to_string(),
                    State::Netns(netns) => netns.name.to_string(),
                    State::Sysctl(sysctl) => sysctl.key.to_string(),
                    State::Module(module) => module.name.to_string(),
                    State::Balancer(own) => own.engine.word().to_owned(),
                    _ => continue,
                };
                all.insert(name);
            }
        }
    }
}

/// A help for a word that nothing was found for; `names` are those of what there is.
#[must_use]
pub fn near(
    word: &str,
    meanings: &[Meaning],
    cluster: &Cluster,
    names: &BTreeSet<String>,
) -> String {
    for meaning in meanings {
        match meaning {
            Meaning::Address(address) => return surroundings(cluster, *address),
            Meaning::Socket(socket, _) => {
                return format!(
                    "nothing answers there; `netc why {}` tells of the address",
                    socket.ip()
                );
            }
            Meaning::Network(net) => {
                return format!(
                    "no route or rule has it; `netc why {}` tells of an address in it",
                    net.addr()
                );
            }
            Meaning::Port(..) => return "no rule, virtual server or tunnel has it".to_owned(),
            Meaning::Line(_) => {
                return "no rule, element, route or command has it in it; rules are held as \
                        iptables-save and `nft list` print them"
                    .to_owned();
            }
            Meaning::Name { .. } => {}
        }
    }
    if let Some(what) = shown_by(word, cluster) {
        return what;
    }
    let word =
        word.rsplit_once('/').filter(|(table, _)| is_table(table)).map_or(word, |(_, name)| name);
    let alike: Vec<&String> = names.iter().filter(|name| name.starts_with(word)).collect();
    if !alike.is_empty() {
        let listed: Vec<String> =
            alike.iter().take(LISTED).map(|name| format!("`{name}`")).collect();
        return match alike.len().saturating_sub(LISTED) {
            0 => format!("did you mean {}?", listed.join(" or ")),
            more => format!("{} and {more} more begin so", listed.join(", ")),
        };
    }
    match nearest(word, names.iter().map(String::as_str)) {
        Some(name) => format!("did you mean `{name}`?"),
        None => MAY_BE.to_owned(),
    }
}

/// A table of iptables: what stands before the slash is no part of the name.
fn is_table(word: &str) -> bool {
    matches!(word, "raw" | "mangle" | "filter" | "nat")
}

/// Something that another command tells of.
fn shown_by(word: &str, cluster: &Cluster) -> Option<String> {
    let named = |own: &netc_lang::QualifiedName| own.name == word || own.to_string() == word;
    let show = |kind: &str, name: String| {
        Some(format!("it is a {kind}: `netc show {kind} {name}` tells of it"))
    };
    if let Some(service) = cluster.services.iter().find(|one| named(&one.name)) {
        return show("service", service.name.to_string());
    }
    if let Some(pod) = cluster.pods.iter().find(|one| named(&one.name)) {
        return show("pod", pod.name.to_string());
    }
    if cluster.nodes.iter().any(|node| node.name == word) {
        return show("node", word.to_owned());
    }
    let mut nodes = cluster.nodes.iter();
    nodes.find_map(|node| {
        let docker = node.docker.as_ref()?;
        docker.containers.iter().find(|one| one.name == word)?;
        show("container", format!("{}/{word}", node.name))
    })
}
