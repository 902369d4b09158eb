//! A live node at hand: its kernel, and what netc remembers of it.

use super::args::Format;
use super::exit;
use super::project::Ready;
use super::ui::Ui;
use crate::form;
use crate::kernel::{self, Foreign, Interest, KernelError, Lock, Machine, Name, Store};
use crate::model::{Kernelspace, Node, NodeId};
use crate::plan::{Backend, Journal, Live, Record, converge};
use netc_lang::{Diagnostic, code};
use std::time::Duration;

/// A watchdog needs so long to see that there is nothing left to watch.
const PATIENCE: Duration = Duration::from_secs(2);

/// The node.
pub(super) struct Site {
    pub(super) machine: Machine,
    pub(super) store: Store,
    /// What netc has made here.
    pub(super) record: Record,
    /// An apply that did not end.
    pub(super) journal: Option<Journal>,
    format: Format,
}

impl Site {
    /// Opens the node whose namespace is the named one, or the one we are in. Nothing is changed.
    pub(super) fn open(netns: Option<&str>, format: Format, ui: &mut Ui) -> Result<Site, u8> {
        let open = || -> Result<Site, Diagnostic> {
            let mut machine = Machine::open(netns).map_err(|error| cannot_read(&error))?;
            let store = Store::open(&mut machine)?;
            let record = Record::default();
            let mut site = Site { machine, store, record, journal: None, format };
            site.load()?;
            Ok(site)
        };
        open().map_err(|fault| ui.fail(fault, format))
    }

    /// Becomes the only netc at work on the node; what is remembered is read again.
    pub(super) fn lock(&mut self, ui: &mut Ui) -> Result<Lock, u8> {
        let lock = || {
            self.no_unconfirmed()?;
            self.store.lock_within(PATIENCE)
        };
        let lock = lock().map_err(|fault| ui.fail(fault, self.format))?;
        self.reload(ui)?;
        Ok(lock)
    }

    /// Reads again what is remembered.
    pub(super) fn reload(&mut self, ui: &mut Ui) -> Result<(), u8> {
        self.load().map_err(|fault| ui.fail(fault, self.format))
    }

    /// An apply that awaits its confirmation is not to be mixed with another one.
    fn no_unconfirmed(&self) -> Result<(), Diagnostic> {
        let Some(pending) = self.store.pending()?.current() else { return Ok(()) };
        let left =
            pending.left().map_or(String::new(), |left| format!(" for {} s more", left.as_secs()));
        let message = format!("an apply awaits its confirmation{left}");
        let help = "`netc confirm` keeps it, `netc rollback` undoes it";
        Err(Diagnostic::new(code::UNCONFIRMED, message).help(help))
    }

    /// What netc remembers of the node, what an interrupted run was about to make included.
    pub(super) fn known(&self) -> Record {
        match &self.journal {
            Some(journal) => self.record.clone().joined(journal.after.clone()),
            None => self.record.clone(),
        }
    }

    /// Says what became of an apply that did not end.
    pub(super) fn interrupted(&self, live: &Live, ui: &mut Ui) {
        let Some(journal) = &self.journal else { return };
        let (title, all) = (&journal.title, journal.before.things().len());
        let done = converge(&journal.before, live).len();
        ui.note(&format!(
            "note: `{title}` was interrupted when {done} of {all} changes had been made; going on"
        ));
    }

    /// Nothing is left to be changed: what was interrupted has ended.
    pub(super) fn settle(&mut self, record: &Record, ui: &mut Ui) -> Result<(), u8> {
        let Some(journal) = self.journal.take() else {
            if *record == self.record {
                return Ok(());
            }
            return self
                .store
                .write(Name::Record, &form::record(record))
                .map_err(|fault| ui.fail(fault, self.format));
        };
        let settled = kernel::settle(&mut self.machine);
        settled.map_err(|error| ui.fail(cannot_settle(&error), self.format))?;
        let journal = Journal { after: record.clone(), back: false, ..journal };
        let write = || {
            self.store.write(Name::Record, &form::record(record))?;
            self.store.write(Name::Journal, &form::journal(&journal))?;
            self.store.rename(Name::Journal, Name::Last)
        };
        write().map_err(|fault| ui.fail(fault, self.format))
    }

    /// How to undo the last apply.
    pub(super) fn last(&self) -> Result<Option<Journal>, Diagnostic> {
        self.journal_of(Name::Last)
    }

    fn journal_of(&self, name: Name) -> Result<Option<Journal>, Diagnostic> {
        let value = self.store.read(name)?.current();
        let journal = value.map(|value| form::read_journal(&value)).transpose();
        journal.map_err(|fault| unreadable(self, &fault))
    }

    /// What was written before the machine was started again says nothing of this kernel.
    fn load(&mut self) -> Result<(), Diagnostic> {
        self.record = match self.store.read(Name::Record)?.current() {
            Some(value) => form::read_record(&value).map_err(|fault| unreadable(self, &fault))?,
            None => Record::default(),
        };
        self.journal = self.journal_of(Name::Journal)?;
        Ok(())
    }

    /// Rules of the back end that is not used here: the kernel heeds them too.
    pub(super) fn other_backend(&mut self, ui: &mut Ui) -> Result<Vec<Diagnostic>, u8> {
        let find = |machine: &mut Machine| {
            let Some(own) = kernel::backend(machine)? else { return Ok(None) };
            Ok(Some((own, kernel::other_backend(machine, own)?)))
        };
        let found = find(&mut self.machine)
            .map_err(|error: KernelError| ui.fail(cannot_read(&error), self.format))?;
        // Without the tools nothing is known of either.
        let Some((own, found)) = found else { return Ok(Vec::new()) };
        Ok(found.iter().map(|foreign| elsewhere(own, foreign)).collect())
    }

    /// Reads the live state.
    pub(super) fn observe(&mut self, interest: &Interest, ui: &mut Ui) -> Result<Live, u8> {
        kernel::observe(&mut self.machine, interest)
            .map_err(|error| ui.fail(cannot_read(&error), self.format))
    }

    /// The node that was named, or the one that has this host's name or one of its addresses. One that runs
    /// Windows is refused: nothing here is it.
    pub(super) fn node<'r>(
        &mut self,
        name: Option<&String>,
        ready: &'r Ready,
        ui: &mut Ui,
    ) -> Result<(NodeId, &'r Node), u8> {
        let (id, node) = self.find(name, ready, ui)?;
        if let Some(own) = node.kernelspace() {
            ui.report(&ready.sources, &[runs_windows(node, own)], self.format);
            return Err(exit::ERROR);
        }
        Ok((id, node))
    }

    fn find<'r>(
        &mut self,
        name: Option<&String>,
        ready: &'r Ready,
        ui: &mut Ui,
    ) -> Result<(NodeId, &'r Node), u8> {
        if let Some(name) = name {
            let chosen = ready.nodes(std::slice::from_ref(name), self.format, ui)?;
            return chosen.into_iter().next().ok_or(exit::ERROR);
        }
        let host = nix::unistd::gethostname().ok().and_then(|name| name.into_string().ok());
        let addresses = kernel::addresses(&mut self.machine)
            .map_err(|error| ui.fail(cannot_read(&error), self.format))?;
        let all = ready.nodes(&[], self.format, ui)?;
        let is_host = |node: &Node| {
            host.as_ref().is_some_and(|host| *host == node.name)
                || node.addresses.iter().any(|own| addresses.contains(&own.address))
        };
        let mut found = all.into_iter().filter(|(_, node)| is_host(node));
        match (found.next(), found.next()) {
            (Some(only), None) => Ok(only),
            _ => {
                let message = "which node this is cannot be told by its name and addresses";
                let fault =
                    Diagnostic::new(code::UNKNOWN_NODE, message).help("say it with `--node NAME`");
                Err(ui.fail(fault, self.format))
            }
        }
    }
}

/// A node that no apply can change.
pub(super) fn runs_windows(node: &Node, own: &Kernelspace) -> Diagnostic {
    let name = &node.name;
    let message = format!("{name} runs Windows: netc programs Linux alone");
    Diagnostic::at(code::RUNS_WINDOWS, own.span, message).here("stated here").help(format!(
        "write what it is to hold with `netc build --node {name} --out DIR`, and give {name}/hns.json to it; \
         nothing has been changed"
    ))
}

fn elsewhere(own: Backend, foreign: &Foreign) -> Diagnostic {
    let (own, other) = match own {
        Backend::Nft => ("iptables-nft", "iptables-legacy"),
        Backend::Legacy => ("iptables-legacy", "iptables-nft"),
    };
    let Foreign { family, table, held } = foreign;
    let what = match held {
        None => "rules that no tool here can show".to_owned(),
        Some(held) => {
            let named = held.names.join(", ");
            let named = if named.is_empty() { named } else { format!(": {named}") };
            let rules = if held.rules == 1 { "rule" } else { "rules" };
            let chains = if held.chains == 1 { "chain" } else { "chains" };
            format!("{} {rules} and {} {chains} beside its own{named}", held.rules, held.chains)
        }
    };
    let message = format!("{family} table {table} of {other} holds {what}");
    Diagnostic::new(code::OTHER_BACKEND, message).help(format!(
        "iptables is {own} here, but the kernel heeds both: remove those rules with {other}, or choose it with `update-alternatives --config iptables`"
    ))
}

fn unreadable(site: &Site, error: &form::Fault) -> Diagnostic {
    let folder = site.store.folder().display();
    let message = format!("what netc remembers of this node, in {folder}, cannot be read: {error}");
    Diagnostic::new(code::BAD_STATE, message).help(
        "if it cannot be mended, remove the file and take the node over with `netc apply --adopt`",
    )
}

/// A node that cannot be read.
pub(super) fn cannot_read(error: &KernelError) -> Diagnostic {
    let code = match error {
        KernelError::Tool { .. } => code::TOOL_FAILED,
        _ => code::NODE_NOT_READY,
    };
    let diagnostic = Diagnostic::new(code, format!("cannot read the live node: {error}"));
    diagnostic.maybe_help(rights(error))
}

/// What an interrupted run has left behind cannot be taken away.
fn cannot_settle(error: &KernelError) -> Diagnostic {
    let message = format!("the kernel refused an operation: {error}");
    Diagnostic::new(code::KERNEL_REFUSED, message).maybe_help(rights(error))
}

/// What is missing, if it is rights that are.
pub(super) fn rights(error: &KernelError) -> Option<String> {
    let needs = "it needs root, or CAP_NET_ADMIN and CAP_SYS_ADMIN";
    error.is_permission().then(|| needs.to_owned())
}
