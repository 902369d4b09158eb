//! Shapes of what wireguard needs: public keys, and the files that hold what is secret.

use super::{Misshapen, no};

/// The length of a key of 32 bytes in base64 (wg(8), `PublicKey`).
const LENGTH: usize = 44;

/// A public key of wireguard.
pub(super) fn public_key(word: &str) -> Result<(), Misshapen> {
    if is_key(word) {
        return Ok(());
    }
    Err(no("is not a public key").help("it is what `wg pubkey` prints: 43 characters and `=`"))
}

/// The path of a file that holds a key.
pub(super) fn key_file(word: &str) -> Result<(), Misshapen> {
    if is_key(word) {
        return Err(no("is a key").help(
            "a key that is secret has no place in the sources, and this one should not be used any more: \
             put a new one into a file on the node, and state the path of that",
        ));
    }
    let plain = word.starts_with('/') && !word.ends_with('/');
    if !plain || word.chars().any(char::is_control) {
        return Err(no("is not the path of a file")
            .help("state it from the root on: `\"/etc/netc/wireguard.key\"`"));
    }
    Ok(())
}

/// Whether a word has the form of a key: 32 bytes in base64 (RFC 4648 section 4). Of the last
/// character before the `=` four bits count.
pub(super) fn is_key(word: &str) -> bool {
    let is_digit = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
    let Some(digits) = word.strip_suffix('=') else { return false };
    word.len() == LENGTH
        && digits.bytes().all(|byte| is_digit(&byte))
        && digits.ends_with(|last| "AEIMQUYcgkosw048".contains(last))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_told_by_its_form() {
        let key = "HIgo9xNzJMWLKASShiTqIybxZ0U3wGLiUeJ1PKf8ykw=";
        assert!(public_key(key).is_ok());
        assert_eq!(key_file(key).unwrap_err().reason, "is a key");
        for word in ["", "abc=", &key.replace('k', "-"), &key.replace("w=", "x="), &key[1..]] {
            assert!(public_key(word).is_err(), "{word}");
        }
        assert!(key_file("/etc/netc/wireguard.key").is_ok());
        for word in ["wireguard.key", "/", "/etc/netc/", "/etc/a\nb"] {
            assert_eq!(key_file(word).unwrap_err().reason, "is not the path of a file", "{word}");
        }
    }
}
