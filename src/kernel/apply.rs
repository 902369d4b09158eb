//! Making changes, one after the other.

use super::error::KernelError;
use super::machine::Machine;
use super::namespace::Namespace;
use super::{address, conntrack, link, module, neighbour, route, sysctl, xtables};
use crate::graph::Ordered;
use crate::object::{Netns, State};
use crate::plan::{Action, Step};
use std::io;

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
        // Rules are restored, and connections forgotten, all at once; what netc does not make is
        // never changed.
        State::Underlay(_) | State::Ruleset(_) | State::Jump(_) | State::Flush(_) => Ok(()),
        State::Module(wanted) => module::load(&wanted.name),
        State::Sysctl(wanted) => {
            machine.namespace(&wanted.netns)?.within(|| sysctl::write(wanted))?
        }
        State::Netns(wanted) => {
            Namespace::create(&wanted.name)?;
            match machine.has(&Netns::Named(wanted.name.clone()))? {
                true => Ok(()),
                false => Err(KernelError::io("the new namespace is gone")(io::Error::from(
                    io::ErrorKind::NotFound,
                ))),
            }
        }
        State::Link(wanted) => match action {
            Action::Create => link::create(machine, wanted),
            Action::Update(_) => link::update(machine, wanted),
            Action::Replace(_) => {
                link::delete(machine, &wanted.netns, &wanted.name)?;
                link::create(machine, wanted)
            }
        },
        State::Port(wanted) => link::join(machine, wanted),
        State::Address(wanted) => address::create(machine, wanted),
        State::Up(wanted) => link::up(machine, wanted),
        State::Neighbour(wanted) => neighbour::replace(machine, wanted),
        State::Fdb(wanted) => neighbour::replace_fdb(machine, wanted),
        State::Route(wanted) => route::replace(machine, wanted),
    }
}
