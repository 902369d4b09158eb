//! IPVS mode: how long it takes from the cluster to the virtual servers of one node, against
//! kube-proxy's own sync of the same (180 ms for 10,000×10, its Go code alone, without the kernel).

use crate::{built, cluster, median, millis};
use netc::emit;
use netc::graph::{Ordered, order};
use netc::lower::{Facts, lower};
use netc::model::NodeId;
use netc_lang::{OneText, Program, evaluate};

/// Lowering, order and emission of `ipset.rules`, `ipvs.rules`, the rules, and the operations that
/// put the addresses on kube-ipvs0.
pub(super) fn servers(services: usize) {
    let text = cluster::services(services).replacen("}\n", "    proxy ipvs\n}\n", 1);
    let (program, _) = Program::load(&["bench.netc".into()], &mut OneText(&text));
    let cluster = built(&evaluate(&program).0).cluster;
    let node = cluster.nodes.first().expect("a node");
    let objects = || lower(&cluster, node, NodeId(0), &Facts::default()).finish().0;
    let ordered = || order(objects()).expect("no cycle");
    let made = ordered();
    let (lowered, arranged) = (median(11, objects), median(11, ordered));
    let emitted = median(11, || texts(&made));
    let netlink = median(11, || emit::operations(&node.name, states(&made)));
    let whole = median(11, || texts(&ordered()));
    println!(
        "{:>10} lower {:>7.2}, and order {:>7.2}, emit {:>7.2}, all {:>7.2}; netlink.json {:>7.2}",
        format!("{services}×10"),
        millis(lowered),
        millis(arranged),
        millis(emitted),
        millis(whole),
        millis(netlink),
    );
}

fn states(ordered: &Ordered) -> impl Iterator<Item = &netc::object::State> {
    ordered.nodes.iter().map(|node| &node.object.state)
}

fn texts(ordered: &Ordered) -> usize {
    emit::sets(states(ordered)).len() + emit::servers(states(ordered)).len() + crate::emit(ordered)
}
