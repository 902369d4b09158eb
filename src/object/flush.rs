//! Connections of UDP that no longer lead anywhere.

use super::{Aside, Id, Table, Text};
use crate::model::Family;
use std::net::IpAddr;

/// That no connection to a UDP service is still sent to an endpoint that does not serve it
/// (kube-proxy's `pkg/proxy/conntrack/cleanup.go`).
///
/// Rules are asked for the first packet of a connection only. A client of UDP that keeps
/// its port never begins a new one, so its connection has to be forgotten for it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Flush {
    /// The family.
    pub family: Family,
    /// Where the connections went to at first; anywhere for the port of a node.
    pub destination: Option<IpAddr>,
    /// The port that they went to at first.
    pub port: u16,
    /// Connections that these addresses answer stay. Sorted, each once.
    pub keep: Vec<IpAddr>,
    /// The table of nf_tables that translates the first packet of a connection; iptables' nat
    /// table if there is none.
    pub table: Aside<Option<Text>>,
}

impl Flush {
    pub(super) fn id(&self) -> Id {
        Id::Flush(self.family, self.destination, self.port)
    }

    /// A connection that is forgotten too early comes back to where it was: the rules must be
    /// in place.
    pub(super) fn needs(&self) -> Id {
        match &self.table.0 {
            Some(table) => Id::NftTable(self.family, Text::clone(table)),
            None => Id::Ruleset(self.family, Table::Nat),
        }
    }

    /// Whether a connection that an address answers stays.
    #[must_use]
    pub fn keeps(&self, address: IpAddr) -> bool {
        self.keep.binary_search(&address).is_ok()
    }

    /// Spares what another request for the same spares: of two services at one address the rules
    /// take one, and netc does not undo connections of the other.
    pub(super) fn join(&mut self, other: &Flush) {
        self.keep.extend(&other.keep);
        self.keep.sort_unstable();
        self.keep.dedup();
    }
}
