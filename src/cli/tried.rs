//! Configurations for nginx and HAProxy, tested by the program itself where it is installed.

use crate::graph::Ordered;
use crate::kernel::{Tried, try_config};
use crate::model::Engine;
use crate::object::{State, Text};
use netc_lang::{Diagnostic, code};
use std::collections::BTreeSet;

/// The configurations of the nodes so far; those that are equal are tested once.
#[derive(Default)]
pub(super) struct Configs {
    seen: BTreeSet<(Engine, Text)>,
}

impl Configs {
    /// What programs say against the configurations of a node. One that is not installed here says
    /// nothing, nor does one whose certificates are only on the node.
    pub(super) fn faults(&mut self, ordered: &Ordered) -> Vec<Diagnostic> {
        let mut faults = Vec::new();
        for node in &ordered.nodes {
            let State::Balancer(own) = &node.object.state else { continue };
            if !self.seen.insert((own.engine, Text::clone(&own.config))) {
                continue;
            }
            if let Tried::Refused(why) = try_config(own) {
                let message =
                    format!("{} does not take its configuration: {why}", own.engine.word());
                let fault = Diagnostic::at(code::TOOL_FAILED, node.object.origin, message);
                faults.push(fault.here("served by it"));
            }
        }
        faults
    }
}
