//! `node` statements.

use super::{per_family, report_duplicates};
use crate::model::{Family, NodeAddress, NodeId, PerFamily, fault, natural};
use ipnet::IpNet;
use netc_lang::{Diagnostic, Interface, Item, Mac, Span, Spanned};
use std::collections::BTreeMap;

/// A node as stated.
pub(crate) struct NodeDecl {
    pub(crate) name: String,
    pub(crate) span: Span,
    pub(crate) addresses: PerFamily<NodeAddress>,
    pub(crate) device: Option<String>,
    pub(crate) mtu: Spanned<u32>,
    pub(crate) zone: Option<String>,
    pub(crate) blocks: PerFamily<Spanned<IpNet>>,
    pub(crate) vteps: Vec<Spanned<Mac>>,
}

/// All nodes, in natural order of their names, and their names bound.
pub(crate) struct Nodes {
    pub(crate) all: Vec<NodeDecl>,
    by_name: BTreeMap<String, NodeId>,
}

impl Nodes {
    /// Reads the `node` statements.
    pub(super) fn read<'a>(
        items: impl Iterator<Item = &'a Item>,
        faults: &mut Vec<Diagnostic>,
    ) -> Nodes {
        let mut all: Vec<NodeDecl> = items.filter_map(|item| read(item, faults)).collect();
        all.sort_by(|a, b| natural::compare(&a.name, &b.name));
        report_duplicates("node", all.iter().map(|node| (&node.name, node.span)), faults);
        let by_name = all.iter().zip(0..).map(|(node, id)| (node.name.clone(), NodeId(id)));
        Nodes { by_name: by_name.collect(), all }
    }

    /// The ids of all nodes, in order.
    pub(crate) fn ids(&self) -> Vec<NodeId> {
        (0..).map(NodeId).take(self.all.len()).collect()
    }

    /// The node with this name; an unknown one is reported.
    pub(super) fn find(&self, name: Spanned<&str>, faults: &mut Vec<Diagnostic>) -> Option<NodeId> {
        let found = self.by_name.get(name.value).copied();
        if found.is_none() {
            let known = self.all.iter().map(|node| node.name.as_str());
            faults.push(fault::unknown_node(name.value, name.span, known));
        }
        found
    }
}

/// `node NAME { … }`
fn read(item: &Item, faults: &mut Vec<Diagnostic>) -> Option<NodeDecl> {
    let name = item.one::<&str>("name")?.value.to_owned();
    let address = item.child("address");
    let stated = address.into_iter().flat_map(|item| item.all::<Interface>("address"));
    let stated = per_family(stated, |one| Family::of(one.address), "addresses of one node", faults);
    let addresses = stated.iter().map(|(family, one)| {
        let Interface { address, prefix } = one.value;
        (family, NodeAddress { address, prefix, span: one.span })
    });
    let device = address.and_then(|item| item.one::<&str>("device"));
    let blocks = item.children("pods").flat_map(|item| item.all("network"));
    let mtu = item.child("mtu").and_then(|item| item.one("bytes"));
    let zone = item.child("zone").and_then(|item| item.one::<&str>("zone"));
    let vteps = item.children("vtep").flat_map(|item| item.all("mac"));
    Some(NodeDecl {
        name,
        span: item.span,
        addresses: addresses.collect(),
        device: device.map(|device| device.value.to_owned()),
        mtu: mtu.unwrap_or(Spanned::new(1500, item.span)),
        zone: zone.map(|zone| zone.value.to_owned()),
        blocks: per_family(blocks, Family::of_net, "blocks of one node", faults),
        vteps: vteps.collect(),
    })
}
