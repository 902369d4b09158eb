//! Keys that nobody else may know, as they are read from their files.

use crate::kernel::error::KernelError;
use crate::model::PublicKey;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use x25519_dalek::{X25519_BASEPOINT_BYTES, x25519};

/// A private or a preshared key. It cannot be shown.
pub(in crate::kernel) struct Secret([u8; 32]);

impl Secret {
    /// What stands for no key.
    pub(super) fn none() -> Secret {
        Secret([0; 32])
    }

    /// The key in a file, as `wg genkey` and `wg genpsk` print it.
    ///
    /// # Errors
    /// There is no such file, or no key in it.
    pub(in crate::kernel) fn read(path: &str) -> Result<Secret, KernelError> {
        let text = fs::read_to_string(path).map_err(KernelError::io("cannot read a key"))?;
        let key: PublicKey = text
            .trim()
            .parse()
            .map_err(|_| KernelError::Missing(format!("a key of wireguard in {path}")))?;
        Ok(Secret(key.0))
    }

    /// The public key that belongs to it (RFC 7748 section 6.1).
    fn public(&self) -> PublicKey {
        PublicKey(x25519(self.0, X25519_BASEPOINT_BYTES))
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.0
    }

    #[cfg(test)]
    pub(super) fn sample() -> Secret {
        Secret([9; 32])
    }
}

/// Why a file is not fit to hold a key, or not the one that belongs to a public key; `None` if it
/// is.
pub(in crate::kernel) fn unfit(path: &str, public: Option<PublicKey>) -> Option<String> {
    match fs::metadata(path) {
        Err(error) => return Some(format!("{path} cannot be read: {error}")),
        Ok(found) if found.permissions().mode() & 0o077 != 0 => {
            return Some(format!("{path} can be read by others than its owner"));
        }
        Ok(_) => {}
    }
    let Ok(key) = Secret::read(path) else {
        return Some(format!("{path} does not hold a key of wireguard"));
    };
    let other = key.public();
    let wrong = public.is_some_and(|public| public != other);
    wrong.then(|| format!("the key in {path} is not the stated one: its public key is {other}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::Permissions;

    /// A pair of keys from RFC 7748 section 6.1.
    const PRIVATE: &str = "dwdtCnMYpX08FsFyUbJmRd9ML4frwJkqsXf7pR25LCo=\n";
    const PUBLIC: &str = "hSDwCYkwp1R0i33ctD73Wg2/Og0mOBr066SpjqqbTmo=";

    #[test]
    fn a_file_holds_the_key_that_belongs_to_the_public_one() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        let said = |public: &str| unfit(path.to_str().unwrap(), Some(public.parse().unwrap()));
        assert!(said(PUBLIC).unwrap().contains("cannot be read: No such file"));
        fs::write(&path, PRIVATE).unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o640)).unwrap();
        assert!(said(PUBLIC).unwrap().ends_with("can be read by others than its owner"));
        fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
        assert_eq!(said(PUBLIC), None);
        let end = format!("is not the stated one: its public key is {PUBLIC}");
        assert!(said(PRIVATE.trim()).unwrap().ends_with(&end));
        fs::write(&path, "nothing\n").unwrap();
        assert!(said(PUBLIC).unwrap().ends_with("does not hold a key of wireguard"));
    }
}
