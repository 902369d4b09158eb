//! Writing files so that no half of one is ever seen.

use std::fs;
use std::io::{Result, Write};
use std::path::Path;

/// Writes a file beside its place and moves it there. A file that is replaced keeps its mode.
pub(super) fn replace<'p>(path: &Path, content: impl IntoIterator<Item = &'p str>) -> Result<()> {
    let folder = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    let mut file = tempfile::NamedTempFile::new_in(folder.unwrap_or(Path::new(".")))?;
    for piece in content {
        file.write_all(piece.as_bytes())?;
    }
    let mode = match fs::metadata(path) {
        Ok(old) => old.permissions(),
        Err(_) => std::os::unix::fs::PermissionsExt::from_mode(0o644),
    };
    file.as_file().set_permissions(mode)?;
    file.persist(path).map(drop).map_err(|error| error.error)
}
