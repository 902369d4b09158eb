//! The folder of a program: its configuration, copies of certificates, what it runs by.

use super::not_there;
use crate::kernel::error::KernelError;
use crate::model::Engine;
use crate::object::{Balancer, CERTIFICATES, Material, config_file};
use std::collections::BTreeSet;
use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// What the program was last made to run by: the same as its configuration, unless a run was cut
/// short.
const SETTLED: &str = "settled.conf";

pub(super) struct Folder {
    path: PathBuf,
}

impl Folder {
    pub(super) fn new(path: PathBuf) -> Folder {
        Folder { path }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// The configuration, if there is one.
    pub(super) fn config(&self, engine: Engine) -> Result<Option<String>, KernelError> {
        self.read(config_file(engine))
    }

    /// A text of the folder, if it is there.
    pub(super) fn read(&self, name: &str) -> Result<Option<String>, KernelError> {
        let path = self.file(name);
        match fs::read(&path) {
            Ok(bytes) => Ok(Some(String::from_utf8_lossy(&bytes).into_owned())),
            Err(error) if not_there(&error) => Ok(None),
            Err(error) => Err(KernelError::io(format!("cannot read {}", path.display()))(error)),
        }
    }

    /// Whether the program was made to run by all that it is to run by: its configuration, and the
    /// files that it has copies of. One that cannot be read any more changes nothing.
    pub(super) fn is_fresh(&self, own: &Balancer) -> bool {
        let settled = fs::read(self.file(SETTLED)).ok();
        let same = |copy: &Material| {
            let source = copy.path.0.as_ref().and_then(|path| fs::read(&**path).ok());
            source.is_none_or(|source| fs::read(self.file(&copy.name)).ok() == Some(source))
        };
        settled.as_deref() == Some(own.config.as_bytes()) && own.material.iter().all(same)
    }

    /// Writes the configuration and the copies. Files that are in neither go: those of the former
    /// one stay for the way back.
    pub(super) fn write(
        &self,
        own: &Balancer,
        former: Option<&Balancer>,
    ) -> Result<(), KernelError> {
        let write = || -> io::Result<()> {
            let above = self.path.parent().unwrap_or(&self.path);
            let above_it = above.parent().unwrap_or(above);
            for folder in [above_it, above, &self.path] {
                make(folder)?;
            }
            remove(&self.file(SETTLED))
        };
        write().map_err(KernelError::io(format!("cannot write {}", self.path.display())))?;
        for copy in &own.material {
            self.copy(copy)?;
        }
        match own.certificates() {
            Some(list) => self.put(CERTIFICATES, list.as_bytes())?,
            None => remove(&self.file(CERTIFICATES))
                .map_err(KernelError::io("cannot remove the list of certificates"))?,
        }
        self.put(config_file(own.engine), own.config.as_bytes())?;
        let named = former.into_iter().chain([own]).flat_map(|one| &one.material);
        let named: BTreeSet<&str> = named.map(|copy| &*copy.name).collect();
        self.clean(&named).map_err(KernelError::io("cannot remove old certificates"))
    }

    /// Copies a file for the program. Where it is not known, or no longer there, an earlier copy does.
    fn copy(&self, copy: &Material) -> Result<(), KernelError> {
        let source = match &copy.path.0 {
            Some(path) => fs::read(&**path),
            None => Err(io::ErrorKind::NotFound.into()),
        };
        match source {
            Ok(bytes) => self.put(&copy.name, &bytes),
            Err(_) if self.file(&copy.name).exists() => Ok(()),
            Err(error) => Err(KernelError::io(format!("cannot read {}", copy.from))(error)),
        }
    }

    /// Writes a file whole: whoever reads it sees the old or the new one.
    pub(super) fn put(&self, name: &str, bytes: &[u8]) -> Result<(), KernelError> {
        let (path, new) = (self.file(name), self.file(&format!("{name}.new")));
        let write = || -> io::Result<()> {
            remove(&new)?;
            let mut file =
                OpenOptions::new().write(true).create_new(true).mode(0o600).open(&new)?;
            file.write_all(bytes)?;
            file.sync_all()?;
            fs::rename(&new, &path)
        };
        write().map_err(KernelError::io(format!("cannot write {}", path.display())))
    }

    fn clean(&self, named: &BTreeSet<&str>) -> io::Result<()> {
        for entry in fs::read_dir(&self.path)? {
            let name = entry?.file_name();
            let name = name.to_string_lossy();
            let certificate = name.ends_with(".crt") || name.ends_with(".crt.key");
            if certificate && !named.contains(&*name) {
                remove(&self.file(&name))?;
            }
        }
        Ok(())
    }

    /// Notes that the program runs by what was written.
    pub(super) fn settle(&self, own: &Balancer) -> Result<(), KernelError> {
        self.put(SETTLED, own.config.as_bytes())
    }

    pub(super) fn remove(&self) -> Result<(), KernelError> {
        match fs::remove_dir_all(&self.path) {
            Err(error) if !not_there(&error) => {
                Err(KernelError::io(format!("cannot remove {}", self.path.display()))(error))
            }
            _ => {
                // Another program may be beside it.
                let _ = self.path.parent().map(fs::remove_dir);
                Ok(())
            }
        }
    }
}

fn make(folder: &Path) -> io::Result<()> {
    match DirBuilder::new().mode(0o700).recursive(true).create(folder) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if !not_there(&error) => Err(error),
        _ => Ok(()),
    }
}
