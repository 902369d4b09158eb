//! Names of what is to be broken, to what a lab has.

use super::{Named, Pair};
use crate::lab::{Entry, Member, Pod};
use netc_lang::suggest::nearest;
use netc_lang::{Diagnostic, LooseName, code};
use std::net::IpAddr;

/// How many names are listed.
const SHOWN: usize = 6;

/// Something of a lab that can be broken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Target<'e> {
    /// A host.
    Host(&'e Member),
    /// A pod or container, and its node.
    Pod(&'e Member, &'e Pod),
    /// What is between two hosts, the one of the lesser name first.
    Link(&'e Member, &'e Member),
}

/// What a name stands for.
///
/// # Errors
/// The lab has no such thing.
pub fn find<'e>(entry: &'e Entry, named: &Named) -> Result<Target<'e>, Diagnostic> {
    match named {
        Named::Host(name) => host(entry, name).map(Target::Host),
        Named::Link(one, other) => {
            let (one, other) = (host(entry, one)?, host(entry, other)?);
            match one.name.cmp(&other.name) {
                std::cmp::Ordering::Less => Ok(Target::Link(one, other)),
                std::cmp::Ordering::Greater => Ok(Target::Link(other, one)),
                std::cmp::Ordering::Equal => {
                    let message = format!("there is no link between `{}` and itself", one.name);
                    Err(Diagnostic::new(code::NOTHING_TO_BREAK, message)
                        .help(format!("`{} --link` cuts it from all others", one.name)))
                }
            }
        }
        Named::Pod(name) => pod(entry, "pod", name),
        Named::Container(name) => pod(entry, "container", name),
    }
}

fn host<'e>(entry: &'e Entry, name: &str) -> Result<&'e Member, Diagnostic> {
    if let Some(found) = entry.members.iter().find(|member| member.name == name) {
        return Ok(found);
    }
    let mut pods = entry.nodes().flat_map(|node| &node.pods);
    let short = |pod: &&Pod| pod.name.rsplit('/').next() == Some(name);
    let meant = pods.find(short);
    let help = meant.map(|pod| format!("did you mean `{}/{}`?", pod.kind, pod.name));
    let known: Vec<String> = entry.members.iter().map(|member| member.name.clone()).collect();
    Err(unknown("node", name, known, help))
}

/// A pod without a namespace is that of `default`, or the only one of its name; a container without
/// a node the only one of its name.
fn pod<'e>(entry: &'e Entry, kind: &str, name: &LooseName) -> Result<Target<'e>, Diagnostic> {
    let all = || {
        let all = entry.nodes().flat_map(|node| node.pods.iter().map(move |pod| (node, pod)));
        all.filter(|(_, pod)| pod.kind == kind)
    };
    let full = |(node, pod): (&Member, &Pod)| match kind {
        "container" => format!("{}/{}", node.name, pod.name),
        _ => pod.name.clone(),
    };
    let fits = |one: &(&Member, &Pod)| {
        let full = full(*one);
        let (within, own) = full.split_once('/').unwrap_or(("", &full));
        own == name.name && name.namespace.as_ref().is_none_or(|wanted| wanted == within)
    };
    let fitting: Vec<_> = all().filter(fits).collect();
    let of_default = fitting.iter().find(|one| full(**one).starts_with("default/"));
    match (of_default, fitting.as_slice()) {
        (Some((node, pod)), _) | (None, [(node, pod)]) => Ok(Target::Pod(node, pod)),
        (None, []) => {
            let known = all().map(|one| match name.namespace {
                Some(_) => full(one),
                None => full(one).rsplit('/').next().unwrap_or_default().to_owned(),
            });
            Err(unknown(kind, &name.to_string(), known.collect(), None))
        }
        (None, several) => {
            let names = several.iter().map(|one| full(*one)).collect();
            let message = format!("the lab has several {kind}s `{name}`");
            let help = format!("name one of them: {}", some_of(names));
            Err(Diagnostic::new(code::NOTHING_TO_BREAK, message).help(help))
        }
    }
}

fn unknown(kind: &str, name: &str, known: Vec<String>, help: Option<String>) -> Diagnostic {
    let help = help.unwrap_or_else(|| match nearest(name, known.iter().map(String::as_str)) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None if known.is_empty() => format!("it has no {kind} with a link of its own"),
        None => format!("there are {}", some_of(known)),
    });
    let message = format!("the lab has no {kind} `{name}`");
    Diagnostic::new(code::NOTHING_TO_BREAK, message).help(help)
}

/// A few names, and how many more there are.
fn some_of(mut names: Vec<String>) -> String {
    let more = names.len().saturating_sub(SHOWN);
    names.truncate(SHOWN);
    let listed = names.join(", ");
    if more == 0 { listed } else { format!("{listed} and {more} more") }
}

/// What has to be stopped so that two hosts are parted: what passes from port to port on segments that
/// both are on, and what a router takes from one to the other.
#[must_use]
pub fn between(one: &Member, other: &Member) -> Vec<Pair> {
    let wires = one.wires.iter().flat_map(|own| other.wires.iter().map(move |its| (own, its)));
    let same = wires.filter(|(own, its)| own.segment == its.segment);
    let mut pairs: Vec<Pair> =
        same.map(|(own, its)| Pair::Switched(own.port.clone(), its.port.clone())).collect();
    let addresses = |member: &Member| -> Vec<IpAddr> {
        let all = member.wires.iter().flat_map(|wire| &wire.addresses);
        all.map(ipnet::IpNet::addr).collect()
    };
    pairs.push(Pair::Routed(addresses(one), addresses(other)));
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::mishap::{read, target};
    use crate::lab::{Process, Role, Wire};

    fn member(name: &str, segment: usize, pods: &[(&str, &str)]) -> Member {
        let pods = pods.iter().map(|(kind, name)| Pod {
            kind: (*kind).to_owned(),
            name: (*name).to_owned(),
            netns: name.replace('/', "-"),
            addresses: Vec::new(),
        });
        Member {
            role: Role::Node,
            name: name.to_owned(),
            process: Process { pid: 1, start: 1 },
            wires: vec![Wire {
                device: "eth0".into(),
                port: format!("port-{name}"),
                segment,
                addresses: vec![format!("10.0.{segment}.{}/24", name.len()).parse().unwrap()],
                mtu: 1500,
            }],
            own: Vec::new(),
            senders: Vec::new(),
            routes: Vec::new(),
            pods: pods.collect(),
        }
    }

    fn entry() -> Entry {
        let first = [("pod", "shop/web-0"), ("pod", "default/api"), ("container", "cache")];
        let second = [("pod", "shop/api"), ("container", "cache"), ("pod", "test/web-0")];
        Entry {
            version: 1,
            name: "lab".into(),
            sources: Vec::new(),
            lock: None,
            since: 0,
            hub: Process { pid: 1, start: 1 },
            rootless: false,
            segments: Vec::new(),
            members: vec![
                member("n0", 0, &first),
                member("node1", 0, &second),
                member("n2-b", 1, &[]),
            ],
            left_out: Vec::new(),
        }
    }

    fn said(line: &str) -> Result<String, String> {
        let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        let entry = entry();
        let told = |fault: Diagnostic| format!("{}; {}", fault.message, fault.help.unwrap());
        let named = read(&words).map_err(told)?;
        find(&entry, &named[0]).map(|found| target(found)).map_err(told)
    }

    #[test]
    fn names_are_found_as_elsewhere() {
        assert_eq!(said("n0").unwrap(), "n0");
        assert_eq!(said("pod/api").unwrap(), "pod/default/api");
        assert_eq!(said("pod/shop/web-0").unwrap(), "pod/shop/web-0");
        assert_eq!(said("container/node1/cache").unwrap(), "container/node1/cache");
        assert_eq!(said("link node1 n0").unwrap(), "link n0 node1");
    }

    #[test]
    fn what_is_not_there_is_told_with_what_may_be_meant() {
        let fault = |line| said(line).unwrap_err();
        assert!(fault("nod1").contains("no node `nod1`; did you mean `node1`?"));
        assert!(fault("api").contains("did you mean `pod/default/api`?"));
        assert!(fault("pod/web-0").contains("several pods `web-0`; name one of them: shop/web-0"));
        assert!(fault("container/cache").contains("name one of them: n0/cache, node1/cache"));
        assert!(fault("pod/shop/web-1").contains("did you mean `shop/web-0`?"));
        assert!(fault("link n0 n0").contains("and itself"));
    }

    #[test]
    fn hosts_are_parted_on_their_segment_and_at_the_router() {
        let entry = entry();
        let [one, other, far] = entry.members.as_slice() else { panic!() };
        assert_eq!(between(one, other).len(), 2);
        let pairs = between(one, far);
        let [Pair::Routed(from, to)] = pairs.as_slice() else { panic!() };
        assert_eq!(
            (from[0].to_string(), to[0].to_string()),
            ("10.0.0.2".into(), "10.0.1.4".into())
        );
    }
}
