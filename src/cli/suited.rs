//! The objects of the live node, as its machine can hold them.

use super::args::Format;
use super::exit;
use super::project::Ready;
use super::ui::Ui;
use crate::graph::Ordered;
use crate::kernel;
use crate::lower::Facts;
use crate::model::{Ipvs, Node, NodeId, Proxy, ProxyMode};
use netc_lang::{Diagnostic, code};

/// The objects of a node, in order. Where its machine cannot do IPVS, iptables stands in for it,
/// if the sources let it.
pub(super) fn objects(
    ready: &Ready,
    (id, node): (NodeId, &Node),
    format: Format,
    ui: &mut Ui,
) -> Result<Ordered, u8> {
    let mut facts = Facts { kernel: kernel::release(), lacks_ipvs: false };
    if let Some(proxy @ Proxy { mode: ProxyMode::Ipvs(ipvs), .. }) = &ready.cluster.proxy {
        let lacks = kernel::ipvs_lacks(&ipvs.scheduler);
        if !lacks.is_empty() {
            ui.report(&ready.sources, &[without_ipvs(node, proxy, ipvs, &lacks)], format);
            if !ipvs.fallback {
                return Err(exit::ERROR);
            }
            facts.lacks_ipvs = true;
        }
    }
    ready.objects_on((id, node), &facts, format, ui)
}

/// A machine that cannot do IPVS as it is wanted.
fn without_ipvs(node: &Node, proxy: &Proxy, ipvs: &Ipvs, lacks: &[String]) -> Diagnostic {
    let (name, lacks) = (&node.name, listed(lacks));
    if ipvs.fallback {
        let message =
            format!("{name} cannot do IPVS: iptables stands in for it. Its machine lacks {lacks}");
        Diagnostic::at(code::IPVS_FALLBACK, proxy.span, message).here("IPVS is wanted here").help(
            "provide what is lacking and apply again, or say `fallback none` to be refused instead",
        )
    } else {
        let message = format!("{name} cannot do IPVS: its machine lacks {lacks}");
        Diagnostic::at(code::LACKS_IPVS, proxy.span, message)
            .here("IPVS is wanted here")
            .help("provide what is lacking, or let iptables stand in for it with `fallback iptables`; nothing has been changed")
    }
}

fn listed(all: &[String]) -> String {
    match all {
        [] => String::new(),
        [only] => only.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_read_aloud() {
        let of =
            |all: &[&str]| listed(&all.iter().map(|one| (*one).to_owned()).collect::<Vec<_>>());
        assert_eq!(of(&["a"]), "a");
        assert_eq!(of(&["a", "b", "c"]), "a, b and c");
    }
}
