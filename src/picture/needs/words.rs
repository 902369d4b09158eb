//! What items are called in a picture, and what those of one kind have in common.

use super::Kind;
use crate::graph::{Item, PartKind};
use crate::object::{Id, LinkKind, MAIN_TABLE, Netns, Object, State, is_chain};

/// How one item is shown, and how many like it.
pub(super) struct Words {
    pub(super) kind: Kind,
    /// What it is.
    pub(super) what: String,
    /// Which one it is.
    pub(super) name: String,
    /// What those that may be shown as one are called; none if it always stands on its own.
    pub(super) common: Option<String>,
}

impl Words {
    fn new(kind: Kind, what: impl Into<String>, name: impl Into<String>) -> Words {
        Words { kind, what: what.into(), name: name.into(), common: None }
    }

    fn common(self, common: impl Into<String>) -> Words {
        Words { common: Some(common.into()), ..self }
    }
}

/// The words for an item.
pub(super) fn words(item: &Item) -> Words {
    match item {
        Item::Object(object) => of_object(object),
        Item::Chain(chain) => {
            let name = chain.name.as_str();
            let what = format!("{} chain of table {}", chain.family, chain.table);
            common_prefix(Words::new(Kind::Chain, what, name), name)
        }
        Item::Part(part) => {
            let (kind, word, name) = match part.kind {
                PartKind::Set(set) => (Kind::Set, set.word(), &set.name),
                PartKind::Chain(chain) => (Kind::Chain, "chain", &chain.name),
            };
            let what = format!("{word} of table {}", part.table.place());
            common_prefix(Words::new(kind, what, name.to_string()), name)
        }
    }
}

/// Names with a hash have in common what comes before it: `KUBE-SEP-…`, `service-…`, `CNI-…`.
fn common_prefix(words: Words, name: &str) -> Words {
    match hash(name).and_then(|at| name.get(..at)) {
        Some(front) if !front.is_empty() => words.common(format!("{front}…")),
        _ => words,
    }
}

/// Where the hash of a name begins: kube-proxy's 16 characters of base32 at the end, CNI's 24
/// hexadecimal ones, and in nftables mode kube-proxy's 8 of base32 with the name of the service
/// behind them.
fn hash(name: &str) -> Option<usize> {
    let mut start = 0;
    for part in name.split('-') {
        let base32 = |letter: u8| letter.is_ascii_uppercase() || (b'2'..=b'7').contains(&letter);
        let hex = |letter: u8| letter.is_ascii_digit() || (b'a'..=b'f').contains(&letter);
        let lower = |letter: char| letter.is_ascii_lowercase();
        let rest = name.len() - start;
        let fits = match part.len() {
            16 => rest == 16 && part.bytes().all(base32),
            24 => rest == 24 && part.bytes().all(hex),
            8 => rest > 8 && name.starts_with(lower) && part.bytes().all(base32),
            _ => false,
        };
        if fits {
            return Some(start);
        }
        start += part.len() + 1;
    }
    None
}

fn of_object(object: &Object) -> Words {
    let id = object.state.id();
    match &id {
        Id::Underlay(name) => Words::new(Kind::Device, "device of the node", &**name),
        Id::Module(name) => Words::new(Kind::System, "module", &**name).common("modules"),
        Id::Sysctl(netns, key) => {
            let words = Words::new(Kind::System, format!("sysctl{netns}"), &**key);
            words.common(spread("sysctls", netns))
        }
        Id::Netns(name) => Words::new(Kind::Namespace, "namespace", &**name).common("namespaces"),
        Id::Set(name) => Words::new(Kind::Set, "set", name.to_string()).common("sets"),
        Id::Virtual(address) => Words::new(Kind::Server, "virtual server", address.to_string())
            .common("virtual servers"),
        Id::Balancer(engine) => Words::new(Kind::Server, "program", engine.word()),
        Id::NftTable(..) => {
            let name = id.to_string();
            Words::new(Kind::Chain, "table", name.trim_start_matches("table "))
        }
        Id::Ruleset(..) => Words::new(Kind::Chain, "chains", id.to_string()),
        Id::Jump(family, table, hook, _, to) => {
            let word = if is_chain(to.as_str()) { "jump" } else { "rule" };
            let what = format!("{family} {word} of table {table}");
            let words = Words::new(Kind::Jump, what, format!("{hook} → {}", to.as_str()));
            words.common(format!("{hook} → …"))
        }
        Id::Flush(..) => {
            let name = id.to_string();
            let name = name.trim_start_matches("stale ").to_owned();
            Words::new(Kind::Connection, "stale", name).common("connections")
        }
        _ => on_device(object, &id),
    }
}

/// What belongs to a device.
fn on_device(object: &Object, id: &Id) -> Words {
    match id {
        Id::Link(netns, name) => {
            let words = Words::new(Kind::Device, format!("device{netns}"), &**name);
            match &object.state {
                State::Link(link) if matches!(link.kind, LinkKind::Veth(_)) => {
                    words.common("veth pairs")
                }
                _ => words,
            }
        }
        Id::Port(netns, name) => {
            Words::new(Kind::Device, format!("bridge port{netns}"), &**name).common("bridge ports")
        }
        Id::Wireguard(netns, link) => Words::new(Kind::Device, format!("key{netns}"), &**link),
        Id::Up(netns, name) => {
            let words = Words::new(Kind::Device, format!("up{netns}"), &**name);
            words.common(spread("devices up", netns))
        }
        Id::Address(netns, link, address) => {
            let words = Words::new(
                Kind::Address,
                format!("address{netns}"),
                format!("{address} on {link}"),
            );
            words.common(by("addresses", "on", link, netns))
        }
        Id::Neighbour(netns, link, to) => {
            let words =
                Words::new(Kind::Route, format!("neighbour{netns}"), format!("{to} on {link}"));
            words.common(by("neighbours", "on", link, netns))
        }
        Id::Fdb(netns, link, mac) => {
            let words = Words::new(Kind::Route, format!("fdb{netns}"), format!("{mac} on {link}"));
            words.common(by("fdb entries", "on", link, netns))
        }
        Id::WireguardPeer(netns, link, key) => {
            let words = Words::new(Kind::Route, format!("peer{netns}"), format!("{key} of {link}"));
            words.common(by("peers", "of", link, netns))
        }
        Id::Route(netns, table, to) => route(object, netns, *table, &to.to_string()),
        Id::PolicyRule(netns, family, priority) => {
            let words = Words::new(
                Kind::Route,
                format!("{family} routing rule{netns}"),
                priority.to_string(),
            );
            words.common(spread("routing rules", netns))
        }
        _ => Words::new(Kind::Device, "object", id.to_string()),
    }
}

fn route(object: &Object, netns: &Netns, table: u32, to: &str) -> Words {
    let link = match &object.state {
        State::Route(route) => route.link.as_deref(),
        _ => None,
    };
    let what = match table {
        MAIN_TABLE => format!("route{netns}"),
        table => format!("route of table {table}{netns}"),
    };
    let name = link.map_or_else(|| to.to_owned(), |link| format!("{to} dev {link}"));
    let words = Words::new(Kind::Route, what, name);
    words.common(by("routes", "by", link.unwrap_or("none"), netns))
}

/// What is in a namespace of its own has that in common with its like in others.
fn spread(what: &str, netns: &Netns) -> String {
    match netns {
        Netns::Node => what.to_owned(),
        Netns::Named(_) => format!("{what} in namespaces"),
    }
}

/// What is on one device of the node; in namespaces devices differ in nothing but where they are.
/// Those of pods each have a name of their own on the node.
fn by(what: &str, word: &str, link: &str, netns: &Netns) -> String {
    match netns {
        Netns::Node if link.starts_with("veth") => format!("{what} {word} veth…"),
        Netns::Node => format!("{what} {word} {link}"),
        Netns::Named(_) => format!("{what} in namespaces"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_of_names_are_found() {
        for (name, front) in [
            ("KUBE-SEP-TVCP3VSDXWCHIRZD", Some("KUBE-SEP-")),
            ("KUBE-SERVICES", None),
            ("KUBE-POSTROUTING", None),
            ("CNI-0123456789abcdef01234567", Some("CNI-")),
            ("CNI-DN-0123456789abcdef01234567", Some("CNI-DN-")),
            ("CNI-HOSTPORT-MASQ", None),
            ("service-ULMVA6XW-ns1/svc1/tcp/p80", Some("service-")),
            ("endpoint-2CRNCTTE-ns1/svc1/tcp/p80__10.180.0.1/80", Some("endpoint-")),
            ("nat-prerouting", None),
        ] {
            assert_eq!(hash(name).and_then(|at| name.get(..at)), front, "{name}");
        }
    }
}
