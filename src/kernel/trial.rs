//! What the tests and benchmarks of this layer call: single operations, which `netc apply` does
//! only as parts of a plan.

use super::error::KernelError;
use super::machine::Machine;
use super::operation::{Action, Request, requests, run};
use super::{ipset, ipvs, nft, removal};
use crate::object::{Netns, NftTable, State, VirtualServer};
use crate::plan::system_of_table;

/// Makes objects, in as few batches as can be.
///
/// # Errors
/// The first that could not be made, by its place.
pub fn make(machine: &mut Machine, states: &[State]) -> Result<(), (usize, KernelError)> {
    all(machine, states, Action::Make)
}

/// Brings objects to what they should be.
///
/// # Errors
/// The first that could not be changed, by its place.
pub fn change(machine: &mut Machine, states: &[State]) -> Result<(), (usize, KernelError)> {
    all(machine, states, Action::Change)
}

/// Removes objects.
///
/// # Errors
/// The first that could not be removed, by its place.
pub fn remove(machine: &mut Machine, states: &[State]) -> Result<(), (usize, KernelError)> {
    all(machine, states, Action::Remove)
}

/// Removes devices of a namespace at once.
///
/// # Errors
/// The first that could not be removed, by its place.
pub fn remove_links(
    machine: &mut Machine,
    netns: &Netns,
    names: &[&str],
) -> Result<(), (usize, KernelError)> {
    removal::remove_links(machine, netns, names)
}

/// Makes named namespaces.
///
/// # Errors
/// The first that could not be made, by its place.
pub fn make_namespaces(machine: &mut Machine, names: &[&str]) -> Result<(), (usize, KernelError)> {
    machine.make_namespaces(names)
}

/// Removes a named namespace.
///
/// # Errors
/// It could not be removed.
pub fn remove_namespace(machine: &mut Machine, name: &str) -> Result<(), KernelError> {
    machine.remove_namespace(name)
}

/// Gives `ipset restore` its input.
///
/// # Errors
/// What the tool complains about.
pub fn restore_sets(machine: &mut Machine, input: &str) -> Result<(), KernelError> {
    ipset::restore(machine, input)
}

/// All virtual servers, with their real servers.
///
/// # Errors
/// They could not be listed.
pub fn virtual_servers(machine: &mut Machine) -> Result<Vec<VirtualServer>, KernelError> {
    ipvs::list(machine, |_| true)
}

/// The tables of nf_tables that are called like a known system's.
///
/// # Errors
/// They could not be read.
pub fn tables(machine: &mut Machine) -> Result<Vec<NftTable>, KernelError> {
    nft::list(machine, |_, name| system_of_table(name).is_some())
}

fn all(
    machine: &mut Machine,
    states: &[State],
    action: Action,
) -> Result<(), (usize, KernelError)> {
    let mut waiting: Vec<Request> = Vec::with_capacity(states.len());
    let mut places = Vec::with_capacity(states.len());
    let run = |machine: &mut Machine, waiting: &mut Vec<Request>, places: &mut Vec<usize>| {
        let result = run(machine, waiting);
        let result = result
            .map_err(|(place, error)| (places.get(place).copied().unwrap_or_default(), error));
        waiting.clear();
        places.clear();
        result
    };
    for (place, state) in states.iter().enumerate() {
        let made = match requests(machine, state, action, None) {
            // Its device may be among those that wait.
            Err(_) if !waiting.is_empty() => {
                run(machine, &mut waiting, &mut places)?;
                requests(machine, state, action, None)
            }
            made => made,
        };
        for request in made.map_err(|error| (place, error))?.into_iter().flatten() {
            waiting.push(request);
            places.push(place);
        }
    }
    run(machine, &mut waiting, &mut places)
}
