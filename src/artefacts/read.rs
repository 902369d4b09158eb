//! Reading what a build wrote for a node.

use super::{Artefact, nft, servers, sets};
use crate::emit::MINIMUM;
use crate::form::{Fault, items, read_state};
use crate::model::Family;
use crate::object::{Balancer, Id, Netns, State, Sysctl, Text};
use crate::plan::Live;
use serde_json::Value;
use std::fmt;

/// An artefact that cannot be read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Unreadable {
    /// The file.
    pub name: String,
    /// Why, and where in it.
    pub why: String,
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.name, self.why)
    }
}

/// What a node would be after the artefacts were used on it while it was empty. Files are given
/// by name; what is no artefact is passed over.
///
/// # Errors
/// The first file that is not as netc writes it.
pub fn read<'f>(files: impl Iterator<Item = (&'f str, &'f str)>) -> Result<Live, Unreadable> {
    let mut live = Live::default();
    for (name, text) in files {
        let read = match Artefact::named(name) {
            Some(Artefact::Netlink) => netlink(&mut live, text),
            Some(Artefact::Sysctl) => parameters(&mut live, text),
            Some(Artefact::Sets) => sets::read(&mut live, text),
            Some(Artefact::Servers) => servers::read(&mut live, text),
            Some(Artefact::Tables) => nft::read(&mut live, text),
            Some(Artefact::Balancer(engine)) => {
                live.insert(State::Balancer(Balancer::new(engine, text)), true);
                Ok(())
            }
            Some(Artefact::Rules(family)) => rules(&mut live, family, text),
            // It is for people.
            Some(Artefact::Plan) | None => Ok(()),
        };
        read.map_err(|why| Unreadable { name: name.to_owned(), why })?;
    }
    Ok(live)
}

/// Keeps only what artefacts tell of a node: not which modules it loads, what its own devices are
/// to be, nor the parameters of devices and namespaces, which are set when these are made.
pub fn keep_told(live: &mut Live) {
    live.states.retain(|_, found| match &found.state {
        State::Underlay(_) | State::Module(_) => false,
        State::Sysctl(sysctl) => {
            sysctl.netns == Netns::Node && !matches!(sysctl.after, Some(Id::Link(..)))
        }
        _ => true,
    });
}

fn netlink(live: &mut Live, text: &str) -> Result<(), String> {
    let value: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
    if value.get("version") != Some(&Value::from(1)) {
        return Err(Fault { pointer: "/version".into(), expected: "1".into() }.to_string());
    }
    for state in items(&value, "operations", read_state).map_err(|fault| fault.to_string())? {
        match state {
            // A flush leaves nothing behind.
            State::Flush(_) => {}
            // What it needs is not in the file; it goes with its device at least.
            State::Route(mut route) => {
                let device = |link: &Text| Id::Link(route.netns.clone(), Text::clone(link));
                route.after = route.link.iter().map(device).collect();
                live.insert(State::Route(route), true);
            }
            state => live.insert(state, true),
        }
    }
    Ok(())
}

fn parameters(live: &mut Live, text: &str) -> Result<(), String> {
    let mut minimum = false;
    for (number, line) in (1..).zip(text.lines()) {
        if line.is_empty() || line.starts_with('#') {
            minimum = line == MINIMUM.trim_end();
            continue;
        }
        let parts = line.split_once('=').map(|(key, value)| (key.trim(), value.trim()));
        let Some((key, value)) = parts.filter(|(key, _)| !key.is_empty()) else {
            return Err(format!("line {number}: expected `key = value`"));
        };
        let (key, value) = (key.into(), value.into());
        let sysctl = Sysctl { netns: Netns::Node, key, value, minimum, after: None };
        live.insert(State::Sysctl(sysctl), true);
        minimum = false;
    }
    Ok(())
}

fn rules(live: &mut Live, family: Family, text: &str) -> Result<(), String> {
    let begins = ["#", ":", "-A ", "*raw", "*mangle", "*filter", "*nat", "COMMIT"];
    let wrong = (1..)
        .zip(text.lines())
        .find(|(_, line)| !line.is_empty() && !begins.iter().any(|begin| line.starts_with(begin)));
    if let Some((number, _)) = wrong {
        return Err(format!("line {number}: expected a table, a chain or a rule"));
    }
    live.restore(family, text);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(name: &str, text: &str) -> String {
        read([(name, text)].into_iter()).unwrap_err().to_string()
    }

    #[test]
    fn what_cannot_be_read_names_file_and_place() {
        let json = "{\"version\":1,\"operations\":[{\"kind\":\"up\"}]}";
        assert_eq!(
            said("netlink.json", json),
            "netlink.json: expected a field `link` at /operations/0"
        );
        assert_eq!(said("netlink.json", "{}"), "netlink.json: expected 1 at /version");
        assert!(said("netlink.json", "{\n]").ends_with("at line 2 column 1"));
        assert_eq!(
            said("sysctl.conf", "a = 1\nb\n"),
            "sysctl.conf: line 2: expected `key = value`"
        );
        let rules = "*nat\n-A A -j B\n-D A 1\n";
        assert_eq!(
            said("iptables.rules", rules),
            "iptables.rules: line 3: expected a table, a chain or a rule"
        );
    }

    #[test]
    fn a_minimum_is_read_from_its_remark() {
        let text = format!("{MINIMUM}a = 1\nb = 2\n");
        let live = read([("sysctl.conf", text.as_str())].into_iter()).unwrap();
        let minima = live.states.values().map(|found| match &found.state {
            State::Sysctl(sysctl) => sysctl.minimum,
            state => panic!("{state:?}"),
        });
        assert_eq!(minima.collect::<Vec<_>>(), [true, false]);
    }
}
