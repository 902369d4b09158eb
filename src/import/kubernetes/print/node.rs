//! `node` statements.

use super::Output;
use crate::model::stated::NodeDecl;
use crate::model::{NodeAddress, System};

pub(super) fn print(out: &mut Output, node: &NodeDecl) {
    out.block(format_args!("node {}", node.name), |out| {
        // Addresses of one device share a statement.
        for group in node.addresses.chunk_by(|a, b| a.device == b.device) {
            let addresses = super::joined(group.iter().map(address), ", ");
            let device = group.first().and_then(|first| first.device.as_ref());
            let device = device.map_or_else(String::new, |device| format!(" on {device}"));
            out.line(format_args!("address {addresses}{device}"));
        }
        out.list("pods", node.blocks.values().map(|block| block.value));
        out.list("mtu", node.mtu.iter().map(|mtu| mtu.value));
        out.list("zone", node.zone.iter().map(|zone| zone.value.as_str()));
        out.list("cores", node.cores.iter().map(|cores| cores.value));
        let kernel = node.kernel.map(|kernel| kernel.value);
        let windows = node.os.filter(|os| os.value == System::Windows);
        out.list("os", windows.iter().map(|os| os.value));
        out.list("kernel", kernel.iter().map(|(major, minor)| format!("{major}.{minor}")));
        out.list("vtep", node.vteps.iter().map(|vtep| vtep.value));
    });
}

fn address(address: &NodeAddress) -> String {
    match address.prefix {
        Some(prefix) => format!("{}/{prefix}", address.address),
        None => address.address.to_string(),
    }
}
