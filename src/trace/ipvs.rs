//! What IPVS does with the first packet of a connection.

use super::Way;
use crate::object::{RealServer, VirtualAddress, VirtualServer};
use netc_lang::Span;
use std::collections::BTreeMap;

/// The real servers that a packet may be handed to, each with the way that does so; `None`, if it is
/// for no virtual server.
pub(super) fn schedule(
    servers: &BTreeMap<VirtualAddress, (VirtualServer, Span)>,
    way: &Way,
) -> Option<Vec<(Way, VirtualAddress, RealServer)>> {
    let _ = (servers, way);
    None
}
