//! The conductor: from sources to the cluster, and from the cluster to a node's objects in
//! order.

use crate::graph::{Ordered, order};
use crate::import;
use crate::lower::{Facts, lower};
use crate::model::{Built, Cluster, Lock, Node, NodeId, declare, resolve};
use crate::trace::Network;
use crate::trace::machine::Machine;
use crate::verify;
use netc_lang::{Diagnostic, Program, Reader, Sources, code, evaluate, has_errors, sort};
use std::cell::RefCell;

/// What comes of compiling.
#[derive(Debug)]
pub struct Compiled {
    /// The sources; diagnostics and origins refer to them.
    pub sources: Sources,
    /// The cluster and its lock; `None` if there are errors.
    pub built: Option<Built>,
    /// Everything that is to be said, in the order of the sources.
    pub diagnostics: Vec<Diagnostic>,
}

/// Compiles sources. `lock` is what an earlier run recorded, and the path of its file.
pub fn compile(roots: &[String], reader: &mut dyn Reader, lock: Option<(&Lock, &str)>) -> Compiled {
    let (program, mut diagnostics) = Program::load(roots, reader);
    let (items, faults) = evaluate(&program);
    diagnostics.extend(faults);
    let mut faults = Vec::new();
    let mut stated = declare(&items, &mut faults);
    drop(items);
    import::read(&program, &mut stated, &mut diagnostics);
    // Of the program only its texts are needed from here on.
    let Program { sources, .. } = program;
    let broken = has_errors(&diagnostics);
    let built = resolve(stated, lock, &mut faults);
    diagnostics.extend(faults.into_iter().filter(|fault| !broken || stands_alone(fault)));
    if let Some(built) = built.as_ref().filter(|_| !has_errors(&diagnostics)) {
        diagnostics.extend(verify::names(&built.cluster));
    }
    sort(&mut diagnostics);
    let built = built.filter(|_| !has_errors(&diagnostics));
    Compiled { sources, built, diagnostics }
}

/// Whether a fault of the cluster is worth telling when some statements could not be read: what
/// is missing may just stand in one of them.
fn stands_alone(fault: &Diagnostic) -> bool {
    let two_things = [
        code::DUPLICATE_NAME,
        code::OVERLAPPING_NETWORKS,
        code::OUTSIDE_NETWORK,
        code::DUPLICATE_ADDRESS,
        code::BAD_NETWORK,
        code::RESERVED_ADDRESS,
        code::DUPLICATE_PORT,
        code::NODE_PORT_RANGE,
        code::CONTRADICTION,
    ];
    two_things.contains(&fault.code)
}

/// The objects of a node of whose machine nothing is known, in order.
///
/// # Errors
/// Objects that contradict or need each other.
pub fn objects(cluster: &Cluster, node: &Node, id: NodeId) -> Result<Ordered, Vec<Diagnostic>> {
    objects_on(cluster, node, id, &Facts::default())
}

/// The objects of a node, in order.
///
/// # Errors
/// Objects that contradict or need each other.
pub fn objects_on(
    cluster: &Cluster,
    node: &Node,
    id: NodeId,
    facts: &Facts,
) -> Result<Ordered, Vec<Diagnostic>> {
    let (objects, faults) = lower(cluster, node, id, facts).finish();
    if faults.is_empty() { order(objects) } else { Err(faults) }
}

/// The network of a cluster for packets to walk through: each node is compiled when a question comes
/// to it.
#[must_use]
pub fn network(cluster: &Cluster) -> Network<'_> {
    Network::new(cluster, |id| machine(cluster, id))
}

/// The same, but one of the nodes is as it was found.
#[must_use]
pub fn network_with(cluster: &Cluster, found: Machine) -> Network<'_> {
    let own = found.id;
    // A node is made ready once, so it is asked for once.
    let found = RefCell::new(Some(found));
    Network::new(cluster, move |id| match found.borrow_mut().take_if(|_| id == own) {
        Some(machine) => Ok(machine),
        None => machine(cluster, id),
    })
}

/// A node that holds what is compiled for it.
fn machine(cluster: &Cluster, id: NodeId) -> Result<Machine, Vec<Diagnostic>> {
    let node = cluster.nodes.get(id.0 as usize).ok_or_else(Vec::new)?;
    let ordered = objects(cluster, node, id)?;
    Ok(Machine::new(id, node, ordered.nodes.into_iter().map(|node| node.object)))
}
