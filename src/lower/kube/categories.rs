//! Which endpoints serve which traffic through one node (netspec 4.2; `CategorizeEndpoints` of
//! kube-proxy's `pkg/proxy/topology.go`).

use crate::model::{Endpoint, Hints, Node, NodeId};

/// Which traffic an endpoint serves.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(super) struct Serves {
    /// Traffic that may go anywhere.
    pub(super) cluster: bool,
    /// Traffic that must stay on this node.
    pub(super) local: bool,
}

/// The endpoints of one service port in one family, sorted out.
pub(super) struct Categories {
    /// In the order of the endpoints.
    pub(super) serves: Vec<Serves>,
    /// Whether there is a usable one on any node.
    pub(super) any: bool,
}

/// The node through which the traffic goes.
#[derive(Clone, Copy)]
pub(super) struct Here<'n> {
    pub(super) node: &'n Node,
    pub(super) id: NodeId,
}

impl Categories {
    /// Sorts out endpoints. A kind of traffic that is not used is served by none.
    pub(super) fn new(
        endpoints: &[&Endpoint],
        here: Here,
        uses_cluster: bool,
        uses_local: bool,
    ) -> Categories {
        let mut serves = vec![Serves::default(); endpoints.len()];
        let mut any = false;
        if uses_cluster {
            let preference = Preference::of(endpoints, here.node);
            let ready = |one: &Endpoint| is_ready(one) && preference.takes(one, here.node);
            any = mark(endpoints, &mut serves, ready, is_last, |serves| serves.cluster = true);
        }
        if uses_local {
            let local = |one: &Endpoint| one.node == Some(here.id);
            let ready = |one: &Endpoint| is_ready(one) && local(one);
            let last = |one: &Endpoint| is_last(one) && local(one);
            mark(endpoints, &mut serves, ready, last, |serves| serves.local = true);
            any |= endpoints.iter().any(|one| one.conditions.is_usable());
        }
        Categories { serves, any }
    }
}

fn is_ready(endpoint: &Endpoint) -> bool {
    endpoint.conditions.ready
}

fn is_last(endpoint: &Endpoint) -> bool {
    endpoint.conditions.is_last()
}

/// Marks the endpoints that are `ready`, or, if none is, those that are `last`. Returns whether
/// there was any.
fn mark(
    endpoints: &[&Endpoint],
    serves: &mut [Serves],
    ready: impl Fn(&Endpoint) -> bool,
    last: impl Fn(&Endpoint) -> bool,
    mark: impl Fn(&mut Serves),
) -> bool {
    let mut marked = |wanted: &dyn Fn(&Endpoint) -> bool| {
        let mut found = false;
        for (one, serves) in endpoints.iter().zip(serves.iter_mut()) {
            if wanted(one) {
                mark(serves);
                found = true;
            }
        }
        found
    };
    marked(&ready) || marked(&last)
}

/// Which endpoints clients of this node are to prefer, by the hints of the endpoints.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Preference {
    SameNode,
    SameZone,
    None,
}

impl Preference {
    /// Hints count only if every ready endpoint has some, and one of them names this node (or its
    /// zone): else some clients would find no endpoint.
    fn of(endpoints: &[&Endpoint], here: &Node) -> Preference {
        let ready = endpoints.iter().filter(|one| is_ready(one));
        let hints: Option<Vec<&Hints>> = ready.map(|one| one.hints.as_deref()).collect();
        let hints = hints.unwrap_or_default();
        let preferences = [Preference::SameNode, Preference::SameZone];
        let counts = preferences.into_iter().find(|one| {
            hints.iter().all(|hints| !one.names(hints).is_empty())
                && hints.iter().any(|hints| one.fits(hints, here))
        });
        counts.unwrap_or(Preference::None)
    }

    fn names(self, hints: &Hints) -> &[std::sync::Arc<str>] {
        match self {
            Preference::SameNode => &hints.nodes,
            Preference::SameZone => &hints.zones,
            Preference::None => &[],
        }
    }

    fn fits(self, hints: &Hints, here: &Node) -> bool {
        let own = match self {
            Preference::SameNode => Some(&here.name),
            Preference::SameZone => here.zone.as_ref(),
            Preference::None => return true,
        };
        own.is_some_and(|own| self.names(hints).iter().any(|name| **name == **own))
    }

    fn takes(self, endpoint: &Endpoint, here: &Node) -> bool {
        match &endpoint.hints {
            Some(hints) => self.fits(hints, here),
            None => self == Preference::None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Conditions, PerFamily};
    use netc_lang::Span;
    use std::sync::Arc;

    const READY: Conditions = Conditions { ready: true, serving: true, terminating: false };
    const LAST: Conditions = Conditions { ready: false, serving: true, terminating: true };
    const GONE: Conditions = Conditions { ready: false, serving: false, terminating: true };
    const UNREADY: Conditions = Conditions { ready: false, serving: true, terminating: false };

    fn node() -> Node {
        Node {
            name: "node-1".into(),
            os: crate::model::Os::Linux,
            span: Span::default(),
            addresses: Vec::new(),
            mtu: 1500,
            zone: Some("zone-a".into()),
            cores: None,
            kernel: None,
            uplink: crate::model::Uplink::default(),
            blocks: PerFamily::default(),
            gateways: PerFamily::default(),
            foreign_blocks: PerFamily::default(),
            attachment: None,
            vteps: PerFamily::default(),
            keys: None,
            docker: None,
            primitives: None,
        }
    }

    /// An endpoint on this node or another, with hints: `zone-a` for a zone, `node-1` for a node.
    fn endpoint(conditions: Conditions, local: bool, hints: &[&str]) -> Endpoint {
        let named = |prefix: &str| {
            let own = hints.iter().filter(|hint| hint.starts_with(prefix));
            own.map(|hint| Arc::from(*hint)).collect()
        };
        let all = Hints { zones: named("zone"), nodes: named("node") };
        Endpoint {
            address: "10.1.0.1:80".parse().unwrap(),
            node: Some(NodeId(u32::from(!local))),
            conditions,
            hints: (!hints.is_empty()).then(|| Arc::new(all)),
            weight: None,
            span: Span::default(),
        }
    }

    /// Which endpoints serve: `c` for the cluster's traffic, `l` for local traffic, `b` for both,
    /// `-` for none; and whether there is any.
    fn sorted(endpoints: &[Endpoint], uses_cluster: bool, uses_local: bool) -> (String, bool) {
        let all: Vec<&Endpoint> = endpoints.iter().collect();
        let here = Here { node: &node(), id: NodeId(0) };
        let categories = Categories::new(&all, here, uses_cluster, uses_local);
        let letter = |serves: &Serves| match (serves.cluster, serves.local) {
            (true, true) => 'b',
            (true, false) => 'c',
            (false, true) => 'l',
            (false, false) => '-',
        };
        (categories.serves.iter().map(letter).collect(), categories.any)
    }

    #[test]
    fn only_ready_endpoints_serve() {
        let all = [endpoint(READY, true, &[]), endpoint(UNREADY, true, &[])];
        assert_eq!(sorted(&all, true, true), ("b-".into(), true));
        assert_eq!(sorted(&all[1..], true, true), ("-".into(), false));
    }

    #[test]
    fn terminating_ones_serve_when_no_other_is_left() {
        let all = [endpoint(LAST, true, &[]), endpoint(READY, false, &[])];
        assert_eq!(sorted(&all, true, false), ("-c".into(), true));
        assert_eq!(sorted(&all, true, true), ("lc".into(), true));
        let all = [endpoint(LAST, true, &[]), endpoint(GONE, false, &[])];
        assert_eq!(sorted(&all, true, false), ("c-".into(), true));
    }

    #[test]
    fn local_traffic_without_local_endpoints_knows_of_others() {
        let all = [endpoint(READY, false, &[])];
        assert_eq!(sorted(&all, false, true), ("-".into(), true));
    }

    #[test]
    fn hints_count_if_all_have_them_and_one_fits() {
        let (a, b) = (endpoint(READY, false, &["zone-a"]), endpoint(READY, false, &["zone-b"]));
        let none = endpoint(READY, false, &[]);
        assert_eq!(sorted(&[a.clone(), b.clone()], true, false).0, "c-");
        assert_eq!(sorted(&[a.clone(), b.clone(), none], true, false).0, "ccc");
        assert_eq!(sorted(&[b.clone(), b], true, false).0, "cc");
        let unready = endpoint(UNREADY, false, &[]);
        assert_eq!(sorted(&[a, unready], true, false).0, "c-");
    }

    #[test]
    fn the_node_comes_before_the_zone() {
        let own = endpoint(READY, true, &["node-1", "zone-a"]);
        let near = endpoint(READY, false, &["node-2", "zone-a"]);
        let far = endpoint(READY, false, &["node-3", "zone-b"]);
        assert_eq!(sorted(&[own, near.clone(), far.clone()], true, false).0, "c--");
        assert_eq!(sorted(&[near, far], true, false).0, "c-");
    }
}
