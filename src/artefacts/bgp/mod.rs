//! What a node tells routers, as the configuration of a BGP speaker: what leads to the node is told,
//! and nothing is taken from anybody. The speaker changes no route of the node.

mod bird;
mod frr;

use crate::model::{
    Advertised, Bgp, BgpPeer, Cluster, Family, Node, NodeId, PerFamily, RouterId, Speaker,
};
use ipnet::IpNet;
use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};

/// The names of the files.
pub(super) const NAMES: [&str; 2] = ["bird.conf", "frr.conf"];

/// After how many seconds a router that was not there, or ended the session, is tried again. Left to
/// themselves both speakers wait for two minutes (RFC 4271 section 10), and BIRD one to five after an
/// error: so long would a node without its router's sessions be out of reach.
const RETRY: u32 = 10;

/// What a node tells.
struct Config<'c> {
    cluster: &'c Cluster,
    node: &'c Node,
    bgp: &'c Bgp,
    id: Ipv4Addr,
    sessions: Vec<Session<'c>>,
    /// The routes of each family, each with what it leads to.
    routes: PerFamily<BTreeMap<IpNet, String>>,
}

/// A session with a router.
struct Session<'c> {
    peer: &'c BgpPeer,
    /// The node's end of it.
    local: IpAddr,
    /// The families of which the router is told, each with the node's address for it.
    families: PerFamily<IpAddr>,
}

/// The file of a node that talks to some router.
pub(super) fn file(cluster: &Cluster, node: &Node) -> Option<(String, String)> {
    let bgp = cluster.bgp.as_ref()?;
    let config = Config::new(cluster, bgp, node)?;
    let text = match bgp.engine {
        Speaker::Bird => bird::text(&config),
        Speaker::Frr => frr::text(&config),
    };
    Some((bgp.engine.file().to_owned(), text))
}

impl<'c> Config<'c> {
    fn new(cluster: &'c Cluster, bgp: &'c Bgp, node: &'c Node) -> Option<Config<'c>> {
        if node.is_windows() {
            return None;
        }
        let place = cluster.nodes.iter().position(|own| own.name == node.name)?;
        let id = NodeId(u32::try_from(place).ok()?);
        let session = |peer: &'c BgpPeer| {
            let local = node.address(Family::of(peer.address))?.address;
            Some(Session { peer, local, families: bgp.families((id, node), peer) })
        };
        let own = bgp.peers.iter().filter(|peer| peer.nodes.contains(&id));
        let sessions: Vec<Session> = own.filter_map(session).collect();
        if sessions.is_empty() {
            return None;
        }
        let mut routes: PerFamily<BTreeMap<IpNet, String>> = PerFamily::default();
        for (net, what) in routes_of(cluster, bgp, (id, node)) {
            let family = Family::of_net(net);
            let mut own = routes.get(family).cloned().unwrap_or_default();
            own.entry(net).or_insert(what);
            routes.insert(family, own);
        }
        Some(Config { cluster, node, bgp, id: bgp.id(&cluster.name, node)?, sessions, routes })
    }

    /// The first lines of a file: what wrote it.
    fn head(&self, comment: &str) -> String {
        let (cluster, node) = (&self.cluster.name, &self.node.name);
        let id = match self.bgp.router_id {
            RouterId::Primary => "its first IPv4 address",
            RouterId::Hash => "made from the names of cluster and node",
        };
        format!(
            "{comment} Node {node} of cluster {cluster}, written by `netc build`: changes are overwritten.\n\
             {comment} The router id is {id}.\n"
        )
    }

    /// The families in which something is told.
    fn families(&self) -> impl Iterator<Item = Family> {
        let told = |family: &Family| {
            self.sessions.iter().any(|session| session.families.get(*family).is_some())
        };
        Family::ALL.into_iter().filter(told)
    }

    fn routes(&self, family: Family) -> impl Iterator<Item = (&IpNet, &String)> {
        self.routes.get(family).into_iter().flatten()
    }
}

/// What leads to a node.
fn routes_of(cluster: &Cluster, bgp: &Bgp, (id, node): (NodeId, &Node)) -> Vec<(IpNet, String)> {
    let has = |what| bgp.advertise.contains(&what);
    let mut all = Vec::new();
    if has(Advertised::Pods) {
        all.extend(node.blocks.values().map(|block| (*block, "pods of the node".to_owned())));
    }
    if has(Advertised::Services) {
        let networks = cluster.service_networks.values();
        all.extend(networks.map(|net| (*net, "services".to_owned())));
    }
    let balancers = cluster.load_balancers.iter().filter(|_| has(Advertised::LoadBalancers));
    for held in balancers.flat_map(|own| &own.addresses).filter(|held| held.nodes.contains(&id)) {
        let names = held.services.iter().filter_map(|place| cluster.services.get(*place));
        let names: Vec<String> = names.map(|service| service.name.to_string()).collect();
        all.push((IpNet::from(held.address), names.join(", ")));
    }
    all
}

/// A family in the words of BIRD and FRR.
fn word(family: Family) -> &'static str {
    match family {
        Family::V4 => "ipv4",
        Family::V6 => "ipv6",
    }
}
