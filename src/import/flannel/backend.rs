//! `Backend` of a configuration: the overlay (netspec 1.1).

use super::{keys, left_out, object};
use crate::import::object::Object;
use crate::import::tree::Node;
use crate::import::value::Wrong;
use netc_lang::{Diagnostic, code};

/// A back end as an overlay.
pub(super) struct Backend {
    /// The word of the language.
    pub(super) word: &'static str,
    /// The statements in its block.
    pub(super) statements: Vec<String>,
}

/// A back end: its type, the word of the language, and its keys.
type Kind = (&'static str, &'static str, &'static [&'static str]);

const KINDS: [Kind; 6] = [
    ("vxlan", "vxlan", &["Type", "VNI", "Port", "MTU", "GBP", "Learning", "DirectRouting"]),
    ("host-gw", "host-gw", &["Type"]),
    ("ipip", "ipip", &["Type", "DirectRouting"]),
    (
        "wireguard",
        "wireguard",
        &[
            "Type",
            "ListenPort",
            "ListenPortV6",
            "MTU",
            "PSK",
            "PersistentKeepaliveInterval",
            "Mode",
        ],
    ),
    ("udp", "udp", &["Type", "Port"]),
    ("alloc", "none", &["Type"]),
];

/// Reads the back end of a configuration.
pub(super) fn read(document: &Node<'_>, v6: bool, faults: &mut Vec<Diagnostic>) -> Option<Backend> {
    let Some(stated) = document.get("Backend") else {
        let message = "no `Backend` is stated: flannel takes udp then, which needs flanneld to carry every packet";
        let fault = Diagnostic::at(code::CARRIED_BY_OTHERS, document.span, message);
        faults.push(fault.help("state it: `\"Backend\": { \"Type\": \"vxlan\" }`"));
        return Some(Backend { word: "udp", statements: Vec::new() });
    };
    let (name, word, known) = kind(stated, faults)?;
    let stated = keys::known(stated, &format!("the back end {name}"), known, faults);
    let mut backend = object(&stated, "Backend", faults);
    let statements = match name {
        "vxlan" => vxlan(&mut backend, &stated, v6),
        "ipip" => {
            direct_routing(&mut backend, &stated);
            Vec::new()
        }
        "wireguard" => wireguard(&mut backend, &stated),
        "udp" => port(&mut backend, &stated, "Port", 8285).into_iter().collect(),
        _ => Vec::new(),
    };
    Some(Backend { word, statements })
}

/// Which back end it is; flannel does not mind the case of its letters.
fn kind(stated: &Node<'_>, faults: &mut Vec<Diagnostic>) -> Option<Kind> {
    let entry = stated.entries().iter().find(|entry| entry.key.eq_ignore_ascii_case("Type"));
    let mut backend = object(stated, "Backend", faults);
    if !backend.is_map(stated) {
        return None;
    }
    let Some(entry) = entry else {
        backend.missing(stated, "Type", "state it: `\"Type\": \"vxlan\"`");
        return None;
    };
    let text = backend.as_text(&entry.value)?.to_lowercase();
    let found = KINDS.into_iter().find(|(name, ..)| *name == text);
    if found.is_none() {
        let help = "netc has vxlan, host-gw, ipip, wireguard and udp";
        backend.wrong(&entry.value, Wrong::new("is not a back end that netc has", help));
    }
    found
}

fn vxlan(backend: &mut Object<'_, '_>, stated: &Node<'_>, v6: bool) -> Vec<String> {
    let mut all = Vec::new();
    if let Some((_, vni)) = backend.bounded(stated, "VNI", (1, 16_777_215))
        && vni != 1
    {
        all.push(format!("vni {vni}"));
    }
    all.extend(port(backend, stated, "Port", 8472));
    all.extend(mtu(backend, stated, if v6 { 70 } else { 50 }));
    if backend.switch(stated, "Learning") == Some(true) {
        all.push("learning on".to_owned());
    }
    if backend.switch(stated, "GBP") == Some(true) {
        all.push("gbp".to_owned());
    }
    direct_routing(backend, stated);
    all
}

fn wireguard(backend: &mut Object<'_, '_>, stated: &Node<'_>) -> Vec<String> {
    let mut all = Vec::new();
    let first = backend.port_or_none(stated, "ListenPort").map_or(51820, |port| port.value);
    let second = backend.port_or_none(stated, "ListenPortV6").map_or(51821, |port| port.value);
    let modes = [("separate", ""), ("auto", "auto"), ("ipv4", "ipv4"), ("ipv6", "ipv6")];
    let mode = backend.choice(stated, "Mode", &modes).map_or("", |(_, mode)| mode);
    if !mode.is_empty() {
        all.push(format!("mode {mode}"));
    }
    match (first, second) {
        (51820, 51821) => {}
        (51820, _) if !mode.is_empty() => {}
        (_, 51821) => all.push(format!("port {first}")),
        _ if !mode.is_empty() => all.push(format!("port {first}")),
        _ => all.push(format!("port {first} ipv6 {second}")),
    }
    all.extend(mtu(backend, stated, 80));
    if let Some((_, seconds)) = backend.bounded(stated, "PersistentKeepaliveInterval", (0, 65535))
        && seconds > 0
    {
        all.push(format!("keepalive {seconds}s"));
    }
    let expected = |what: &str, file: &str, help: &str| {
        // Without a place: what stands there is secret.
        let message = format!("{what} not taken over, but expected in {file}");
        Diagnostic::new(code::UNUSED_OBJECTS, message).help(help)
    };
    backend.faults.push(expected(
        "private keys are",
        "/etc/netc/wireguard.key",
        "copy it there on every node from /run/flannel/wgkey, for its owner alone to read",
    ));
    if backend.text(stated, "PSK").is_some() {
        let file = "/etc/netc/wireguard.psk";
        all.push(format!("preshared-key-file \"{file}\""));
        let help = "put it there on every node, for its owner alone to read";
        backend.faults.push(expected("the preshared key is", file, help));
    }
    all
}

/// A port that is not the usual one; 0 is the usual one too.
fn port(backend: &mut Object<'_, '_>, stated: &Node<'_>, key: &str, usual: u16) -> Option<String> {
    let port = backend.port_or_none(stated, key)?.value;
    (port != usual).then(|| format!("port {port}"))
}

/// Flannel's is the MTU of the nodes' devices, that of the language the pods' (netspec 1.7).
fn mtu(backend: &mut Object<'_, '_>, stated: &Node<'_>, overhead: u32) -> Option<String> {
    let (node, mtu) = backend.bounded(stated, "MTU", (0, 65535))?;
    if mtu == 0 {
        return None;
    }
    if mtu < 576 + overhead {
        let help = format!("it needs at least {} bytes", 576 + overhead);
        backend.wrong(node, Wrong::new("is too small an MTU", help));
    }
    Some(format!("mtu {}", mtu.saturating_sub(overhead)))
}

/// Leases do not tell which nodes share a network.
fn direct_routing(backend: &mut Object<'_, '_>, stated: &Node<'_>) {
    if let (Some(true), Some(node)) =
        (backend.switch(stated, "DirectRouting"), stated.get("DirectRouting"))
    {
        backend.faults.push(left_out(
            node.span,
            "`DirectRouting`",
            "leases do not tell which nodes share a network: state the lengths of the nodes' addresses, and `direct-routing`",
        ));
    }
}
