//! How much is asked of a large cluster.

use crate::model::Check;

/// How far a check has come.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Stage {
    /// The check.
    pub check: Check,
    /// So many nodes are done.
    pub done: usize,
    /// Of so many.
    pub all: usize,
}

/// How much is asked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// Each node is asked about so many others at most.
    pub peers: usize,
    /// On each node so many service ports are asked for at most, other ones on each. If none are,
    /// nodes are asked about pods as if there were no services: no rule for a service is for the
    /// address of a pod or, without a port, of a node.
    pub ports: usize,
}

impl Limits {
    /// Everything.
    pub const ALL: Limits = Limits { peers: usize::MAX, ports: usize::MAX };

    /// What takes seconds, and room that a machine has, with so many groups of pods, nodes and service
    /// ports: everything, unless there are very many.
    #[must_use]
    pub fn of(groups: usize, nodes: usize, ports: usize) -> Limits {
        // So many questions about pairs of nodes, and about services, are asked in all.
        const PAIRS: usize = 10_000;
        const PORTS: usize = 20_000;
        // So many service ports, each on each node, are held at once.
        const HELD: usize = 200_000;
        let each = |all: usize, of: usize| (all / of.max(1)).max(4);
        let held = nodes.saturating_mul(ports) <= HELD;
        let ports = if held { each(PORTS, nodes) } else { 0 };
        Limits { peers: each(PAIRS, groups.max(nodes)), ports }
    }
}

/// Which of `count` things are taken at a turn, so many at most: the next ones after those of the turn
/// before, so that all have theirs.
pub(super) fn turn(turn: usize, count: usize, most: usize) -> impl Iterator<Item = usize> {
    let taken = count.min(most);
    let first = if taken == count { 0 } else { turn.wrapping_mul(taken) };
    (0..taken).map(move |step| first.wrapping_add(step) % count.max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn in_turns_everybody_is_asked() {
        assert_eq!(turn(7, 3, 10).collect::<Vec<_>>(), [0, 1, 2]);
        let mut all: Vec<usize> = (0..5).flat_map(|node| turn(node, 10, 2)).collect();
        all.sort_unstable();
        assert_eq!(all, (0..10).collect::<Vec<_>>());
        assert_eq!(turn(3, 0, 2).count(), 0);
        assert!(Limits::of(20, 20, 9).peers >= 20 && Limits::of(1000, 9, 9).peers == 10);
        assert_eq!(Limits::of(1000, 1000, 10_000).ports, 0);
    }
}
