//! The names of chains for single pods, and their comments.

use crate::object::ChainName;
use data_encoding::HEXLOWER;
use sha2::{Digest, Sha512};

/// The chain in which a pod's packets are masqueraded: `CNI-` and 24 hexadecimal digits
/// (`FormatChainName` of the plugins' pkg/utils).
pub(super) fn masquerade(network: &str, sandbox: &str) -> ChainName {
    named("CNI-", network, sandbox)
}

/// The chain that translates a pod's host ports: as long, with a longer beginning.
pub(super) fn translate(network: &str, sandbox: &str) -> ChainName {
    named("CNI-DN-", network, sandbox)
}

fn named(begin: &str, network: &str, sandbox: &str) -> ChainName {
    let hash = Sha512::new().chain_update(network).chain_update(sandbox).finalize();
    // What goes beyond 28 characters is left out.
    ChainName::new(&[begin, &HEXLOWER.encode(&hash)])
}

/// The comment of all rules for one pod, behind a word that says what they are for.
pub(super) fn comment(word: &str, network: &str, sandbox: &str) -> String {
    format!("{word}name: \"{network}\" id: \"{sandbox}\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chains_have_the_names_that_the_plugins_gave_them() {
        // From a node of rkt's, and from Kubernetes' issue 56797 (netspec 2.3).
        for (network, id, name) in [
            (
                "rkt.kubernetes.io",
                "328287949eb4d4483a3a8035d65cc326417ae7384270844e59c2f4e963d87e18",
                "CNI-25df152800e33f7b16fc085a",
            ),
            (
                "rkt.kubernetes.io",
                "08c562ff4d67496fdae1c08facb2766ca30533552b8bd0682630f203b18f8c0a",
                "CNI-f1931fed74271104c4d10006",
            ),
            (
                "podnet",
                "2aa1bac9288bab51c08479e0998e9a6f7098842be68a9838fd2753fa73788411",
                "CNI-f4a2ba37b7c45a6f0a75e202",
            ),
            (
                "podnet",
                "907ea36a07e665576b60f3f0d058f02df41ba0c1ed16732a10a93272e3cd5646",
                "CNI-b80f40077ee30b3f1ed96374",
            ),
            (
                "podnet",
                "4fdaff97d2523014cd40cd9c7aaf574687a27ffc379434616544de6bd283fc46",
                "CNI-46eb2ecbdd92da901b16fef9",
            ),
        ] {
            assert_eq!(masquerade(network, id).as_str(), name);
        }
        // Of the plugins themselves, version 1.1.1.
        assert_eq!(translate("pods", "c1").as_str(), "CNI-DN-48c5963fc74ef84afd142");
    }
}
