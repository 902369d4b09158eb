//! Carrying out steps, one after the other; netlink operations of one kind in batches.

use super::error::KernelError;
use super::machine::Machine;
use super::operation::{self, Action, Request};
use super::progress::Progress;
use super::{
    balancer, conntrack, device, drain, fault, ipset, module, nft, removal, retire, sysctl, tun,
    xtables,
};
use crate::object::{Link, LinkKind, State};
use crate::plan::{
    Change, Kind, Payload, Step, Thing, Transaction, leave_input, set_input, transactions,
};
use std::mem::{Discriminant, discriminant};
use std::time::Duration;

/// The step that failed, and why.
#[derive(Debug)]
pub struct Failure {
    /// The place of the change, if it is known.
    pub change: Option<usize>,
    /// Which rule of its chain was refused, if the tool said so.
    pub rule: Option<usize>,
    /// Why.
    pub error: KernelError,
}

/// Tests the rules of all steps: nothing is changed.
///
/// # Errors
/// The first payload that iptables-restore or nft does not accept.
pub fn test(machine: &mut Machine, changes: &[Change], steps: &[Step]) -> Result<(), Failure> {
    for (change, place) in changes.iter().zip(0..) {
        if let Some(State::Balancer(wanted)) = change.to.as_ref().and_then(Thing::state) {
            balancer::test(machine, wanted).map_err(|error| Failure {
                change: Some(place),
                rule: None,
                error,
            })?;
        }
    }
    // One transaction is made as a whole or not at all: to load it is to test it.
    match steps {
        [Step::Restore(payload)] if payload.is_atomic() => return Ok(()),
        [Step::Tables(_)] => return Ok(()),
        _ => {}
    }
    let sets = steps.iter().any(|step| matches!(step, Step::Sets(_)));
    steps.iter().try_for_each(|step| match step {
        Step::Restore(payload) => {
            let sample = payload.sample();
            // The tool looks for the sets, which may not be there yet.
            let sample = if sets { sample.without_sets() } else { sample };
            run_restore(machine, &sample, true)
        }
        Step::Tables(places) => match transactions(changes, places).as_slice() {
            // Of several each needs those before it, and to test a large one takes as long as to
            // carry it out.
            [only] if only.places.len() < MANY_LINES => run_nft(machine, only, nft::check),
            _ => Ok(()),
        },
        _ => Ok(()),
    })
}

/// Carries out steps. Connections to real servers that leave, and those of the node itself from
/// addresses that do, have the time of `drain` to end.
///
/// # Errors
/// The first step that failed; those before it have been done, those behind it have not, but for
/// operations of its own kind, which may have been.
pub fn apply(
    machine: &mut Machine,
    changes: &[Change],
    steps: &[Step],
    drain: Duration,
    progress: &mut dyn FnMut(Progress),
) -> Result<(), Failure> {
    let mut batch = Batch::default();
    for (done, step) in steps.iter().enumerate() {
        progress(Progress::Steps { done, all: steps.len() });
        match step {
            Step::Restore(payload) => {
                batch.carry_out(machine)?;
                let change = payload.lines.iter().find_map(|line| line.change);
                fault::point().map_err(|error| Failure { change, rule: None, error })?;
                run_restore(machine, payload, false)?;
            }
            Step::Tables(places) => {
                batch.carry_out(machine)?;
                tables(machine, changes, places)?;
            }
            Step::Flush(family, flushes) => {
                batch.carry_out(machine)?;
                fault::point().map_err(unplaced)?;
                conntrack::forget(machine, *family, flushes).map_err(unplaced)?;
            }
            Step::Sets(places) => {
                batch.carry_out(machine)?;
                sets(machine, places, set_input(changes, places))?;
            }
            Step::Leave(places) => {
                batch.carry_out(machine)?;
                sets(machine, places, leave_input(changes, places))?;
            }
            Step::Drain(places) => {
                batch.carry_out(machine)?;
                drain::drain(machine, changes, places, drain, progress)?;
            }
            Step::Object(place) => {
                let Some(change) = changes.get(*place) else { continue };
                // The port that it is to have may be that of a program that goes.
                for leaving in leaving_programs(change, changes) {
                    batch.add(machine, *place, (leaving, None), Action::Remove)?;
                }
                let found = change.from.as_ref().and_then(Thing::state);
                for (state, action) in operations(change) {
                    batch.add(machine, *place, (state, found), action)?;
                }
            }
        }
    }
    batch.carry_out(machine)?;
    retire::settle(machine).map_err(unplaced)
}

/// The programs that end with some changes, if a change starts one.
fn leaving_programs<'c>(change: &Change, changes: &'c [Change]) -> impl Iterator<Item = &'c State> {
    let starts = matches!(change.to.as_ref().and_then(Thing::state), Some(State::Balancer(_)));
    let leaving = changes.iter().filter(move |other| starts && other.kind == Kind::Remove);
    let leaving = leaving.filter_map(|other| other.from.as_ref().and_then(Thing::state));
    leaving.filter(|state| matches!(state, State::Balancer(_)))
}

fn unplaced(error: KernelError) -> Failure {
    Failure { change: None, rule: None, error }
}

/// What a change of an object comes to: what was there goes, or changes, or something comes.
fn operations<'c>(change: &'c Change) -> impl Iterator<Item = (&'c State, Action)> {
    let state = |thing: &'c Option<Thing>| thing.as_ref().and_then(Thing::state);
    let (from, to) = (state(&change.from), state(&change.to));
    let (first, second) = match change.kind {
        Kind::Make => (None, to.map(|to| (to, Action::Make))),
        Kind::Update => (None, to.map(|to| (to, Action::Change))),
        Kind::Replace => (from.map(|from| (from, Action::Remove)), to.map(|to| (to, Action::Make))),
        Kind::Remove => (from.map(|from| (from, Action::Remove)), None),
    };
    first.into_iter().chain(second)
}

fn run_restore(machine: &mut Machine, payload: &Payload, test: bool) -> Result<(), Failure> {
    xtables::restore(machine, payload, test).map_err(|error| {
        let line = line(&error).and_then(|line| payload.lines.get(line));
        Failure {
            change: line.and_then(|line| line.change),
            rule: line.and_then(|line| line.rule),
            error,
        }
    })
}

/// The line of its input that a tool complains about, counted from zero.
fn line(error: &KernelError) -> Option<usize> {
    match error {
        KernelError::Tool { line, .. } => line.and_then(|line| line.checked_sub(1)),
        _ => None,
    }
}

/// Changes sets, all in one go.
fn sets(
    machine: &mut Machine,
    places: &[usize],
    (input, lines): (String, Vec<usize>),
) -> Result<(), Failure> {
    let change = places.first().copied();
    fault::point().map_err(|error| Failure { change, rule: None, error })?;
    ipset::restore(machine, &input).map_err(|error| {
        let change = line(&error).and_then(|line| lines.get(line)).copied();
        Failure { change, rule: None, error }
    })
}

/// Transactions of nft with so many lines are not tested beforehand.
const MANY_LINES: usize = 4000;

/// Changes tables of nf_tables.
fn tables(machine: &mut Machine, changes: &[Change], places: &[usize]) -> Result<(), Failure> {
    transactions(changes, places).iter().try_for_each(|transaction| {
        let change = transaction.places.first().copied();
        fault::point().map_err(|error| Failure { change, rule: None, error })?;
        run_nft(machine, transaction, nft::load)
    })
}

fn run_nft(
    machine: &mut Machine,
    transaction: &Transaction,
    run: fn(&mut Machine, &str) -> Result<(), KernelError>,
) -> Result<(), Failure> {
    run(machine, &transaction.text).map_err(|error| {
        let change = line(&error).and_then(|line| transaction.places.get(line)).copied();
        Failure { change, rule: None, error }
    })
}

/// So many requests are sent before more are made ready, for the sake of memory.
const MANY: usize = 10_000;

/// Operations of one kind that wait for each other: what comes after them may need them.
#[derive(Default)]
struct Batch<'c> {
    kind: Option<(Discriminant<State>, Action)>,
    requests: Vec<Request>,
    /// The change behind each request.
    places: Vec<usize>,
    /// Devices that are to go, each with its change.
    links: Vec<(&'c Link, usize)>,
}

impl<'c> Batch<'c> {
    /// Adds an operation on a thing that is to be so and was found so; those of another kind are
    /// carried out first.
    fn add(
        &mut self,
        machine: &mut Machine,
        place: usize,
        (state, found): (&'c State, Option<&State>),
        action: Action,
    ) -> Result<(), Failure> {
        let kind = (discriminant(state), action);
        if self.kind != Some(kind) || self.requests.len() > MANY || fault::is_armed() {
            self.carry_out(machine)?;
            self.kind = Some(kind);
        }
        let failed = |error| Failure { change: Some(place), rule: None, error };
        fault::point().map_err(failed)?;
        match (state, action) {
            (State::Link(link), Action::Remove) => self.links.push((link, place)),
            (State::Link(link), Action::Make) if link.kind == LinkKind::Tun => {
                tun::make(machine, link).map_err(failed)?;
                self.push(place, device::update(link, None));
            }
            (State::Balancer(own), _) => {
                let found = match found {
                    Some(State::Balancer(found)) => Some(found),
                    _ => None,
                };
                balancer::carry_out(machine, own, found, action).map_err(failed)?;
            }
            (State::Module(_) | State::Sysctl(_) | State::Netns(_), _) => {
                alone(machine, state, action).map_err(failed)?;
            }
            _ => {
                let requests =
                    operation::requests(machine, state, action, found).map_err(failed)?;
                self.push(place, requests.unwrap_or_default());
            }
        }
        Ok(())
    }

    fn push(&mut self, place: usize, requests: Vec<Request>) {
        self.places.extend(requests.iter().map(|_| place));
        self.requests.extend(requests);
    }

    fn carry_out(&mut self, machine: &mut Machine) -> Result<(), Failure> {
        let places = std::mem::take(&mut self.places);
        let requests = std::mem::take(&mut self.requests);
        operation::run(machine, &requests).map_err(|(at, error)| Failure {
            change: places.get(at).copied(),
            rule: None,
            error,
        })?;
        let links = std::mem::take(&mut self.links);
        for own in links.chunk_by(|(one, _), (next, _)| one.netns == next.netns) {
            let Some((first, _)) = own.first() else { continue };
            let names: Vec<&str> = own.iter().map(|(link, _)| &*link.name).collect();
            removal::remove_links(machine, &first.netns, &names).map_err(|(at, error)| {
                let change = own.get(at).map(|(_, place)| *place);
                Failure { change, rule: None, error }
            })?;
        }
        Ok(())
    }
}

/// What is not done by netlink.
fn alone(machine: &mut Machine, state: &State, action: Action) -> Result<(), KernelError> {
    match (state, action) {
        (State::Module(wanted), Action::Make | Action::Change) => module::load(&wanted.name),
        (State::Sysctl(wanted), Action::Make | Action::Change) => {
            machine.namespace(&wanted.netns)?.within(|| sysctl::write(wanted))?
        }
        (State::Netns(wanted), Action::Make | Action::Change) => {
            machine.make_namespaces(&[&wanted.name]).map_err(|(_, error)| error)
        }
        (State::Netns(wanted), Action::Remove) => machine.remove_namespace(&wanted.name),
        _ => Ok(()),
    }
}
