//! Which node is remembered, and where.

use super::fault;
use crate::kernel::error::KernelError;
use netc_lang::Diagnostic;
use nix::libc;
use nix::sys::socket::GetSockOpt;
use nix::sys::socket::sockopt::GetStruct;
use serde::{Deserialize, Serialize};
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::os::unix::net::UnixDatagram;
use std::path::PathBuf;

/// Where states are, unless the environment says otherwise (hier(7), file-hierarchy(7)).
const BASE: &str = "/var/lib/netc";

/// The variable of the environment that says otherwise.
pub(super) const VARIABLE: &str = "NETC_STATE_DIR";

/// What a file speaks of: one namespace during one boot.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(super) struct Identity {
    /// The identifier of the boot (random(4)).
    pub(super) boot: String,
    /// The namespace.
    pub(super) netns: Mark,
}

/// What tells one network namespace from another.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(super) struct Mark {
    /// The inode of its file: given again to another one when it is gone.
    pub(super) inode: u64,
    /// Its cookie, never given again during one boot; kernels before 5.14 have none.
    pub(super) cookie: Option<u64>,
}

impl Identity {
    /// Whether both are the same. A cookie that only one of them knows says nothing.
    pub(super) fn is(&self, other: &Identity) -> bool {
        let (own, others) = (self.netns, other.netns);
        let cookies = own.cookie.zip(others.cookie);
        self.boot == other.boot
            && own.inode == others.inode
            && cookies.is_none_or(|(own, other)| own == other)
    }

    #[cfg(test)]
    pub(super) fn example() -> Identity {
        Identity { boot: "0b1f".into(), netns: Mark { inode: 4_026_531_840, cookie: Some(1) } }
    }
}

/// The folder of all states.
pub(super) fn base() -> Result<PathBuf, Diagnostic> {
    chosen(std::env::var_os(VARIABLE).map(PathBuf::from))
}

fn chosen(variable: Option<PathBuf>) -> Result<PathBuf, Diagnostic> {
    match variable.filter(|path| !path.as_os_str().is_empty()) {
        None => Ok(PathBuf::from(BASE)),
        Some(path) if path.is_absolute() => Ok(path),
        Some(path) => Err(fault::not_absolute(&path)),
    }
}

/// The name of the folder of the calling thread's namespace, and its identity.
pub(super) fn identify() -> Result<(String, Identity), KernelError> {
    let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id")
        .map_err(KernelError::io("cannot read which boot this is"))?;
    let own = fs::metadata("/proc/thread-self/ns/net")
        .map_err(KernelError::io("cannot tell which network namespace this is"))?;
    // Who may not look at the first process is not told whether this is its namespace, and has a
    // folder of his own.
    let first = fs::metadata("/proc/1/ns/net").ok().map(|first| first.ino());
    let netns = Mark { inode: own.ino(), cookie: cookie() };
    Ok((name(own.ino(), first), Identity { boot: boot.trim().to_owned(), netns }))
}

fn name(own: u64, first: Option<u64>) -> String {
    if first == Some(own) { "node".to_owned() } else { format!("netns-{own}") }
}

/// `SO_NETNS_COOKIE` (asm-generic/socket.h): the cookie of the namespace of a socket.
#[derive(Clone, Copy, Debug)]
struct NetnsCookie;
nix::getsockopt_impl!(NetnsCookie, libc::SOL_SOCKET, libc::SO_NETNS_COOKIE, u64, GetStruct<u64>);

/// The cookie of the calling thread's namespace, if this kernel gives it.
fn cookie() -> Option<u64> {
    let socket = UnixDatagram::unbound().ok()?;
    NetnsCookie.get(&socket).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_variable_chooses_the_folder() {
        assert_eq!(chosen(None).unwrap(), PathBuf::from("/var/lib/netc"));
        assert_eq!(chosen(Some("".into())).unwrap(), PathBuf::from("/var/lib/netc"));
        assert_eq!(chosen(Some("/run/x".into())).unwrap(), PathBuf::from("/run/x"));
        assert_eq!(chosen(Some("x".into())).unwrap_err().code.id, "E0607");
    }

    #[test]
    fn the_machines_own_namespace_has_a_folder_of_its_own() {
        assert_eq!(name(7, Some(7)), "node");
        assert_eq!(name(7, Some(8)), "netns-7");
        assert_eq!(name(7, None), "netns-7");
    }

    #[test]
    fn an_inode_alone_is_not_enough() {
        let one = Identity::example();
        let with = |cookie| Identity { netns: Mark { cookie, ..one.netns }, ..one.clone() };
        assert!(one.is(&one));
        assert!(one.is(&with(None)));
        assert!(!one.is(&with(Some(2))));
        assert!(!one.is(&Identity { boot: "later".into(), ..one.clone() }));
    }

    #[test]
    fn this_thread_has_an_identity() {
        let (folder, identity) = identify().unwrap();
        assert!(folder == "node" || folder.starts_with("netns-"), "{folder}");
        assert_eq!(identify().unwrap().1, identity);
    }
}
