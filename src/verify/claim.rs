//! Asserts: what is claimed against what happens.

use super::{asked, translation};
use crate::model::{Assert, Cluster, NodeId, Via};
use crate::trace::diagnosis;
use crate::trace::names::{Names, with_port};
use crate::trace::party::Asked;
use crate::trace::{Answer, Ended, Event, Network, Place};
use netc_lang::{Diagnostic, Span, Spanned, code};
use std::collections::BTreeSet;

/// What became of an assert.
#[derive(Debug)]
pub struct Verdict {
    /// Why it does not hold, or as a warning why that cannot be told; `None` if it does.
    pub fault: Option<Diagnostic>,
    /// The question that it fails at, and its answer.
    pub shown: Option<(Asked, Answer)>,
}

/// Whether the asserts of the cluster hold, in their order.
///
/// # Errors
/// A node could not be compiled.
pub fn asserts(network: &Network<'_>) -> Result<Vec<Verdict>, Vec<Diagnostic>> {
    network.cluster().asserts.iter().map(|assert| verdict(network, assert)).collect()
}

/// What of a claim does not hold.
struct Breach {
    /// In a phrase, behind the names of both.
    what: String,
    /// What is to be seen at the claim.
    here: String,
    /// The statement that it comes of.
    origin: Option<Span>,
    help: Option<String>,
}

fn verdict(network: &Network<'_>, assert: &Assert) -> Result<Verdict, Vec<Diagnostic>> {
    let cluster = network.cluster();
    // Faulty names were reported before anything is asked.
    let all = asked(cluster, assert).unwrap_or_default();
    let mut failed: Option<(Asked, Answer, Breach)> = None;
    let mut more = 0_usize;
    let mut unjudged: Vec<Ended> = Vec::new();
    for asked in &all {
        let mut answer = network.ask(&asked.question)?;
        let (unknown, ways) = answer.ways.into_iter().partition(Ended::is_unjudged);
        answer.ways = ways;
        unjudged.extend(unknown);
        let claim = Claim { network, cluster, assert, asked };
        match (claim.breach(&answer)?, &failed) {
            (Some(breach), None) => failed = Some((asked.clone(), answer, breach)),
            (Some(_), Some(_)) => more += 1,
            (None, _) => {}
        }
    }
    let Some((asked, answer, breach)) = failed else {
        let fault = unjudged.first().map(|ended| unknown(cluster, assert, ended));
        return Ok(Verdict { fault, shown: None });
    };
    let fault = fault(assert, breach, (more, all.len()));
    Ok(Verdict { fault: Some(fault), shown: Some((asked, answer)) })
}

/// What leads to a Windows node is neither proven nor refuted.
fn unknown(cluster: &Cluster, assert: &Assert, ended: &Ended) -> Diagnostic {
    let node = ended.failure.as_ref().and_then(|failure| node_of(&failure.place));
    let name = node.map_or("?", |id| Names(cluster).node_name(id));
    let claim = if assert.reaches { "reaches" } else { "does not reach" };
    let message =
        format!("whether {} {claim} {} cannot be judged", assert.from.value, assert.to.value);
    Diagnostic::at(code::UNJUDGED, assert.span, message)
        .here(format!("the way leads to {name}, which runs Windows"))
        .help("claim what Linux nodes do, or ask the Windows node itself")
}

fn fault(assert: &Assert, breach: Breach, (more, of): (usize, usize)) -> Diagnostic {
    let Breach { what, here, origin, help } = breach;
    let also = match more {
        0 => String::new(),
        more => format!("; {} of {of} questions fail", more + 1),
    };
    let Assert { from, to, .. } = assert;
    let message = format!("{} {what} {}", from.value, to.value);
    let fault =
        Diagnostic::at(code::ASSERT_FAILED, assert.span, message).here(format!("{here}{also}"));
    let fault = match origin.filter(|origin| *origin != assert.span) {
        Some(origin) => fault.label(origin, "this decides"),
        None => fault,
    };
    fault.maybe_help(help)
}

/// One question of an assert.
struct Claim<'v> {
    network: &'v Network<'v>,
    cluster: &'v Cluster,
    assert: &'v Assert,
    asked: &'v Asked,
}

impl Claim<'_> {
    /// What does not hold, if something does not.
    fn breach(&self, answer: &Answer) -> Result<Option<Breach>, Vec<Diagnostic>> {
        if !self.assert.reaches {
            let got = answer.ways.iter().find(|ended| ended.server().is_some());
            return Ok(got.map(|ended| self.got(ended)));
        }
        if let Some(failing) = answer.ways.iter().find(|ended| !ended.is_answered()) {
            return Ok(Some(self.unanswered(answer, failing)));
        }
        for via in &self.assert.via {
            let past = answer.ways.iter().find(|ended| !self.passes(ended, &via.value));
            if let Some(past) = past {
                return self.passed_by(past, via).map(Some);
            }
        }
        let keeps = self.assert.keeps_source.and_then(|_| self.translated(answer));
        Ok(keeps.or_else(|| self.assert.same_node.and_then(|_| self.elsewhere(answer))))
    }

    /// From where to where, as the client sees it.
    fn ends(&self, ended: &Ended) -> String {
        let question = &self.asked.question;
        let to = with_port(&question.destination, question.payload.destination());
        match &ended.way.client {
            // The kernel picks a source once there is a route.
            client if client.first().is_unspecified() => format!("to {to}"),
            client => format!("{client} -> {to}"),
        }
    }

    /// Who got the packet.
    fn server(&self, ended: &Ended) -> String {
        let Some(server) = ended.server() else { return "nobody".to_owned() };
        let names = Names(self.cluster);
        format!("{} ({})", names.place(&server.place), with_port(&server.address, server.port))
    }

    fn got(&self, ended: &Ended) -> Breach {
        let here = format!("{} gets to {}", self.ends(ended), self.server(ended));
        let what = if ended.is_answered() { "reaches" } else { "gets packets to" };
        let help = "drop them by a rule, or take away the route that they go by";
        Breach { what: what.into(), here, origin: None, help: Some(help.into()) }
    }

    fn unanswered(&self, answer: &Answer, failing: &Ended) -> Breach {
        let least = answer.least();
        let often = match least > 1e-9 {
            true => format!(" in {:.0} of 100 cases", (1.0 - least) * 100.0),
            false => String::new(),
        };
        let diagnosis = diagnosis::of(self.cluster, &self.asked.question, failing);
        let (headline, help, origin) = match diagnosis {
            Some(diagnosis) => (diagnosis.headline, diagnosis.help, diagnosis.span),
            None => ("there is no answer".to_owned(), None, None),
        };
        let at = failing.failure.as_ref().map_or(&failing.way.place, |failure| &failure.place);
        let here = format!("{}, {}: {headline}", self.ends(failing), Names(self.cluster).place(at));
        Breach { what: format!("does not reach{often}"), here, origin, help }
    }

    fn translated(&self, answer: &Answer) -> Option<Breach> {
        let source = |ended: &&Ended| {
            let seen = ended.server().map(|server| server.client.all());
            seen.is_some_and(|seen| ended.way.client.all().iter().any(|one| !seen.contains(one)))
        };
        let ended = answer.ways.iter().find(source)?;
        let seen = ended.server().map_or(String::new(), |server| server.client.to_string());
        let here = format!("{} sees {seen} in place of {}", self.server(ended), ended.way.client);
        let help = "see the way with `netc trace`: a rule that masquerades stands on it";
        let (what, help) = ("does not keep its source to".into(), Some(help.into()));
        Some(Breach { what, here, origin: translation(ended), help })
    }

    fn elsewhere(&self, answer: &Answer) -> Option<Breach> {
        let question = &self.asked.question;
        let home = match &question.place {
            Place::Node(id, _) => Some(*id),
            Place::Outside => {
                question.through.or_else(|| self.network.node_of(question.destination.first()))
            }
        };
        let away = |ended: &&Ended| ended.server().map(|one| node_of(&one.place)) != Some(home);
        let ended = answer.ways.iter().find(away)?;
        let here = format!("{} gets to {}", self.ends(ended), self.server(ended));
        let what = "does not stay on its node on the way to".into();
        let help = "services do so with `internal-traffic local` and `external-traffic local`";
        Some(Breach { what, here, origin: None, help: Some(help.into()) })
    }

    /// Whether a packet passes something before it is delivered.
    fn passes(&self, ended: &Ended, via: &Via) -> bool {
        let steps = ended.way.trail.steps();
        let there = steps.iter().take_while(|step| step.event != Event::Delivered);
        let name = |node: &str| self.cluster.nodes.iter().position(|own| own.name == node);
        let on = |place: &Place, node: &str| {
            node_of(place).map(|id| id.0 as usize) == name(node) && node_of(place).is_some()
        };
        let mut there = there.filter(|step| via.node().is_none_or(|node| on(&step.place, node)));
        match via {
            Via::Node(_) => there.next().is_some(),
            Via::Device { name, .. } => {
                there.any(|step| devices(&step.event).contains(&name.as_str()))
            }
        }
    }

    fn passed_by(&self, ended: &Ended, via: &Spanned<Via>) -> Result<Breach, Vec<Diagnostic>> {
        let steps = ended.way.trail.steps();
        let there = steps.iter().take_while(|step| step.event != Event::Delivered);
        let mut passed: Vec<String> = Vec::new();
        for step in there {
            let here = match &via.value {
                Via::Node(_) => node_of(&step.place).map(|id| Names(self.cluster).node_name(id)),
                Via::Device { .. } => devices(&step.event).first().copied(),
            };
            if let Some(here) = here.filter(|here| passed.last().is_none_or(|last| last != here)) {
                passed.push(here.to_owned());
            }
        }
        let known = self.is_known(&via.value)?;
        let here = format!("{} passes {}", self.ends(ended), passed.join(", "));
        let help = match known {
            true => None,
            false => Some("no node that it may pass has a device of this name".to_owned()),
        };
        let what = format!("does not pass {} on the way to", via.value);
        Ok(Breach { what, here, origin: None, help })
    }

    /// Whether there is such a device at all.
    fn is_known(&self, via: &Via) -> Result<bool, Vec<Diagnostic>> {
        let Via::Device { name, node } = via else { return Ok(true) };
        for (id, own) in (0..).map(NodeId).zip(&self.cluster.nodes) {
            if node.as_ref().is_some_and(|node| own.name != *node) {
                continue;
            }
            let machine = self.network.machine(id)?;
            if machine.spaces.values().any(|space| space.devices.contains_key(name.as_str())) {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

fn node_of(place: &Place) -> Option<NodeId> {
    match place {
        Place::Node(id, _) => Some(*id),
        Place::Outside => None,
    }
}

/// The devices that something happens at.
fn devices(event: &Event) -> BTreeSet<&str> {
    let all: [Option<&str>; 2] = match event {
        Event::In(device) | Event::Out(device) => [Some(&device.name), device.port.as_deref()],
        Event::Wrapped { device, .. } | Event::Unwrapped { device } => [Some(device), None],
        Event::Bridged { bridge, port, .. } => [Some(bridge), Some(port)],
        _ => [None, None],
    };
    all.into_iter().flatten().collect()
}
