//! Where the cards of nodes stand: in rows below the lines of their networks.

use super::cards;
use crate::picture::topology::{NodeBox, Segment, Topology, Zone};

/// The left edge of what is drawn, and the lines that go down there.
pub(super) const MARGIN: i32 = 24;
pub(super) const TRUNK: i32 = MARGIN + 6;
pub(super) const TUNNEL: i32 = MARGIN + 16;

/// The left edge of cards.
pub(super) const LEFT: i32 = MARGIN + 42;

/// Between cards, and around those of a zone.
pub(super) const GAP: i32 = 28;
const AROUND: i32 = 10;

/// The height of the name of a network, and of a zone.
const NAME: i32 = 24;
const ZONE: i32 = 20;

/// From the top of a row to the line of the network, to that of the overlay, and to the cards.
pub(super) const BUS: i32 = 8;
const CARDS: (i32, i32) = (24, 34);

/// Where everything of a topology's nodes stands.
#[derive(Default)]
pub(super) struct Grid<'t> {
    pub(super) segments: Vec<Place<'t>>,
    pub(super) width: i32,
    pub(super) height: i32,
    pub(super) card: i32,
    /// There are tunnels between the nodes.
    pub(super) tunnels: bool,
}

/// Where a network and its nodes stand.
pub(super) struct Place<'t> {
    pub(super) segment: &'t Segment,
    /// The base line of its name.
    pub(super) name: i32,
    /// Zones that have a name: left, top, width, height.
    pub(super) zones: Vec<(&'t Zone, [i32; 4])>,
    pub(super) rows: Vec<Row<'t>>,
}

/// A row of cards.
pub(super) struct Row<'t> {
    /// The line of the network.
    pub(super) bus: i32,
    /// The upper edge of the cards.
    pub(super) top: i32,
    /// The nodes, each with its left edge.
    pub(super) cards: Vec<(&'t NodeBox, i32)>,
}

/// A row before it has a place: nodes, each with the number of its zone.
type Line<'t> = Vec<(usize, &'t NodeBox)>;

impl<'t> Grid<'t> {
    /// The places if so many cards may stand in a row.
    pub(super) fn new(topology: &'t Topology, columns: usize) -> Grid<'t> {
        let card = cards::width(topology.nodes());
        let tunnels = topology.overlay.tunnels.is_some();
        let mut grid = Grid { card, tunnels, ..Grid::default() };
        for segment in &topology.segments {
            grid.add(segment, columns.max(1));
        }
        grid
    }

    fn add(&mut self, segment: &'t Segment, columns: usize) {
        let named = segment.zones.iter().any(|zone| zone.name.is_some());
        let mut place =
            Place { segment, name: self.height + 14, zones: Vec::new(), rows: Vec::new() };
        self.height += NAME;
        let mut extents: Vec<Option<[i32; 4]>> = vec![None; segment.zones.len()];
        for line in lines(segment, columns) {
            let upper = self.height;
            let bus = upper + BUS + if named { ZONE } else { 0 };
            let top = bus - BUS + if self.tunnels { CARDS.1 } else { CARDS.0 };
            let high = line.iter().map(|(_, node)| cards::height(node)).max().unwrap_or(0);
            let mut row = Row { bus, top, cards: Vec::new() };
            for ((zone, node), column) in line.into_iter().zip(0..) {
                let left = LEFT + column * (self.card + GAP);
                row.cards.push((node, left));
                self.width = self.width.max(left + self.card + AROUND);
                let own = [left - AROUND, upper, left + self.card + AROUND, top + high + AROUND];
                if let Some(extent) = extents.get_mut(zone) {
                    *extent = Some(extent.map_or(own, |extent| around(extent, own)));
                }
            }
            self.height = top + high + AROUND + if named { AROUND } else { 0 };
            place.rows.push(row);
        }
        let zones = segment.zones.iter().zip(extents);
        let zones = zones.filter(|(zone, _)| zone.name.is_some());
        place.zones = zones.filter_map(|(zone, extent)| Some((zone, extent?))).collect();
        self.height += GAP - AROUND;
        self.segments.push(place);
    }
}

/// What two extents (left, top, right, bottom) cover together.
fn around([left, top, right, bottom]: [i32; 4], other: [i32; 4]) -> [i32; 4] {
    let [other_left, other_top, other_right, other_bottom] = other;
    [left.min(other_left), top.min(other_top), right.max(other_right), bottom.max(other_bottom)]
}

/// The rows of a network. Several zones may share a row; one that needs several rows has them for
/// itself.
fn lines(segment: &Segment, columns: usize) -> Vec<Line<'_>> {
    let mut lines: Vec<Line> = Vec::new();
    let mut room = 0;
    for (number, zone) in segment.zones.iter().enumerate() {
        let nodes: Line = zone.nodes.iter().map(|node| (number, node)).collect();
        if nodes.len() <= room
            && let Some(last) = lines.last_mut()
        {
            room -= nodes.len();
            last.extend(nodes);
            continue;
        }
        room = if nodes.len() < columns { columns - nodes.len() } else { 0 };
        lines.extend(nodes.chunks(columns).map(<[_]>::to_vec));
    }
    lines
}
