//! What holds of every network, unless it is switched off.
//!
//! All pods of a node are asked for at once; the walk divides them where something tells them apart.
//! Of a cluster with many nodes not every pair of nodes is asked, and not every service on every
//! node: [`Checked::asked`] and [`Checked::of`] say how many were.

mod circles;
mod finding;
mod groups;
mod plan;
mod pods;
mod rules;
mod services;

pub use plan::{Limits, Stage};

use crate::compile;
use crate::model::{Check, Cluster};
use crate::trace::{Answer, Network, Question};
use finding::Findings;
use groups::{Group, groups};
use netc_lang::Diagnostic;
use std::collections::BTreeSet;

/// What a check found.
#[derive(Clone, Debug)]
pub struct Checked {
    /// Which.
    pub check: Check,
    /// What does not hold: findings that come of the same are one.
    pub findings: Vec<Diagnostic>,
    /// How many questions were asked, or rules looked at.
    pub asked: usize,
    /// How many there are.
    pub of: usize,
}

/// Makes all checks but those that are left out; without limits, with those that fit the cluster.
/// `progress` is told how far it has come.
///
/// # Errors
/// A node could not be compiled.
pub fn checks(
    network: &Network<'_>,
    without: &BTreeSet<Check>,
    limits: Option<Limits>,
    progress: &mut dyn FnMut(Stage),
) -> Result<Vec<Checked>, Vec<Diagnostic>> {
    checks_heard(network, without, limits, progress, &mut |_, _| ())
}

/// The same; `heard` is told every question that is asked.
///
/// # Errors
/// A node could not be compiled.
pub fn checks_heard(
    network: &Network<'_>,
    without: &BTreeSet<Check>,
    limits: Option<Limits>,
    progress: &mut dyn FnMut(Stage),
    heard: &mut dyn FnMut(Check, &Question),
) -> Result<Vec<Checked>, Vec<Diagnostic>> {
    let cluster = network.cluster();
    let groups = groups(cluster);
    let limits = limits.unwrap_or_else(|| {
        let ports = cluster.services.iter().map(|service| service.ports.len()).sum();
        Limits::of(groups.len(), cluster.nodes.len(), ports)
    });
    let (bare, of_bare);
    let pods = if limits.ports > 0 {
        network
    } else {
        bare = Cluster { services: Vec::new(), ..cluster.clone() };
        of_bare = compile::network(&bare);
        &of_bare
    };
    let mut all = Vec::new();
    for check in Check::ALL.into_iter().filter(|check| !without.contains(check)) {
        let network = if check == Check::ServicesReachEndpoints { network } else { pods };
        let cluster = network.cluster();
        let findings = Findings::new(cluster, check);
        let groups = &groups;
        let (asked, of) = (0, 0);
        let (progress, heard) = (&mut *progress, &mut *heard);
        let mut run =
            Run { network, cluster, groups, limits, findings, asked, of, progress, heard };
        match check {
            Check::PodsReachPods => run.pods_reach_pods()?,
            Check::PodsReachNodes => run.pods_reach_nodes()?,
            Check::ServicesReachEndpoints => run.services_reach_endpoints()?,
            Check::NoBlackHole => run.no_black_hole()?,
            Check::NoLoop => run.no_loop()?,
            Check::NoIdleRule | Check::NothingShadowed => run.rules(),
        }
        let Run { findings, asked, of, .. } = run;
        all.push(Checked { check, findings: findings.diagnostics(), asked, of });
    }
    Ok(all)
}

/// A check at work.
struct Run<'r, 'c> {
    network: &'r Network<'c>,
    cluster: &'c Cluster,
    groups: &'r [Group],
    limits: Limits,
    findings: Findings<'c>,
    asked: usize,
    of: usize,
    progress: &'r mut dyn FnMut(Stage),
    heard: &'r mut dyn FnMut(Check, &Question),
}

impl Run<'_, '_> {
    fn ask(&mut self, question: &Question) -> Result<Answer, Vec<Diagnostic>> {
        (self.heard)(self.findings.check(), question);
        self.network.ask(question)
    }

    /// Says how far it has come.
    fn at(&mut self, done: usize, all: usize) {
        let check = self.findings.check();
        (self.progress)(Stage { check, done, all });
    }
}
