//! Making changes, one after the other.

use super::error::KernelError;
use super::machine::Machine;
use super::{conntrack, module, operation, sysctl, xtables};
use crate::graph::Ordered;
use crate::object::State;
use crate::plan::{Action, Step};

/// The change that failed, and why.
#[derive(Debug)]
pub struct Failure {
    /// The place of the object in the order.
    pub place: usize,
    /// Which rule of the payload was refused, if the tool said so.
    pub rule: Option<netc_lang::Span>,
    /// Why.
    pub error: KernelError,
}

/// Makes the changes. `progress` is told how many steps are done. All rules are tested before
/// anything is changed.
///
/// # Errors
/// The first change that failed; those before it have been made, those behind it have not.
pub fn apply(
    machine: &mut Machine,
    desired: &Ordered,
    steps: &[Step],
    progress: &mut dyn FnMut(usize),
) -> Result<(), Failure> {
    for step in steps {
        if let Step::Restore(payload) = step {
            run_restore(machine, payload, true)?;
        }
    }
    for (done, step) in steps.iter().enumerate() {
        progress(done);
        match step {
            Step::Restore(payload) => run_restore(machine, payload, false)?,
            Step::Flush(family, places) => conntrack::forget(machine, desired, *family, places)
                .map_err(|(place, error)| Failure { place, rule: None, error })?,
            Step::One(change) => {
                let Some(node) = desired.nodes.get(change.place) else { continue };
                let made = make(machine, &node.object.state, &change.action);
                let place = change.place;
                made.map_err(|error| Failure { place, rule: None, error })?;
            }
        }
    }
    Ok(())
}

fn run_restore(
    machine: &mut Machine,
    payload: &crate::plan::Payload,
    test: bool,
) -> Result<(), Failure> {
    xtables::restore(machine, payload.family, &payload.text, test).map_err(|error| {
        let line = match &error {
            KernelError::Tool { line, .. } => line.and_then(|line| line.checked_sub(1)),
            _ => None,
        };
        let rule = line.and_then(|line| payload.origins.get(line).copied());
        Failure { place: payload.place, rule, error }
    })
}

fn make(machine: &mut Machine, state: &State, action: &Action) -> Result<(), KernelError> {
    match state {
        State::Module(wanted) => module::load(&wanted.name),
        State::Sysctl(wanted) => {
            machine.namespace(&wanted.netns)?.within(|| sysctl::write(wanted))?
        }
        State::Netns(wanted) => {
            machine.make_namespaces(&[&wanted.name]).map_err(|(_, error)| error)
        }
        // Rules are restored, and connections forgotten, all at once; what netc does not make is
        // never changed: for these there are no requests.
        _ => {
            let parts: &[operation::Action] = match action {
                Action::Create => &[operation::Action::Make],
                Action::Update(_) => &[operation::Action::Change],
                Action::Replace(_) => &[operation::Action::Remove, operation::Action::Make],
            };
            parts.iter().try_for_each(|part| {
                let requests = operation::requests(machine, state, *part)?.unwrap_or_default();
                operation::run(machine, &requests).map_err(|(_, error)| error)
            })
        }
    }
}
