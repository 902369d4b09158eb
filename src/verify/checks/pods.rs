//! Pods and nodes reach each other (the network model of Kubernetes: every pod has an address of its
//! own by which all others know it).

use super::finding::{code_of, placed};
use super::plan::turn;
use super::{Group, Run};
use crate::model::NodeId;
use crate::object::Netns;
use crate::trace::names::Names;
use crate::trace::{Answer, Ended, Payload, Place, Question, Who};
use crate::verify::translation;
use netc_lang::{Diagnostic, code};

/// What ping sends.
const PING: Payload = Payload::Echo { reply: false };

impl Run<'_, '_> {
    /// Every pod reaches every other one, and is seen by its own address.
    pub(super) fn pods_reach_pods(&mut self) -> Result<(), Vec<Diagnostic>> {
        let groups = self.groups;
        for (number, from) in groups.iter().enumerate() {
            self.at(number, groups.len());
            for family_mate in self.peers(number) {
                let Some(to) = groups.get(family_mate) else { continue };
                for (some, to) in pairs(from, to) {
                    let question = from.question(some, to, PING);
                    let answer = self.ask(&question)?;
                    let names = (from.name(self.cluster), self.named(&question));
                    self.judge(&question, &answer, &names, true);
                }
            }
        }
        Ok(())
    }

    /// Every pod reaches every node, its own one without translation, and nodes reach their pods.
    pub(super) fn pods_reach_nodes(&mut self) -> Result<(), Vec<Diagnostic>> {
        let (groups, cluster) = (self.groups, self.cluster);
        for (number, from) in groups.iter().enumerate() {
            self.at(number, groups.len());
            let nodes = cluster.nodes.len();
            self.of += nodes;
            // Its own node first, then as many others as there is time for.
            let others = turn(number, nodes, self.limits.peers);
            let own = from.node.0 as usize;
            let all: Vec<usize> =
                std::iter::once(own).chain(others.filter(|id| *id != own)).collect();
            self.asked += all.len();
            for id in all {
                let Some(node) = cluster.nodes.get(id) else { continue };
                let Some(address) = node.address(from.family) else { continue };
                let to = Who::One(address.address);
                let question = from.question(from.who.clone(), to, PING);
                let answer = self.ask(&question)?;
                let names = (from.name(cluster), format!("node {}", node.name));
                self.judge(&question, &answer, &names, id == own);
            }
            let back = from_node(from.node, from.who.clone(), PING);
            let answer = self.ask(&back)?;
            let names =
                (format!("node {}", Names(cluster).node_name(from.node)), from.name(cluster));
            self.judge(&back, &answer, &names, false);
        }
        Ok(())
    }

    /// The groups that a group is asked about.
    fn peers(&mut self, number: usize) -> Vec<usize> {
        let Some(from) = self.groups.get(number) else { return Vec::new() };
        let same = |group: &Group| group.family == from.family;
        let all = self.groups.iter().enumerate().filter(|(_, group)| same(group));
        let all: Vec<usize> = all.map(|(number, _)| number).collect();
        self.of += all.len();
        let mut chosen: Vec<usize> = turn(number, all.len(), self.limits.peers)
            .filter_map(|place| all.get(place).copied())
            .collect();
        // Its own node is always among them.
        if !chosen.contains(&number) {
            chosen.push(number);
        }
        self.asked += chosen.len();
        chosen
    }

    fn named(&self, question: &Question) -> String {
        match &question.destination {
            Who::One(address) => {
                Names(self.cluster).address(*address).unwrap_or_else(|| address.to_string())
            }
            several => self
                .groups
                .iter()
                .find(|group| group.who == *several)
                .map_or_else(|| several.to_string(), |group| group.name(self.cluster)),
        }
    }

    /// Whether every packet has its answer and, if that matters, keeps its source.
    fn judge(
        &mut self,
        question: &Question,
        answer: &Answer,
        (from, to): &(String, String),
        keeps: bool,
    ) {
        for ended in &answer.ways {
            if !ended.is_answered() {
                let message = format!("{} reach {to}", do_not(from));
                let code = code_of(self.findings.check());
                self.findings.unanswered(code, message, question, ended);
            } else if let Some(seen) = other_source(ended).filter(|_| keeps) {
                let origin = translation(ended);
                let here = format!("{} comes as {seen}", ended.way.client.first());
                let message = format!("{to} sees {from} by another address");
                self.findings.add(code::SOURCE_LOST, origin, String::new(), || {
                    let help = "exclude the pod network where packets are masqueraded";
                    placed(code::SOURCE_LOST, origin, message).map_here(here).help(help)
                });
            }
        }
    }
}

/// `pod a does`, `pods of node1 do`.
pub(super) fn do_not(from: &str) -> String {
    let verb = if from.starts_with("pods ") { "do" } else { "does" };
    format!("{from} {verb} not")
}

/// Who asks whom: all at once if they have nobody in common, else each by all others.
fn pairs(from: &Group, to: &Group) -> Vec<(Who, Who)> {
    if from.who != to.who {
        return vec![(from.who.clone(), to.who.clone())];
    }
    let each = to.who.all().iter().filter_map(|one| {
        let (_, others) = from.who.split(|other| other == *one);
        Some((others?, Who::One(*one)))
    });
    each.collect()
}

/// The address by which a client is seen, if that is not its own.
fn other_source(ended: &Ended) -> Option<String> {
    let server = ended.server()?;
    // What divided behind the server may be of some clients only.
    let seen = server.client.all();
    let own = ended.way.client.all().iter().all(|client| seen.contains(client));
    (!own).then(|| server.client.to_string())
}

/// The node's own way to ask.
pub(super) fn from_node(id: NodeId, destination: Who, payload: Payload) -> Question {
    let place = Place::Node(id, Netns::Node);
    Question { place, source: None, destination, payload, through: None }
}
