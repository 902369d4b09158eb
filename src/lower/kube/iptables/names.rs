//! The names of kube-proxy's chains (netspec 4.1).

use crate::model::{Service, ServicePort};
use crate::object::ChainName;
use data_encoding::BASE32_NOPAD;
use netc_lang::QualifiedName;
use sha2::{Digest, Sha256};

/// What the chains of a service port are named after, and the names.
pub(in crate::lower::kube) struct PortName {
    /// `namespace/name:port`, or `namespace/name` when the port has no name. It also stands in
    /// comments.
    pub(in crate::lower::kube) id: String,
    /// The chain of all endpoints.
    pub(in crate::lower::kube) cluster: ChainName,
    /// The chain of the endpoints on this node.
    pub(in crate::lower::kube) local: ChainName,
    /// The chain of traffic from outside.
    pub(in crate::lower::kube) external: ChainName,
    /// The chain of traffic to a load balancer that only some may reach.
    pub(in crate::lower::kube) firewall: ChainName,
    /// The id and the protocol. With `address:port` behind it is what the chain of an endpoint is
    /// named after.
    pub(in crate::lower::kube) key: String,
}

impl PortName {
    /// `legacy` writes the colon for a port without a name too, as Kubernetes did up to 1.17.
    pub(in crate::lower::kube) fn new(
        service: &Service,
        port: &ServicePort,
        legacy: bool,
    ) -> PortName {
        let (colon, port_name) = match &port.name {
            Some(name) => (":", name.as_str()),
            None if legacy => (":", ""),
            None => ("", ""),
        };
        let QualifiedName { namespace, name } = &service.name;
        let id = [namespace, "/", name, colon, port_name].concat();
        let key = [id.as_str(), port.port.protocol.name()].concat();
        let hash = Hash::of(&key);
        PortName {
            cluster: hash.named("KUBE-SVC-"),
            local: hash.named("KUBE-SVL-"),
            external: hash.named("KUBE-EXT-"),
            firewall: hash.named("KUBE-FW-"),
            id,
            key,
        }
    }
}

/// The chain of one endpoint, given the key of its service port with `address:port` behind.
pub(in crate::lower::kube) fn endpoint(key: &str) -> ChainName {
    Hash::of(key).named("KUBE-SEP-")
}

/// The first 16 characters of the base32 form of a SHA-256 hash.
struct Hash([u8; 16]);

impl Hash {
    fn of(text: &str) -> Hash {
        let hash = Sha256::digest(text);
        let mut text = [0; 16];
        // Ten bytes are sixteen characters of five bits each.
        if let Some(bytes) = hash.get(..10) {
            BASE32_NOPAD.encode_mut(bytes, &mut text);
        }
        Hash(text)
    }

    fn named(&self, prefix: &str) -> ChainName {
        ChainName::new(&[prefix, std::str::from_utf8(&self.0).unwrap_or_default()])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{PerFamily, Policy, ServiceKind};
    use netc_lang::{Port, Protocol, Span};

    fn name(
        namespace: &str,
        name: &str,
        port: Option<&str>,
        protocol: Protocol,
        legacy: bool,
    ) -> PortName {
        let service = Service {
            name: QualifiedName { namespace: namespace.into(), name: name.into() },
            span: Span::default(),
            kind: ServiceKind::ClusterIp,
            addresses: PerFamily::default(),
            ports: Vec::new(),
            affinity: None,
            external_traffic: Policy::Cluster,
            internal_traffic: Policy::Cluster,
            load_balancer_ips: Vec::new(),
            source_ranges: Vec::new(),
            external_ips: Vec::new(),
            health_check_node_port: None,
        };
        let port = ServicePort {
            name: port.map(str::to_owned),
            port: Port { number: 80, protocol },
            node_port: None,
            proxy_port: None,
            span: Span::default(),
            endpoints: Vec::new(),
        };
        PortName::new(&service, &port, legacy)
    }

    #[test]
    fn names_are_the_ones_that_clusters_show() {
        let cluster = |name: PortName| name.cluster.to_string();
        let sep = |name: &PortName, to: &str| endpoint(&format!("{}{to}", name.key)).to_string();
        let kubernetes = name("default", "kubernetes", Some("https"), Protocol::Tcp, false);
        assert_eq!(cluster(kubernetes), "KUBE-SVC-NPX46M4PTMTKRN6Y");
        let dns = name("kube-system", "kube-dns", Some("dns"), Protocol::Udp, false);
        assert_eq!(cluster(dns), "KUBE-SVC-TCOU7JCQXEZGVUNU");
        let nginx = name("default", "nginx-nodeport", None, Protocol::Tcp, true);
        assert_eq!(sep(&nginx, "10.1.0.4:80"), "KUBE-SEP-SVVBOHTYP7PAP3J5");
        assert_eq!(cluster(nginx), "KUBE-SVC-37ROJ3MK6RKFMQ2B");
        let nginx = name("default", "nginx-nodeport", None, Protocol::Tcp, false);
        assert_eq!(sep(&nginx, "10.1.0.5:80"), "KUBE-SEP-7ZFNW3IWF27G3QCS");
        assert_eq!(cluster(nginx), "KUBE-SVC-CGFVTWEXQTKV5QXW");
    }
}
