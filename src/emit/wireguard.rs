//! Devices of wireguard in the words of wg(8).

use super::ip::within;
use crate::object::{Wireguard, WireguardPeer};
use std::fmt::Display;

/// The command that gives a device its key and its port.
pub(super) fn device(device: &Wireguard) -> String {
    let Wireguard { netns, link, port, private_key_file, .. } = device;
    let mut out = format!("{}wg set {link} listen-port {port}", within(netns));
    if let Some(file) = &private_key_file.0 {
        out.push_str(&format!(" private-key {file}"));
    }
    out
}

/// The command that takes both from it: wg(8) has an empty file stand for no key.
pub(super) fn device_removal(device: &Wireguard) -> String {
    let Wireguard { netns, link, .. } = device;
    format!("{}wg set {link} listen-port 0 private-key /dev/null", within(netns))
}

/// The command that makes or changes a peer.
pub(super) fn peer(peer: &WireguardPeer) -> String {
    let mut out = beginning(peer);
    let mut say = |word: &str, what: &dyn Display| out.push_str(&format!(" {word} {what}"));
    if let Some(file) = peer.preshared_key_file.as_ref().filter(|file| !file.0.is_empty()) {
        say("preshared-key", &file.0);
    }
    if let Some(endpoint) = peer.endpoint {
        say("endpoint", &endpoint);
    }
    if let Some(seconds) = peer.keepalive {
        say("persistent-keepalive", &seconds);
    }
    let allowed: Vec<String> = peer.allowed.iter().map(ToString::to_string).collect();
    say("allowed-ips", &allowed.join(","));
    out
}

/// The command that removes a peer.
pub(super) fn peer_removal(peer: &WireguardPeer) -> String {
    format!("{} remove", beginning(peer))
}

fn beginning(peer: &WireguardPeer) -> String {
    let WireguardPeer { netns, link, public_key, .. } = peer;
    format!("{}wg set {link} peer {public_key}", within(netns))
}
