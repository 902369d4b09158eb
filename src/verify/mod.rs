//! What is claimed of the network, and what holds of every network: asked by the same walk as
//! `netc trace`, without a kernel.

pub mod checks;
mod claim;

pub use claim::{Verdict, asserts};

use crate::model::{Assert, Cluster, Family};
use crate::object::Side;
use crate::trace::party::{Asked, Families, Fault, Manner, Part, questions};
use crate::trace::{Ended, Event};
use netc_lang::suggest::did_you_mean;
use netc_lang::{Diagnostic, Span, code};

/// What is wrong with the names in asserts. Nothing is asked yet.
#[must_use]
pub fn names(cluster: &Cluster) -> Vec<Diagnostic> {
    let mut faults = Vec::new();
    for assert in &cluster.asserts {
        if let Err(fault) = asked(cluster, assert) {
            let at = place(assert, fault.part);
            faults.push(fault.diagnostic(Some(at)));
        }
        faults.extend(nodes(cluster, assert));
    }
    faults
}

/// The questions of an assert.
pub(crate) fn asked(cluster: &Cluster, assert: &Assert) -> Result<Vec<Asked>, Fault> {
    let family = |family: Family| Families::One(family);
    let manner = Manner {
        carried: assert.carried.as_ref().map(|carried| carried.value),
        families: assert.family.as_ref().map_or(Families::All, |stated| family(stated.value)),
        through: assert.through.as_ref().map(|node| node.value.clone()),
    };
    questions(cluster, &assert.from.value, &assert.to.value, &manner)
}

/// The statement that has a source translated.
fn translation(ended: &Ended) -> Option<Span> {
    let of_source = |event: &Event| matches!(event, Event::Translated { side: Side::Source, .. });
    let steps = ended.way.trail.steps();
    let step = steps.iter().find(|step| of_source(&step.event))?;
    step.decided.as_ref()?.origin
}

/// Where a part of an assert is stated.
fn place(assert: &Assert, part: Part) -> Span {
    let stated = match part {
        Part::From => Some(assert.from.span),
        Part::To => Some(assert.to.span),
        Part::Protocol => assert.carried.as_ref().map(|stated| stated.span),
        Part::Family => assert.family.as_ref().map(|stated| stated.span),
        Part::Through => assert.through.as_ref().map(|stated| stated.span),
    };
    stated.unwrap_or(assert.to.span)
}

/// Nodes that packets are to pass, and that are not there.
fn nodes(cluster: &Cluster, assert: &Assert) -> Vec<Diagnostic> {
    let known = || cluster.nodes.iter().map(|node| node.name.as_str());
    let stated = assert.via.iter().filter_map(|via| via.value.node().map(|node| (node, via.span)));
    let unknown = stated.filter(|(name, _)| known().all(|known| known != *name));
    let fault = |(name, at): (&str, Span)| {
        let help =
            did_you_mean(name, known()).unwrap_or_else(|| "name a node of the cluster".into());
        Diagnostic::at(code::UNKNOWN_NODE, at, format!("there is no node `{name}`")).help(help)
    };
    unknown.map(fault).collect()
}
