//! How packets get from node to node.

use super::{Family, PublicKey};
use netc_lang::Span;
use std::fmt;

/// How packets get from a pod to a pod on another node.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Overlay {
    /// The kind.
    pub kind: OverlayKind,
    /// Whether pod traffic that leaves the cluster is masqueraded.
    pub masquerade: bool,
    /// What masquerades and forwards it.
    pub rules: FlannelRules,
    /// Where flannel does otherwise than netc would, it is done as flannel does.
    pub emulate: bool,
    /// What flannel leaves for others is written by a build.
    pub emit: bool,
    /// The `overlay` statement, or `cluster` if there is none.
    pub span: Span,
}

/// Which of flannel's rules there are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FlannelRules {
    /// Chains of iptables.
    Iptables,
    /// A table of nf_tables for each family.
    Nftables,
}

/// The kinds of overlay.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum OverlayKind {
    /// Flannel's vxlan.
    Vxlan(Vxlan),
    /// Flannel's host-gw.
    HostGw,
    /// Flannel's ipip.
    Ipip {
        /// Nodes in one network send each other packets as they are.
        direct_routing: bool,
    },
    /// Flannel's wireguard.
    Wireguard(Wireguard),
    /// Flannel's udp.
    Udp {
        /// The port between which the forwarders exchange packets.
        port: u16,
    },
    /// Routes by the nodes' addresses and nothing else.
    Static,
    /// Nothing.
    None,
}

/// The settings of vxlan.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Vxlan {
    /// The network identifier.
    pub vni: u32,
    /// The UDP port.
    pub port: u16,
    /// The device learns from packets that arrive.
    pub learning: bool,
    /// Packets carry their mark.
    pub gbp: bool,
    /// Nodes in one network send each other packets as they are.
    pub direct_routing: bool,
}

/// The settings of wireguard.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Wireguard {
    /// The UDP port of the first device.
    pub port: u16,
    /// The UDP port of the device for IPv6.
    pub port_v6: u16,
    /// Which devices there are.
    pub mode: WireguardMode,
    /// After how many seconds of silence a packet is sent to a peer.
    pub keepalive: Option<u16>,
    /// The file with the key that all nodes share.
    pub preshared_key_file: Option<String>,
}

/// Which devices of wireguard there are, and over which family they send.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum WireguardMode {
    /// One for each family, which sends over the same.
    Separate,
    /// One that sends over the family that both ends have.
    Auto,
    /// One that sends over this family.
    Over(Family),
}

/// The keys of a node for wireguard.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NodeKeys {
    /// The public one.
    pub public: Option<PublicKey>,
    /// The file on the node with the private one.
    pub private_file: String,
    /// Where they are stated.
    pub span: Span,
}

impl OverlayKind {
    /// The word of the language.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            OverlayKind::Vxlan(_) => "vxlan",
            OverlayKind::HostGw => "host-gw",
            OverlayKind::Ipip { .. } => "ipip",
            OverlayKind::Wireguard(_) => "wireguard",
            OverlayKind::Udp { .. } => "udp",
            OverlayKind::Static => "static",
            OverlayKind::None => "none",
        }
    }

    /// Whether the overlay is one of flannel's.
    #[must_use]
    pub fn is_flannel(&self) -> bool {
        !matches!(self, OverlayKind::Static | OverlayKind::None)
    }

    /// Whether nodes in one network send each other packets without encapsulation, others not.
    #[must_use]
    pub fn routes_directly(&self) -> bool {
        match self {
            OverlayKind::Vxlan(vxlan) => vxlan.direct_routing,
            OverlayKind::Ipip { direct_routing } => *direct_routing,
            _ => false,
        }
    }

    /// Whether it names the device that has a node's address: to send by it, or to lead to it.
    #[must_use]
    pub fn names_device(&self) -> bool {
        match self {
            OverlayKind::Vxlan(_) | OverlayKind::HostGw | OverlayKind::Static => true,
            OverlayKind::Ipip { direct_routing } => *direct_routing,
            OverlayKind::Wireguard(_) | OverlayKind::Udp { .. } | OverlayKind::None => false,
        }
    }

    /// In packets of which family those of pods cross the underlay; `None` if they do not.
    #[must_use]
    pub fn crosses(&self, pods: Family) -> Option<Family> {
        match self {
            OverlayKind::Wireguard(Wireguard { mode, .. }) => match mode {
                WireguardMode::Separate => Some(pods),
                // Over IPv6 too, between nodes that have it.
                WireguardMode::Auto => Some(Family::V4),
                WireguardMode::Over(family) => Some(*family),
            },
            OverlayKind::None => None,
            OverlayKind::Ipip { .. } | OverlayKind::Udp { .. } => {
                Some(pods).filter(|pods| *pods == Family::V4)
            }
            _ => Some(pods),
        }
    }
}

impl Overlay {
    /// The bytes that encapsulation adds to a packet of pods of this family.
    ///
    /// Vxlan adds Ethernet 14, VXLAN 8, UDP 8 and the outer IP header of 20 or 40 bytes; flannel
    /// does not tell these two apart (netspec 1.7). For ipip it is the outer header, for udp that and UDP's, and
    /// wireguard adds UDP 8, its own 32 and the larger of the headers (netspec 1.9).
    #[must_use]
    pub fn overhead(&self, family: Family) -> u32 {
        match (&self.kind, family) {
            (OverlayKind::Vxlan(_), Family::V6) if !self.emulate => 70,
            (OverlayKind::Vxlan(_), _) => 50,
            (OverlayKind::Ipip { .. }, _) => 20,
            (OverlayKind::Wireguard(_), _) => 80,
            (OverlayKind::Udp { .. }, _) => 28,
            (OverlayKind::HostGw | OverlayKind::Static | OverlayKind::None, _) => 0,
        }
    }
}

impl fmt::Display for WireguardMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            WireguardMode::Separate => "separate",
            WireguardMode::Auto => "auto",
            WireguardMode::Over(Family::V4) => "ipv4",
            WireguardMode::Over(Family::V6) => "ipv6",
        })
    }
}
