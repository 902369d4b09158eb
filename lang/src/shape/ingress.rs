//! Shapes of what ingresses are made of: hosts, paths, backends, and files beside the sources.

use super::keys::is_key;
use super::names::{label, qualified, service_label, service_port_name, subdomain};
use super::numbers::port_number;
use super::{Misshapen, no};
use crate::value::{BackendName, PortName};
use std::net::IpAddr;

/// What no path has in it, and what none ends with: requests are compared with it after `.` and `..`
/// are resolved (Kubernetes' `pkg/apis/networking/validation/validation.go`).
const NOWHERE: [&str; 5] = ["//", "/./", "/../", "%2f", "%2F"];
const NO_ENDS: [&str; 2] = ["/..", "/."];

/// A host, or `*.` and a host for every host with one label more.
pub(super) fn host(word: &str) -> Result<(), Misshapen> {
    let name = word.strip_prefix("*.").unwrap_or(word);
    if word.parse::<IpAddr>().is_ok() {
        return Err(
            no("is an address").help("leave the host out: then the paths are for every host")
        );
    }
    if name.contains('*') {
        let help = "`*` stands for the whole first label alone: `*.shop.example`";
        return Err(no("is not a host").help(help));
    }
    if let Some((_, rest)) = name.split_once("://") {
        let alone = rest.split(['/', ':', '?', '#']).next().unwrap_or_default();
        return Err(no("is a URL").help(format!("write the host alone: `{alone}`")));
    }
    if name.contains(':') {
        let alone = name.split(':').next().unwrap_or_default();
        return Err(no("has a port").help(format!("write the host alone: `{alone}`")));
    }
    let lower = word.to_ascii_lowercase();
    if lower != word && host(&lower).is_ok() {
        return Err(no("is not a host").help(format!("write it in lower case: `{lower}`")));
    }
    subdomain(name).map_err(|_| {
        no("is not a host")
            .help("hosts are lower-case letters, digits and inner hyphens, in parts joined by dots")
    })
}

/// The path of a URL.
pub(super) fn url_path(word: &str) -> Result<(), Misshapen> {
    if !word.starts_with('/') {
        return Err(no("does not begin with `/`").help(format!("write `/{word}`")));
    }
    if word.contains(['?', '#']) {
        return Err(no("is more than a path")
            .help("queries and fragments are not compared: leave them out"));
    }
    if word.chars().any(char::is_control) {
        return Err(no("has a control character").help("remove it"));
    }
    // A dot may be escaped, and is resolved all the same (RFC 3986 section 6.2.2).
    let plain = word.replace("%2e", ".").replace("%2E", ".");
    let inner = NOWHERE.into_iter().find(|part| plain.contains(part));
    match inner.or_else(|| NO_ENDS.into_iter().find(|end| plain.ends_with(end))) {
        Some(part) => Err(no(format!("has `{part}` in it, and no request has that"))
            .help("state the path as requests have it when it is resolved")),
        None => Ok(()),
    }
}

/// `SERVICE:PORT`, the port by number or name.
pub(super) fn backend(word: &str) -> Result<BackendName, Misshapen> {
    let Some((service, port)) = word.rsplit_once(':') else {
        return Err(no("has no port").help(format!("add the port of the service: `{word}:80`")));
    };
    let namespace = service.split_once('/').map(|(namespace, _)| namespace.to_owned());
    let name = qualified(service, service_label)?.name;
    let port = if !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit()) {
        PortName::Number(port_number(port)?)
    } else {
        service_port_name(port)?;
        PortName::Name(port.to_owned())
    };
    Ok(BackendName { namespace, name, port })
}

/// The name of a secret or a class.
pub(super) fn object_name(word: &str) -> Result<(), Misshapen> {
    if word.contains('.') { subdomain(word) } else { label(word) }
}

/// The path of a file on a node, or beside the source.
pub(super) fn file(word: &str) -> Result<(), Misshapen> {
    if word.contains("-----BEGIN") || is_key(word) {
        return Err(no("is a key or certificate").help(
            "state the path of the file that holds it; a key has no place in the sources, and this one \
             should not be used any more",
        ));
    }
    if word.is_empty() || word.ends_with('/') || word.chars().any(char::is_control) {
        return Err(no("is not the path of a file").help(
            "state it from the root on for a file on the node, `\"/etc/netc/front.crt\"`, or relative \
             to this source, `\"tls/front.crt\"`",
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reason<T: std::fmt::Debug>(read: Result<T, Misshapen>) -> String {
        read.unwrap_err().reason.into_owned()
    }

    #[test]
    fn hosts_are_names_with_at_most_a_star_before() {
        for word in ["shop.example", "localhost", "*.shop.example", "a-1.b"] {
            assert!(host(word).is_ok(), "{word}");
        }
        for word in
            ["*", "a.*.b", "*shop.example", "shop_example", "-a.b", "", "*.*.b", "Shop.example"]
        {
            assert_eq!(reason(host(word)), "is not a host", "{word}");
        }
        assert_eq!(reason(host("10.0.0.1")), "is an address");
        assert_eq!(reason(host("shop.example:80")), "has a port");
        assert_eq!(reason(host("http://shop.example/")), "is a URL");
    }

    #[test]
    fn paths_are_what_a_resolved_request_has() {
        for word in
            ["/", "/a", "/a/", "/a/b.html", "/.well-known/x", "/a b", "/a%20b", "/..a", "/a%2eb"]
        {
            assert!(url_path(word).is_ok(), "{word}");
        }
        for word in ["//", "/a//b", "/./a", "/a/../b", "/a/..", "/a/.", "/a%2fb", "/%2e%2E"] {
            assert!(reason(url_path(word)).ends_with("no request has that"), "{word}");
        }
        assert_eq!(reason(url_path("a")), "does not begin with `/`");
        assert_eq!(reason(url_path("/a?b")), "is more than a path");
    }

    #[test]
    fn backends_are_services_and_ports() {
        let own = backend("nginx:80").unwrap();
        assert_eq!((own.namespace, own.port), (None, PortName::Number(80)));
        let named = backend("shop/nginx:http").unwrap();
        assert_eq!(named.namespace.as_deref(), Some("shop"));
        assert_eq!(named.port, PortName::Name("http".into()));
        assert_eq!(reason(backend("nginx")), "has no port");
        for word in ["nginx:", "nginx:0", "nginx:65536", ":80", "9nginx:80", "a/b/c:80"] {
            assert!(backend(word).is_err(), "{word}");
        }
    }
}
