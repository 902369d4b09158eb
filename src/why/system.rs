//! Which system would have programmed something at run time, and where it is specified: told by the name of
//! a chain, set or table, by the alias of a device, or by the statement.

mod derive;

pub(super) use derive::{Around, of};

use serde_json::{Value, json};

/// A system that programs nodes, or a part of it with a specification of its own.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum System {
    /// kube-proxy in iptables mode.
    ProxyIptables,
    /// kube-proxy in IPVS mode.
    ProxyIpvs,
    /// kube-proxy in nftables mode.
    ProxyNftables,
    /// kube-proxy in userspace mode.
    ProxyUserspace,
    /// kube-proxy's settings of connection tracking.
    ProxyConntrack,
    /// kube-proxy, forgetting stale connections of UDP.
    ProxyCleanup,
    /// Flannel's vxlan.
    FlannelVxlan,
    /// Flannel's host-gw, or routes of another kind of it between nodes on one network.
    FlannelHostGw,
    /// Flannel's ipip.
    FlannelIpip,
    /// Flannel's wireguard.
    FlannelWireguard,
    /// Flannel's udp.
    FlannelUdp,
    /// Flannel's rules in chains of iptables.
    FlannelIptables,
    /// Flannel's rules in tables of nf_tables.
    FlannelNftables,
    /// CNI's plugin bridge.
    CniBridge,
    /// CNI's plugin ptp.
    CniPtp,
    /// The masquerading of CNI's plugins.
    CniMasquerade,
    /// CNI's plugin portmap.
    CniPortmap,
    /// CNI's plugin loopback.
    CniLoopback,
    /// The container runtime.
    Runtime,
    /// Docker's networks and containers.
    DockerBridge,
    /// Docker's chains.
    DockerIptables,
    /// Docker's tables of nf_tables.
    DockerNftables,
    /// nginx as a controller of ingresses, or in userspace mode.
    Nginx,
    /// HAProxy, likewise.
    Haproxy,
    /// What everybody needs of the kernel and sets, or expects to be set.
    Forwarding,
    /// That bridged packets pass iptables.
    BridgeNetfilter,
    /// A module that is loaded when it is needed.
    Modules,
    /// The node itself: netc does not make it.
    Machine,
    /// No system: an administrator.
    Nobody,
}

/// What is told of a system: its name, and where what it does is specified.
struct Facts {
    name: &'static str,
    specified: &'static [&'static str],
}

impl System {
    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.facts().name
    }

    /// Where it is specified: source files in the system's repository, manual pages, documents.
    #[must_use]
    pub fn specified(self) -> &'static [&'static str] {
        self.facts().specified
    }

    /// For machines.
    #[must_use]
    pub fn json(self) -> Value {
        json!({ "name": self.name(), "specified": self.specified() })
    }

    fn facts(self) -> Facts {
        let (name, specified): (_, &[_]) = match self {
            System::ProxyIptables
            | System::ProxyIpvs
            | System::ProxyNftables
            | System::ProxyUserspace
            | System::ProxyConntrack
            | System::ProxyCleanup => self.proxy(),
            System::FlannelVxlan
            | System::FlannelHostGw
            | System::FlannelIpip
            | System::FlannelWireguard
            | System::FlannelUdp
            | System::FlannelIptables
            | System::FlannelNftables => self.flannel(),
            System::CniBridge
            | System::CniPtp
            | System::CniMasquerade
            | System::CniPortmap
            | System::CniLoopback => self.cni(),
            System::Runtime => (
                "the container runtime, for a pod's sandbox",
                &[
                    "kubernetes/cri-api pkg/apis/runtime/v1/api.proto (RunPodSandbox)",
                    "ip-netns(8)",
                ],
            ),
            System::DockerBridge
            | System::DockerIptables
            | System::DockerNftables
            | System::Nginx
            | System::Haproxy => self.beside(),
            System::Forwarding => (
                "CNI's plugins, Docker or the administrator: whoever forwards needs it",
                &["kernel Documentation/networking/ip-sysctl.rst"],
            ),
            System::BridgeNetfilter => (
                "the administrator, before Kubernetes or Docker is installed",
                &[
                    "kernel net/bridge/br_netfilter_hooks.c",
                    "kubernetes.io: Container Runtimes, Install and configure prerequisites",
                ],
            ),
            System::Modules => ("whoever needs it first", &["modprobe(8)"]),
            System::Machine => ("nobody: it is the node's own", &["ip-link(8)", "ip-address(8)"]),
            System::Nobody => (
                "no system: an administrator, with iproute2 and iptables",
                &["ip(8)", "iptables(8)", "iptables-extensions(8)"],
            ),
        };
        Facts { name, specified }
    }

    /// What may be on a node beside Kubernetes' own, or before it.
    fn beside(self) -> (&'static str, &'static [&'static str]) {
        match self {
            System::DockerBridge => {
                ("Docker, a network of driver bridge", &["moby libnetwork/drivers/bridge"])
            }
            System::DockerIptables => (
                "Docker, rules of iptables",
                &[
                    "moby libnetwork/drivers/bridge",
                    "docs.docker.com: Packet filtering and firewalls",
                ],
            ),
            System::DockerNftables => (
                "Docker, firewall-backend nftables",
                &["moby libnetwork/drivers/bridge", "docs.docker.com: Docker with nftables"],
            ),
            System::Nginx => (
                "a controller that runs nginx, as ingress-nginx does",
                &[
                    "kubernetes.io: Ingress",
                    "nginx.org: ngx_http_core_module, ngx_http_upstream_module, ngx_stream_core_module",
                ],
            ),
            _ => (
                "a controller that runs HAProxy, as haproxy-ingress does",
                &["kubernetes.io: Ingress", "docs.haproxy.org: Configuration Manual 2.6"],
            ),
        }
    }

    fn proxy(self) -> (&'static str, &'static [&'static str]) {
        match self {
            System::ProxyIpvs => (
                "kube-proxy, mode ipvs",
                &[
                    "kubernetes pkg/proxy/ipvs/proxier.go",
                    "kubernetes pkg/proxy/ipvs/ipset.go",
                    "ipvsadm(8)",
                ],
            ),
            System::ProxyNftables => (
                "kube-proxy, mode nftables",
                &["kubernetes pkg/proxy/nftables/proxier.go", "nft(8)"],
            ),
            System::ProxyUserspace => (
                "kube-proxy up to 1.25, mode userspace",
                &["kubernetes 1.25 pkg/proxy/userspace/proxier.go", "iptables-extensions(8)"],
            ),
            System::ProxyConntrack => (
                "kube-proxy, its settings of connection tracking",
                &[
                    "kubernetes pkg/proxy/conntrack/sysctls.go",
                    "kernel Documentation/networking/nf_conntrack-sysctl.rst",
                ],
            ),
            System::ProxyCleanup => (
                "kube-proxy, forgetting stale connections",
                &["kubernetes pkg/proxy/conntrack/cleanup.go", "conntrack(8)"],
            ),
            _ => (
                "kube-proxy, mode iptables",
                &["kubernetes pkg/proxy/iptables/proxier.go", "iptables-extensions(8)"],
            ),
        }
    }

    fn flannel(self) -> (&'static str, &'static [&'static str]) {
        match self {
            System::FlannelHostGw => (
                "flannel, routes by the nodes' own addresses",
                &["flannel pkg/backend/hostgw", "flannel pkg/backend/route_network.go"],
            ),
            System::FlannelIpip => {
                ("flannel, backend ipip", &["flannel pkg/backend/ipip", "ip-link(8)"])
            }
            System::FlannelWireguard => {
                ("flannel, backend wireguard", &["flannel pkg/backend/wireguard", "wg(8)"])
            }
            System::FlannelUdp => ("flannel, backend udp", &["flannel pkg/backend/udp"]),
            System::FlannelIptables => {
                ("flannel, masquerading and forwarding", &["flannel pkg/trafficmngr/iptables"])
            }
            System::FlannelNftables => {
                ("flannel, masquerading and forwarding", &["flannel pkg/trafficmngr/nftables"])
            }
            _ => (
                "flannel, backend vxlan",
                &["flannel pkg/backend/vxlan", "kernel Documentation/networking/vxlan.rst"],
            ),
        }
    }

    fn cni(self) -> (&'static str, &'static [&'static str]) {
        match self {
            System::CniPtp => ("CNI, plugin ptp", &["CNI plugins plugins/main/ptp"]),
            System::CniMasquerade => (
                "CNI, ipMasq of the plugins",
                &["CNI plugins pkg/ip (ipmasq)", "CNI plugins plugins/main/bridge"],
            ),
            System::CniPortmap => ("CNI, plugin portmap", &["CNI plugins plugins/meta/portmap"]),
            System::CniLoopback => ("CNI, plugin loopback", &["CNI plugins plugins/main/loopback"]),
            _ => ("CNI, plugin bridge", &["CNI plugins plugins/main/bridge", "bridge(8)"]),
        }
    }
}
