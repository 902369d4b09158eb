//! Files in an envelope, written whole and lasting.

use super::fault;
use super::place::Identity;
use netc_lang::Diagnostic;
use nix::errno::Errno;
use nix::fcntl::posix_fallocate;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, BufWriter, ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// The version of the envelope.
const VERSION: u64 = 1;

/// What a file says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Kept<T> {
    /// It speaks of this namespace, and was written since the machine was started.
    Current(T),
    /// It speaks of an earlier boot, or of another namespace that had the same number.
    Stale(T),
    /// There is no such file.
    None,
}

impl<T> Kept<T> {
    /// What is in it, if it is current.
    #[must_use]
    pub fn current(self) -> Option<T> {
        match self {
            Kept::Current(body) => Some(body),
            Kept::Stale(_) | Kept::None => None,
        }
    }
}

/// What is around the body of every file.
#[derive(Serialize)]
struct Envelope<'e, T> {
    version: u64,
    #[serde(flatten)]
    identity: &'e Identity,
    body: &'e T,
}

/// The same, as it is read.
#[derive(Deserialize)]
struct Opened {
    #[serde(flatten)]
    identity: Identity,
    body: Value,
}

/// Makes the folder. What it holds may be secret, and so is the folder.
pub(super) fn create(folder: &Path) -> Result<(), Diagnostic> {
    let make = || -> io::Result<()> {
        let base = folder.parent().unwrap_or(folder);
        if let Some(above) = base.parent() {
            fs::create_dir_all(above)?;
        }
        for one in [base, folder] {
            match DirBuilder::new().mode(0o700).create(one) {
                Ok(()) => sync_folder_of(one)?,
                Err(error) if error.kind() == ErrorKind::AlreadyExists && one.is_dir() => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    };
    make().map_err(|error| fault::unwritable("make", folder, &error))
}

/// Takes room on the disk, in a file without a name.
pub(super) fn reserve(folder: &Path, room: u64) -> Result<File, Diagnostic> {
    let take = || -> io::Result<File> {
        let file = tempfile::tempfile_in(folder)?;
        match posix_fallocate(&file, 0, i64::try_from(room).unwrap_or(i64::MAX)) {
            // Some file systems cannot say; some refuse none.
            Ok(()) | Err(Errno::EOPNOTSUPP | Errno::EINVAL) => Ok(file),
            // Larger than any file there.
            Err(Errno::EFBIG) => Err(ErrorKind::StorageFull.into()),
            Err(errno) => Err(errno.into()),
        }
    };
    let what = format!("keep {room} bytes in");
    take().map_err(|error| fault::unwritable(&what, folder, &error))
}

/// Reads a file.
pub(super) fn read(path: &Path, current: &Identity) -> Result<Kept<Value>, Diagnostic> {
    let text = match fs::read(path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Kept::None),
        Err(error) => return Err(fault::unreadable(path, &error)),
    };
    let garbage = |error: serde_json::Error| fault::garbage(path, &error.to_string());
    let value: Value = serde_json::from_slice(&text).map_err(garbage)?;
    match value.get("version") {
        Some(version) if version.as_u64() == Some(VERSION) => {}
        Some(version) if version.is_u64() => {
            return Err(fault::newer(path, &version.to_string()));
        }
        _ => return Err(fault::garbage(path, "it has no version")),
    }
    let opened: Opened = serde_json::from_value(value).map_err(garbage)?;
    Ok(match opened.identity.is(current) {
        true => Kept::Current(opened.body),
        false => Kept::Stale(opened.body),
    })
}

/// Writes a file beside its place, makes it lasting and moves it there.
pub(super) fn write(
    path: &Path,
    identity: &Identity,
    body: &impl Serialize,
) -> Result<(), Diagnostic> {
    let new = beside(path);
    let keep = || -> io::Result<()> {
        // What a killed run has left is written over: only who has the lock writes.
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true).mode(0o600);
        let mut writer = BufWriter::new(options.open(&new)?);
        let envelope = Envelope { version: VERSION, identity, body };
        serde_json::to_writer(&mut writer, &envelope)?;
        writer.write_all(b"\n")?;
        writer.into_inner()?.sync_all()?;
        fs::rename(&new, path)?;
        sync_folder_of(path)
    };
    keep().map_err(|error| {
        let _ = fs::remove_file(&new);
        fault::unwritable("write", path, &error)
    })
}

fn beside(path: &Path) -> PathBuf {
    path.with_extension("new")
}

/// Removes a file; says whether it was there.
pub(super) fn remove(path: &Path) -> Result<bool, Diagnostic> {
    match fs::remove_file(path) {
        Ok(()) => sync_folder_of(path)
            .map(|()| true)
            .map_err(|error| fault::unwritable("remove", path, &error)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => Err(fault::unwritable("remove", path, &error)),
    }
}

/// Gives a file another name; says whether it was there.
pub(super) fn rename(path: &Path, to: &Path) -> Result<bool, Diagnostic> {
    match fs::rename(path, to) {
        Ok(()) => sync_folder_of(path)
            .map(|()| true)
            .map_err(|error| fault::unwritable("rename", path, &error)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => Err(fault::unwritable("rename", path, &error)),
    }
}

/// A name lasts when its folder does (fsync(2)).
fn sync_folder_of(path: &Path) -> io::Result<()> {
    path.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use std::os::unix::fs::PermissionsExt;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn nobody_else_reads_it() {
        let base = tempfile::tempdir().unwrap();
        let folder = base.path().join("netc/node");
        create(&folder).unwrap();
        create(&folder).unwrap();
        let path = folder.join("record.json");
        write(&path, &Identity::example(), &json!({})).unwrap();
        assert_eq!((mode(&folder), mode(&path)), (0o700, 0o600));
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 1);
    }

    #[test]
    fn the_form_is_fixed() {
        let base = tempfile::tempdir().unwrap();
        let path = base.path().join("record.json");
        write(&path, &Identity::example(), &json!([1])).unwrap();
        let text = fs::read_to_string(&path).unwrap();
        assert_eq!(
            text,
            "{\"version\":1,\"boot\":\"0b1f\",\"netns\":{\"inode\":4026531840,\"cookie\":1},\"body\":[1]}\n"
        );
    }

    /// The message about a file with that text.
    fn fault(text: &str) -> String {
        let base = tempfile::tempdir().unwrap();
        let path = base.path().join("record.json");
        fs::write(&path, text).unwrap();
        let fault = read(&path, &Identity::example()).unwrap_err();
        assert_eq!(fault.code.id, "E0607");
        let message = fault.message.replace(&path.display().to_string(), "FILE");
        assert!(fault.help.is_some());
        message
    }

    #[test]
    fn what_is_not_netcs_is_refused() {
        assert!(fault("").starts_with("FILE is not as netc has written it: EOF"));
        assert!(fault("{}").ends_with("it has no version"));
        assert!(fault("[]").ends_with("it has no version"));
        assert!(fault(r#"{"version":"1"}"#).ends_with("it has no version"));
        assert_eq!(fault(r#"{"version":2}"#), "FILE has version 2, this netc knows 1");
        assert!(fault(r#"{"version":1,"body":1}"#).contains("missing field `boot`"));
        let text = r#"{"version":1,"boot":"x","netns":{"inode":1,"cookie":null}}"#;
        assert!(fault(text).contains("missing field `body`"), "{}", fault(text));
    }

    #[test]
    fn a_write_that_fails_leaves_what_was() {
        let base = tempfile::tempdir().unwrap();
        let path = base.path().join("record.json");
        // A folder cannot be replaced by a file.
        fs::create_dir(&path).unwrap();
        let fault = write(&path, &Identity::example(), &json!(1)).unwrap_err();
        assert_eq!(fault.code.id, "E0608");
        assert!(path.is_dir());
        assert_eq!(fs::read_dir(base.path()).unwrap().count(), 1);
    }
}
