//! Primitives on their nodes.

use super::Nodes;
use crate::model::declare::PrimitivesDecl;
use crate::model::stated::Form;
use crate::model::{NodeId, Primitives, fault};
use netc_lang::Diagnostic;
use std::collections::BTreeMap;

/// Finds the nodes.
pub(super) fn bind(
    stated: Vec<PrimitivesDecl>,
    nodes: &Nodes,
    faults: &mut Vec<Diagnostic>,
) -> BTreeMap<NodeId, Primitives> {
    let mut all: BTreeMap<NodeId, Primitives> = BTreeMap::new();
    for PrimitivesDecl { node, stated } in stated {
        let Some(id) = nodes.find(&node, Form::Netc, faults) else { continue };
        match all.get(&id) {
            Some(earlier) => {
                let fault = fault::primitives_twice(&node.value, stated.span, earlier.span);
                faults.push(fault);
            }
            None => {
                all.insert(id, stated);
            }
        }
    }
    all
}
