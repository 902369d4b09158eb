//! What serves requests of HTTP: hosts, the paths of each, and who answers.
//!
//! Kubernetes' Ingress: a rule is for a host, or for all, and for a path. A rule for the very host
//! goes before one for `*.example.com`, which goes before one for all hosts; of those of one host
//! the exact path goes before the longest prefix.

use crate::model::{
    Backend, Cluster, Family, IngressController, IngressRule, PathKind, ServicePort, Tls, decoded,
    is_below, usable,
};
use crate::object::Material;
use netc_lang::{QualifiedName, Spanned};
use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;

/// All hosts of a cluster.
#[derive(Debug)]
pub(super) struct Site {
    /// In which families the program listens.
    pub(super) families: Vec<Family>,
    /// The port for HTTP.
    pub(super) http: u16,
    /// The port for HTTPS, if there is a certificate.
    pub(super) https: Option<u16>,
    /// The hosts: names first, wildcards behind them, every other one last. The last is always
    /// there.
    pub(super) hosts: Vec<Host>,
    /// Who answers where no rule is for a request.
    pub(super) default: Option<String>,
    /// All who answer, by name.
    pub(super) upstreams: BTreeMap<String, Upstream>,
    /// Certificates and keys.
    pub(super) material: Vec<Material>,
}

/// A host.
#[derive(Debug)]
pub(super) struct Host {
    pub(super) name: HostName,
    /// Its rules, in the order in which they are to be asked.
    pub(super) routes: Vec<Route>,
    /// The name of its certificate's file, if it has one.
    pub(super) certificate: Option<String>,
}

/// The name of a host.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum HostName {
    /// A name.
    Exact(String),
    /// One label before a name: `*.example.com`, here without `*.`.
    Wildcard(String),
    /// Every one that has no entry of its own.
    Any,
}

/// A rule.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Route {
    /// The path as programs compare it; that of a prefix ends without `/`.
    pub(super) path: String,
    pub(super) kind: PathKind,
    /// The name of who answers.
    pub(super) upstream: String,
    /// The ingress.
    pub(super) ingress: QualifiedName,
}

/// Who answers: a service port.
#[derive(Debug)]
pub(super) struct Upstream {
    /// For people: `shop/web:80`.
    pub(super) title: String,
    /// Its endpoints, sorted; requests are answered with 503 if there are none.
    pub(super) servers: Vec<SocketAddr>,
}

impl Site {
    pub(super) fn new(
        cluster: &Cluster,
        controller: &IngressController,
        families: Vec<Family>,
    ) -> Site {
        let mut site = Site {
            families,
            http: controller.http,
            https: None,
            hosts: Vec::new(),
            default: None,
            upstreams: BTreeMap::new(),
            material: Vec::new(),
        };
        let mut routes: BTreeMap<HostName, Vec<Route>> = BTreeMap::new();
        routes.insert(HostName::Any, Vec::new());
        for ingress in cluster.served_ingresses() {
            for rule in &ingress.rules {
                let upstream = match rule.backend {
                    Some(backend) => site.upstream(cluster, backend),
                    None => site.missing(),
                };
                let route = Route::new(rule, upstream, ingress.name.clone());
                routes.entry(HostName::of(rule.host.as_deref())).or_default().push(route);
            }
            let tls = ingress.tls.iter().flat_map(|tls| &tls.hosts);
            for host in tls {
                routes.entry(HostName::of(Some(host))).or_default();
            }
            if let (None, Some(default)) = (&site.default, ingress.default) {
                site.default = Some(site.upstream(cluster, default));
            }
        }
        if let (None, Some(default)) = (&site.default, controller.default) {
            site.default = Some(site.upstream(cluster, default));
        }
        let certificates = site.certificates(cluster);
        site.https = (!certificates.is_empty()).then_some(controller.https);
        for (name, mut routes) in routes {
            routes.sort_by(|one, next| one.order().cmp(&next.order()));
            routes.dedup_by(|next, one| (&next.path, next.kind) == (&one.path, one.kind));
            let certificate = name.choices().find_map(|name| certificates.get(&name).cloned());
            site.hosts.push(Host { name, routes, certificate });
        }
        site
    }

    /// The name of a backend, which is noted.
    fn upstream(&mut self, cluster: &Cluster, backend: Backend) -> String {
        let service = cluster.services.get(backend.service);
        let found = service.and_then(|service| Some((service, service.ports.get(backend.port)?)));
        let Some((service, port)) = found else { return String::new() };
        let QualifiedName { namespace, name } = &service.name;
        let number = port.port.number;
        // No name has `_`.
        let key = format!("{namespace}_{name}_{number}");
        self.upstreams.entry(key.clone()).or_insert_with(|| Upstream {
            title: format!("{}:{}", service.name, port_word(port)),
            servers: servers(port, &self.families),
        });
        key
    }

    /// The name of a backend that is not there.
    fn missing(&mut self) -> String {
        // All others have `_`.
        let key = "missing".to_owned();
        let upstream = || Upstream { title: "that is not there".to_owned(), servers: Vec::new() };
        self.upstreams.entry(key.clone()).or_insert_with(upstream);
        key
    }

    /// The name of the certificate's file of each host that has one; the first one stated counts.
    fn certificates(&mut self, cluster: &Cluster) -> BTreeMap<HostName, String> {
        let mut all: BTreeMap<HostName, String> = BTreeMap::new();
        let mut known: BTreeSet<String> = BTreeSet::new();
        for tls in cluster.served_ingresses().flat_map(|ingress| &ingress.tls) {
            let name = format!("{}_{}.crt", tls.secret.namespace, tls.secret.name);
            if known.insert(name.clone()) {
                self.material.extend(material(tls, &name));
            }
            let hosts = tls.hosts.iter().map(|host| HostName::of(Some(host)));
            let any = tls.hosts.is_empty().then_some(HostName::Any);
            for host in hosts.chain(any) {
                all.entry(host).or_insert_with(|| name.clone());
            }
        }
        all
    }

    /// All routes that requests to a host can take: its own, and where these leave something to
    /// them those for more hosts.
    pub(super) fn effective<'s>(&'s self, host: &'s Host) -> Vec<&'s Route> {
        let mut all: Vec<&Route> = Vec::new();
        for name in host.name.choices() {
            let found = self.hosts.binary_search_by(|host| host.name.cmp(&name));
            let found = found.ok().and_then(|place| self.hosts.get(place));
            let before = all.len();
            for route in found.iter().flat_map(|host| &host.routes) {
                let hidden = all.iter().take(before).any(|own| own.hides(route));
                if !hidden {
                    all.push(route);
                }
            }
        }
        all
    }
}

impl HostName {
    fn of(host: Option<&str>) -> HostName {
        match host.map(|host| (host.strip_prefix("*."), host)) {
            None => HostName::Any,
            Some((Some(rest), _)) => HostName::Wildcard(rest.to_owned()),
            Some((None, host)) => HostName::Exact(host.to_owned()),
        }
    }

    /// The names under which rules for this host stand, the nearest first.
    fn choices(&self) -> impl Iterator<Item = HostName> + use<> {
        let wildcard = match self {
            HostName::Exact(name) => name.split_once('.').map(|(_, rest)| rest.to_owned()),
            _ => None,
        };
        let own = (*self != HostName::Any).then(|| self.clone());
        own.into_iter().chain(wildcard.map(HostName::Wildcard)).chain([HostName::Any])
    }

    /// For people.
    pub(super) fn title(&self) -> String {
        match self {
            HostName::Exact(name) => name.clone(),
            HostName::Wildcard(rest) => format!("*.{rest}"),
            HostName::Any => "every other host".to_owned(),
        }
    }
}

impl Route {
    fn new(rule: &IngressRule, upstream: String, ingress: QualifiedName) -> Route {
        let path = decoded(&rule.path);
        let path = match rule.kind {
            PathKind::Exact => path,
            PathKind::Prefix => path.trim_end_matches('/').to_owned(),
        };
        Route { path, kind: rule.kind, upstream, ingress }
    }

    /// Exact ones first, long ones before short ones; the rest is for a stable order.
    fn order(&self) -> (PathKind, std::cmp::Reverse<usize>, &str, &QualifiedName) {
        (self.kind, std::cmp::Reverse(self.path.len()), &self.path, &self.ingress)
    }

    /// Whether a path is this route's.
    pub(super) fn takes(&self, path: &str) -> bool {
        match self.kind {
            PathKind::Exact => self.path == path,
            PathKind::Prefix => is_below(path, &self.path),
        }
    }

    /// Whether it leaves another route, which is asked behind it, nothing to do.
    fn hides(&self, other: &Route) -> bool {
        match (self.kind, other.kind) {
            (PathKind::Exact, PathKind::Prefix) => false,
            _ => self.takes(&other.path),
        }
    }
}

/// Copies of a certificate and its key, as HAProxy looks for the key (`ssl-load-extra-files`).
fn material(tls: &Tls, name: &str) -> [Material; 2] {
    let copy = |name: &str, from: &Spanned<String>| Material::new(name, &from.value, from.span);
    [copy(name, &tls.certificate), copy(&format!("{name}.key"), &tls.key)]
}

fn port_word(port: &ServicePort) -> String {
    port.name.clone().unwrap_or_else(|| port.port.number.to_string())
}

/// The endpoints that answer, of the first family in which there are any: those that are ready,
/// or else those that still serve while they are shut down.
pub(super) fn servers(port: &ServicePort, families: &[Family]) -> Vec<SocketAddr> {
    let family = |address: &SocketAddr| Family::of(address.ip());
    let own = port.endpoints.iter().filter(|one| families.contains(&family(&one.address)));
    let all: BTreeSet<SocketAddr> = usable(own).into_iter().map(|one| one.address).collect();
    let of = |wanted: &Family| -> Vec<SocketAddr> {
        all.iter().copied().filter(|one| family(one) == *wanted).collect()
    };
    families.iter().map(of).find(|own| !own.is_empty()).unwrap_or_default()
}
