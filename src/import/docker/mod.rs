//! What `docker network inspect` and `docker inspect` print, in the words of the language.
//!
//! ```text
//! text ──json──> one document per network or container ──> seen ──join──> stated ──print──> .netc
//! ```
//!
//! Networks name containers and containers networks, by name or id, and either may be missing: what
//! one file does not have is taken from the other.

mod container;
mod join;
mod network;
mod print;

use super::config;
use super::object::{Object, Place};
use super::tree::Node;
use container::SeenContainer;
use netc_lang::{Diagnostic, FileId, Sources, Span, code, has_errors, sort};
use network::SeenNetwork;

/// What the files hold as a statement `docker NODE { … }`; empty if there are errors.
#[must_use]
pub fn from_docker(sources: &Sources, files: &[FileId], node: &str) -> (String, Vec<Diagnostic>) {
    let mut faults = Vec::new();
    let mut seen = Seen::default();
    for file in files {
        let documents = config::documents(sources.text(*file), *file, &mut faults);
        let several = documents.len() > 1;
        for (place, document) in documents.iter().enumerate() {
            let place = Place { document: None, item: several.then_some(place + 1) };
            seen.add(document, place, &mut faults);
        }
    }
    let stated = join::join(seen, &mut faults);
    sort(&mut faults);
    if has_errors(&faults) {
        return (String::new(), faults);
    }
    (print::print(node, &stated), faults)
}

/// Everything that was found.
#[derive(Default)]
struct Seen {
    networks: Vec<SeenNetwork>,
    containers: Vec<SeenContainer>,
}

impl Seen {
    fn add(&mut self, root: &Node<'_>, place: Place, faults: &mut Vec<Diagnostic>) {
        let others = faults.len();
        let name = root.get("Name").and_then(Node::text).unwrap_or_default();
        // The names of containers begin with a slash, as files in folders of links.
        let name = name.strip_prefix('/').unwrap_or(name);
        let object =
            |kind, faults| Object { root, kind, namespace: None, name, place, faults, others };
        let has = |keys: [&str; 2]| keys.iter().any(|key| root.get(key).is_some());
        if has(["HostConfig", "NetworkSettings"]) {
            self.containers.extend(container::read(&mut object("container", faults)));
        } else if has(["IPAM", "Driver"]) {
            self.networks.extend(network::read(&mut object("network", faults)));
        } else {
            let what = "neither a network nor a container";
            faults.push(left_out(root.span, what, "netc compiles networks and containers"));
        }
    }
}

/// Something that has no place in the language.
fn left_out(at: Span, what: impl std::fmt::Display, help: impl Into<String>) -> Diagnostic {
    Diagnostic::at(code::UNUSED_OBJECTS, at, format!("{what}: left out")).help(help)
}
