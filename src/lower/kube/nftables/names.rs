//! The names of kube-proxy's chains and sets (`pkg/proxy/nftables/proxier.go`): a hash, which
//! tells names apart that look alike, and a part for people.

use crate::model::{Service, ServicePort};
use crate::object::text::{push_address, push_number};
use data_encoding::BASE32_NOPAD;
use netc_lang::QualifiedName;
use sha2::{Digest, Sha256};
use std::net::SocketAddr;

/// The kernel's names have 256 characters at most; kube-proxy leaves 16 for the kind of chain
/// (`chainNameBaseLengthMax`).
const MOST: usize = 240;

/// What stands for the end of a name that is too long.
const CUT: &str = "...";

/// What the chains of a service port are named after.
pub(in crate::lower::kube) struct PortName {
    /// `namespace/name:port`, or `namespace/name` when the port has no name, as comments have it.
    pub(in crate::lower::kube) id: String,
    /// `namespace/name/protocol/port`
    key: String,
    /// The key with its hash: what stands behind the kind of chain.
    pub(in crate::lower::kube) base: String,
}

impl PortName {
    pub(in crate::lower::kube) fn new(service: &Service, port: &ServicePort) -> PortName {
        let QualifiedName { namespace, name } = &service.name;
        let (colon, port_name) = match &port.name {
            Some(name) => (":", name.as_str()),
            None => ("", ""),
        };
        let key = [namespace, "/", name, "/", port.port.protocol.name(), "/", port_name].concat();
        let id = [namespace, "/", name, colon, port_name].concat();
        PortName { id, base: hashed(&key), key }
    }

    /// What the chain and the set of an endpoint are named after.
    pub(super) fn endpoint(&self, address: SocketAddr) -> String {
        let mut key = String::with_capacity(self.key.len() + 48);
        key.push_str(&self.key);
        key.push_str("__");
        let start = key.len();
        push_address(&mut key, address.ip());
        if address.is_ipv6() {
            // A name has no colons.
            let pointed = key.split_off(start).replace(':', ".");
            key.push_str(&pointed);
        }
        key.push('/');
        push_number(&mut key, address.port().into());
        hashed(&key)
    }
}

/// The first eight characters of the base32 form of the SHA-256 hash of a text, and the text.
fn hashed(text: &str) -> String {
    let hash = Sha256::digest(text);
    let mut head = [0; 8];
    // Five bytes are eight characters of five bits each.
    if let Some(bytes) = hash.get(..5) {
        BASE32_NOPAD.encode_mut(bytes, &mut head);
    }
    let mut name = String::with_capacity(head.len() + 1 + text.len());
    name.push_str(std::str::from_utf8(&head).unwrap_or_default());
    name.push('-');
    name.push_str(text);
    if name.len() > MOST {
        name.truncate(name.floor_char_boundary(MOST - CUT.len()));
        name.push_str(CUT);
    }
    name
}

/// Whether the end of a name may have been cut off: only such names can come out equal.
pub(super) fn is_cut(name: &str) -> bool {
    name.ends_with(CUT)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(key: &str) -> PortName {
        PortName { id: String::new(), key: key.to_owned(), base: hashed(key) }
    }

    #[test]
    fn names_are_the_ones_that_clusters_show() {
        let name = name("ns1/svc1/tcp/p80");
        assert_eq!(name.base, "ULMVA6XW-ns1/svc1/tcp/p80");
        let endpoint = |address: &str| name.endpoint(address.parse().unwrap());
        assert_eq!(endpoint("10.180.0.1:80"), "5OJB2KTY-ns1/svc1/tcp/p80__10.180.0.1/80");
        let v6 = "ZVRFLKHO-ns1/svc1/tcp/p80__fd00.10.180..1/80";
        assert_eq!(endpoint("[fd00:10:180::1]:80"), v6);
        assert!(!is_cut(v6));
    }

    #[test]
    fn a_long_name_is_cut() {
        let namespace = "n".repeat(63);
        let name = name(&[&namespace, "/", &namespace, "/sctp/", &namespace].concat());
        assert_eq!((name.base.len(), is_cut(&name.base)), (205, false));
        let endpoint =
            name.endpoint("[2001:db8:1111:2222:3333:4444:5555:6666]:65535".parse().unwrap());
        assert_eq!((endpoint.len(), is_cut(&endpoint)), (240, true));
        assert!(endpoint.ends_with("__2001.db8.1111.2222.3333.4444.5..."), "{endpoint}");
    }
}
