//! What is broken, as it is shown: each thing by the words by which it is healed.

use super::{Broken, Inmate, Target};
use crate::lab::Entry;
use serde::Serialize;

/// Something that is broken.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Told {
    /// What it is: `node1`, `pod/shop/web-0`, `link node0 node1`.
    pub what: String,
    /// What it suffers: `link cut`.
    pub how: String,
}

/// All that is broken in a lab: hosts, what is between them, pods.
#[must_use]
pub fn told(entry: &Entry, broken: &Broken) -> Vec<Told> {
    let hosts = entry.members.iter().filter_map(|member| {
        let mishap = broken.hosts.get(&member.name)?;
        let what = target(Target::Host(member));
        Some(Told { what, how: mishap.words(member.wires.len()) })
    });
    let links = broken
        .parted
        .iter()
        .map(|(one, other)| Told { what: format!("link {one} {other}"), how: "cut".to_owned() });
    let all = entry.nodes().flat_map(|node| node.pods.iter().map(move |pod| (node, pod)));
    let pods = all.filter_map(|(node, pod)| {
        let inmate = Inmate { node: node.name.clone(), netns: pod.netns.clone() };
        let mishap = broken.pods.get(&inmate)?;
        let what = target(Target::Pod(node, pod));
        Some(Told { what, how: mishap.words(mishap.links.len()) })
    });
    hosts.chain(links).chain(pods).collect()
}

/// What something is, in the words by which it is named on the command line.
#[must_use]
pub fn target(target: Target<'_>) -> String {
    match target {
        // These words mean something else where they stand alone.
        Target::Host(host)
            if matches!(host.name.as_str(), "link" | "node" | "pod" | "container") =>
        {
            format!("node/{}", host.name)
        }
        Target::Host(host) => host.name.clone(),
        Target::Pod(node, pod) if pod.kind == "container" => {
            format!("container/{}/{}", node.name, pod.name)
        }
        Target::Pod(_, pod) => format!("{}/{}", pod.kind, pod.name),
        Target::Link(one, other) => format!("link {} {}", one.name, other.name),
    }
}
