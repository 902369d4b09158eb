//! The `overlay` statement.

use super::cluster::report_options;
use crate::model::{
    Family, FlannelRules, Overlay, OverlayKind, PerFamily, PodNetwork, Vxlan, Wireguard,
    WireguardMode, fault,
};
use netc_lang::{Diagnostic, Item, Seconds, Span};

/// `overlay KIND { … }`
pub(super) fn read(
    item: Option<&Item>,
    cluster: Span,
    pods: &PerFamily<PodNetwork>,
    faults: &mut Vec<Diagnostic>,
) -> Overlay {
    let Some(item) = item else {
        return Overlay {
            kind: OverlayKind::None,
            masquerade: false,
            rules: FlannelRules::Iptables,
            emulate: false,
            emit: false,
            span: cluster,
        };
    };
    let kind = kind(item);
    let mode = match &kind {
        OverlayKind::Wireguard(wireguard) => Some(wireguard.mode),
        _ => None,
    };
    let allowed = |keyword: &str| match keyword {
        "vni" | "learning" | "gbp" => matches!(kind, OverlayKind::Vxlan(_)),
        "port" => matches!(
            kind,
            OverlayKind::Vxlan(_) | OverlayKind::Wireguard(_) | OverlayKind::Udp { .. }
        ),
        "direct-routing" => matches!(kind, OverlayKind::Vxlan(_) | OverlayKind::Ipip { .. }),
        "mode" | "keepalive" | "preshared-key-file" => mode.is_some(),
        "masquerade" | "rules" | "emulate" | "emit" => kind.is_flannel(),
        "mtu" => kind != OverlayKind::None,
        _ => true,
    };
    report_options(Some(item), "overlay", kind.word(), allowed, faults);
    let port = item.child("port").and_then(|item| item.one::<u16>("ipv6"));
    if let (true, Some(port)) = (mode != Some(WireguardMode::Separate), port) {
        faults.push(fault::port_without_device(kind.word(), mode, port.span));
    }
    if let (OverlayKind::Ipip { .. } | OverlayKind::Udp { .. }, Some(network)) =
        (&kind, pods.get(Family::V6))
    {
        faults.push(fault::overlay_without_v6(kind.word(), network.span, item.span));
    }
    let masquerade = item.child("masquerade").and_then(|item| item.one("switch"));
    let masquerade = masquerade.map_or(kind.is_flannel(), |switch| switch.value);
    let rules = match item.child("rules").and_then(|item| item.one::<&str>("kind")) {
        Some(rules) if kind.is_flannel() && rules.value == "nftables" => FlannelRules::Nftables,
        _ => FlannelRules::Iptables,
    };
    let emit = kind.is_flannel() && item.child("emit").is_some();
    let overlay = Overlay { masquerade, rules, emulate: false, emit, span: item.span, kind };
    emulated(overlay, item, pods, faults)
}

fn kind(item: &Item) -> OverlayKind {
    let child = |keyword| item.child(keyword);
    let has = |keyword| child(keyword).is_some();
    let number = |keyword| child(keyword).and_then(|item| item.one::<u32>("number"));
    let port = |field, usual| {
        child("port").and_then(|item| item.one(field)).map_or(usual, |port| port.value)
    };
    match item.one::<&str>("kind").map_or("none", |kind| kind.value) {
        "vxlan" => OverlayKind::Vxlan(Vxlan {
            vni: number("vni").map_or(1, |vni| vni.value),
            port: port("number", 8472),
            learning: child("learning")
                .and_then(|item| item.one("switch"))
                .is_some_and(|switch| switch.value),
            gbp: has("gbp"),
            direct_routing: has("direct-routing"),
        }),
        "host-gw" => OverlayKind::HostGw,
        "ipip" => OverlayKind::Ipip { direct_routing: has("direct-routing") },
        "wireguard" => OverlayKind::Wireguard(wireguard(item, &port)),
        "udp" => OverlayKind::Udp { port: port("number", 8285) },
        "static" => OverlayKind::Static,
        _ => OverlayKind::None,
    }
}

fn wireguard(item: &Item, port: &impl Fn(&'static str, u16) -> u16) -> Wireguard {
    let word = |keyword, field| item.child(keyword).and_then(|item| item.one::<&str>(field));
    let mode = word("mode", "mode").map_or("separate", |mode| mode.value);
    let keepalive = item.child("keepalive").and_then(|item| item.one::<Seconds>("time"));
    let preshared = word("preshared-key-file", "path");
    Wireguard {
        port: port("number", 51820),
        port_v6: port("ipv6", 51821),
        mode: match mode {
            "auto" => WireguardMode::Auto,
            "ipv4" => WireguardMode::Over(Family::V4),
            "ipv6" => WireguardMode::Over(Family::V6),
            _ => WireguardMode::Separate,
        },
        keepalive: keepalive.and_then(|time| u16::try_from(time.value.0).ok()),
        preshared_key_file: preshared.map(|path| path.value.to_owned()),
    }
}

/// `emulate`, where flannel does otherwise.
fn emulated(
    overlay: Overlay,
    item: &Item,
    pods: &PerFamily<PodNetwork>,
    faults: &mut Vec<Diagnostic>,
) -> Overlay {
    let Some(emulate) = item.child("emulate").filter(|_| overlay.kind.is_flannel()) else {
        return overlay;
    };
    let small = matches!(overlay.kind, OverlayKind::Vxlan(_)) && pods.get(Family::V6).is_some();
    if !small && overlay.rules == FlannelRules::Iptables {
        faults.push(fault::emulate_says_nothing(emulate.span));
    }
    Overlay { emulate: true, ..overlay }
}
