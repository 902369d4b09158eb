//! Virtual servers as JSON, and back.

use super::id::{id, read_id};
use super::read::{Read, field, items, list, number, optional, parsed, text, word};
use crate::object::{Forwarding, RealServer, Scheduling, VirtualAddress, VirtualServer};
use netc_lang::Protocol;
use serde_json::{Value, json};

/// What packets can do on their way to a real server.
const FORWARDINGS: [Forwarding; 4] =
    [Forwarding::Masquerade, Forwarding::Local, Forwarding::Tunnel, Forwarding::Route];

/// What tells a virtual server from others as JSON.
pub(super) fn virtual_address(address: VirtualAddress) -> Value {
    json!({
        "kind": "virtual-server", "address": address.socket, "protocol": address.protocol.name(),
    })
}

pub(super) fn read_virtual_address(value: &Value) -> Read<VirtualAddress> {
    Ok(VirtualAddress {
        socket: field(value, "address", socket)?,
        protocol: field(value, "protocol", protocol)?,
    })
}

/// A virtual server as JSON. What is not set is missing, and so are the statements behind its real
/// servers.
pub(super) fn virtual_server(server: &VirtualServer) -> Value {
    let mut value = virtual_address(server.address);
    let Value::Object(fields) = &mut value else { return value };
    let mut set = |key: &str, value: Value| {
        fields.insert(key.to_owned(), value);
    };
    set("scheduler", (*server.scheduling.scheduler).into());
    if server.scheduling.flags != 0 {
        set("flags", server.scheduling.flags.into());
    }
    if let Some(seconds) = server.persistence {
        set("persistence", seconds.into());
    }
    set("mask", server.mask.into());
    set("real-servers", server.reals.iter().map(real_server).collect());
    if !server.after.is_empty() {
        set("after", server.after.iter().map(id).collect());
    }
    value
}

fn real_server(real: &RealServer) -> Value {
    json!({
        "address": real.socket, "weight": real.weight, "forwarding": real.forwarding.word(),
    })
}

pub(super) fn read_virtual_server(value: &Value) -> Read<VirtualServer> {
    let mut reals = field(value, "real-servers", |all| list(all, read_real_server))?;
    // They are searched by halves.
    reals.sort_unstable();
    reals.dedup_by_key(|real| real.socket);
    Ok(VirtualServer {
        address: read_virtual_address(value)?,
        scheduling: Scheduling {
            scheduler: field(value, "scheduler", text)?,
            flags: optional(value, "flags", number)?.unwrap_or_default(),
        },
        persistence: optional(value, "persistence", number)?,
        mask: field(value, "mask", number)?,
        reals: reals.into(),
        origins: Default::default(),
        after: items(value, "after", read_id)?,
    })
}

fn read_real_server(value: &Value) -> Read<RealServer> {
    Ok(RealServer {
        socket: field(value, "address", socket)?,
        weight: field(value, "weight", number)?,
        forwarding: field(value, "forwarding", |value| {
            word(value, &FORWARDINGS, Forwarding::word)
        })?,
    })
}

fn socket(value: &Value) -> Read<std::net::SocketAddr> {
    parsed("an address with a port")(value)
}

fn protocol(value: &Value) -> Read<Protocol> {
    word(value, &[Protocol::Tcp, Protocol::Udp, Protocol::Sctp], Protocol::name)
}
