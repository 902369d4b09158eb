//! Connections that are passed on as they are.

use netc_lang::{Protocol, Span};
use std::net::SocketAddr;

/// A port on which connections, or datagrams, are taken for one service port of one family.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(in crate::lower) struct Stream {
    /// The service port for people: `default/web:http`.
    pub(in crate::lower) name: String,
    /// Where it listens: any address of a family, and a port.
    pub(in crate::lower) listen: SocketAddr,
    /// TCP or UDP.
    pub(in crate::lower) protocol: Protocol,
    /// For how many seconds a silent client stays with its endpoint.
    pub(in crate::lower) affinity: Option<u32>,
    /// Who gets them in turn, sorted; connections are refused if there is nobody.
    pub(in crate::lower) servers: Vec<SocketAddr>,
    /// The statement behind it.
    pub(in crate::lower) span: Span,
}

impl Stream {
    /// Its name in configurations, where no service changes that of another.
    pub(super) fn key(&self) -> String {
        let family = if self.listen.is_ipv6() { "6" } else { "" };
        format!("{}{family}_{}", self.protocol, self.listen.port())
    }
}
