//! What netc remembers of a node between two runs, under /var/lib/netc.
//!
//! One folder for each network namespace. All files have one envelope, which tells of which boot
//! and which namespace they speak; what is in it is the business of whoever keeps it.

mod fault;
mod files;
mod lock;
mod pending;
mod place;
mod time;

pub use files::Kept;
pub(super) use lock::FILE as LOCK_FILE;
pub use lock::Lock;
pub use pending::{Pending, Settled};
pub(super) use time::{http_date, rfc3339};

use super::error::KernelError;
use super::machine::Machine;
use crate::object::Netns;
use netc_lang::Diagnostic;
use place::Identity;
use serde::Serialize;
use serde_json::Value;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The files.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Name {
    /// What netc owns that bears no mark of its own.
    Record,
    /// An apply that is under way: while it is there, that apply has not ended.
    Journal,
    /// How to undo the last apply.
    Last,
}

impl Name {
    fn file(self) -> &'static str {
        match self {
            Name::Record => "record.json",
            Name::Journal => "journal.json",
            Name::Last => "last.json",
        }
    }
}

/// The memory of one node.
#[derive(Debug)]
pub struct Store {
    folder: PathBuf,
    identity: Identity,
}

impl Store {
    /// The memory of the node at hand. Nothing is made or written yet.
    ///
    /// # Errors
    /// The node's namespace cannot be told, or the place is no absolute path.
    pub fn open(machine: &mut Machine) -> Result<Store, Diagnostic> {
        let base = place::base()?;
        let mut find = || -> Result<(String, Identity), KernelError> {
            machine.namespace(&Netns::Node)?.within(place::identify)?
        };
        let (folder, identity) = find().map_err(|error| fault::unknown_node(&error))?;
        Ok(Store { folder: base.join(folder), identity })
    }

    /// The folder of the node at hand, which need not be there.
    pub(in crate::kernel) fn folder_of(machine: &mut Machine) -> Result<PathBuf, KernelError> {
        let base = place::base().map_err(|fault| KernelError::Garbled(fault.message))?;
        let name = machine.namespace(&Netns::Node)?.within(place::identify)??.0;
        Ok(base.join(name))
    }

    /// Where it is.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Becomes the only netc at work on this node; waits as long as this for another one to end.
    ///
    /// # Errors
    /// Another one is still at work, or the folder cannot be written.
    pub fn lock_within(&self, patience: Duration) -> Result<Lock, Diagnostic> {
        files::create(&self.folder)?;
        lock::take(&self.folder, patience)
    }

    /// Proves that the folder can be written and has room for that many bytes, and keeps them
    /// until the value is dropped: drop it just before they are needed.
    ///
    /// # Errors
    /// The folder cannot be made or written, or the disk is full.
    pub fn prepare(&self, room: u64) -> Result<Room, Diagnostic> {
        files::create(&self.folder)?;
        files::reserve(&self.folder, room).map(Room)
    }

    /// Reads a file.
    ///
    /// # Errors
    /// It is not what netc has written, or was written by a newer netc.
    pub fn read(&self, name: Name) -> Result<Kept<Value>, Diagnostic> {
        files::read(&self.path(name), &self.identity)
    }

    /// Writes a file whole and lasting: after a crash it is there as it was or as it is to be.
    ///
    /// # Errors
    /// It cannot be written; then it is as it was.
    pub fn write(&self, name: Name, body: &impl Serialize) -> Result<(), Diagnostic> {
        files::create(&self.folder)?;
        files::write(&self.path(name), &self.identity, body)
    }

    /// Removes a file; one that is not there is no fault.
    ///
    /// # Errors
    /// It cannot be removed.
    pub fn remove(&self, name: Name) -> Result<(), Diagnostic> {
        files::remove(&self.path(name)).map(drop)
    }

    /// Gives a file another name, in place of one that has it.
    ///
    /// # Errors
    /// It cannot be renamed.
    pub fn rename(&self, name: Name, to: Name) -> Result<(), Diagnostic> {
        files::rename(&self.path(name), &self.path(to)).map(drop)
    }

    /// A store for tests.
    #[cfg(test)]
    pub(super) fn in_folder(base: &Path) -> Store {
        Store { folder: base.join("state/node"), identity: Identity::example() }
    }

    fn path(&self, name: Name) -> PathBuf {
        self.folder.join(name.file())
    }
}

/// Room on the disk, kept by a file without a name.
#[derive(Debug)]
pub struct Room(#[expect(dead_code, reason = "the room is kept as long as this is open")] File);

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// A store in a temporary folder.
    pub(super) fn store() -> (tempfile::TempDir, Store) {
        let base = tempfile::tempdir().unwrap();
        let store = Store::in_folder(base.path());
        (base, store)
    }

    #[test]
    fn what_was_written_is_read() {
        let (_base, store) = store();
        assert_eq!(store.read(Name::Record).unwrap(), Kept::None);
        store.write(Name::Record, &json!({ "chains": ["KUBE-X"] })).unwrap();
        let kept = store.read(Name::Record).unwrap();
        assert_eq!(kept, Kept::Current(json!({ "chains": ["KUBE-X"] })));
        assert_eq!(store.read(Name::Journal).unwrap(), Kept::None);
        store.remove(Name::Record).unwrap();
        store.remove(Name::Record).unwrap();
        assert_eq!(store.read(Name::Record).unwrap(), Kept::None);
    }

    #[test]
    fn another_boot_makes_it_stale() {
        let (_base, store) = store();
        store.write(Name::Last, &json!(1)).unwrap();
        let identity = Identity { boot: "another".into(), ..store.identity.clone() };
        let later = Store { folder: store.folder, identity };
        assert_eq!(later.read(Name::Last).unwrap(), Kept::Stale(json!(1)));
    }

    #[test]
    fn room_is_kept_and_given_back() {
        let (_base, store) = store();
        let room = store.prepare(1 << 20).unwrap();
        assert_eq!(std::fs::read_dir(store.folder()).unwrap().count(), 0);
        drop(room);
        let fault = store.prepare(1 << 60).unwrap_err();
        assert_eq!(fault.code.id, "E0608");
    }
}
