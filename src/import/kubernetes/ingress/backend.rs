//! The backends of an ingress.

use super::Reader;
use crate::import::tree::{Kind, Node};
use crate::import::value::{port_name, service_name};
use crate::model::stated::BackendDecl;
use netc_lang::{PortName, QualifiedName};

impl Reader<'_, '_, '_> {
    /// How a backend is written.
    pub(super) fn example(&self) -> &'static str {
        if self.old {
            "write `{serviceName: web, servicePort: 80}`"
        } else {
            "write `{service: {name: web, port: {number: 80}}}`"
        }
    }

    /// The default backend, and whether there is one that is left out.
    pub(super) fn default(&mut self, spec: &Node<'_>) -> (Option<BackendDecl>, bool) {
        let key = if self.old { "backend" } else { "defaultBackend" };
        let Some(node) = self.object.map(spec, key) else { return (None, false) };
        (self.backend(node), true)
    }

    /// A backend: a service with a port. One that is something else is left out.
    pub(super) fn backend(&mut self, node: &Node<'_>) -> Option<BackendDecl> {
        if !self.object.is_map(node) {
            return None;
        }
        let service = if self.old { node.get("serviceName") } else { node.get("service") };
        let other = if self.old { "service" } else { "serviceName" };
        match (service, node.get("resource")) {
            (Some(service), Some(_)) => {
                let help = "remove one of the two";
                self.object.contradiction(service, "stands beside `resource`", help);
                None
            }
            (None, Some(resource)) => {
                self.unused.resource(self.object.qualified().to_string(), resource.span);
                None
            }
            (None, None) => {
                let key = if self.old { "serviceName" } else { "service" };
                match node.get(other) {
                    Some(found) => {
                        let why = "is of another version of Ingress";
                        self.object.contradiction(found, why, self.example());
                    }
                    None => self.object.missing(node, key, self.example()),
                }
                None
            }
            (Some(_), None) if self.old => {
                self.named(node, "serviceName", |reader| reader.port(node, "servicePort"))
            }
            (Some(service), None) => {
                self.object.is_map(service).then_some(())?;
                self.named(service, "name", |reader| reader.port_of_service(service))
            }
        }
    }

    /// The name of the service, and its port.
    fn named(
        &mut self,
        node: &Node<'_>,
        key: &str,
        port: impl FnOnce(&mut Self) -> Option<PortName>,
    ) -> Option<BackendDecl> {
        let Some((at, _)) = self.object.text(node, key) else {
            self.object.missing(node, key, self.example());
            return None;
        };
        let name = self.object.value(at, |text| service_name(text).map(|()| text.to_owned()));
        let port = port(self);
        let namespace = self.object.qualified().namespace;
        let service = QualifiedName { namespace, name: name?.value };
        Some(BackendDecl { service, port: port?, span: at.span })
    }

    /// `port: {number: 80}` or `port: {name: http}`.
    fn port_of_service(&mut self, service: &Node<'_>) -> Option<PortName> {
        let Some(port) = self.object.map(service, "port") else {
            self.object.missing(service, "port", "write `{number: 80}` or `{name: http}`");
            return None;
        };
        let named = port.get("name").is_some_and(|name| name.text() != Some(""));
        let numbered = port.get("number").is_some_and(|own| !matches!(own.kind, Kind::Number(0)));
        match (named, numbered) {
            (true, true) => {
                let help = "remove one of the two";
                self.object.contradiction(port, "has a name and a number", help);
                None
            }
            (true, false) => self.port(port, "name"),
            (false, true) => self.port(port, "number"),
            (false, false) => {
                self.object.missing(port, "number", "write the number or the name of the port");
                None
            }
        }
    }

    /// A port by number or name.
    fn port(&mut self, node: &Node<'_>, key: &str) -> Option<PortName> {
        let Some(port) = node.get(key) else {
            self.object.missing(node, key, "write the number or the name of the port");
            return None;
        };
        if key == "name" || (key == "servicePort" && matches!(port.kind, Kind::Text(_))) {
            let name = self.object.value(port, |text| port_name(text).map(|()| text.to_owned()))?;
            return Some(PortName::Name(name.value));
        }
        self.object.port(node, key).map(|(_, number)| PortName::Number(number))
    }
}
