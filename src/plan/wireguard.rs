//! Devices of wireguard and their peers in words.

use crate::object::{Wireguard, WireguardPeer};

/// The port and the key of a device.
pub(super) fn device(device: &Wireguard) -> String {
    match device.public_key {
        Some(key) => format!("at port {} with the key {key}", device.port),
        None => format!("at port {} without a key", device.port),
    }
}

/// What a device knows of a peer.
pub(super) fn peer(peer: &WireguardPeer) -> String {
    let mut all = match peer.endpoint {
        Some(endpoint) => format!("at {endpoint}"),
        None => "nowhere".to_owned(),
    };
    let allowed: Vec<String> = peer.allowed.iter().map(ToString::to_string).collect();
    match allowed.is_empty() {
        true => all.push_str(" without networks"),
        false => all.push_str(&format!(" for {}", allowed.join(", "))),
    }
    if let Some(seconds) = peer.keepalive {
        all.push_str(&format!(", kept alive every {seconds} seconds"));
    }
    if peer.preshared_key_file.is_some() {
        all.push_str(", with a preshared key");
    }
    all
}
