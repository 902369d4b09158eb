//! The topological order.

use super::cycle;
use crate::object::{Id, Jump, Netns, Object, Ruleset, SERVICE_DEVICE, State, is_chain};
use netc_lang::{Diagnostic, code};
use petgraph::graph::{DiGraph, NodeIndex};
use rustc_hash::FxHashMap;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::net::IpAddr;

/// All objects of a node, in the order in which they are made. Removal goes the other way.
#[derive(Clone, Debug, Default)]
pub struct Ordered {
    /// The objects.
    pub nodes: Vec<Node>,
    /// What each object needs: places, one list behind the other.
    needs: Vec<u32>,
}

/// An object in its place.
#[derive(Clone, Debug)]
pub struct Node {
    /// The object.
    pub object: Object,
    /// How many steps at least come before it: objects of one layer do not need each other.
    pub layer: u32,
    /// Where its needs end.
    end: u32,
}

impl Node {
    /// The object's identity.
    #[must_use]
    pub fn id(&self) -> Id {
        self.object.state.id()
    }
}

impl Ordered {
    /// The places of the objects that the object in a place needs, sorted.
    #[must_use]
    pub fn needs(&self, place: usize) -> &[u32] {
        let end = |place: usize| self.nodes.get(place).map_or(0, |node| node.end as usize);
        let start = place.checked_sub(1).map_or(0, end);
        self.needs.get(start..end(place)).unwrap_or_default()
    }
}

/// Orders objects that are sorted by identity.
///
/// # Errors
/// Objects that need each other, or something that is not there.
pub fn order(objects: Vec<(Id, Object)>) -> Result<Ordered, Vec<Diagnostic>> {
    let (graph, faults) = edges(&objects);
    if !faults.is_empty() {
        return Err(faults);
    }
    let sorted = kahn(&graph, &objects);
    if sorted.len() < objects.len() {
        return Err(cycle::report(&graph, &objects));
    }
    Ok(arrange(objects, &graph, &sorted))
}

/// Orders objects that are sorted by identity. What one of them needs but is not among them is
/// there already, and what leads in a circle is left out: the objects were found on a node.
pub(crate) fn order_known(mut objects: Vec<(Id, Object)>) -> Ordered {
    answer(&mut objects);
    let (graph, _) = edges(&objects);
    let sorted = kahn(&graph, &objects);
    arrange(objects, &graph, &sorted)
}

/// Says of each address which virtual servers answer to it: that is not to be seen on a node.
fn answer(objects: &mut [(Id, Object)]) {
    let mut servers: BTreeMap<IpAddr, Vec<Id>> = BTreeMap::new();
    for (id, _) in objects.iter() {
        if let Id::Virtual(server) = id {
            servers.entry(server.socket.ip()).or_default().push(id.clone());
        }
    }
    if servers.is_empty() {
        return;
    }
    for (_, object) in objects {
        if let State::Address(address) = &mut object.state
            && (&address.netns, &*address.link) == (&Netns::Node, SERVICE_DEVICE)
            && let Some(own) = servers.get(&address.address.addr())
        {
            address.after.clone_from(own);
        }
    }
}

/// The graph of needs, and which needs are not met: an edge leads from what is needed to what needs it. A node's index is
/// its place in the order of identities.
fn edges(objects: &[(Id, Object)]) -> (DiGraph<(), ()>, Vec<Diagnostic>) {
    let mut graph = DiGraph::with_capacity(objects.len(), objects.len() * 3);
    let mut indices: FxHashMap<&Id, NodeIndex> = FxHashMap::default();
    indices.reserve(objects.len());
    let mut also: Vec<(Id, NodeIndex)> = Vec::new();
    for (id, object) in objects {
        let index = graph.add_node(());
        indices.insert(id, index);
        also.extend(object.state.also().map(|other| (other, index)));
    }
    indices.extend(also.iter().map(|(id, index)| (id, *index)));
    let mut faults = missing_chains(objects);
    for ((id, object), index) in objects.iter().zip((0..).map(NodeIndex::new)) {
        object.state.needs(&mut |need| match indices.get(&need) {
            Some(needed) => {
                graph.add_edge(*needed, index, ());
            }
            None => faults.push(missing(id, object, &need.to_string())),
        });
    }
    (graph, faults)
}

/// Jumps to chains that are not in their ruleset. Jumps from one chain to another are too many to
/// be looked at here; tests hold them to what is there.
fn missing_chains(objects: &[(Id, Object)]) -> Vec<Diagnostic> {
    let rulesets = objects.iter().filter_map(|(_, object)| match &object.state {
        State::Ruleset(ruleset) => Some(ruleset),
        _ => None,
    });
    let rulesets: Vec<&Ruleset> = rulesets.collect();
    let missing = objects.iter().filter_map(|(id, object)| {
        let State::Jump(Jump { family, table, to, .. }) = &object.state else { return None };
        if !is_chain(to.as_str()) {
            return None;
        }
        // Without a ruleset it is the ruleset that is missing.
        let own = rulesets.iter().find(|own| (own.family, own.table) == (*family, *table))?;
        (!own.has(to)).then(|| missing(id, object, &format!("chain {to}")))
    });
    missing.collect()
}

/// Where the objects behind all virtual servers begin: the addresses that these answer to come
/// right before them, all together.
fn behind_servers(objects: &[(Id, Object)]) -> usize {
    let behind = |id: &Id| matches!(id, Id::Ruleset(..) | Id::Jump(..) | Id::Flush(..));
    objects.iter().position(|(id, _)| behind(id)).unwrap_or(objects.len())
}

/// Kahn's algorithm; of the objects that are ready the one with the least identity comes next.
/// Each comes with its layer. Objects on a cycle, and behind one, are left out.
fn kahn(graph: &DiGraph<(), ()>, objects: &[(Id, Object)]) -> Vec<(NodeIndex, u32)> {
    // For each object, how many of its needs are still open, and its layer as far as known.
    let mut open: Vec<(u32, u32)> = vec![(0, 0); graph.node_count()];
    for edge in graph.raw_edges() {
        if let Some((count, _)) = open.get_mut(edge.target().index()) {
            *count += 1;
        }
    }
    let behind = behind_servers(objects);
    let ranked = |node: NodeIndex| {
        let object = objects.get(node.index()).map(|(_, object)| &object.state);
        let late = matches!(object, Some(State::Address(own)) if !own.after.is_empty());
        Reverse((if late { behind } else { node.index() }, node))
    };
    let ready = graph.node_indices().zip(&open).filter(|(_, (count, _))| *count == 0);
    let mut ready: BinaryHeap<_> = ready.map(|(node, _)| ranked(node)).collect();
    let mut sorted = Vec::with_capacity(graph.node_count());
    while let Some(Reverse((_, node))) = ready.pop() {
        let layer = open.get(node.index()).map_or(0, |(_, layer)| *layer);
        sorted.push((node, layer));
        for next in graph.neighbors(node) {
            let Some((count, deepest)) = open.get_mut(next.index()) else { continue };
            *deepest = layer.saturating_add(1).max(*deepest);
            *count -= 1;
            if *count == 0 {
                ready.push(ranked(next));
            }
        }
    }
    sorted
}

/// Puts the objects into their places.
fn arrange(
    objects: Vec<(Id, Object)>,
    graph: &DiGraph<(), ()>,
    sorted: &[(NodeIndex, u32)],
) -> Ordered {
    let mut places: Vec<u32> = vec![0; objects.len()];
    for ((index, _), place) in sorted.iter().zip(0..) {
        if let Some(slot) = places.get_mut(index.index()) {
            *slot = place;
        }
    }
    let mut slots: Vec<Option<Object>> =
        objects.into_iter().map(|(_, object)| Some(object)).collect();
    let mut ordered = Ordered {
        nodes: Vec::with_capacity(sorted.len()),
        needs: Vec::with_capacity(graph.edge_count()),
    };
    for (index, layer) in sorted {
        let Some(object) = slots.get_mut(index.index()).and_then(Option::take) else { continue };
        let start = ordered.needs.len();
        let needed = graph.neighbors_directed(*index, petgraph::Direction::Incoming);
        ordered.needs.extend(needed.filter_map(|node| places.get(node.index())));
        if let Some(own) = ordered.needs.get_mut(start..) {
            own.sort_unstable();
        }
        let end = u32::try_from(ordered.needs.len()).unwrap_or(u32::MAX);
        ordered.nodes.push(Node { object, layer: *layer, end });
    }
    ordered
}

fn missing(id: &Id, object: &Object, need: &str) -> Diagnostic {
    let message = format!("{id} needs {need}, which nothing makes");
    Diagnostic::at(code::MISSING_OBJECT, object.origin, message)
        .help("this is a fault of netc itself: please report it with the sources")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Family;
    use crate::object::{
        ChainName, Chains, Hook, Netns, NetnsObject, Objects, Place, Sysctl, Table,
    };
    use netc_lang::Span;

    /// A parameter that needs another one: no real one does, but any object may need any other.
    fn parameter(key: &str, after: Option<&str>) -> State {
        let after = after.map(|other| Id::Sysctl(Netns::Node, other.into()));
        State::Sysctl(Sysctl {
            netns: Netns::Node,
            key: key.into(),
            value: "1".into(),
            minimum: false,
            after,
        })
    }

    fn ordered(parameters: &[(&str, Option<&str>)]) -> Result<Vec<String>, Vec<Diagnostic>> {
        let mut objects = Objects::default();
        for (key, after) in parameters {
            objects.add(parameter(key, *after), Span::default());
        }
        let names = order(objects.finish().0)?.nodes.into_iter().map(|node| match node.id() {
            Id::Sysctl(_, key) => format!("{} {key}", node.layer),
            _ => String::new(),
        });
        Ok(names.collect())
    }

    #[test]
    fn needs_come_first_and_names_decide_the_rest() {
        let all = [("D", Some("B")), ("A", Some("C")), ("B", None), ("C", None)];
        assert_eq!(ordered(&all).unwrap(), ["0 B", "0 C", "1 A", "1 D"]);
    }

    #[test]
    fn needs_are_places() {
        let mut objects = Objects::default();
        let netns = || Netns::Named("b".into());
        let below = State::Sysctl(Sysctl {
            netns: netns(),
            key: "A".into(),
            value: "1".into(),
            minimum: false,
            after: Some(Id::Sysctl(Netns::Node, "C".into())),
        });
        let space = State::Netns(NetnsObject { name: "b".into() });
        for state in [below, space, parameter("C", Some("D")), parameter("D", None)] {
            objects.add(state, Span::default());
        }
        let ordered = order(objects.finish().0).unwrap();
        let ids: Vec<String> = ordered.nodes.iter().map(|node| node.id().to_string()).collect();
        assert_eq!(ids, ["sysctl D", "sysctl C", "namespace b", "sysctl A in b"]);
        assert_eq!(ordered.needs(0), [0; 0]);
        assert_eq!(ordered.needs(1), [0]);
        assert_eq!(ordered.needs(3), [1, 2]);
    }

    #[test]
    fn a_cycle_is_reported_as_a_loop() {
        let all = [("A", Some("B")), ("B", Some("C")), ("C", Some("A")), ("D", None)];
        let faults = ordered(&all).unwrap_err();
        assert_eq!(faults.len(), 1);
        assert_eq!(faults[0].labels.len(), 3);
        assert!(faults[0].message.contains("need each other"));
    }

    #[test]
    fn a_need_that_nothing_meets_is_reported() {
        let faults = ordered(&[("A", Some("B"))]).unwrap_err();
        assert!(faults[0].message.contains("which nothing makes"));
    }

    #[test]
    fn a_jump_to_a_chain_that_nothing_makes_is_reported() {
        let (family, table) = (Family::V4, Table::Nat);
        let jump = |to| {
            let to = ChainName::new(&[to]);
            State::Jump(Jump::new((family, table), (Hook::Output, Place::Top(0)), to, &[]))
        };
        let chains = Chains::one(family, ChainName::new(&["A"]), Span::default());
        let ruleset = State::Ruleset(Ruleset::new(family, table, vec![chains]));
        let order = |states: &[State]| {
            let mut objects = Objects::default();
            for state in states {
                objects.add(state.clone(), Span::default());
            }
            let faults = order(objects.finish().0).err().unwrap_or_default();
            faults.into_iter().map(|fault| fault.message).collect::<Vec<_>>()
        };
        assert_eq!(order(&[ruleset.clone(), jump("A")]), [""; 0]);
        let expected = "IPv4 jump from OUTPUT of table nat to B needs chain B, which nothing makes";
        assert_eq!(order(&[ruleset, jump("B")]), [expected]);
        let expected = "IPv4 jump from OUTPUT of table nat to A needs IPv4 chains of table nat, which nothing makes";
        assert_eq!(order(&[jump("A")]), [expected]);
    }
}
