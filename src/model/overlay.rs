//! How packets get from node to node.

use super::Family;
use netc_lang::Span;

/// How packets get from a pod to a pod on another node.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Overlay {
    /// The kind.
    pub kind: OverlayKind,
    /// Whether pod traffic that leaves the cluster is masqueraded.
    pub masquerade: bool,
    /// What masquerades and forwards it.
    pub rules: FlannelRules,
    /// The `overlay` statement, or `cluster` if there is none.
    pub span: Span,
}

/// Which of flannel's rules there are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FlannelRules {
    /// Chains of iptables.
    Iptables,
    /// A table of nf_tables for each family.
    Nftables {
        /// As flannel writes it, with its faults (netspec 1.11).
        faulty: bool,
    },
}

/// The kinds of overlay.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum OverlayKind {
    /// Flannel's vxlan.
    Vxlan {
        /// The network identifier.
        vni: u32,
        /// The UDP port.
        port: u16,
    },
    /// Flannel's host-gw.
    HostGw,
    /// Routes by the nodes' addresses and nothing else.
    Static,
    /// Nothing.
    None,
}

impl OverlayKind {
    /// The word of the language.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            OverlayKind::Vxlan { .. } => "vxlan",
            OverlayKind::HostGw => "host-gw",
            OverlayKind::Static => "static",
            OverlayKind::None => "none",
        }
    }

    /// The bytes that encapsulation adds to a packet that crosses an underlay of this family:
    /// vxlan adds Ethernet 14, VXLAN 8, UDP 8 and the outer IP header of 20 or 40 bytes.
    #[must_use]
    pub fn overhead(self, family: Family) -> u32 {
        match (self, family) {
            (OverlayKind::Vxlan { .. }, Family::V4) => 50,
            (OverlayKind::Vxlan { .. }, Family::V6) => 70,
            _ => 0,
        }
    }

    /// Whether the overlay is one of flannel's.
    #[must_use]
    pub fn is_flannel(self) -> bool {
        matches!(self, OverlayKind::Vxlan { .. } | OverlayKind::HostGw)
    }
}
