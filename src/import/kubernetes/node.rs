//! Node objects.

use super::object::Object;
use super::tree::{Kind, Node};
use super::value::{self, Wrong, address, network};
use crate::model::stated::{Form, NodeDecl};
use crate::model::{Family, NodeAddress, PerFamily, System, Uplink};
use ipnet::IpNet;
use netc_lang::{Spanned, code};

/// The label with a node's zone, today's and that of Kubernetes up to 1.16.
const ZONES: [&str; 2] = ["topology.kubernetes.io/zone", "failure-domain.beta.kubernetes.io/zone"];

/// Reads a node.
pub(super) fn read(object: &mut Object<'_, '_>) -> NodeDecl {
    let root = object.root;
    let labels = object.map(root, "metadata").and_then(|metadata| metadata.get("labels"));
    let zone = ZONES.iter().find_map(|key| labels?.get(key));
    let zone = zone.filter(|zone| zone.text() != Some(""));
    let zone = zone
        .and_then(|node| object.value(node, |text| value::zone(text).map(|()| text.to_owned())));
    let os = os(object);
    NodeDecl {
        name: object.name.to_owned(),
        span: object.named_at(),
        form: Form::Kubernetes,
        addresses: addresses(object),
        mtu: None,
        zone,
        cores: cores(object),
        uplink: Uplink::default(),
        kernel: kernel(object).filter(|_| !os.is_some_and(|os| os.value == System::Windows)),
        os,
        kernelspace: None,
        blocks: blocks(object),
        vteps: Vec::new(),
        keys: None,
        attachment: None,
    }
}

/// The internal addresses in their order; an external one only for a family that has no other,
/// as kube-proxy takes them (`GetNodeHostIPs`).
fn addresses(object: &mut Object<'_, '_>) -> Vec<NodeAddress> {
    let Some(status) = object.map(object.root, "status") else { return Vec::new() };
    let mut all = [Vec::new(), Vec::new()];
    for entry in object.list(status, "addresses") {
        let Some((_, kind)) = object.text(entry, "type") else { continue };
        let [internal, external] = &mut all;
        let list = match kind {
            "InternalIP" => internal,
            "ExternalIP" => external,
            _ => continue,
        };
        let stated = entry.get("address").and_then(|stated| object.value(stated, address));
        list.extend(stated.map(|stated| NodeAddress {
            address: stated.value,
            prefix: None,
            device: None,
            span: stated.span,
        }));
    }
    let [mut addresses, external] = all;
    for other in external {
        let family = Family::of(other.address);
        if addresses.iter().all(|own| Family::of(own.address) != family) {
            addresses.push(other);
        }
    }
    addresses
}

/// `spec.podCIDRs`, or `spec.podCIDR` alone.
fn blocks(object: &mut Object<'_, '_>) -> PerFamily<Spanned<IpNet>> {
    let mut blocks = PerFamily::default();
    let Some(spec) = object.map(object.root, "spec") else { return blocks };
    let first = spec.get("podCIDR").and_then(|node| Some((node, object.value(node, network)?)));
    let stated = object.list(spec, "podCIDRs");
    for node in stated {
        let Some(block) = object.value(node, network) else { continue };
        if blocks.insert(Family::of_net(block.value), block).is_some() {
            let help = "a node has one block of each family";
            object.wrong(node, Wrong::new("is a second block of its family", help));
        }
    }
    let Some((node, block)) = first else { return blocks };
    match stated.first().and_then(Node::text) {
        None => {
            blocks.insert(Family::of_net(block.value), block);
        }
        Some(other) if node.text() != Some(other) => {
            let why = format!("`podCIDRs` begins with `{other}`");
            object.contradiction(node, why, "the first of `podCIDRs` must be `podCIDR`");
        }
        Some(_) => {}
    }
    blocks
}

/// `status.capacity.cpu`: whole processors, or thousandths with an `m`.
fn cores(object: &mut Object<'_, '_>) -> Option<Spanned<u32>> {
    let status = object.root.get("status")?;
    let node = object.map(status, "capacity")?.get("cpu")?;
    let cores = match &node.kind {
        Kind::Number(number) => u32::try_from(*number).ok(),
        Kind::Text(text) => quantity(text),
        _ => None,
    };
    let cores = cores.filter(|cores| *cores > 0);
    if cores.is_none() {
        let help = "write the number of processors, such as `4` or `3920m`";
        object.report(code::BAD_FIELD_VALUE, node, "is not a number of processors", help);
    }
    cores.map(|cores| Spanned::new(cores, node.span))
}

/// `status.nodeInfo.operatingSystem`, or the label that the kubelet makes of it.
fn os(object: &mut Object<'_, '_>) -> Option<Spanned<System>> {
    let status = object.root.get("status");
    let info = status.and_then(|status| object.map(status, "nodeInfo"));
    let told = info.and_then(|info| object.text(info, "operatingSystem"));
    let labels = object.map(object.root, "metadata").and_then(|metadata| metadata.get("labels"));
    let label = labels.and_then(|labels| labels.get("kubernetes.io/os"));
    let (node, text) = told.or_else(|| label.and_then(|node| Some((node, node.text()?))))?;
    match text {
        "windows" => Some(Spanned::new(System::Windows, node.span)),
        "linux" => Some(Spanned::new(System::Linux, node.span)),
        _ => None,
    }
}

/// `status.nodeInfo.kernelVersion`, such as `5.10.0-28-amd64`. One that does not begin with two
/// numbers says nothing.
fn kernel(object: &mut Object<'_, '_>) -> Option<Spanned<(u16, u16)>> {
    let status = object.root.get("status")?;
    let info = object.map(status, "nodeInfo")?;
    let (node, text) = object.text(info, "kernelVersion")?;
    let mut numbers = text.split(|c: char| !c.is_ascii_digit());
    let mut number = || numbers.next()?.parse().ok();
    Some(Spanned::new((number()?, number()?), node.span))
}

fn quantity(text: &str) -> Option<u32> {
    match text.strip_suffix('m') {
        Some(thousandths) => thousandths.parse::<u32>().ok().map(|cores| cores.div_ceil(1000)),
        None => text.parse().ok(),
    }
}
