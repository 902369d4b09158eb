//! The `overlay` statement.

use super::cluster::report_options;
use crate::model::{FlannelRules, Overlay, OverlayKind, fault};
use netc_lang::{Diagnostic, Item, Span};

/// `overlay KIND { … }`
pub(super) fn read(item: Option<&Item>, cluster: Span, faults: &mut Vec<Diagnostic>) -> Overlay {
    let Some(item) = item else {
        return Overlay {
            kind: OverlayKind::None,
            masquerade: false,
            rules: FlannelRules::Iptables,
            span: cluster,
        };
    };
    let child = |keyword| item.child(keyword);
    let number = |keyword| child(keyword).and_then(|item| item.one::<u32>("number"));
    let kind = match item.one::<&str>("kind").map_or("none", |kind| kind.value) {
        "vxlan" => OverlayKind::Vxlan {
            vni: number("vni").map_or(1, |vni| vni.value),
            port: child("port").and_then(|item| item.one("number")).map_or(8472, |port| port.value),
        },
        "host-gw" => OverlayKind::HostGw,
        "static" => OverlayKind::Static,
        _ => OverlayKind::None,
    };
    let vxlan = matches!(kind, OverlayKind::Vxlan { .. });
    let allowed = |keyword: &str| match keyword {
        "vni" | "port" => vxlan,
        "masquerade" | "rules" | "emulate" => kind.is_flannel(),
        "mtu" => kind != OverlayKind::None,
        _ => true,
    };
    report_options(Some(item), "overlay", kind.word(), allowed, faults);
    let masquerade = child("masquerade").and_then(|item| item.one("switch"));
    let masquerade = masquerade.map_or(kind.is_flannel(), |switch| switch.value);
    let rules =
        if kind.is_flannel() { flannel_rules(item, faults) } else { FlannelRules::Iptables };
    Overlay { kind, masquerade, rules, span: item.span }
}

/// `rules` and `emulate` of an overlay that is flannel's.
fn flannel_rules(item: &Item, faults: &mut Vec<Diagnostic>) -> FlannelRules {
    let rules = item.child("rules").and_then(|item| item.one::<&str>("kind"));
    let emulate = item.child("emulate");
    if rules.is_some_and(|rules| rules.value == "nftables") {
        return FlannelRules::Nftables { faulty: emulate.is_some() };
    }
    faults.extend(emulate.map(|item| fault::emulate_without_nftables(item.span)));
    FlannelRules::Iptables
}
