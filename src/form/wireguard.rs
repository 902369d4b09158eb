//! Keys and peers of devices of wireguard, from JSON. Of keys that are secret there are only the
//! files.

use super::read::{Read, field, list, netns, network, number, optional, parsed, public_key, text};
use crate::object::{Aside, Wireguard, WireguardPeer};
use serde_json::Value;

pub(super) fn read_wireguard(value: &Value) -> Read<Wireguard> {
    Ok(Wireguard {
        netns: netns(value)?,
        link: field(value, "link", text)?,
        port: field(value, "port", number)?,
        public_key: optional(value, "public-key", public_key)?,
        private_key_file: Aside(optional(value, "private-key-file", text)?),
    })
}

pub(super) fn read_peer(value: &Value) -> Read<WireguardPeer> {
    Ok(WireguardPeer {
        netns: netns(value)?,
        link: field(value, "link", text)?,
        public_key: field(value, "public-key", public_key)?,
        endpoint: optional(value, "endpoint", parsed("an address and a port"))?,
        allowed: field(value, "allowed", |all| list(all, network))?,
        keepalive: optional(value, "keepalive", number)?,
        preshared_key_file: optional(value, "preshared-key-file", text)?.map(Aside),
    })
}
