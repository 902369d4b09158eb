//! `ingress` and `secret` statements, and `ingress` of `cluster`.

use crate::model::stated::{
    BackendDecl, Form, IngressDecl, LoadBalancerIp, RuleDecl, SecretDecl, TlsDecl,
};
use crate::model::{Engine, PathKind, Policy, fault};
use netc_lang::{BackendName, Diagnostic, Item, QualifiedName, Span, Spanned};

/// What serves ingresses, as stated.
pub(crate) struct ControllerDecl {
    pub(crate) engine: Engine,
    pub(crate) span: Span,
    /// None stand for every node.
    pub(crate) nodes: Vec<Spanned<String>>,
    pub(crate) http: Spanned<u16>,
    pub(crate) https: Spanned<u16>,
    pub(crate) class: String,
    pub(crate) service: Option<OwnService>,
    pub(crate) default: Option<BackendDecl>,
}

/// The service of what serves ingresses, as stated.
pub(crate) struct OwnService {
    pub(crate) load_balancer: bool,
    /// For HTTP, and for HTTPS.
    pub(crate) node_ports: [Option<Spanned<u16>>; 2],
    pub(crate) load_balancer_ips: Vec<LoadBalancerIp>,
    pub(crate) external_traffic: Policy,
}

/// `ingress KIND { … }` of the cluster.
pub(super) fn controller(item: &Item, faults: &mut Vec<Diagnostic>) -> Option<ControllerDecl> {
    let engine = match item.one::<&str>("engine")?.value {
        "haproxy" => Engine::Haproxy,
        _ => Engine::Nginx,
    };
    let port = |keyword: &str, default| {
        let stated = item.child(keyword).and_then(|item| item.one("port"));
        stated.unwrap_or(Spanned::new(default, item.span))
    };
    let (http, https) = (port("http", 80), port("https", 443));
    if http.value == https.value {
        faults.push(fault::one_port_for_both(http.value, https.span, http.span));
    }
    let class = item.child("class").and_then(|item| item.one::<&str>("class"));
    let nodes = item.children("on").flat_map(|item| item.all::<&str>("node"));
    Some(ControllerDecl {
        engine,
        span: item.span,
        nodes: nodes.map(|node| node.map(str::to_owned)).collect(),
        http,
        https,
        class: class.map_or(engine.word(), |class| class.value).to_owned(),
        service: own_service(item, faults),
        default: item.child("default").and_then(|item| backend(item, "default")),
    })
}

/// The statements that say something of the service.
fn own_service(item: &Item, faults: &mut Vec<Diagnostic>) -> Option<OwnService> {
    let word = |keyword: &str, field| item.child(keyword).and_then(|item| item.one::<&str>(field));
    let kind = word("service-type", "type");
    let load_balancer = kind.is_some_and(|kind| kind.value == "load-balancer");
    if let (Some(item), false) = (item.child("load-balancer-ip"), load_balancer) {
        faults.push(fault::controller_needs("load-balancer-ip", "load-balancer", item.span));
    }
    let node_ports: Vec<Spanned<u16>> =
        item.children("node-port").flat_map(|item| item.all("port")).collect();
    if let Some(extra) = node_ports.get(2) {
        faults.push(fault::third_node_port(extra.span));
    }
    let policy = word("external-traffic", "policy");
    if kind.is_none() && node_ports.is_empty() {
        let at = item.child("external-traffic").map(|item| item.span);
        faults.extend(at.map(|at| fault::controller_needs("external-traffic", "node-port", at)));
        return None;
    }
    let addresses = item.children("load-balancer-ip").flat_map(|item| item.all("address"));
    Some(OwnService {
        load_balancer,
        node_ports: [node_ports.first().copied(), node_ports.get(1).copied()],
        load_balancer_ips: addresses
            .map(|address| LoadBalancerIp { address, proxy: false })
            .collect(),
        external_traffic: match policy.map(|policy| policy.value) {
            Some("local") => Policy::Local,
            _ => Policy::Cluster,
        },
    })
}

/// `ingress NAME { … }`
pub(super) fn read(item: &Item, faults: &mut Vec<Diagnostic>) -> Option<IngressDecl> {
    let name = item.one::<&QualifiedName>("name")?.value.clone();
    let mut reader = Reader { namespace: &name.namespace, faults };
    let (mut rules, mut hosts) = (Vec::new(), Vec::new());
    let mut plain = Vec::new();
    let default = item.child("default").and_then(|item| reader.backend(item));
    for host in item.children("host") {
        let Some(named) = host.one::<&str>("host").map(|host| host.map(str::to_owned)) else {
            continue;
        };
        let own: Vec<&Item> = host.children("path").collect();
        if own.is_empty() {
            plain.push(named.clone());
        }
        rules.extend(own.into_iter().filter_map(|item| reader.rule(item, Some(&named.value))));
        hosts.push(named);
    }
    let paths: Vec<&Item> = item.children("path").collect();
    for path in &paths {
        if plain.is_empty() {
            rules.extend(reader.rule(path, None));
        }
        rules.extend(plain.iter().filter_map(|host| reader.rule(path, Some(&host.value))));
    }
    if paths.is_empty() && default.is_none() {
        reader.faults.extend(plain.iter().map(fault::host_without_path));
        if hosts.is_empty() {
            reader.faults.push(fault::ingress_of_nothing(&name, item.span));
        }
    }
    let class = item.child("class").and_then(|item| item.one::<&str>("class"));
    Some(IngressDecl {
        class: class.map(|class| class.map(str::to_owned)),
        tls: item.children("tls").filter_map(tls).collect(),
        span: item.span,
        form: Form::Netc,
        name,
        hosts,
        rules,
        default,
    })
}

/// Reads what is in an ingress of this namespace.
struct Reader<'a> {
    namespace: &'a str,
    faults: &'a mut Vec<Diagnostic>,
}

impl Reader<'_> {
    /// `path PATH [exact] -> SERVICE:PORT`
    fn rule(&mut self, item: &Item, host: Option<&str>) -> Option<RuleDecl> {
        let kind = match item.one::<&str>("kind").map(|kind| kind.value) {
            Some("exact") => PathKind::Exact,
            _ => PathKind::Prefix,
        };
        Some(RuleDecl {
            host: host.map(str::to_owned),
            path: item.one::<&str>("path")?.map(str::to_owned),
            kind,
            backend: self.backend(item)?,
            span: item.span,
        })
    }

    /// The backend of a statement, which has to be of the ingress's namespace.
    fn backend(&mut self, item: &Item) -> Option<BackendDecl> {
        let named = item.one::<&BackendName>("backend")?;
        if let Some(other) = named.value.namespace.as_deref().filter(|own| *own != self.namespace) {
            let name = &named.value.name;
            self.faults.push(fault::backend_elsewhere(other, name, self.namespace, named.span));
            return None;
        }
        backend(item, self.namespace)
    }
}

fn backend(item: &Item, namespace: &str) -> Option<BackendDecl> {
    let Spanned { value, span } = item.one::<&BackendName>("backend")?;
    let namespace = value.namespace.as_deref().unwrap_or(namespace).to_owned();
    let service = QualifiedName { namespace, name: value.name.clone() };
    Some(BackendDecl { service, port: value.port.clone(), span })
}

/// `tls SECRET [for HOST, …]`
fn tls(item: &Item) -> Option<TlsDecl> {
    let hosts = item.all::<&str>("host").map(|host| host.map(str::to_owned));
    Some(TlsDecl {
        secret: item.one::<&str>("secret")?.map(str::to_owned),
        hosts: hosts.collect(),
        span: item.span,
    })
}

/// `secret NAME { … }`
pub(super) fn secret(item: &Item, faults: &mut Vec<Diagnostic>) -> Option<SecretDecl> {
    let name = item.one::<&QualifiedName>("name")?.value.clone();
    let mut file = |keyword: &str| {
        let Some(stated) = item.child(keyword) else {
            faults.push(fault::secret_without(&name, keyword, item.span));
            return None;
        };
        stated.one::<&str>("file").map(|file| Spanned::new(file.value.to_owned(), stated.span))
    };
    let (certificate, key) = (file("certificate"), file("key"));
    Some(SecretDecl { certificate: certificate?, key: key?, span: item.span, name })
}
