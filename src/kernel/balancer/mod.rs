//! Programs that serve: nginx and HAProxy, each with a folder of its own, in the node's namespace.
//!
//! A program is told by its folder: it stands in the master's command line, and workers have a file
//! in it open. What it was last made to run by is kept beside its configuration, so that a run that
//! was cut short between both is seen.

mod conflicts;
mod folder;
mod process;
mod program;
mod trial;

pub use conflicts::conflicts as balancer_conflicts;
pub use trial::{Tried, try_config};

use super::error::KernelError;
use super::fault;
use super::machine::Machine;
use super::operation::Action;
use super::store::Store;
use crate::model::Engine;
use crate::object::{Aside, Balancer, Health, Netns, State};
use crate::plan::Live;
use folder::Folder;
use program::Program;
use std::io;

pub(super) use trial::test;

/// The programs that a node may run.
const ENGINES: [Engine; 2] = [Engine::Nginx, Engine::Haproxy];

/// The folder of a program of this node.
fn folder(machine: &mut Machine, engine: Engine) -> Result<Folder, KernelError> {
    let base = Store::folder_of(machine)?;
    Ok(Folder::new(base.join("balancer").join(engine.word())))
}

/// Records the programs that run, or ran, by a configuration of netc's. The files that they have
/// copies of are those that the wanted ones name.
pub(super) fn observe(
    machine: &mut Machine,
    wanted: &[&State],
    live: &mut Live,
) -> Result<(), KernelError> {
    for engine in ENGINES {
        let folder = folder(machine, engine)?;
        let Some(config) = folder.config(engine)? else { continue };
        let mut found = Balancer::new(engine, &config);
        for state in wanted {
            if let State::Balancer(wanted) = state
                && wanted.engine == engine
            {
                know_paths(&mut found, wanted);
            }
        }
        let runs = Program::new(engine, &folder).master()?.is_some();
        found.health = match (runs, folder.is_fresh(&found)) {
            (false, _) => Health::Stopped,
            (true, false) => Health::Stale,
            (true, true) => Health::Runs,
        };
        live.insert(State::Balancer(found), true);
    }
    Ok(())
}

/// Where a file is stands in the sources alone.
fn know_paths(found: &mut Balancer, wanted: &Balancer) {
    for own in &mut found.material {
        let same = wanted
            .material
            .iter()
            .find(|other| (&other.name, &other.from) == (&own.name, &own.from));
        if let Some(path) = same.and_then(|same| same.path.0.clone()) {
            own.path = Aside(Some(path));
        }
    }
}

/// Starts a program, gives it another configuration, or ends it. What was found is what it ran by.
/// A run may end between any two of these steps.
pub(super) fn carry_out(
    machine: &mut Machine,
    wanted: &Balancer,
    found: Option<&Balancer>,
    action: Action,
) -> Result<(), KernelError> {
    let folder = folder(machine, wanted.engine)?;
    let program = Program::new(wanted.engine, &folder);
    if action == Action::Remove {
        program.end()?;
        fault::point()?;
        return folder.remove();
    }
    // What is to be as it was found at rest is not started.
    let runs = wanted.health != Health::Stopped;
    folder.write(wanted, found)?;
    fault::point()?;
    match (runs, program.master()?) {
        (false, _) => program.end()?,
        (true, Some(master)) => program.reload(master)?,
        (true, None) => {
            program.end()?;
            machine.namespace(&Netns::Node)?.within(|| program.start())??;
        }
    }
    fault::point()?;
    folder.settle(wanted)
}

fn failed(engine: Engine, output: String) -> KernelError {
    KernelError::Tool { tool: engine.word(), output, line: None }
}

fn not_there(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::NotFound
}
