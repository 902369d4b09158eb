//! What is broken in a lab on purpose: how it is said, and what the kernel is to hold for it.

mod find;
mod measure;
mod rules;
mod told;
mod words;

pub use find::{Target, between, find};
pub use measure::{delay, loss, rate};
pub use rules::{Pair, discipline, hooks, parted};
pub use told::{Told, target, told};
pub use words::{Named, read};

use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// All that is broken in a lab. It is kept beside what else is remembered of the lab, so that
/// healing undoes exactly that.
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
pub struct Broken {
    /// What has become of hosts: nodes, the router and the outside; by their names.
    #[serde(default)]
    pub hosts: BTreeMap<String, Mishap>,
    /// What has become of pods and containers, each by node and network namespace.
    #[serde(default)]
    pub pods: BTreeMap<Inmate, Mishap>,
    /// Hosts between which no packet passes, the lesser name first.
    #[serde(default)]
    pub parted: BTreeSet<(String, String)>,
}

/// A pod or container: the namespace of that name on that node. Written `node0/pod-shop-web`: names of
/// nodes have no slash.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(into = "String", from = "String")]
pub struct Inmate {
    /// The node.
    pub node: String,
    /// The network namespace, as `ip netns` on the node knows it.
    pub netns: String,
}

/// What is broken of one host or pod.
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
pub struct Mishap {
    /// It is as if it had no power: no process of it runs, and no packet comes in or goes out.
    #[serde(default)]
    pub down: bool,
    /// What its links suffer, by the names of its devices.
    #[serde(default)]
    pub links: BTreeMap<String, Strain>,
}

/// What a link suffers, each way.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
pub struct Strain {
    /// Nothing passes.
    #[serde(default)]
    pub cut: bool,
    /// A packet comes so many microseconds later.
    #[serde(default)]
    pub delay: Option<u32>,
    /// So many packets of a million are lost.
    #[serde(default)]
    pub loss: Option<u32>,
    /// At most so many bits pass in a second.
    #[serde(default)]
    pub rate: Option<u64>,
}

impl Broken {
    /// Whether nothing is broken.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.hosts.is_empty() && self.pods.is_empty() && self.parted.is_empty()
    }
}

impl Mishap {
    /// Whether nothing is broken of it.
    #[must_use]
    pub fn is_none(&self) -> bool {
        !self.down && self.links.values().all(Strain::is_none)
    }

    /// What a link of it suffers. What is down has no link that is up.
    #[must_use]
    pub fn strain(&self, device: &str) -> Strain {
        let mut strain = self.links.get(device).copied().unwrap_or_default();
        strain.cut |= self.down;
        strain
    }

    /// The same, with more broken of it.
    #[must_use]
    pub fn and(&self, down: bool, devices: &[String], strain: Strain) -> Mishap {
        let mut more = self.clone();
        more.down |= down;
        for device in devices {
            let own = more.links.entry(device.clone()).or_default();
            *own = own.and(strain);
        }
        more.links.retain(|_, strain| !strain.is_none());
        more
    }
}

impl Strain {
    /// Whether it suffers nothing.
    #[must_use]
    pub fn is_none(&self) -> bool {
        *self == Strain::default()
    }

    /// The same, with what another one states instead of what this one does.
    fn and(self, more: Strain) -> Strain {
        Strain {
            cut: self.cut || more.cut,
            delay: more.delay.or(self.delay),
            loss: more.loss.or(self.loss),
            rate: more.rate.or(self.rate),
        }
    }
}

impl From<Inmate> for String {
    fn from(inmate: Inmate) -> String {
        format!("{}/{}", inmate.node, inmate.netns)
    }
}

impl From<String> for Inmate {
    fn from(text: String) -> Inmate {
        let (node, netns) = text.split_once('/').unwrap_or(("", &text));
        Inmate { node: node.to_owned(), netns: netns.to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_broken_is_remembered_as_it_is() {
        let strain = Strain { cut: true, loss: Some(100_000), ..Strain::default() };
        let mishap = Mishap::default().and(false, &["eth0".to_owned()], strain);
        let inmate = Inmate { node: "node0".into(), netns: "pod-a".into() };
        let broken = Broken {
            hosts: [("node1".to_owned(), Mishap { down: true, ..Mishap::default() })].into(),
            pods: [(inmate, mishap)].into(),
            parted: [("a".to_owned(), "b".to_owned())].into(),
        };
        let text = serde_json::to_string(&broken).unwrap();
        assert!(text.contains(r#""node0/pod-a""#), "{text}");
        assert_eq!(serde_json::from_str::<Broken>(&text).unwrap(), broken);
        assert!(!broken.is_empty());
    }

    #[test]
    fn one_mishap_comes_to_another() {
        let slow = Strain { delay: Some(50_000), ..Strain::default() };
        let lossy = Strain { loss: Some(10), delay: Some(1), ..Strain::default() };
        let devices = ["eth0".to_owned()];
        let both = Mishap::default().and(false, &devices, slow).and(false, &devices, lossy);
        assert_eq!(both.strain("eth0"), lossy);
        assert!(both.strain("eth1").is_none());
        let dead = both.and(true, &[], Strain::default());
        assert!(dead.strain("eth1").cut && dead.strain("eth0").cut);
        assert_eq!(both.links.len(), 1);
    }
}
