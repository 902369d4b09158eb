//! HTTP from outside to services, by host and path: Kubernetes' Ingress.

use super::NodeId;
use netc_lang::{QualifiedName, Span, Spanned};

/// A program that takes connections and passes them on.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Engine {
    /// nginx, with its stream module where connections are not HTTP.
    Nginx,
    /// HAProxy.
    Haproxy,
}

impl Engine {
    /// Both, in the order of their names.
    pub const ALL: [Engine; 2] = [Engine::Haproxy, Engine::Nginx];

    /// The word of the language, and the name of the program.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Engine::Nginx => "nginx",
            Engine::Haproxy => "haproxy",
        }
    }
}

/// What serves the ingresses of the cluster: the `ingress` statement of `cluster`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct IngressController {
    /// The program.
    pub engine: Engine,
    /// The class of the ingresses that it serves, those without a class included.
    pub class: String,
    /// The nodes that it runs on, in the order of the cluster. It listens on all their addresses.
    pub nodes: Vec<NodeId>,
    /// The port for HTTP.
    pub http: u16,
    /// The port for HTTPS; nobody listens there if no ingress has TLS.
    pub https: u16,
    /// What serves requests that no ingress is for; 404 Not Found if there is nothing.
    pub default: Option<Backend>,
    /// The index in [`Cluster::services`](super::Cluster::services) of its own service, if it has one.
    pub service: Option<usize>,
    /// The statement.
    pub span: Span,
}

/// An ingress, with the names in it bound.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Ingress {
    /// Its namespace and name.
    pub name: QualifiedName,
    /// The statement.
    pub span: Span,
    /// Its class, if it has one.
    pub class: Option<String>,
    /// Whether the controller of the cluster serves it: its class may be another one.
    pub served: bool,
    /// Its rules, as stated; those that its default backend makes for its hosts last. No two served
    /// ingresses have one for the same host, path and kind.
    pub rules: Vec<IngressRule>,
    /// What serves requests that no rule of any ingress is for; only of an ingress without hosts, and
    /// of one served ingress at most.
    pub default: Option<Backend>,
    /// The hosts that have a certificate; no host has two.
    pub tls: Vec<Tls>,
}

/// A rule of an ingress: a host and a path.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct IngressRule {
    /// The host, in lower case; `*.example.com` stands for one label before it, `None` for every host.
    pub host: Option<String>,
    /// The path, which begins with `/`.
    pub path: String,
    /// How it is compared.
    pub kind: PathKind,
    /// What serves it; `None` if that is not there, which only a Kubernetes cluster may have: then the answer is
    /// 503 Service Unavailable.
    pub backend: Option<Backend>,
    /// The `path` statement.
    pub span: Span,
}

/// How a path is compared (Kubernetes' `pathType`).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum PathKind {
    /// With the whole path.
    Exact,
    /// With the beginning of the path, element by element: `/a` is for `/a`, `/a/` and `/a/b`, not for `/ab`.
    Prefix,
}

/// A port of a service of the cluster.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Backend {
    /// The index in [`Cluster::services`](super::Cluster::services).
    pub service: usize,
    /// The index in [`Service::ports`](super::Service::ports).
    pub port: usize,
    /// Where it is named.
    pub span: Span,
}

/// The certificate of hosts.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Tls {
    /// The hosts, in lower case: those that are named, and those of the ingress's rules that a named
    /// `*.example.com` covers. None at all stands for every host that no other certificate is for.
    pub hosts: Vec<String>,
    /// The secret that holds it.
    pub secret: QualifiedName,
    /// The statement.
    pub span: Span,
    /// The file with the chain of certificates: a path on the node, or, if it is relative, beside
    /// the source that states it.
    pub certificate: Spanned<String>,
    /// The file with the private key, likewise.
    pub key: Spanned<String>,
}
