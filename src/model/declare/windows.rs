//! `os` and `kernelspace` of a node.

use crate::model::overlay::{OverlayKind, Vxlan};
use crate::model::windows::System;
use crate::model::{HnsNetwork, Kernelspace};
use netc_lang::{Item, Span, Spanned};
use std::net::IpAddr;

/// The settings of kernelspace mode as stated.
pub(crate) struct KernelspaceDecl {
    network: Option<String>,
    kind: Option<HnsNetwork>,
    pub(crate) source_vip: Option<Spanned<IpAddr>>,
    dsr: bool,
    pub(crate) span: Span,
}

/// `os linux|windows`
pub(super) fn os(item: &Item) -> Option<Spanned<System>> {
    let stated = item.child("os")?.one::<&str>("system")?;
    Some(stated.map(|word| if word == "windows" { System::Windows } else { System::Linux }))
}

/// `kernelspace { … }`
pub(super) fn read(item: &Item) -> KernelspaceDecl {
    let network = item.child("network");
    let word = |field| network.and_then(|item| item.one::<&str>(field));
    KernelspaceDecl {
        network: word("name").map(|name| name.value.to_owned()),
        kind: word("kind").map(|kind| match kind.value {
            "overlay" => HnsNetwork::Overlay,
            _ => HnsNetwork::L2Bridge,
        }),
        source_vip: item.child("source-vip").and_then(|item| item.one("address")),
        dsr: item.child("dsr").is_some(),
        span: item.span,
    }
}

/// The kind of the network of a Windows node's pods: with `overlay vxlan` an overlay, if nothing is said.
pub(crate) fn kind(stated: Option<&KernelspaceDecl>, overlay: &OverlayKind) -> HnsNetwork {
    let usual = match overlay {
        OverlayKind::Vxlan(_) => HnsNetwork::Overlay,
        _ => HnsNetwork::L2Bridge,
    };
    stated.and_then(|stated| stated.kind).unwrap_or(usual)
}

/// The settings, with what flannel calls the network where nothing is said.
pub(crate) fn resolve(
    stated: Option<&KernelspaceDecl>,
    overlay: &OverlayKind,
    os: Span,
) -> Kernelspace {
    let kind = kind(stated, overlay);
    let usual = || match (kind, overlay) {
        (HnsNetwork::Overlay, OverlayKind::Vxlan(Vxlan { vni, .. })) => format!("flannel.{vni}"),
        (HnsNetwork::Overlay, _) => "vxlan0".to_owned(),
        (HnsNetwork::L2Bridge, _) => "cbr0".to_owned(),
    };
    let name = stated.and_then(|stated| stated.network.clone());
    Kernelspace {
        network: name.unwrap_or_else(usual),
        kind,
        source_vip: stated.and_then(|stated| stated.source_vip).map(|own| own.value),
        dsr: stated.is_some_and(|stated| stated.dsr),
        span: stated.map_or(os, |stated| stated.span),
    }
}
