//! Changing a live node, for every command that does.

use super::args::Format;
use super::exit;
use super::site::{Site, rights};
use super::ui::Ui;
use crate::kernel::{
    self, Broken, Failure, Goal, Interest, KernelError, Needs, Progress, Reason, Transaction,
    preflight,
};
use crate::model::{Cluster, ProxyMode};
use crate::object::{Flush, Id, State};
use crate::plan::{Backend, Change, Journal, Key, Kind, Live, Record, Target, commands, steps};
use netc_lang::{Diagnostic, Sources, Span, code};
use std::time::Duration;

/// For how long connections to real servers that leave may go on, where no cluster says it.
pub(super) const DRAIN: Duration = Duration::from_secs(30);

/// The same, as a cluster says it.
pub(super) fn drain(cluster: &Cluster) -> Duration {
    match cluster.proxy.as_ref().map(|proxy| &proxy.mode) {
        Some(ProxyMode::Ipvs(ipvs)) => ipvs.drain,
        Some(
            ProxyMode::Iptables
            | ProxyMode::Nftables(_)
            | ProxyMode::Userspace(_)
            | ProxyMode::Kernelspace,
        )
        | None => DRAIN,
    }
}

/// What is to become of a node.
pub(super) struct Wanted<'w> {
    /// The command, for whoever finds the node in the middle of it.
    pub(super) title: String,
    /// What the node is to be.
    pub(super) goal: Goal<'w>,
    /// The objects that the goal names.
    pub(super) states: Vec<&'w State>,
    /// What netc is to remember of the node beside the changes.
    pub(super) record: Record,
    /// An apply that did not end, if all of it is to be undone: its own journal is the way back.
    pub(super) undoes: Option<&'w Journal>,
    /// The sources that changes come from.
    pub(super) sources: &'w Sources,
    /// How results are shown.
    pub(super) format: Format,
    /// For how long connections to real servers that leave may go on.
    pub(super) drain: Duration,
}

/// Makes changes that lead from a live state to what is wanted: all of them, or none.
pub(super) fn transact(
    site: &mut Site,
    wanted: &Wanted,
    live: &Live,
    changes: &[Change],
    ui: &mut Ui,
) -> Result<(), u8> {
    let backend = check(site, wanted, live, changes).map_err(|faults| {
        let nothing = "nothing has been changed";
        let faults: Vec<Diagnostic> =
            faults.into_iter().map(|fault| also(fault, nothing)).collect();
        ui.report(wanted.sources, &faults, wanted.format);
        exit::ERROR
    })?;
    let flushes = wanted.states.iter().filter_map(|state| match state {
        State::Flush(flush) => Some(flush),
        _ => None,
    });
    let flushes: Vec<&Flush> = flushes.collect();
    let journal = wanted.undoes.cloned().unwrap_or_else(|| journal(site, wanted, changes));
    let known = journal.record.clone().joined(journal.after.clone());
    let interest = interest(wanted, &journal, &known);
    let mut transaction = Transaction {
        machine: &mut site.machine,
        store: &site.store,
        interest: &interest,
        backend,
        goal: wanted.goal,
        flushes: &flushes,
        drain: wanted.drain,
    };
    if wanted.undoes.is_some() {
        let result = transaction.undo(&journal);
        result.map_err(|stuck| {
            ui.report(wanted.sources, &not_undone(&wanted.states, &stuck, site), wanted.format);
            exit::FAILED
        })?;
    } else {
        let result = transaction.run(live, changes, &journal, &mut |progress| match progress {
            Progress::Steps { done, all } => ui.progress(done, all, &wanted.title),
            Progress::Draining { connections, left } => ui.draining(connections, left),
        });
        ui.clear_progress();
        result.map_err(|broken| {
            ui.report(wanted.sources, &report(&wanted.states, &broken, site), wanted.format);
            exit::FAILED
        })?;
        site.record = journal.after;
        site.journal = None;
    }
    // Whoever is not told finds out by himself, if later.
    for fault in kernel::announce(&mut site.machine, changes) {
        ui.note(&format!("warning: the neighbours were not told of an address: {fault}"));
    }
    Ok(())
}

/// What is looked at afterwards: what is to be, and what may have been changed on the way.
fn interest<'a>(wanted: &'a Wanted<'a>, journal: &'a Journal, known: &'a Record) -> Interest<'a> {
    let states = wanted.states.iter().copied().chain(journal.before.states());
    let interest = Interest::new(states, known, false).with(&journal.before);
    match wanted.goal {
        Goal::Desired(_) => interest,
        Goal::Target(target) => interest.with(target),
    }
}

/// What can be known to fail before anything is changed; else which iptables there is.
fn check(
    site: &mut Site,
    wanted: &Wanted,
    live: &Live,
    changes: &[Change],
) -> Result<Backend, Vec<Diagnostic>> {
    let mut faults = preflight(&Needs::of(changes));
    match kernel::conflicts(&mut site.machine, changes) {
        Ok(more) => faults.extend(more),
        Err(error) => {
            let message = format!("cannot read the node's addresses: {error}");
            faults.push(Diagnostic::new(code::NODE_NOT_READY, message));
        }
    }
    match kernel::balancer_conflicts(&mut site.machine, changes) {
        Ok(more) => faults.extend(more),
        Err(error) => {
            let message = format!("cannot tell who listens on the node: {error}");
            faults.push(Diagnostic::new(code::NODE_NOT_READY, message));
        }
    }
    if !faults.is_empty() {
        return Err(faults);
    }
    let failed = |failure: Failure| {
        let change = failure.change.and_then(|place| changes.get(place));
        vec![refused(&wanted.states, change, &failure)]
    };
    let backend = kernel::backend(&mut site.machine)
        .map_err(|error| failed(Failure { change: None, rule: None, error }))?;
    // Without the tools there are no rules to be changed: that they are needed is told above.
    let backend = backend.unwrap_or(Backend::Nft);
    let steps = steps(changes, live, backend, &[]);
    kernel::test(&mut site.machine, changes, &steps).map_err(failed)?;
    Ok(backend)
}

/// A fault with something more to be said.
fn also(fault: Diagnostic, more: &str) -> Diagnostic {
    let help = match &fault.help {
        Some(help) => format!("{help}; {more}"),
        None => more.to_owned(),
    };
    fault.help(help)
}

/// What is written down beforehand. What an interrupted run has found counts as what was there.
fn journal(site: &Site, wanted: &Wanted, changes: &[Change]) -> Journal {
    let before = Target::before(changes);
    let (back, after) = match wanted.goal {
        Goal::Desired(_) => (false, wanted.record.after(changes)),
        // All of it is as it was, what was remembered too.
        Goal::Target(_) => (true, wanted.record.clone()),
    };
    let (before, record) = match &site.journal {
        Some(earlier) => (before.behind(earlier.before.clone()), earlier.record.clone()),
        None => (before, site.record.clone()),
    };
    Journal { title: wanted.title.clone(), back, before, record, after }
}

/// What went wrong, and what became of the node.
fn report(states: &[&State], broken: &Broken, site: &Site) -> Vec<Diagnostic> {
    let mut faults = reasons(states, &broken.reason);
    match &broken.stuck {
        None => {
            let undone = "everything was undone: the node is as it was before";
            let last = faults.pop().map(|last| also(last, undone));
            faults.extend(last);
        }
        Some(stuck) => faults.extend(not_undone(states, stuck, site)),
    }
    faults
}

fn not_undone(states: &[&State], stuck: &Reason, site: &Site) -> Vec<Diagnostic> {
    let mut faults = reasons(states, stuck);
    let folder = site.store.folder().display();
    let help = format!(
        "what was there is kept in {folder}/journal.json; `netc rollback` goes back, `netc apply` goes on"
    );
    let message = "not everything could be undone";
    faults.push(Diagnostic::new(code::NOT_UNDONE, message).help(help));
    faults
}

fn reasons(states: &[&State], reason: &Reason) -> Vec<Diagnostic> {
    match reason {
        Reason::Step(failure, change) => vec![refused(states, change.as_deref(), failure)],
        Reason::Differs(left) => left.iter().map(not_as_planned).collect(),
        Reason::Unreadable(error) => {
            let message = format!("cannot read the node back: {error}");
            vec![Diagnostic::new(code::NODE_NOT_READY, message)]
        }
        Reason::Store(fault) => vec![fault.clone()],
    }
}

/// A refusal, with the statement that asked for the change and the command that would make it.
fn refused(states: &[&State], change: Option<&Change>, failure: &Failure) -> Diagnostic {
    let (code, what) = match (&failure.error, change) {
        (KernelError::Tool { tool, .. }, _) => (code::TOOL_FAILED, format!("{tool} failed")),
        (_, Some(change)) => {
            let command = commands(change).join("; ");
            (code::KERNEL_REFUSED, format!("the kernel refused `{command}`"))
        }
        (_, None) => (code::KERNEL_REFUSED, "the kernel refused an operation".into()),
    };
    let diagnostic = Diagnostic::new(code, format!("{what}: {}", failure.error));
    let rule = change.and_then(|change| rule_origin(states, &change.key, failure.rule?));
    let diagnostic = match rule.or_else(|| change?.origin.span()) {
        Some(origin) => diagnostic.label(origin, "asked for here"),
        None => diagnostic,
    };
    diagnostic.maybe_help(rights(&failure.error))
}

/// The statement behind a rule of a chain, which need not be the one behind the chain.
fn rule_origin(states: &[&State], key: &Key, rule: usize) -> Option<Span> {
    let Key::Chain(family, table, name) = key else { return None };
    let own = states.iter().find_map(|state| match state {
        State::Ruleset(own) if (own.family, own.table) == (*family, *table) => Some(own),
        _ => None,
    })?;
    let chain = own.chains().find(|chain| chain.name == *name)?;
    chain.rules().nth(rule).map(|rule| rule.origin)
}

fn not_as_planned(change: &Change) -> Diagnostic {
    let how = match change.kind {
        Kind::Make => "it is not there".to_owned(),
        Kind::Remove => "it is still there".to_owned(),
        // Its parts are told one by one.
        _ if matches!(change.key, Key::Object(Id::NftTable(..))) => change.was.clone(),
        Kind::Update | Kind::Replace => format!("it {}", change.was.replacen("was", "is", 1)),
    };
    let message = format!("{} reads back differently: {how}", change.key);
    let diagnostic = Diagnostic::new(code::NOT_AS_PLANNED, message);
    let diagnostic = match change.origin.span() {
        Some(origin) => diagnostic.label(origin, "asked for here"),
        None => diagnostic,
    };
    diagnostic.help(
        "something else may be changing the node: look for kube-proxy, flannel or systemd-networkd",
    )
}
