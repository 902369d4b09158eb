//! Looking at a live node before it is compared or changed.

use super::args::Format;
use super::exit;
use super::project::Ready;
use super::site::Site;
use super::ui::Ui;
use crate::graph::Ordered;
use crate::kernel::Interest;
use crate::object::State;
use crate::plan::{Live, Record, foreign, leftovers};
use netc_lang::{Diagnostic, Span, code};

/// A live node as it was found.
pub(super) struct Looked {
    pub(super) live: Live,
    /// What netc remembers of the node, what it takes over included.
    pub(super) record: Record,
}

/// Reads the live node, and refuses it if it is not the one that the sources describe or if
/// something of somebody else's is in the way. With `adopt` that is taken over.
pub(super) fn look(
    site: &mut Site,
    desired: &Ordered,
    adopt: bool,
    ready: &Ready,
    format: Format,
    ui: &mut Ui,
) -> Result<Looked, u8> {
    let mut looked = glance(site, desired, adopt, ready, format, ui)?;
    if adopt {
        let states = desired.nodes.iter().map(|node| &node.object.state);
        looked.record = looked.record.adopting(states, &looked.live);
        let left = leftovers(&looked.live, &ready.pod_networks());
        looked.live.adopt(left);
        return Ok(looked);
    }
    let faults = in_the_way(desired, &looked);
    ui.report(&ready.sources, &faults, format);
    if faults.is_empty() { Ok(looked) } else { Err(exit::ERROR) }
}

/// The same, but whatever is in the way stays there.
pub(super) fn glance(
    site: &mut Site,
    desired: &Ordered,
    adopt: bool,
    ready: &Ready,
    format: Format,
    ui: &mut Ui,
) -> Result<Looked, u8> {
    let record = site.known();
    let interest = Interest::new(wanted(desired).map(|(state, _)| state), &record, adopt);
    let live = site.observe(&interest, ui)?;
    let mut faults = missing(wanted(desired), &live);
    faults.extend(site.other_backend(ui)?);
    ui.report(&ready.sources, &faults, format);
    if faults.is_empty() { Ok(Looked { live, record }) } else { Err(exit::ERROR) }
}

/// What of somebody else's stands where something desired is to be.
pub(super) fn in_the_way(desired: &Ordered, looked: &Looked) -> Vec<Diagnostic> {
    foreign(wanted(desired), &looked.live, &looked.record)
}

/// The desired objects, each with its statement.
fn wanted(desired: &Ordered) -> impl Iterator<Item = (&State, Span)> {
    desired.nodes.iter().map(|node| (&node.object.state, node.object.origin))
}

/// What the node must have and has not.
fn missing<'w>(wanted: impl Iterator<Item = (&'w State, Span)>, live: &Live) -> Vec<Diagnostic> {
    let mut faults = Vec::new();
    for (state, origin) in wanted {
        let State::Underlay(wanted) = state else { continue };
        let fault = |message: String| {
            Diagnostic::at(code::NODE_NOT_READY, origin, message)
                .help("is this the right node? `--node` and `--netns` choose it; netc does not make its own device")
        };
        match live.states.get(&state.id()).map(|found| &found.state) {
            Some(State::Underlay(found)) => {
                let lacks = wanted.addresses.iter().filter(|own| !found.addresses.contains(own));
                faults.extend(lacks.map(|own| {
                    fault(format!("device {} of this node has no address {own}", wanted.name))
                }));
            }
            _ => faults.push(fault(format!("this node has no device {}", wanted.name))),
        }
    }
    faults
}
