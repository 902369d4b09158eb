//! Annotations of Ingress objects. They tell a controller to serve otherwise than the API says.

use super::Reader;
use crate::import::tree::{Entry, Node};

/// Prefixes of the keys that controllers which run nginx or HAProxy look for: ingress-nginx, the one of nginx
/// itself, the one of HAProxy itself, haproxy-ingress, and all of the time before there were several.
const CONTROLLERS: [&str; 6] = [
    "nginx.ingress.kubernetes.io/",
    "nginx.org/",
    "nginx.com/",
    "haproxy.org/",
    "haproxy-ingress.github.io/",
    "ingress.kubernetes.io/",
];

/// Before there was a field for the class, the API's own annotations.
const API: &str = "kubernetes.io/ingress.";

/// What they say of redirections to HTTPS; there is none here.
const REDIRECTIONS: [&str; 2] = ["/ssl-redirect", "/force-ssl-redirect"];

impl Reader<'_, '_, '_> {
    /// Notes those that would change what is served.
    pub(super) fn annotations(&mut self) {
        let metadata = self.object.root.get("metadata");
        let Some(annotations) = metadata.and_then(|node| node.get("annotations")) else { return };
        for entry in annotations.entries().iter().filter(|entry| is_for_a_controller(entry)) {
            let ingress = self.object.qualified().to_string();
            self.unused.annotation(&entry.key, ingress, entry.key_span);
        }
    }
}

fn is_for_a_controller(entry: &Entry<'_>) -> bool {
    let key = &*entry.key;
    let known = CONTROLLERS.iter().any(|prefix| key.starts_with(prefix));
    let old = key.starts_with(API) && key != super::CLASS;
    (known || old) && !is_so_anyway(key, &entry.value)
}

/// Whether it asks for what is done without it.
fn is_so_anyway(key: &str, value: &Node<'_>) -> bool {
    REDIRECTIONS.iter().any(|end| key.ends_with(end)) && value.text() == Some("false")
}
