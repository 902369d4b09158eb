//! The `pod-network` statement.

use super::cluster::{is_none, report_options};
use crate::model::Bridge;
use netc_lang::{Diagnostic, Item, Span};

/// `pod-network KIND { … }`
pub(super) fn read(
    item: Option<&Item>,
    cluster: Span,
    faults: &mut Vec<Diagnostic>,
) -> Option<Bridge> {
    if is_none(item) {
        report_options(item, "pod-network", "none", |_| false, faults);
        return None;
    }
    let child = |keyword| item.and_then(|item| item.child(keyword));
    let name = child("name").and_then(|item| item.one::<&str>("device"));
    let hairpin = child("hairpin").and_then(|item| item.one("switch"));
    Some(Bridge {
        name: name.map_or("cni0", |name| name.value).to_owned(),
        hairpin: hairpin.is_none_or(|switch| switch.value),
        span: item.map_or(cluster, |item| item.span),
    })
}
