//! Where programs are.

use std::env::split_paths;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// The folders in which Debian has programs, those for root alone too.
const FOLDERS: [&str; 5] = ["/usr/sbin", "/sbin", "/usr/bin", "/bin", "/usr/local/sbin"];

/// Where a program is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(in crate::kernel) enum Place {
    /// Where it is looked for.
    Found,
    /// In a folder that is not looked at.
    Elsewhere(PathBuf),
    /// Nowhere.
    Missing,
}

/// The folders in which programs are looked for.
pub(in crate::kernel) fn search() -> OsString {
    std::env::var_os("PATH").unwrap_or_default()
}

/// The same, with those behind them in which Debian has programs.
pub(in crate::kernel) fn wide_search() -> OsString {
    let mut all = search();
    for folder in FOLDERS {
        all.push(":");
        all.push(folder);
    }
    all
}

/// Looks for a program where it would be started from, then where Debian has those for root.
pub(in crate::kernel) fn find(name: &str, search: &OsStr) -> Place {
    let runs = |path: &PathBuf| {
        fs::metadata(path)
            .is_ok_and(|file| file.is_file() && file.permissions().mode() & 0o111 != 0)
    };
    if split_paths(search).map(|folder| folder.join(name)).any(|path| runs(&path)) {
        return Place::Found;
    }
    let mut others = FOLDERS.iter().map(|folder| Path::new(folder).join(name));
    others.find(runs).map_or(Place::Missing, Place::Elsewhere)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::Permissions;

    #[test]
    fn a_program_is_found_where_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("netc-test-tool");
        fs::write(&path, "").unwrap();
        let search = folder.path().as_os_str();
        assert_eq!(find("netc-test-tool", search), Place::Missing);
        fs::set_permissions(&path, Permissions::from_mode(0o755)).unwrap();
        assert_eq!(find("netc-test-tool", search), Place::Found);
        assert!(matches!(find("sh", search), Place::Elsewhere(_)));
        assert_eq!(find("sh", &wide_search()), Place::Found);
    }
}
