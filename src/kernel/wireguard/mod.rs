//! Keys and peers of devices of wireguard over generic netlink.

mod message;
mod secret;

use super::error::KernelError;
use super::generic;
use super::machine::Machine;
use super::operation::{Action, Request};
use crate::model::PublicKey;
use crate::object::{Netns, State, Text, Wireguard, WireguardPeer};
use std::collections::BTreeMap;

use secret::Secret;
pub(super) use secret::unfit;

/// What the family is called (`WG_GENL_NAME` in linux/wireguard.h).
const NAME: &str = "wireguard";

/// The number of the family, for a request.
fn needed(machine: &mut Machine) -> Result<u16, KernelError> {
    let missing = || KernelError::Missing("wireguard in this kernel (module wireguard)".into());
    generic::family(machine.socket(&Netns::Node)?, NAME)?.ok_or_else(missing)
}

/// The key, the port and the peers of a device.
pub(super) fn list(
    machine: &mut Machine,
    netns: &Netns,
    link: &Text,
) -> Result<Vec<State>, KernelError> {
    let Some(family) = generic::family(machine.socket(&Netns::Node)?, NAME)? else {
        return Ok(Vec::new());
    };
    let socket = machine.socket(netns)?;
    let answers = socket.dump(&message::question(family, link), |answer| {
        Some(message::found(&answer, netns, link))
    })?;
    // What does not fit into one answer goes on in the next, with the same peer.
    let mut device = None;
    let mut peers: BTreeMap<PublicKey, WireguardPeer> = BTreeMap::new();
    for answer in answers {
        device.get_or_insert(answer.device);
        for peer in answer.peers {
            match peers.get_mut(&peer.public_key) {
                Some(known) => known.allowed.extend(peer.allowed),
                None => drop(peers.insert(peer.public_key, peer)),
            }
        }
    }
    let peers = peers.into_values().map(|mut peer| {
        peer.allowed.sort_unstable();
        State::WireguardPeer(peer)
    });
    Ok(device.map(State::Wireguard).into_iter().chain(peers).collect())
}

/// The requests that give a device its key and its port, or take them away.
pub(super) fn device(
    machine: &mut Machine,
    device: &Wireguard,
    action: Action,
) -> Result<Vec<Request>, KernelError> {
    let family = needed(machine)?;
    let file = device.private_key_file.0.as_deref();
    let (port, key) = match action {
        Action::Remove => (0, Some(Secret::none())),
        Action::Make | Action::Change => (device.port, file.map(Secret::read).transpose()?),
    };
    let message = message::set_device(family, &device.link, port, key.as_ref());
    Ok(vec![Request { netns: device.netns.clone(), message: message.into(), flags: 0 }])
}

/// The requests that make, change or remove a peer.
pub(super) fn peer(
    machine: &mut Machine,
    peer: &WireguardPeer,
    action: Action,
) -> Result<Vec<Request>, KernelError> {
    let family = needed(machine)?;
    let message = match action {
        Action::Remove => message::remove_peer(family, &peer.link, peer.public_key),
        Action::Make | Action::Change => {
            // The file of a key that was only found is not known: the key stays as it is.
            let preshared = match peer.preshared_key_file.as_ref().map(|file| &*file.0) {
                None => Some(Secret::none()),
                Some("") => None,
                Some(file) => Some(Secret::read(file)?),
            };
            message::set_peer(family, peer, preshared.as_ref())
        }
    };
    Ok(vec![Request { netns: peer.netns.clone(), message: message.into(), flags: 0 }])
}
