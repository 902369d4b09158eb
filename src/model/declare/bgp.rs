//! The `bgp` statement.

use super::load_balancers::nodes;
use crate::model::{Advertised, RouterId, Speaker, fault};
use netc_lang::{Diagnostic, Item, Span, Spanned};
use std::net::IpAddr;

/// What nodes tell routers, as stated.
pub(crate) struct BgpDecl {
    pub(crate) number: u32,
    pub(crate) engine: Speaker,
    pub(crate) router_id: RouterId,
    pub(crate) peers: Vec<PeerDecl>,
    pub(crate) advertise: Vec<Spanned<Advertised>>,
    pub(crate) span: Span,
}

/// A router, as stated.
pub(crate) struct PeerDecl {
    pub(crate) address: Spanned<IpAddr>,
    pub(crate) number: u32,
    /// The nodes that talk to it; all of them if none is named.
    pub(crate) nodes: Vec<Spanned<String>>,
    pub(crate) multihop: Option<u8>,
    pub(crate) span: Span,
}

/// `bgp { as NUMBER; peer ADDRESS as NUMBER; … }`
pub(super) fn read(item: &Item, faults: &mut Vec<Diagnostic>) -> Option<BgpDecl> {
    let word = |keyword, field| item.child(keyword).and_then(|item| item.one::<&str>(field));
    let number = item.child("as").and_then(|item| item.one("number"));
    let others = item.children("peer").filter_map(|item| item.one("as"));
    faults.extend(number.into_iter().chain(others).filter_map(|one| fault::reserved_system(&one)));
    if number.is_none() {
        faults.push(fault::bgp_without("as", "as 64512", item.span));
    }
    let peers: Vec<PeerDecl> = item.children("peer").filter_map(peer).collect();
    if peers.is_empty() {
        faults.push(fault::bgp_without("peer", "peer 192.0.2.1 as 64500", item.span));
    }
    let routes = item.children("advertise").flat_map(|item| item.all::<&str>("routes"));
    let mut advertise: Vec<Spanned<Advertised>> =
        routes.filter_map(|word| Some(Spanned::new(advertised(word.value)?, word.span))).collect();
    if advertise.is_empty() {
        advertise.push(Spanned::new(Advertised::LoadBalancers, item.span));
    }
    Some(BgpDecl {
        number: number?.value,
        engine: match word("engine", "engine").map_or("", |word| word.value) {
            "frr" => Speaker::Frr,
            _ => Speaker::Bird,
        },
        router_id: match word("router-id", "kind").map_or("", |word| word.value) {
            "hash" => RouterId::Hash,
            _ => RouterId::Primary,
        },
        peers,
        advertise,
        span: item.span,
    })
}

fn advertised(word: &str) -> Option<Advertised> {
    let all = [Advertised::LoadBalancers, Advertised::Pods, Advertised::Services];
    all.into_iter().find(|one| one.word() == word)
}

/// `peer ADDRESS as NUMBER { on NODE, …; multihop HOPS }`
fn peer(item: &Item) -> Option<PeerDecl> {
    let multihop = item.child("multihop").and_then(|item| item.one("hops"));
    Some(PeerDecl {
        address: item.one("address")?,
        number: item.one("as")?.value,
        nodes: nodes(item),
        multihop: multihop.map(|hops| hops.value),
        span: item.span,
    })
}
