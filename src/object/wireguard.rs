//! What a device of wireguard is told: its own key, and its peers.

use super::{Aside, Id, Netns, Text};
use crate::model::PublicKey;
use ipnet::IpNet;
use std::net::SocketAddr;

/// The key and the port of a device of wireguard.
///
/// Of the private key only the file is known, and not even that where a device is found: nothing that
/// is secret is ever held, shown or written down. The public key, which the kernel makes of it, tells
/// whether it is the right one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Wireguard {
    /// Where the device lives.
    pub netns: Netns,
    /// The device.
    pub link: Text,
    /// The UDP port.
    pub port: u16,
    /// The public key; a device that was found may have none.
    pub public_key: Option<PublicKey>,
    /// The file with the private key.
    pub private_key_file: Aside<Option<Text>>,
}

/// A peer of a device of wireguard.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct WireguardPeer {
    /// Where the device lives.
    pub netns: Netns,
    /// The device.
    pub link: Text,
    /// The peer's public key.
    pub public_key: PublicKey,
    /// Where it is.
    pub endpoint: Option<SocketAddr>,
    /// The networks behind it, sorted.
    pub allowed: Vec<IpNet>,
    /// After how many seconds of silence a packet is sent to it.
    pub keepalive: Option<u16>,
    /// The file with the key that both share; an empty path where one was found.
    pub preshared_key_file: Option<Aside<Text>>,
}

impl Wireguard {
    pub(super) fn id(&self) -> Id {
        Id::Wireguard(self.netns.clone(), Text::clone(&self.link))
    }

    pub(super) fn needs(&self) -> Id {
        Id::Link(self.netns.clone(), Text::clone(&self.link))
    }
}

impl WireguardPeer {
    pub(super) fn id(&self) -> Id {
        Id::WireguardPeer(self.netns.clone(), Text::clone(&self.link), self.public_key)
    }

    pub(super) fn needs(&self) -> Id {
        Id::Wireguard(self.netns.clone(), Text::clone(&self.link))
    }
}
