//! What a node runs, and the settings of kube-proxy's kernelspace mode where that is Windows.

use netc_lang::Span;
use std::fmt;
use std::net::IpAddr;

/// What a node runs.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub enum Os {
    /// Linux, which netc programs.
    #[default]
    Linux,
    /// Windows: netc compiles what its Host Networking Service is to hold.
    Windows(Kernelspace),
}

/// kube-proxy's settings on a Windows node.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Kernelspace {
    /// The name of the HNS network of its pods.
    pub network: String,
    /// What that network is.
    pub kind: HnsNetwork,
    /// The address by which connections to services leave the node in an overlay.
    pub source_vip: Option<IpAddr>,
    /// Answers of services go straight to their clients.
    pub dsr: bool,
    /// The `kernelspace` statement, or the node's `os windows`.
    pub span: Span,
}

/// The kind of an HNS network.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum HnsNetwork {
    /// Pods are on the nodes' own network, behind a bridge.
    L2Bridge,
    /// Packets of pods travel within packets of vxlan.
    Overlay,
}

impl HnsNetwork {
    /// The word of the language.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            HnsNetwork::L2Bridge => "l2bridge",
            HnsNetwork::Overlay => "overlay",
        }
    }
}

/// What sources say that a node runs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum System {
    Linux,
    Windows,
}

impl fmt::Display for System {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            System::Linux => "linux",
            System::Windows => "windows",
        })
    }
}
