//! nftables mode: how long it takes from the cluster to the text of one node, by layout, against
//! kube-proxy's own sync of the same (135 ms for 10,000×10, its Go code alone, without the kernel).

use crate::{built, cluster, median, millis};
use netc::emit;
use netc::graph::{Ordered, order};
use netc::lower::{Facts, lower};
use netc::model::NodeId;
use netc_lang::{OneText, Program, evaluate};

/// Lowering, order and emission of `nft.rules`.
pub(super) fn tables(services: usize) {
    for layout in ["1.36", "1.35", "flat"] {
        let proxy = format!("    proxy nftables {{ layout {layout} }}\n}}\n");
        let text = cluster::services(services).replacen("}\n", &proxy, 1);
        let (program, _) = Program::load(&["bench.netc".into()], &mut OneText(&text));
        let cluster = built(&evaluate(&program).0).cluster;
        let node = cluster.nodes.first().expect("a node");
        let objects = || lower(&cluster, node, NodeId(0), &Facts::default()).finish().0;
        let ordered = || order(objects()).expect("no cycle");
        let made = ordered();
        let (arranged, emitted) = (median(11, ordered), median(11, || text_of(&made)));
        let whole = median(11, || text_of(&ordered()));
        println!(
            "{:>10} {layout:<5} lower and order {:>7.2}, emit {:>7.2}, all {:>7.2}; {:.1} MB",
            format!("{services}×10"),
            millis(arranged),
            millis(emitted),
            millis(whole),
            text_of(&made) as f64 / 1e6,
        );
    }
}

fn text_of(ordered: &Ordered) -> usize {
    emit::tables(ordered.nodes.iter().map(|node| &node.object.state)).len()
}
