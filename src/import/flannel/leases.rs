//! Leases: which node has which block (netspec 1.3), in the forms in which etcd hands them out.

use super::config::Config;
use super::{inner, left_out, object};
use crate::import::config::documents;
use crate::import::object::Object;
use crate::import::tree::{Entry, Kind, Node};
use crate::import::value::Wrong;
use crate::model::{Family, PerFamily, PublicKey};
use data_encoding::BASE64;
use ipnet::IpNet;
use netc_lang::{Diagnostic, FileId, Mac, Span, Spanned, code};
use std::collections::BTreeMap;
use std::net::IpAddr;

/// A lease.
pub(super) struct Lease {
    pub(super) addresses: PerFamily<Spanned<IpAddr>>,
    pub(super) blocks: PerFamily<IpNet>,
    pub(super) backend: Option<Spanned<String>>,
    pub(super) vteps: Vec<Mac>,
    pub(super) key: Option<PublicKey>,
    pub(super) span: Span,
}

/// Reads leases: a line with a key and the value behind it (`etcdctl get --prefix`), an object of
/// keys and values, nodes of etcd's older interface, or a value alone.
pub(super) fn read(text: &str, file: FileId, faults: &mut Vec<Diagnostic>) -> Vec<Lease> {
    let (values, keys) = split(text);
    let mut all = Vec::new();
    let mut from = 0;
    for document in documents(&values, file, faults) {
        let before = keys.range(from..document.span.start).next_back();
        let key = before.map(|(start, key)| Spanned::new(*key, at(file, *start, key)));
        from = document.span.start;
        any(&document, key, &mut all, faults);
    }
    if all.is_empty() && faults.is_empty() {
        let fault = Diagnostic::new(code::UNREADABLE_OBJECTS, "there are no leases in this file");
        faults.push(
            fault.help("name what `etcdctl get --prefix /coreos.com/network/subnets` prints"),
        );
    }
    all
}

/// The keys that stand on lines of their own, by where they begin, and the text with blanks in
/// their place.
fn split(text: &str) -> (String, BTreeMap<u32, &str>) {
    let (mut values, mut keys) = (String::with_capacity(text.len()), BTreeMap::new());
    for line in text.split_inclusive('\n') {
        let start = u32::try_from(values.len()).unwrap_or(u32::MAX);
        let key = line.trim();
        if key.starts_with('/') {
            keys.insert(start, key);
            values.push_str(&" ".repeat(line.trim_end_matches('\n').len()));
            values.push_str(if line.ends_with('\n') { "\n" } else { "" });
        } else {
            values.push_str(line);
        }
    }
    (values, keys)
}

fn at(file: FileId, start: u32, key: &str) -> Span {
    Span { file, start, end: start.saturating_add(u32::try_from(key.len()).unwrap_or(0)) }
}

/// A value, or an object of several.
fn any(
    node: &Node<'_>,
    key: Option<Spanned<&str>>,
    all: &mut Vec<Lease>,
    faults: &mut Vec<Diagnostic>,
) {
    // What etcd's older interface answers.
    if let Some(inner) = node.get("node") {
        return any(inner, key, all, faults);
    }
    if let Some(nodes) = node.get("nodes") {
        return nodes.elements().iter().for_each(|node| any(node, None, all, faults));
    }
    // What `etcdctl get -w json` prints: keys and values in base64.
    if let Some(pairs) = node.get("kvs") {
        return pairs.elements().iter().for_each(|pair| encoded(pair, all, faults));
    }
    if let (Some(own), Some(value)) = (node.get("key"), node.get("value")) {
        let key = own.text().map(|text| Spanned::new(text, own.span));
        return inner(value, |value| any(value, key, all, faults));
    }
    let is_lease = |entry: &Entry<'_>| entry.key.eq_ignore_ascii_case("PublicIP");
    if node.entries().iter().any(is_lease) || key.is_some() {
        // What stands beside the leases.
        if key.is_none_or(|key| !key.value.ends_with("/config")) {
            all.extend(lease(node, key, faults));
        }
        return;
    }
    for entry in node.entries() {
        if entry.key.contains('-') {
            let key = Spanned::new(&*entry.key, entry.key_span);
            inner(&entry.value, |value| any(value, Some(key), all, faults));
        } else {
            let help = "keys of leases end like `10.5.52.0-24`";
            faults.push(left_out(entry.key_span, format_args!("`{}`", entry.key), help));
        }
    }
}

/// A key and a value in base64.
fn encoded(pair: &Node<'_>, all: &mut Vec<Lease>, faults: &mut Vec<Diagnostic>) {
    let field = |name| pair.get(name).and_then(Node::text).unwrap_or_default();
    let decode = |name| String::from_utf8(BASE64.decode(field(name).as_bytes()).ok()?).ok();
    let (Some(key), Some(value)) = (decode("key"), decode("value")) else {
        let message = "this is no key and value in base64";
        let fault = Diagnostic::at(code::BAD_FIELD_VALUE, pair.span, message);
        return faults.push(fault.help("write it anew: `etcdctl get --prefix -w json`"));
    };
    let value = Node { span: pair.span, kind: Kind::Text(value.into()) };
    inner(&value, |value| any(value, Some(Spanned::new(&*key, pair.span)), all, faults));
}

fn lease(
    node: &Node<'_>,
    key: Option<Spanned<&str>>,
    faults: &mut Vec<Diagnostic>,
) -> Option<Lease> {
    let known = ["PublicIP", "PublicIPv6", "BackendType", "BackendData", "BackendV6Data"];
    let node = super::keys::known(node, "a lease", &known, faults);
    let blocks = match key {
        Some(key) => blocks(key, faults)?,
        None => {
            let message = "this lease has no key, which would tell the node's block";
            let help = "let etcd print the keys too: `etcdctl get --prefix`";
            faults.push(Diagnostic::at(code::UNUSED_OBJECTS, node.span, message).help(help));
            PerFamily::default()
        }
    };
    let mut lease = object(&node, "lease", faults);
    if !lease.is_map(&node) {
        return None;
    }
    let mut addresses = PerFamily::default();
    for (name, family) in [("PublicIP", Family::V4), ("PublicIPv6", Family::V6)] {
        let address = node.get(name).and_then(|node| lease.address(node));
        // Without a family flannel writes the address that stands for none.
        if let Some(address) = address.filter(|address| !address.value.is_unspecified()) {
            addresses.insert(family, address);
        }
    }
    if addresses.is_empty() {
        lease.missing(&node, "PublicIP", "it is the node's address");
    }
    let backend = lease.text(&node, "BackendType");
    let backend = backend.map(|(node, text)| Spanned::new(text.to_lowercase(), node.span));
    let data = ["BackendData", "BackendV6Data"].map(|name| node.get(name));
    let vteps = data.iter().flatten().filter_map(|data| vtep(&mut lease, data)).collect();
    let key = data.iter().flatten().find_map(|data| public_key(&mut lease, data));
    Some(Lease { addresses, blocks, backend, vteps, key, span: node.span })
}

/// The blocks in a key: `…/10.5.52.0-24`, with IPv6 `10.5.52.0-24&fc00:0:0:1::-64`.
fn blocks(key: Spanned<&str>, faults: &mut Vec<Diagnostic>) -> Option<PerFamily<IpNet>> {
    let name = key.value.rsplit('/').next().unwrap_or_default();
    let mut all = PerFamily::default();
    for part in name.split('&') {
        let net = part.rsplit_once('-').map(|(address, length)| format!("{address}/{length}"));
        let Some(net) = net.and_then(|net| net.parse::<IpNet>().ok()) else {
            let message = format!("`{name}` is not the key of a lease");
            let help = "it is like `10.5.52.0-24`, or `10.5.52.0-24&fc00:0:0:1::-64`";
            faults.push(Diagnostic::at(code::BAD_FIELD_VALUE, key.span, message).help(help));
            return None;
        };
        // Without IPv4 flannel writes the whole of it.
        if net.prefix_len() > 0 {
            all.insert(Family::of_net(net), net.trunc());
        }
    }
    Some(all)
}

fn vtep(lease: &mut Object<'_, '_>, data: &Node<'_>) -> Option<Mac> {
    let node = data.get("VtepMAC")?;
    let wrong = || Wrong::new("is not an Ethernet address", "it is like `c6:d2:32:6f:8f:44`");
    lease.value(node, |text| text.parse().map_err(|_| wrong())).map(|mac| mac.value)
}

fn public_key(lease: &mut Object<'_, '_>, data: &Node<'_>) -> Option<PublicKey> {
    let node = data.get("PublicKey")?;
    let wrong = || Wrong::new("is not a public key", "it is what `wg pubkey` prints");
    lease.value(node, |text| text.parse().map_err(|_| wrong())).map(|key| key.value)
}

/// Reports leases that do not fit together, or not the configuration.
pub(super) fn check(leases: &[Lease], config: &Config, faults: &mut Vec<Diagnostic>) {
    let mut holders: BTreeMap<IpAddr, Span> = BTreeMap::new();
    for lease in leases {
        for address in lease.addresses.values() {
            if let Some(earlier) = holders.insert(address.value, address.span) {
                let message = format!("two leases are of the node {}", address.value);
                let fault = Diagnostic::at(code::DUPLICATE_OBJECT, address.span, message);
                faults.push(
                    fault.label(earlier, "the other one").help("leave out the one that is old"),
                );
            }
        }
        for (family, block) in lease.blocks.iter() {
            let network = config.networks.get(family);
            if network.is_none_or(|network| !network.network.contains(block)) {
                let message = format!("the block {block} is not of flannel's network");
                let fault = Diagnostic::at(code::BAD_FIELD_VALUE, lease.span, message);
                faults.push(
                    fault.help(
                        "the configuration is of another network, or newer: mend one of them",
                    ),
                );
            }
        }
        let other = |backend: &&Spanned<String>| {
            backend.value != config.backend.word && config.backend.word != "none"
        };
        if let Some(backend) = lease.backend.as_ref().filter(other) {
            let message = format!(
                "this lease is of the back end {}, the configuration of {}",
                backend.value, config.backend.word
            );
            let fault = Diagnostic::at(code::CONTRADICTING_FIELDS, backend.span, message);
            faults.push(
                fault.help(
                    "flannel passes such a node over: restart flanneld on it, or leave it out",
                ),
            );
        }
    }
}
