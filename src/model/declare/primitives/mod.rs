//! `primitives` statements.

mod chain;
mod device;
mod routing;

use crate::model::{Parameter, Primitives, Spot, fault};
use ipnet::IpNet;
use netc_lang::{Diagnostic, Interface, Item, Spanned};

/// What is stated of a node.
pub(crate) struct PrimitivesDecl {
    pub(crate) node: Spanned<String>,
    pub(crate) stated: Primitives,
}

/// `primitives NODE { … }`
pub(super) fn read(item: &Item, faults: &mut Vec<Diagnostic>) -> Option<PrimitivesDecl> {
    let node = item.one::<&str>("node")?.map(str::to_owned);
    let names = item.children("namespace").flat_map(|item| item.all::<&str>("netns"));
    let bridges: Vec<&Item> = item.children("bridge").collect();
    let mut addresses: Vec<_> =
        item.children("address").filter_map(|one| device::address(one, faults)).collect();
    addresses.extend(bridges.iter().flat_map(|one| device::of_bridge(one, faults)));
    let stated = Primitives {
        span: item.span,
        namespaces: names.map(|name| name.map(str::to_owned)).collect(),
        bridges: bridges.iter().filter_map(|item| device::bridge(item)).collect(),
        pairs: item.children("veth").filter_map(device::pair).collect(),
        addresses,
        routes: item.children("route").filter_map(|one| routing::route(one, faults)).collect(),
        policy: item.children("rule").filter_map(|one| routing::rule(one, faults)).collect(),
        parameters: item.children("sysctl").filter_map(parameter).collect(),
        chains: item.children("chain").filter_map(|one| chain::read(one, faults)).collect(),
    };
    Some(PrimitivesDecl { node, stated })
}

/// `sysctl PARAMETER VALUE [in NETNS]`
fn parameter(item: &Item) -> Option<Parameter> {
    Some(Parameter {
        span: item.span,
        netns: word(item, "netns"),
        key: word(item, "parameter")?,
        value: word(item, "value")?.value,
    })
}

fn word(item: &Item, field: &str) -> Option<Spanned<String>> {
    item.one::<&str>(field).map(|word| word.map(str::to_owned))
}

/// A device, and the namespace that it is in.
fn spot(item: &Item, device: &str, netns: &str) -> Option<Spanned<Spot>> {
    let netns = word(item, netns).map(|netns| netns.value);
    word(item, device).map(|device| device.map(|name| Spot { netns, name }))
}

/// An address that says how long its network is.
fn with_length(
    Spanned { value: Interface { address, prefix }, span }: Spanned<Interface>,
    faults: &mut Vec<Diagnostic>,
) -> Option<Spanned<IpNet>> {
    let Some(prefix) = prefix else {
        faults.push(fault::address_without_length(address, span));
        return None;
    };
    IpNet::new(address, prefix).ok().map(|net| Spanned::new(net, span))
}
