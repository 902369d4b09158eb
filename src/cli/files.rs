//! Writing files so that no half of one is ever seen.

use std::fs::{self, File};
use std::io::{Result, Write};
use std::path::Path;

/// Writes a file beside its place and moves it there. A file that is replaced keeps its mode; one
/// that is linked to is replaced where it is. What is no file (a device, a pipe) is written into:
/// moved over `/dev/null`, a file would take its place for the whole machine.
pub(super) fn replace<'p>(path: &Path, content: impl IntoIterator<Item = &'p str>) -> Result<()> {
    let old = fs::metadata(path).ok();
    if old.as_ref().is_some_and(|old| !old.is_file() && !old.is_dir()) {
        return write(&mut File::options().write(true).open(path)?, content);
    }
    let linked = fs::canonicalize(path);
    let place = linked.as_deref().unwrap_or(path);
    let folder = place.parent().filter(|parent| !parent.as_os_str().is_empty());
    let mut file = tempfile::NamedTempFile::new_in(folder.unwrap_or(Path::new(".")))?;
    write(file.as_file_mut(), content)?;
    let mode = match old {
        Some(old) => old.permissions(),
        None => std::os::unix::fs::PermissionsExt::from_mode(0o644),
    };
    file.as_file().set_permissions(mode)?;
    file.persist(place).map(drop).map_err(|error| error.error)
}

fn write<'p>(file: &mut File, content: impl IntoIterator<Item = &'p str>) -> Result<()> {
    content.into_iter().try_for_each(|piece| file.write_all(piece.as_bytes()))
}
