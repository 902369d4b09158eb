//! What a picture of a node's needs shows: its objects, and which need which.

mod fold;
mod words;

use super::Detail;
use crate::graph::{Ordered, Placed, detail};
use netc_lang::Sources;
use std::collections::BTreeSet;

/// A picture of what the objects of a node need.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Needs {
    /// The node's name.
    pub node: String,
    /// How many objects, chains and sets there are.
    pub items: usize,
    /// The boxes: each behind those that it needs.
    pub boxes: Vec<NeedBox>,
    /// From what is needed to what needs it, by their places.
    pub arrows: Vec<(usize, usize)>,
    /// Arrows that follow from others are left out.
    pub reduced: bool,
}

/// An object, a chain or a set; or several of one kind.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NeedBox {
    /// What it is, for colours.
    pub kind: Kind,
    /// What it is, in words: `address`, `chain of table nat`.
    pub what: String,
    /// What tells it from others of its kind.
    pub name: String,
    /// How many it stands for.
    pub count: usize,
    /// How many boxes at least come before it, one needing the other.
    pub layer: usize,
    /// All of it, for whoever asks: names and `file:line`.
    pub note: String,
}

/// The kinds of objects that a picture tells apart.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Kind {
    /// Modules and parameters.
    System,
    /// Namespaces.
    Namespace,
    /// Devices, and what is a property of them.
    Device,
    /// Addresses.
    Address,
    /// Routes, neighbours, forwarding entries, peers, rules of the routing policy.
    Route,
    /// Sets.
    Set,
    /// Virtual servers.
    Server,
    /// Tables and chains.
    Chain,
    /// Jumps from built-in chains, and rules in them.
    Jump,
    /// Connections.
    Connection,
}

impl Kind {
    /// All of them, in the order in which they are made.
    pub const ALL: [Kind; 10] = [
        Kind::System,
        Kind::Namespace,
        Kind::Device,
        Kind::Address,
        Kind::Route,
        Kind::Set,
        Kind::Server,
        Kind::Chain,
        Kind::Jump,
        Kind::Connection,
    ];

    /// What a legend calls it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Kind::System => "sysctl, module",
            Kind::Namespace => "namespace",
            Kind::Device => "device",
            Kind::Address => "address",
            Kind::Route => "route, neighbour",
            Kind::Set => "set",
            Kind::Server => "virtual server",
            Kind::Chain => "table, chain",
            Kind::Jump => "jump",
            Kind::Connection => "connection",
        }
    }
}

impl NeedBox {
    /// The name, with how many it stands for.
    #[must_use]
    pub fn label(&self) -> String {
        if self.count > 1 { format!("{} ×{}", self.name, self.count) } else { self.name.clone() }
    }
}

impl Needs {
    /// The picture of a node.
    #[must_use]
    pub fn new(node: &str, ordered: &Ordered, sources: &Sources, shown: Detail) -> Needs {
        let items = detail(ordered);
        let places = fold::places(&items, shown);
        let boxes = fold::boxes(&items, &places, sources);
        let arrows = arrows(&items, &places);
        let mut needs = Needs {
            node: node.to_owned(),
            items: items.len(),
            boxes,
            arrows: arrows.into_iter().collect(),
            reduced: shown == Detail::Folded,
        };
        if needs.reduced {
            needs.reduce();
        }
        needs
    }

    /// Leaves out arrows that follow from others: whoever needs C, and B that needs C, is led to C by
    /// way of B. All boxes come behind what they need, so one walk in order finds what each reaches.
    fn reduce(&mut self) {
        let count = self.boxes.len();
        let mut needs: Vec<Vec<usize>> = vec![Vec::new(); count];
        for (from, to) in &self.arrows {
            if let Some(own) = needs.get_mut(*to) {
                own.push(*from);
            }
        }
        let mut reached: Vec<BTreeSet<usize>> = Vec::with_capacity(count);
        for own in &mut needs {
            let far: BTreeSet<usize> =
                own.iter().filter_map(|near| reached.get(*near)).flatten().copied().collect();
            own.retain(|near| !far.contains(near));
            reached.push(far.into_iter().chain(own.iter().copied()).collect());
        }
        self.arrows = needs
            .into_iter()
            .enumerate()
            .flat_map(|(to, own)| own.into_iter().map(move |from| (from, to)))
            .collect();
        self.arrows.sort_unstable();
    }
}

/// From box to box, each once. Boxes hold items of one layer, so none leads to itself.
fn arrows(items: &[Placed], places: &[usize]) -> BTreeSet<(usize, usize)> {
    let all = items.iter().zip(places).flat_map(|(item, to)| {
        let needs = item.needs.iter().filter_map(|need| places.get(*need as usize));
        needs.map(move |from| (*from, *to))
    });
    all.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_follows_from_other_arrows_is_left_out() {
        let one = |layer| NeedBox {
            kind: Kind::Chain,
            what: String::new(),
            name: String::new(),
            count: 1,
            layer,
            note: String::new(),
        };
        let mut needs = Needs {
            node: "a".into(),
            items: 4,
            boxes: vec![one(0), one(1), one(2), one(3)],
            arrows: vec![(0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3)],
            reduced: true,
        };
        needs.reduce();
        assert_eq!(needs.arrows, [(0, 1), (1, 2), (2, 3)]);
    }
}
