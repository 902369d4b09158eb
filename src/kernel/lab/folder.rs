//! Where labs are remembered: a folder for each, by its name.

use super::process;
use crate::lab::{Entry, VERSION};
use netc_lang::{Diagnostic, code};
use nix::unistd::geteuid;
use std::fs::{self, DirBuilder, File, TryLockError};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// The variable of the environment that says where labs are remembered.
const VARIABLE: &str = "NETC_LAB_DIR";

/// Where root's labs are.
const ROOT: &str = "/run/netc/labs";

/// The file in the folder of a lab that has come up.
const FILE: &str = "lab.json";

/// The folder of all labs of this user; `None` if there is none yet.
pub(super) fn base() -> Result<PathBuf, Diagnostic> {
    let own = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    if let Some(path) = own(VARIABLE) {
        return if path.is_absolute() { Ok(path) } else { Err(not_absolute(&path)) };
    }
    let user = geteuid();
    Ok(match own("XDG_RUNTIME_DIR") {
        _ if user.is_root() => PathBuf::from(ROOT),
        Some(path) => path.join("netc/labs"),
        None => PathBuf::from(format!("/tmp/netc-{user}/labs")),
    })
}

fn not_absolute(path: &Path) -> Diagnostic {
    let message = format!("{VARIABLE} is `{}`, which is no absolute path", path.display());
    Diagnostic::new(code::LAB_FOLDER, message).help("name a folder from `/` on, or unset it")
}

/// Makes the folder of all labs, which nobody else may write.
fn make_base(base: &Path) -> Result<(), Diagnostic> {
    let made = DirBuilder::new().recursive(true).mode(0o700).create(base);
    made.map_err(|error| unwritable(base, &error))?;
    // In /tmp anybody may have been there first.
    for folder in base.ancestors().take(2) {
        let found = fs::symlink_metadata(folder).map_err(|error| unwritable(folder, &error))?;
        let open = found.permissions().mode() & 0o022 != 0 && found.mode() & 0o1000 == 0;
        let others = found.uid() != geteuid().as_raw() && found.uid() != 0;
        if others || open || !found.is_dir() {
            let message = format!(
                "labs cannot be remembered in `{}`: others may write there",
                folder.display()
            );
            let help = format!("remove it, or name another folder by {VARIABLE}");
            return Err(Diagnostic::new(code::LAB_FOLDER, message).help(help));
        }
    }
    Ok(())
}

fn unwritable(path: &Path, error: &io::Error) -> Diagnostic {
    let message = format!("labs cannot be remembered in `{}`: {error}", path.display());
    let help = format!("name a folder that can be written by {VARIABLE}");
    Diagnostic::new(code::LAB_FOLDER, message).help(help)
}

fn unreadable(path: &Path, why: &str) -> Diagnostic {
    let message = format!("what is remembered in `{}` cannot be read: {why}", path.display());
    Diagnostic::new(code::LAB_FOLDER, message)
        .help("end the lab with the netc that made it, or remove the folder")
}

/// The right to bring a lab up or down, until it is dropped.
#[derive(Debug)]
pub struct Reserved {
    name: String,
    folder: PathBuf,
    _lock: File,
}

impl Reserved {
    /// The lab's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The lab's folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The lab has come up: from now on it is found.
    ///
    /// # Errors
    /// It cannot be written.
    pub(super) fn write(&self, entry: &Entry) -> Result<(), Diagnostic> {
        let path = self.folder.join(FILE);
        let write = || -> io::Result<()> {
            let mut file = tempfile::NamedTempFile::new_in(&self.folder)?;
            serde_json::to_writer_pretty(&mut file, entry)?;
            file.persist(&path).map(drop).map_err(|error| error.error)
        };
        write().map_err(|error| unwritable(&path, &error))
    }

    /// Forgets the lab, whose processes must have ended.
    pub(super) fn forget(self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// Reserves a name for a lab that is to come up.
///
/// # Errors
/// Another lab has it, or nothing can be written.
pub fn reserve(name: &str) -> Result<Reserved, Diagnostic> {
    let base = base()?;
    make_base(&base)?;
    let reserved = take(&base, name, true)?;
    match read(&reserved.folder)? {
        Some(entry) if process::is_alive(entry.hub) => Err(taken(name, "runs")),
        _ => {
            // What has ended without us has left nothing but this.
            for old in fs::read_dir(&reserved.folder).into_iter().flatten().flatten() {
                let path = old.path();
                let _ = fs::remove_file(&path).or_else(|_| fs::remove_dir_all(&path));
            }
            Ok(reserved)
        }
    }
}

fn taken(name: &str, does: &str) -> Diagnostic {
    let message = format!("a lab `{name}` {does} already");
    let help = format!(
        "`netc lab apply --name {name}` brings changed sources to it, `netc lab down --name {name}` ends it; \
         or take another name: `--name`"
    );
    Diagnostic::new(code::LAB_NAME_TAKEN, message).help(help)
}

/// Locks the folder of a lab. Whoever had the lock may have removed the folder meanwhile.
pub(super) fn take(base: &Path, name: &str, make: bool) -> Result<Reserved, Diagnostic> {
    let folder = base.join(name);
    loop {
        if make {
            match DirBuilder::new().mode(0o700).create(&folder) {
                Err(error) if error.kind() != ErrorKind::AlreadyExists => {
                    return Err(unwritable(&folder, &error));
                }
                _ => {}
            }
        }
        let lock = match File::open(&folder) {
            Err(error) if make && error.kind() == ErrorKind::NotFound => continue,
            other => other.map_err(|error| unwritable(&folder, &error))?,
        };
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let message = format!(
                    "another netc brings the lab `{name}` up or down, or changed sources to it"
                );
                let help = "wait until it has done so, or take another name: `--name`";
                return Err(Diagnostic::new(code::LAB_NAME_TAKEN, message).help(help));
            }
            Err(TryLockError::Error(error)) => return Err(unwritable(&folder, &error)),
        }
        let same = |now: fs::Metadata| lock.metadata().is_ok_and(|own| own.ino() == now.ino());
        if fs::metadata(&folder).is_ok_and(same) {
            return Ok(Reserved { name: name.to_owned(), folder, _lock: lock });
        }
        if !make {
            return Err(unreadable(&folder, "it has just ended"));
        }
    }
}

/// What is remembered in a folder; nothing if the lab has not come up.
fn read(folder: &Path) -> Result<Option<Entry>, Diagnostic> {
    let path = folder.join(FILE);
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(unreadable(&path, &error.to_string())),
    };
    let entry: Entry =
        serde_json::from_str(&text).map_err(|error| unreadable(&path, &error.to_string()))?;
    if entry.version == VERSION {
        Ok(Some(entry))
    } else {
        Err(unreadable(&path, &format!("it is of version {}", entry.version)))
    }
}

/// All labs that run, by their names. What is left of those that were killed is removed.
pub(super) fn all() -> Result<Vec<(PathBuf, Entry)>, Diagnostic> {
    let base = base()?;
    let mut names: Vec<String> = match fs::read_dir(&base) {
        Ok(found) => {
            let names = found.flatten().map(|found| found.file_name().into_string());
            names.filter_map(Result::ok).collect()
        }
        Err(error) if error.kind() == ErrorKind::NotFound => Vec::new(),
        Err(error) => return Err(unreadable(&base, &error.to_string())),
    };
    names.sort();
    let mut labs = Vec::new();
    for name in names {
        let folder = base.join(&name);
        match read(&folder)? {
            Some(entry) if process::is_alive(entry.hub) => labs.push((folder, entry)),
            // It may just be coming up: then somebody has the lock.
            _ => {
                if let Ok(old) = take(&base, &name, false) {
                    let now = read(&old.folder)?;
                    if now.is_none_or(|entry| !process::is_alive(entry.hub)) {
                        old.forget();
                    }
                }
            }
        }
    }
    Ok(labs)
}
