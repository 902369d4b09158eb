//! Labels and selectors.

use super::object::Object;
use super::tree::Node;
use super::value::pair;
use netc_lang::Pair;

/// The labels of an object, or those that a selector asks for, sorted by key.
pub(super) fn read(object: &mut Object<'_, '_>, parent: &Node<'_>, key: &str) -> Vec<Pair> {
    let Some(map) = object.map(parent, key) else { return Vec::new() };
    let mut labels = Vec::with_capacity(map.entries().len());
    for entry in map.entries() {
        let label = object.value(&entry.value, |value| pair(&entry.key, value));
        labels.extend(label.map(|label| label.value));
    }
    labels.sort();
    labels
}
