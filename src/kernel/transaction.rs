//! A change of a node that is made as a whole or not at all.
//!
//! Before the first step it is written down what was there. What then happens, the steps are not
//! undone one by one: the node is compared with what was there, and brought back to it. So it does
//! not matter at which step a run failed or was killed.

use super::apply::{Failure, apply};
use super::error::KernelError;
use super::fault;
use super::machine::Machine;
use super::observe::{Interest, observe};
use super::progress::Progress;
use super::store::{Name, Room, Store};
use crate::form;
use crate::graph::Ordered;
use crate::object::Flush;
use crate::plan::{Backend, Change, Journal, Live, Record, Step, Target, converge, diff, steps};
use netc_lang::Diagnostic;
use std::time::Duration;

/// What a file takes beside what it says, its inode and a new entry of the folder included.
const ENVELOPE: usize = 64 * 1024;

/// What a node is to be.
#[derive(Clone, Copy)]
pub enum Goal<'g> {
    /// As desired; what is netc's own and not desired is not to be there.
    Desired(&'g Ordered),
    /// Some things are to be as they are named.
    Target(&'g Target),
}

impl Goal<'_> {
    /// The changes that lead there.
    #[must_use]
    pub fn changes<'l>(&'l self, live: &'l Live, record: &'l Record) -> Vec<Change<'l>> {
        match self {
            Goal::Desired(desired) => diff(desired, live, record),
            Goal::Target(target) => converge(target, live),
        }
    }
}

/// Why a node is not as it was to be.
#[derive(Debug)]
pub enum Reason {
    /// A step failed, with the change that it is of, if it is known.
    Step(Failure, Option<Box<Change<'static>>>),
    /// All steps were done, but the node reads back differently.
    Differs(Vec<Change<'static>>),
    /// The node could not be read back.
    Unreadable(KernelError),
    /// What is to be remembered of it could not be written.
    Store(Diagnostic),
}

/// A change that was not made.
#[derive(Debug)]
pub struct Broken {
    /// Why.
    pub reason: Reason,
    /// Why the node could not be brought back to what it was; `None` if it was.
    pub stuck: Option<Reason>,
}

/// A node at hand, with what is needed to change it.
pub struct Transaction<'t> {
    /// The node.
    pub machine: &'t mut Machine,
    /// What netc remembers of it. Its lock must be held.
    pub store: &'t Store,
    /// What is looked at, the things of the journal among it.
    pub interest: &'t Interest<'t>,
    /// Which iptables its tools are.
    pub backend: Backend,
    /// What it is to be.
    pub goal: Goal<'t>,
    /// All flushes that are desired.
    pub flushes: &'t [&'t Flush],
    /// For how long connections to real servers that leave may go on. When something is undone
    /// nothing is waited for.
    pub drain: Duration,
}

impl Transaction<'_> {
    /// Makes the changes, which lead from the live state to the goal.
    ///
    /// # Errors
    /// It was not possible; the node is then as it was, or the journal stays.
    pub fn run(
        &mut self,
        live: &Live,
        changes: &[Change],
        journal: &Journal,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<(), Box<Broken>> {
        let whole = |reason| Box::new(Broken { reason, stuck: None });
        let begun = self.begin(journal).map_err(|fault| whole(Reason::Store(fault)))?;
        let steps = steps(changes, live, self.backend, self.flushes);
        let made = self
            .carry_out(changes, &steps, self.drain, progress)
            .and_then(|()| self.verify(&journal.after));
        drop(begun);
        made.and_then(|()| self.commit(journal)).map_err(|reason| match self.undo(journal) {
            Ok(()) => whole(reason),
            Err(stuck) => Box::new(Broken { reason, stuck: Some(stuck) }),
        })
    }

    /// Writes down what was there. What is to be remembered at the end, however it ends, gets its
    /// room on the disk now.
    fn begin(&self, journal: &Journal) -> Result<Room, Diagnostic> {
        let length = |record| form::record(record).to_string().len();
        let record = length(&journal.after).max(length(&journal.record)) + ENVELOPE;
        let room = self.store.prepare(u64::try_from(record).unwrap_or(u64::MAX))?;
        self.store.write(Name::Journal, &form::journal(journal))?;
        Ok(room)
    }

    fn carry_out(
        &mut self,
        changes: &[Change],
        steps: &[Step],
        drain: Duration,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<(), Reason> {
        apply(self.machine, changes, steps, drain, progress).map_err(|failure| {
            let change = failure.change.and_then(|place| changes.get(place));
            let change = change.cloned().map(|change| Box::new(change.into_owned()));
            Reason::Step(failure, change)
        })
    }

    fn read(&mut self) -> Result<Live, Reason> {
        fault::point().map_err(Reason::Unreadable)?;
        observe(self.machine, self.interest).map_err(Reason::Unreadable)
    }

    /// Whether nothing is left to be changed, but what may be called for at any time.
    fn verify(&mut self, record: &Record) -> Result<(), Reason> {
        let live = self.read()?;
        settled(self.goal.changes(&live, record))
    }

    /// From here on the changes are made: the journal becomes the way back.
    fn commit(&mut self, journal: &Journal) -> Result<(), Reason> {
        self.write(&journal.after)?;
        self.store.rename(Name::Journal, Name::Last).map_err(Reason::Store)
    }

    /// Brings the node back to what it was before.
    ///
    /// # Errors
    /// It was not possible: the journal stays.
    pub fn undo(&mut self, journal: &Journal) -> Result<(), Reason> {
        let live = self.read()?;
        let changes = converge(&journal.before, &live);
        let steps = steps(&changes, &live, self.backend, &[]);
        self.carry_out(&changes, &steps, Duration::ZERO, &mut |_| {})?;
        let live = self.read()?;
        settled(converge(&journal.before, &live))?;
        self.write(&journal.record)?;
        self.store.remove(Name::Journal).map_err(Reason::Store)
    }

    /// What is remembered of the node, while the journal is still there.
    fn write(&mut self, record: &Record) -> Result<(), Reason> {
        fault::point().map_err(Reason::Unreadable)?;
        self.store.write(Name::Record, &form::record(record)).map_err(Reason::Store)?;
        fault::point().map_err(Reason::Unreadable)
    }
}

fn settled(mut left: Vec<Change>) -> Result<(), Reason> {
    left.retain(|change| !change.recurs());
    if left.is_empty() {
        return Ok(());
    }
    Err(Reason::Differs(left.into_iter().map(Change::into_owned).collect()))
}
